"""Settings of datasync, beside the kernel's."""

from __future__ import annotations

from dataclasses import dataclass

from services.kernel.settings import KernelSettings, setting


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
