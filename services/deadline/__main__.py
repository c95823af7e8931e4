"""`python -m services.deadline`: the composition root."""

from __future__ import annotations

from services.deadline.adapters.clocks import ClocksView
from services.deadline.adapters.codec import PolicyCodec
from services.deadline.adapters.counts import COUNTS
from services.deadline.adapters.http import app
from services.deadline.adapters.registry import load_parts
from services.deadline.adapters.replanning import keep_planned
from services.deadline.adapters.rules import InEffect, Rules
from services.deadline.adapters.store_pg import PostgresClocksStore
from services.deadline.service import service
from services.kernel.process import Parts, Ports, run
from services.kernel.registry import Registry
from services.kernel.security import Security
from services.kernel.settings import KernelSettings, loaded, read


def main() -> None:
    """Until it is told to stop."""
    settings = read(KernelSettings)
    policy, calendars = loaded(load_parts, settings.city)
    codec = loaded(PolicyCodec, policy)

    async def build(ports: Ports) -> Parts:
        clocks = PostgresClocksStore(ports.store)
        security = Security.of(settings, ports.keys)
        rules = Rules(settings.city, policy, calendars.base, codec, calendars.own)
        registry = Registry(ports.entries, ports.clock, rules.kinds())
        in_effect = InEffect(rules, registry)
        return Parts(
            service(in_effect, codec, ClocksView(codec, clocks)),
            lambda runtime: app(runtime, clocks, security, in_effect.city, registry),
            beside=lambda runtime: keep_planned(runtime, clocks, in_effect),
            registry=registry,
            counts=COUNTS,
        )

    run("deadline", settings, build)


if __name__ == "__main__":
    main()
