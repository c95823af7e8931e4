"""Settings of datasync, beside the kernel's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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


def credential(settings: DatasyncSettings) -> Callable[[], str] | None:
    """Who we are to intake: as set, or in development a token of this machine; None: nobody."""
    if settings.service_token:
        return lambda: settings.service_token
    if settings.dev:
        return lambda: dev_token(
            Role.SERVICE, "datasync", run_dir=settings.run_dir, lifetime_s=_DEV_TOKEN_S
        )
    return None
