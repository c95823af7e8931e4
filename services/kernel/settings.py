"""Settings: declared once, read once from the environment, wrong ones named in one sentence."""

from __future__ import annotations

import base64
import dataclasses
import difflib
import os
import re
import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn, ParamSpec, TypeVar

from services.kernel.declared import BadSetting, Declared, setting
from services.kernel.transport import TransportSettings

__all__ = ["BadSetting", "KernelSettings", "describe", "loaded", "parse", "read", "setting"]

PREFIX = "HOTLINE_"
# Read by the embedded stack, not by a service.
FOREIGN = ("HOTLINE_PORT_",)

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelSettings(TransportSettings):
    """What every service reads; a service's own settings extend it."""

    kafka: str = setting(
        "HOTLINE_KAFKA", "the brokers as host:port, separated by commas", pattern=r"[^\s]+:\d+"
    )
    dsn: str = setting(
        "HOTLINE_DSN",
        "the store as postgresql://user:password@host:port/database",
        secret=True,
        pattern=r"postgres(ql)?://[^\s]+",
    )
    namespace: str = setting(
        "HOTLINE_NAMESPACE",
        "a prefix of topics, schemas and groups: small letters, digits, _",
        default="",
        pattern=r"([a-z][a-z0-9_]{0,30})?",
    )
    city: str = setting(
        "HOTLINE_CITY",
        "the city whose registries are used: small letters, digits, -",
        default="sample",
        pattern=r"[a-z][a-z0-9-]{0,40}",
    )
    http_host: str = setting(
        "HOTLINE_HTTP_HOST", "the address to listen on", default="127.0.0.1", pattern=r"[^\s]+"
    )
    http_port: int = setting(
        "HOTLINE_HTTP_PORT", "the port to listen on", default=8000, low=1, high=65_535
    )
    proxies: tuple[str, ...] = setting(
        "HOTLINE_PROXIES",
        "addresses or networks (CIDR) of proxies whose X-Forwarded-For names the caller",
        default=(),
        pattern=r"[0-9a-fA-F.:]+(/\d+)?",
    )
    dev: bool = setting("HOTLINE_DEV", "accept development tokens from this machine", default=False)
    run_dir: Path = setting(
        "HOTLINE_RUN_DIR", "the folder of keys and state of this machine", default=Path(".run")
    )
    buckets: int = setting(
        "HOTLINE_BUCKETS", "buckets, fixed when a city is installed", default=24, low=1, high=4096
    )
    instance: str = setting(
        "HOTLINE_INSTANCE",
        "what tells replicas apart, for static group membership",
        default="0",
        pattern=r"[A-Za-z0-9._-]{1,60}",
    )
    log: Literal["debug", "info", "warning", "error"] = setting(
        "HOTLINE_LOG", "the least level that is logged", default="info"
    )
    otlp_endpoint: str = setting(
        "HOTLINE_OTLP_ENDPOINT",
        "the collector that takes spans by OTLP over HTTP, without /v1/traces; empty: none",
        default="",
        pattern=r"(https?://[^\s]+)?",
    )
    trace_share: float = setting(
        "HOTLINE_TRACE_SHARE",
        "the share of traces that begin with us and are recorded; a caller's own are as it says",
        default=0.01,
        low=0,
        high=1,
    )
    oidc_issuer: str = setting(
        "HOTLINE_OIDC_ISSUER",
        "the OpenID Connect issuer, as in its tokens' iss",
        default="",
        pattern=r"(https?://[^\s]+)?",
    )
    oidc_audience: str = setting(
        "HOTLINE_OIDC_AUDIENCE", "our name in the tokens' aud", default="hotline"
    )
    jwks_url: str = setting(
        "HOTLINE_JWKS_URL",
        "where the issuer publishes its keys; empty: asked of the issuer",
        default="",
        pattern=r"(https?://[^\s]+)?",
    )
    master_keys: tuple[bytes, ...] = setting(
        "HOTLINE_MASTER_KEY",
        "32 random bytes as base64 that wrap person keys; after a comma older ones, still read",
        default=(),
        secret=True,
        low=32,
        high=32,
    )
    imports: bool = setting(
        "HOTLINE_IMPORTS",
        "admit importers, who state times and act for others: only while a history is brought in",
        default=False,
    )
    senders: str = setting(
        "HOTLINE_SENDERS",
        "the JSON file of who may send by Kafka, with roles and public keys; empty: nobody, in "
        "development those of the run folder",
        default="",
    )
    intake_url: str = setting(
        "HOTLINE_INTAKE_URL",
        "where intake opens personal fields",
        default="",
        pattern=r"(https?://[^\s]+)?",
    )


def read(cls: type[T], env: Mapping[str, str] | None = None) -> T:
    """The settings of this process, or the end of it: exit code 2, a sentence per mistake."""
    try:
        return parse(cls, os.environ if env is None else env)
    except BadSetting as error:
        _end(error)


def loaded(load: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """What `load` finds in the files that the settings name, or the end of the process as above.

    `load` raises OSError, or ValueError with a sentence that names the file or the setting.
    """
    try:
        return load(*args, **options)
    except (OSError, ValueError) as error:
        _end(error)


def _end(error: Exception) -> NoReturn:
    sys.stderr.write(f"{error}\n")
    raise SystemExit(2) from None


def parse(cls: type[T], env: Mapping[str, str]) -> T:
    """Settings from an environment. Raises BadSetting, one line per mistake."""
    values: dict[str, Any] = {}
    mistakes = _unknown(cls, env)
    for field, spec, hint in _declared(cls):
        text = env.get(spec.name)
        if text is None:
            if field.default is dataclasses.MISSING:
                mistakes.append(f"{spec.name} is not set: set it to {spec.help}.")
            continue
        try:
            values[field.name] = _checked(_convert(text, hint), spec)
        except ValueError:
            given = "is not valid" if spec.secret else f"is {text!r}"
            mistakes.append(f"{spec.name} {given}: set it to {_wanted(hint, spec)} ({spec.help}).")
    if mistakes:
        raise BadSetting("\n".join(mistakes))
    return cls(**values)


def describe(cls: type) -> list[dict[str, Any]]:
    """The schema: name, type, default (None where required), required, secret, help."""
    return [
        {
            "name": spec.name,
            "type": _type_name(hint),
            "default": None if field.default is dataclasses.MISSING else _text(field.default),
            "required": field.default is dataclasses.MISSING,
            "secret": spec.secret,
            "help": spec.help,
        }
        for field, spec, hint in _declared(cls)
    ]


def _declared(cls: type) -> list[tuple[dataclasses.Field[Any], Declared, Any]]:
    hints = typing.get_type_hints(cls)
    return [(f, f.metadata["setting"], hints[f.name]) for f in dataclasses.fields(cls)]


def _unknown(cls: type, env: Mapping[str, str]) -> list[str]:
    known = [spec.name for _, spec, _ in _declared(cls)]
    mistakes = []
    for name in sorted(env):
        if name.startswith(PREFIX) and name not in known and not name.startswith(FOREIGN):
            near = difflib.get_close_matches(name, known, n=1)
            advice = f"did you mean {near[0]}" if near else "remove it"
            mistakes.append(f"{name} is not a setting of this program: {advice}.")
    return mistakes


def _convert(text: str, hint: Any) -> Any:
    if hint is bool:
        return {"0": False, "1": True}[text] if text in ("0", "1") else _fail()
    if hint in (int, float, str):
        return hint(text)
    if hint is Path:
        return Path(text) if text else _fail()
    if typing.get_origin(hint) is Literal:
        return text if text in typing.get_args(hint) else _fail()
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if hint == tuple[bytes, ...]:
        return tuple(base64.b64decode(part, validate=True) for part in parts)
    assert hint == tuple[str, ...], f"{hint} is no type of a setting"
    return tuple(parts)


def _checked(value: Any, spec: Declared) -> Any:
    for part in value if isinstance(value, tuple) else (value,):
        if isinstance(part, str) and spec.pattern and not re.fullmatch(spec.pattern, part):
            _fail()
        size = len(part) if isinstance(part, bytes) else part
        if isinstance(size, (int, float)) and not spec.low <= size <= spec.high:
            _fail()
    return value


def _fail() -> NoReturn:
    raise ValueError


def _wanted(hint: Any, spec: Declared) -> str:
    names: dict[Any, str] = {
        bool: "0 or 1",
        int: "a whole number",
        float: "a number",
        str: "text of this form",
        Path: "a path",
        tuple[str, ...]: "words separated by commas",
        tuple[bytes, ...]: "base64",
    }
    if typing.get_origin(hint) is Literal:
        return " or ".join(typing.get_args(hint))
    bounded = hint in (int, float) and spec.high != float("inf")
    return names[hint] + (f" from {spec.low:g} to {spec.high:g}" if bounded else "")


def _type_name(hint: Any) -> str:
    if isinstance(hint, types.GenericAlias):
        return "list" if hint == tuple[str, ...] else "base64 list"
    if typing.get_origin(hint) is Literal:
        return "one of " + ", ".join(typing.get_args(hint))
    return str(hint.__name__).lower()


def _text(default: Any) -> str:
    if isinstance(default, bool):
        return str(int(default))
    return ",".join(default) if isinstance(default, tuple) else str(default)
