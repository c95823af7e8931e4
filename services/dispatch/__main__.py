"""`python -m services.dispatch`: the composition root."""

from __future__ import annotations

from services.dispatch.adapters.http import app
from services.dispatch.adapters.published import InEffect, kinds
from services.dispatch.service import service
from services.kernel.process import Parts, Ports, run
from services.kernel.registry import Registry
from services.kernel.security import Security
from services.kernel.settings import KernelSettings, loaded, read


def main() -> None:
    """Until it is told to stop."""
    settings = read(KernelSettings)
    shipped = loaded(kinds, settings.city)

    async def build(ports: Ports) -> Parts:
        security = Security.of(settings, ports.keys)
        registry = Registry(ports.entries, ports.clock, shipped)
        return Parts(
            service(InEffect(registry)),
            lambda runtime: app(runtime, security, registry),
            registry=registry,
        )

    run("dispatch", settings, build)


if __name__ == "__main__":
    main()
