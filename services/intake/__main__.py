"""`python -m services.intake`: the composition root."""

from __future__ import annotations

from dataclasses import replace

from services.intake.adapters.boxes import KINDS, Boxes, BoxVault, keep
from services.intake.adapters.desk import Desk
from services.intake.adapters.forgetting import forget_again
from services.intake.adapters.http import app
from services.intake.adapters.numbering import Numbers
from services.intake.adapters.recent import RecentMatters
from services.intake.adapters.registry import load
from services.intake.adapters.vault import PostgresVault
from services.intake.service import service
from services.intake.settings import IntakeSettings, keys_of
from services.kernel.names import TICKETS, topic_of
from services.kernel.personal import MasterKeys
from services.kernel.process import Parts, Ports, run
from services.kernel.registry import Registry
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
        registry = Registry(ports.entries, ports.clock, KINDS)
        boxes, pairs = Boxes(), BoxVault(ports.store, MasterKeys(masters))
        boxes.take(await pairs.refreshed(ports.clock.now()))
        ports.store.seals = boxes
        recent = RecentMatters(ports.store, city.same) if city.same else None
        tree, articles = city.catalogue.tree, city.catalogue.articles
        desk = Desk(vault, city.zone, city.register, tree, recent, articles, boxes)
        security = Security.of(settings, ports.keys)
        return Parts(
            replace(service(city, desk, recent), read_back=Numbers(ports.store).read_back),
            lambda runtime: app(runtime, desk, security, registry),
            beside=lambda _: keep(boxes, pairs, registry, ports.clock),
            registry=registry,
        )

    run("intake", settings, build)


if __name__ == "__main__":
    main()
