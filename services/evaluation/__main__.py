"""`python -m services.evaluation`: the composition root."""

from __future__ import annotations

from services.evaluation.adapters.figures import FiguresView, MeasuresFeed
from services.evaluation.adapters.http import app
from services.evaluation.adapters.registry import load
from services.evaluation.adapters.store_pg import PostgresFiguresStore
from services.evaluation.service import service
from services.kernel.process import Parts, Ports, run
from services.kernel.security import Security
from services.kernel.settings import KernelSettings, loaded, read


def main() -> None:
    """Until it is told to stop."""
    settings = read(KernelSettings)
    registry = loaded(load, settings.city)

    async def build(ports: Ports) -> Parts:
        figures = PostgresFiguresStore(ports.store.pool, ports.store.schema, ports.store.vault)
        measures = MeasuresFeed(ports.bus, settings.namespace)
        security = Security.of(settings, ports.keys)
        return Parts(
            service(registry, FiguresView(figures, registry.zone), measures),
            lambda runtime: app(runtime, registry, figures, security),
        )

    run("evaluation", settings, build)


if __name__ == "__main__":
    main()
