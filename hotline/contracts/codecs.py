"""What each service that records facts reads and writes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from services.deadline.adapters.codec import PolicyCodec
from services.deadline.adapters.registry import load
from services.kernel.codec import Codec


@cache
def codecs() -> Mapping[str, Codec]:
    """Of the services that record facts, deadline's under the sample city's policy."""
    known = {
        service: import_module(f"services.{service}.adapters.codec").CODEC
        for service in ("intake", "dispatch", "evaluation")
    }
    return {**known, "deadline": PolicyCodec(load("sample")[0])}
