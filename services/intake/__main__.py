"""`python -m services.intake`: the composition root."""

from __future__ import annotations

from dataclasses import replace

from services.intake.adapters.desk import Desk
from services.intake.adapters.http import app
from services.intake.adapters.numbering import Numbers
from services.intake.adapters.recent import RecentMatters
from services.intake.adapters.registry import load
from services.intake.adapters.vault import PostgresVault
from services.intake.service import service
from services.intake.settings import IntakeSettings, keys_of
from services.kernel.personal import MasterKeys
from services.kernel.process import Parts, Ports, run
from services.kernel.security import Security
from services.kernel.settings import loaded, read


def main() -> None:
    """Until it is told to stop."""
    settings = read(IntakeSettings)
    city = loaded(load, settings.city)
    masters, index_key = loaded(keys_of, settings)

    async def build(ports: Ports) -> Parts:
        vault = PostgresVault(ports.store, MasterKeys(masters), index_key, city.country_code)
        recent = RecentMatters(ports.store, city.same) if city.same else None
        catalogue = city.catalogue
        desk = Desk(vault, city.zone, city.register, catalogue.tree, recent, catalogue.articles)
        security = Security.of(settings, ports.keys)
        made = replace(service(city, desk, recent), read_back=Numbers(ports.store).read_back)
        return Parts(made, lambda runtime: app(runtime, desk, security))

    run("intake", settings, build)


if __name__ == "__main__":
    main()
