"""How we speak to broker, issuer and other services, and are spoken to: TLS and SASL.

The store's TLS stands in its DSN: `?sslmode=verify-full&sslrootcert=<file>`.
"""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass, fields
from typing import Any, Literal

from services.kernel.brokers import security
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
    kafka_tls: str = setting(
        "HOTLINE_KAFKA_TLS",
        "the folder of ca.crt, user.crt and user.key for mutual TLS with the brokers; empty: none",
        default="",
    )
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
    if settings.kafka_tls and settings.kafka_protocol == "sasl_plaintext":
        raise ValueError("HOTLINE_KAFKA_TLS is of use with HOTLINE_KAFKA_PROTOCOL=ssl or sasl_ssl")
    if settings.kafka_protocol.endswith("ssl"):
        found["ssl_context"] = trusted(settings)
    if settings.kafka_tls:
        mutual = security(settings.kafka_tls)
        found = (
            mutual
            | ({} if settings.kafka_protocol == "plaintext" else found)
            | {"ssl_context": mutual["ssl_context"]}
        )
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


def trusted(settings: TransportSettings) -> ssl.SSLContext:
    """Whom we believe over TLS: certificate and name are always checked. Raises ValueError."""
    try:
        context = ssl.create_default_context(cafile=settings.ca or None)
    except (OSError, ssl.SSLError) as error:
        raise ValueError(
            f"HOTLINE_CA: {settings.ca} is no PEM file of authorities: {error}"
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def http_security(settings: TransportSettings) -> dict[str, str]:
    """What uvicorn takes; nothing for plain HTTP. Raises ValueError."""
    cert, key = settings.http_cert, settings.http_key
    if not cert and not key:
        return {}
    if not cert or not key:
        raise ValueError("HOTLINE_HTTP_CERT and HOTLINE_HTTP_KEY go together: set both")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as error:
        raise ValueError(
            f"HOTLINE_HTTP_CERT: {cert}, {key} are no pair of PEM files: {error}"
        ) from None
    return {"ssl_certfile": cert, "ssl_keyfile": key}
