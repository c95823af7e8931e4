"""Certificates of tests: an authority, and what it issues, as PEM."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

# As Strimzi names them in its secrets.
CA, CERTIFICATE, KEY = "ca.crt", "user.crt", "user.key"


@dataclass(frozen=True)
class Issued:
    """A certificate with its key (PKCS 8) and its authority, PEM each."""

    certificate: bytes
    key: bytes
    authority: bytes

    def write(self, folder: Path) -> None:
        """See `mutual`."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in (
            (CA, self.authority),
            (CERTIFICATE, self.certificate),
            (KEY, self.key),
        ):
            (folder / name).write_bytes(content)


@dataclass(frozen=True)
class Authority:
    """Signs for 127.0.0.1."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def issue(self, name: str) -> Issued:
        """For a server or a client of this name."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
        made = (
            _builder(name, self.certificate.subject, key)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        return Issued(_pem(made), _key_pem(key), _pem(self.certificate))


def authority(name: str) -> Authority:
    """A new one."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = dict.fromkeys(
        (
            "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
            "key_agreement", "encipher_only", "decipher_only",
        ),
        False,
    )  # fmt: skip
    made = (
        _builder(name, subject, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(**usage, key_cert_sign=True, crl_sign=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(made, key)


def mutual(folder: Path) -> dict[str, str]:
    """Settings for mutual TLS with the brokers by what `Issued.write` wrote there."""
    return {
        "HOTLINE_KAFKA_PROTOCOL": "ssl",
        "HOTLINE_KAFKA_CA": str(folder / CA),
        "HOTLINE_KAFKA_CERT": str(folder / CERTIFICATE),
        "HOTLINE_KAFKA_KEY": str(folder / KEY),
    }


def _builder(
    name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
