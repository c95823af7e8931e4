"""What the commands need to know of a city: its departments, units and senders."""

from __future__ import annotations

import click

from hotline.dev.senders import city_senders
from services.datasync.adapters.registry import load as load_sharing
from services.datasync.domain.sharing import Sharing
from services.dispatch.adapters.registry import load as load_directory


def departments(city: str) -> list[str]:
    """Departments with a feed."""
    return sorted({s.department for s in _sharing(city).subscriptions})


def subscriptions(city: str) -> dict[str, str]:
    """Subscription id by department."""
    return {s.department: s.id for s in _sharing(city).subscriptions}


def units(city: str) -> list[str]:
    """Units that the directory dispatches to."""
    try:
        return sorted(load_directory(city).units)
    except ValueError as error:
        raise click.ClickException(f"{error}.") from None


def sender_names(city: str) -> list[str]:
    """Senders with a replies topic."""
    return [sender.name for sender in city_senders(units(city))]


def _sharing(city: str) -> Sharing:
    try:
        return load_sharing(city).sharing
    except ValueError as error:
        raise click.ClickException(f"{error}.") from None
