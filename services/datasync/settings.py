"""Settings of datasync, beside the kernel's."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from services.kernel.identity import Role
from services.kernel.settings import KernelSettings, setting
from services.kernel.tokens import dev_token

_DEV_TOKEN_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasyncSettings(KernelSettings):
    """Webhooks go where the operator's file says, and to public addresses only."""

    webhooks: str = setting(
        "HOTLINE_WEBHOOKS",
        "the YAML file of webhook endpoints and secrets; empty: none",
        default="",
    )
    webhook_allow: tuple[str, ...] = setting(
        "HOTLINE_WEBHOOK_ALLOW",
        "networks (CIDR) that webhooks may go to although they are not public",
        default=(),
        pattern=r"[0-9a-fA-F.:]+/\d+",
    )
    service_token: str = setting(
        "HOTLINE_SERVICE_TOKEN",
        "the API key or token of role service with which intake is asked to open personal fields",
        default="",
        secret=True,
        pattern=r"[!-~]*",
    )


def credential(
    settings: DatasyncSettings, now: Callable[[], float] = time.time
) -> Callable[[], str] | None:
    """Who we are to intake: as set, or in development a token of this machine; None: nobody."""
    if settings.service_token:
        return lambda: settings.service_token
    return _DevToken(settings.run_dir, now) if settings.dev else None


class _DevToken:
    """Signed again after half of its life."""

    def __init__(self, run_dir: Path, now: Callable[[], float]) -> None:
        self._run_dir, self._now = run_dir, now
        self._token, self._renew_at = "", -math.inf

    def __call__(self) -> str:
        now = self._now()
        if now >= self._renew_at:
            self._token = dev_token(
                Role.SERVICE,
                "datasync",
                run_dir=self._run_dir,
                lifetime_s=_DEV_TOKEN_S,
                now=self._now,
            )
            self._renew_at = now + _DEV_TOKEN_S / 2
        return self._token
