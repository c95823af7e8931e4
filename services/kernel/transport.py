"""How we speak to broker, issuer and other services, and are spoken to: TLS and SASL.

The store's TLS stands in its DSN: `?sslmode=verify-full&sslrootcert=<file>`.
"""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass, fields
from typing import Any, Literal

from services.kernel.declared import setting

Protocol = Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportSettings:
    """Part of every service's settings; the commands that reach a broker read it alone."""

    ca: str = setting(
        "HOTLINE_CA",
        "the PEM file of authorities that are trusted instead of the system's: for brokers, "
        "issuer and intake",
        default="",
    )
    kafka_protocol: Protocol = setting(
        "HOTLINE_KAFKA_PROTOCOL", "how the brokers are spoken to", default="plaintext"
    )
    kafka_mechanism: Mechanism = setting(
        "HOTLINE_KAFKA_MECHANISM", "how we log in, with sasl_*", default="SCRAM-SHA-512"
    )
    kafka_user: str = setting(
        "HOTLINE_KAFKA_USER", "as whom we log in to the brokers, with sasl_*", default=""
    )
    kafka_password: str = setting(
        "HOTLINE_KAFKA_PASSWORD", "the password to that, with sasl_*", default="", secret=True
    )
    kafka_ca: str = setting(
        "HOTLINE_KAFKA_CA",
        "the PEM file of authorities that are trusted for brokers alone; empty: as for all",
        default="",
    )
    kafka_cert: str = setting(
        "HOTLINE_KAFKA_CERT",
        "the PEM file of our certificate, where the brokers ask for one",
        default="",
    )
    kafka_key: str = setting("HOTLINE_KAFKA_KEY", "the PEM file of its key", default="")
    http_cert: str = setting(
        "HOTLINE_HTTP_CERT",
        "the PEM file of the certificates that we serve HTTPS with; empty: HTTP",
        default="",
    )
    http_key: str = setting("HOTLINE_HTTP_KEY", "the PEM file of their key", default="")


def transport_of_environment() -> TransportSettings:
    """For the commands. Raises BadSetting."""
    from services.kernel.settings import parse

    names = {field.metadata["setting"].name for field in fields(TransportSettings)}
    return parse(TransportSettings, {k: v for k, v in os.environ.items() if k in names})


def kafka_security(settings: TransportSettings) -> dict[str, Any]:
    """What aiokafka's clients take beside the brokers. Raises ValueError."""
    found: dict[str, Any] = {"security_protocol": settings.kafka_protocol.upper()}
    if settings.kafka_protocol.endswith("ssl"):
        found["ssl_context"] = _broker_context(settings)
    else:
        _refuse_files(settings)
    if settings.kafka_protocol.startswith("sasl"):
        if not settings.kafka_user or not settings.kafka_password:
            raise ValueError(
                f"HOTLINE_KAFKA_PROTOCOL={settings.kafka_protocol} needs HOTLINE_KAFKA_USER and "
                "HOTLINE_KAFKA_PASSWORD"
            )
        found["sasl_mechanism"] = settings.kafka_mechanism
        found["sasl_plain_username"] = settings.kafka_user
        found["sasl_plain_password"] = settings.kafka_password
    elif settings.kafka_user:
        raise ValueError("HOTLINE_KAFKA_USER is of use with HOTLINE_KAFKA_PROTOCOL=sasl_*")
    return found


def _refuse_files(settings: TransportSettings) -> None:
    """Whoever names them believes that they are used."""
    for name, file in (
        ("HOTLINE_KAFKA_CA", settings.kafka_ca),
        ("HOTLINE_KAFKA_CERT", settings.kafka_cert),
        ("HOTLINE_KAFKA_KEY", settings.kafka_key),
    ):
        if file:
            raise ValueError(f"{name} is of use with HOTLINE_KAFKA_PROTOCOL=ssl or sasl_ssl")


def _broker_context(settings: TransportSettings) -> ssl.SSLContext:
    if settings.kafka_ca:
        context = _believing("HOTLINE_KAFKA_CA", settings.kafka_ca)
    else:
        context = trusted(settings)
    if _pair("HOTLINE_KAFKA", settings.kafka_cert, settings.kafka_key):
        _load(context, "HOTLINE_KAFKA", settings.kafka_cert, settings.kafka_key)
    return context


def trusted(settings: TransportSettings) -> ssl.SSLContext:
    """Whom we believe over TLS: certificate and name are always checked. Raises ValueError."""
    return _believing("HOTLINE_CA", settings.ca)


def http_security(settings: TransportSettings) -> dict[str, str]:
    """What uvicorn takes; nothing for plain HTTP. Raises ValueError."""
    if not _pair("HOTLINE_HTTP", settings.http_cert, settings.http_key):
        return {}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _load(context, "HOTLINE_HTTP", settings.http_cert, settings.http_key)
    return {"ssl_certfile": settings.http_cert, "ssl_keyfile": settings.http_key}


def _believing(name: str, file: str) -> ssl.SSLContext:
    """Certificates of these authorities; without a file, of the system's."""
    try:
        context = ssl.create_default_context(cafile=file or None)
    except OSError as error:  # ssl.SSLError is one
        raise ValueError(f"{name}: {file} is no PEM file of authorities: {error}") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _pair(name: str, cert: str, key: str) -> bool:
    """Whether both are set; never one of them."""
    if bool(cert) != bool(key):
        raise ValueError(f"{name}_CERT and {name}_KEY go together: set both")
    return bool(cert)


def _load(context: ssl.SSLContext, name: str, cert: str, key: str) -> None:
    try:
        context.load_cert_chain(cert, key)
    except OSError as error:  # ssl.SSLError is one
        raise ValueError(
            f"{name}_CERT, {name}_KEY: {cert}, {key} are no pair of PEM files: {error}"
        ) from None
