"""`python -m services.intake`: the composition root."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from services.intake.adapters.books import Books, CityRegistry, kinds_of
from services.intake.adapters.boxes import KINDS, Boxes, BoxVault, keep
from services.intake.adapters.decided import Decided
from services.intake.adapters.desk import Desk
from services.intake.adapters.forgetting import forget_again
from services.intake.adapters.http import app
from services.intake.adapters.numbering import Numbers
from services.intake.adapters.recent import RecentMatters
from services.intake.adapters.registry import load
from services.intake.adapters.tallies import Gauges, Tallies
from services.intake.adapters.upkeep import Upkeep
from services.intake.adapters.vault import PostgresVault, rehash
from services.intake.service import service
from services.intake.settings import IntakeSettings, keys_of
from services.kernel.names import TICKETS, topic_of
from services.kernel.personal import MasterKeys
from services.kernel.process import Parts, Ports, run
from services.kernel.runtime import Runtime
from services.kernel.security import Security
from services.kernel.settings import loaded, read


def main() -> None:
    """Until it is told to stop."""
    settings = read(IntakeSettings)
    city = loaded(load, settings.city)
    masters, index_key = loaded(keys_of, settings)

    async def build(ports: Ports) -> Parts:
        vault = PostgresVault(ports.store, MasterKeys(masters), index_key, city.country_code)
        topic = topic_of(settings.namespace, TICKETS)
        await forget_again(vault, ports.bus, topic, settings.buckets)
        registry = CityRegistry(ports.entries, ports.clock, {**KINDS, **kinds_of(city)})
        boxes, pairs = Boxes(), BoxVault(ports.store, MasterKeys(masters))
        boxes.take(await pairs.refreshed(ports.clock.now()))
        ports.store.seals = boxes
        recent = RecentMatters(ports.store, city.same) if city.same else None
        books = Books(city, registry)
        desk = Desk(vault, books, recent, boxes)
        security = Security.of(settings, ports.keys)
        tallies, gauges = Tallies(ports.store, books), Gauges(ports.registry)

        async def beside(runtime: Runtime) -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(rehash(vault, ports.clock))
                group.create_task(keep(boxes, pairs, registry, ports.clock))
                group.create_task(Upkeep(books).watch(runtime))
                group.create_task(gauges.show(books, tallies, ports.clock))

        numbers, counted = Numbers(ports.store), (tallies, Decided(ports.registry))
        return Parts(
            replace(service(desk, recent, counted), read_back=numbers.read_back),
            lambda runtime: app(runtime, desk, security, registry, tallies),
            beside=beside,
            registry=registry,
        )

    run("intake", settings, build)


if __name__ == "__main__":
    main()
