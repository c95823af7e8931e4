"""An authority of the test's own, and certificates that it signs."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Pair:
    """PEM files of a certificate and its key; `both` holds key and certificate."""

    cert: Path
    key: Path
    both: Path


class Authority:
    """Signs certificates into a folder; `file` is its own certificate."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._key = folder, generate_private_key(SECP256R1())
        self._name = _named(f"Test authority {name}")
        self._cert = self._signed(self._name, self._key, ca=True)
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self._cert.public_bytes(Encoding.PEM))

    def pair(self, name: str, *, host: str = "127.0.0.1") -> Pair:
        """Of a server at `host`, or a client."""
        key = generate_private_key(SECP256R1())
        cert = self._signed(_named(name), key, host=host).public_bytes(Encoding.PEM)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        found = Pair(*(self._folder / f"{name}.{end}" for end in ("crt", "key", "pem")))
        for file, content in ((found.cert, cert), (found.key, pem), (found.both, pem + cert)):
            file.write_bytes(content)
            file.chmod(0o600)
        return found

    def _signed(
        self,
        subject: x509.Name,
        key: EllipticCurvePrivateKey,
        *,
        ca: bool = False,
        host: str = "",
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        made = made.add_extension(own, critical=False).add_extension(issuer, critical=False)
        if ca:
            made = made.add_extension(_SIGNS, critical=True)
        if host:
            names: list[x509.GeneralName] = [x509.DNSName("localhost")]
            names.append(x509.IPAddress(ipaddress.ip_address(host)))
            made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return made.sign(self._key, hashes.SHA256())


_SIGNS = x509.KeyUsage(
    digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
    key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
    decipher_only=False,
)  # fmt: skip


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
