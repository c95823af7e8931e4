"""Where webhooks go, from a file of the operator's: addresses and secrets are no rules.

endpoints:
  nypd:
    url: https://nypd.example/hotline
    secrets: [whsec_…]      # the newest first while they rotate
    rate: 200               # messages per second
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from services.datasync.adapters.section import Section
from services.datasync.adapters.webhook import Endpoint
from services.datasync.domain.webhook import secret_bytes
from services.kernel import yaml_file

_KEYS = {"url", "secrets", "timeout_s", "rate", "in_flight", "batch"}


def load(file: Path, subscriptions: Collection[str]) -> dict[str, Endpoint]:
    """Endpoint per subscription. Raises OSError, ValueError with file and key."""
    return parse(yaml_file.read(file, str(file)), str(file), subscriptions)


def parse(content: Any, name: str, subscriptions: Collection[str]) -> dict[str, Endpoint]:
    """As `load`, of parsed YAML; `name` is the file's name in messages."""
    top = Section(name, "", content, {"endpoints"}, {"endpoints"})
    part = top.section("endpoints")
    part.must_be_known("", frozenset(part), subscriptions)
    return {key: _endpoint(part.section(key, _KEYS, {"url", "secrets"})) for key in part}


def _endpoint(part: Section) -> Endpoint:
    url = part.word("url")
    place = urlsplit(url)
    if place.scheme not in ("https", "http") or not place.hostname or place.username:
        part.refuse("url", "an http(s) address without a user name")
    try:
        secrets = tuple(secret_bytes(secret) for secret in part.words("secrets"))
    except ValueError:
        part.refuse("secrets", "whsec_ and base64 each")
    if not secrets:
        part.refuse("secrets", "at least one secret")
    rate = part.number("rate", 200.0)
    return Endpoint(
        url,
        secrets,
        timeout_s=part.number("timeout_s", 10.0),
        rate=rate,
        burst=max(rate, 1.0),
        in_flight=int(part.number("in_flight", 8.0)),
        batch=int(part.number("batch", 50.0)),
    )
