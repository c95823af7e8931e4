"""`python -m services.dispatch`: the composition root."""

from __future__ import annotations

from services.dispatch.adapters.http import app
from services.dispatch.adapters.registry import load
from services.dispatch.service import service
from services.kernel.process import Parts, Ports, run
from services.kernel.security import Security
from services.kernel.settings import KernelSettings, loaded, read


def main() -> None:
    """Until it is told to stop."""
    settings = read(KernelSettings)
    directory = loaded(load, settings.city)

    async def build(ports: Ports) -> Parts:
        security = Security.of(settings, ports.keys)
        return Parts(service(directory), lambda runtime: app(runtime, security))

    run("dispatch", settings, build)


if __name__ == "__main__":
    main()
