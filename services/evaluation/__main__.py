"""`python -m services.evaluation`: the composition root."""

from __future__ import annotations

from services.evaluation.adapters.figures import FiguresView, MeasuresFeed
from services.evaluation.adapters.http import app
from services.evaluation.adapters.published import InEffect, kinds
from services.evaluation.adapters.registry import load
from services.evaluation.adapters.store_pg import PostgresFiguresStore
from services.evaluation.service import service
from services.kernel.process import Parts, Ports, run
from services.kernel.registry import Registry
from services.kernel.security import Security
from services.kernel.settings import KernelSettings, loaded, read


def main() -> None:
    """Until it is told to stop."""
    settings = read(KernelSettings)
    zone, shipped = loaded(load, settings.city).zone, loaded(kinds, settings.city)

    async def build(ports: Ports) -> Parts:
        figures = PostgresFiguresStore(ports.store.pool, ports.store.schema, ports.store.vault)
        measures = MeasuresFeed(ports.bus, settings.namespace)
        security = Security.of(settings, ports.keys)
        registry = Registry(ports.entries, ports.clock, shipped)
        formulas = InEffect(registry)
        return Parts(
            service(formulas, FiguresView(figures, zone), measures),
            lambda runtime: app(runtime, formulas, zone, figures, security, registry),
            registry=registry,
        )

    run("evaluation", settings, build)


if __name__ == "__main__":
    main()
