"""`python -m services.deadline`: the composition root."""

from __future__ import annotations

from services.deadline.adapters.clocks import ClocksView
from services.deadline.adapters.codec import PolicyCodec
from services.deadline.adapters.due_lines import City
from services.deadline.adapters.http import app
from services.deadline.adapters.registry import load
from services.deadline.adapters.store_pg import PostgresClocksStore
from services.deadline.service import service
from services.kernel.process import Parts, Ports, run
from services.kernel.security import Security
from services.kernel.settings import KernelSettings, loaded, read


def main() -> None:
    """Until it is told to stop."""
    settings = read(KernelSettings)
    policy, calendar = loaded(load, settings.city)
    codec = loaded(PolicyCodec, policy)

    async def build(ports: Ports) -> Parts:
        clocks = PostgresClocksStore(ports.store)
        security = Security.of(settings, ports.keys)
        return Parts(
            service(policy, calendar, codec, ClocksView(codec, clocks)),
            lambda runtime: app(runtime, clocks, security, City(policy, calendar)),
        )

    run("deadline", settings, build)


if __name__ == "__main__":
    main()
