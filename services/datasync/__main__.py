"""`python -m services.datasync`: the composition root."""

from __future__ import annotations

import logging
from pathlib import Path

from services.datasync.adapters.deliveries import Deliveries
from services.datasync.adapters.endpoints import load as load_endpoints
from services.datasync.adapters.http import app
from services.datasync.adapters.intake_http import IntakeHttp
from services.datasync.adapters.measure import COUNTS, DeliveryMeter
from services.datasync.adapters.opener import IntakeOpener
from services.datasync.adapters.reading import Reading
from services.datasync.adapters.registry import load, told
from services.datasync.adapters.sender import HttpSender
from services.datasync.adapters.serving import Serving
from services.datasync.adapters.store_pg import PostgresFeedStore
from services.datasync.adapters.stream import Followers
from services.datasync.adapters.view import SharingView
from services.datasync.adapters.webhook import Endpoint
from services.datasync.domain.addresses import Network, networks
from services.datasync.domain.sharing import Sharing
from services.datasync.service import service
from services.datasync.settings import DatasyncSettings, credential
from services.kernel.process import Parts, Ports, run
from services.kernel.registry import Registry
from services.kernel.runtime import Runtime
from services.kernel.security import Security
from services.kernel.settings import loaded, read
from services.kernel.transport import trusted

log = logging.getLogger("hotline.datasync")


def main() -> None:
    """Until it is told to stop."""
    settings = read(DatasyncSettings)
    city, rules = loaded(load, settings.city), loaded(told, settings.city)
    endpoints = loaded(_endpoints, settings, city.sharing)
    allowed = loaded(_allowed, settings)

    async def build(ports: Ports) -> Parts:
        known, intake = credential(settings), loaded(_intake, settings)
        opener = IntakeOpener(intake, known, ports.clock) if known and intake else None
        serving = Serving(city.sharing, opener)
        store = PostgresFeedStore(ports.store.pool, ports.store.schema, ports.store.vault)
        reading = Reading(city.sharing, serving, store, settings.buckets, city.zone)
        followers, sender = Followers(), HttpSender(allowed)
        deliveries = Deliveries(
            city.sharing,
            endpoints,
            serving,
            store,
            ports.bus,
            sender,
            ports.clock,
            DeliveryMeter(ports.registry),
            settings.namespace,
        )
        security = Security.of(settings, ports.keys, ports.passes)

        async def deliver(_: Runtime) -> None:
            try:
                await deliveries.run()
            finally:
                await sender.close()
                if intake is not None:
                    await intake.close()

        return Parts(
            service(SharingView(city.sharing, store, [deliveries, followers])),
            lambda runtime: app(runtime, reading, followers, security),
            beside=deliver,
            streams=True,
            counts=COUNTS,
            registry=Registry(ports.entries, ports.clock, rules),
        )

    run("datasync", settings, build)


def _intake(settings: DatasyncSettings) -> IntakeHttp | None:
    if credential(settings) is None or not settings.intake_url:
        log.warning(
            "personal fields stay sealed: HOTLINE_INTAKE_URL or HOTLINE_SERVICE_TOKEN is not set"
        )
        return None
    return IntakeHttp(settings.intake_url, trusted(settings))


def _endpoints(settings: DatasyncSettings, sharing: Sharing) -> dict[str, Endpoint]:
    if not settings.webhooks:
        return {}
    try:
        return load_endpoints(Path(settings.webhooks), [s.id for s in sharing.subscriptions])
    except OSError as error:
        raise ValueError(
            f"HOTLINE_WEBHOOKS: {settings.webhooks} cannot be read ({error.strerror})."
        ) from None


def _allowed(settings: DatasyncSettings) -> tuple[Network, ...]:
    try:
        return networks(settings.webhook_allow)
    except ValueError as error:
        raise ValueError(f"HOTLINE_WEBHOOK_ALLOW: {error}") from None


if __name__ == "__main__":
    main()
