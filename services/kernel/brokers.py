"""How a process speaks to the brokers: in plain text, or with mutual TLS."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

CA, CERTIFICATE, KEY = "ca.crt", "user.crt", "user.key"


def security(folder: str) -> dict[str, Any]:
    """Options for every aiokafka client; `folder` as HOTLINE_KAFKA_TLS names it, or empty.

    Raises ValueError with a sentence that names the setting.
    """
    if not folder:
        return {}
    place = Path(folder)
    try:
        context = ssl.create_default_context(cafile=str(place / CA))
        context.load_cert_chain(str(place / CERTIFICATE), str(place / KEY))
    except OSError as error:  # ssl.SSLError is one
        raise ValueError(
            f"HOTLINE_KAFKA_TLS: {folder} must hold {CA}, {CERTIFICATE} and {KEY} in PEM "
            f"({error.strerror or error})."
        ) from None
    return {"security_protocol": "SSL", "ssl_context": context}
