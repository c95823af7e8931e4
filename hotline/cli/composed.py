"""The services as the tools of operators need them: what folds their facts into views."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.datasync.adapters import registry as sharing_registry
from services.datasync.adapters.store_pg import PostgresFeedStore
from services.datasync.adapters.view import SharingView
from services.datasync.service import service as datasync
from services.deadline.adapters import registry as policy_registry
from services.deadline.adapters.clocks import ClocksView
from services.deadline.adapters.codec import PolicyCodec
from services.deadline.adapters.rules import InEffect, Rules
from services.deadline.adapters.store_pg import PostgresClocksStore
from services.deadline.service import service as deadline
from services.dispatch.adapters import registry as directory_registry
from services.dispatch.domain.directory import always
from services.dispatch.service import service as dispatch
from services.evaluation.adapters import registry as formula_registry
from services.evaluation.adapters.figures import FiguresView
from services.evaluation.adapters.store_pg import PostgresFiguresStore
from services.evaluation.domain.formula import always as always_formula
from services.evaluation.service import service as evaluation
from services.intake.adapters import registry as intake_registry
from services.intake.adapters.books import Books
from services.intake.adapters.codec import CODEC as INTAKE
from services.intake.adapters.numbering import Numbers
from services.intake.adapters.recent import RecentMatters, reads
from services.intake.adapters.tallies import Tallies
from services.kernel.bus import Bus
from services.kernel.clock import Clock
from services.kernel.registry import Kind, Registry
from services.kernel.registry_log import read_registry
from services.kernel.registry_memory import MemoryRegistry
from services.kernel.service import Service
from services.kernel.store_pg import PostgresStore


async def composed(store: PostgresStore, bus: Bus, clock: Clock, city: str) -> Service:
    """The service of the store with its codec, timers and views, under the city's rules.

    What was published is read for deadline, whose lengths and calendars its timers and views rest
    on; those of the others rest on the facts alone, whatever directory or formula is in effect.

    Raises ValueError where the city is not shipped, BusUnavailable, LogHole.
    """
    match store.service:
        case "intake":  # who decides needs the vault's keys; nobody decides here
            laid_down = intake_registry.load(city)
            same, tallies = laid_down.same, Tallies(store, Books(laid_down))
            recent = RecentMatters(store, same) if same else None
            return Service(
                "intake",
                INTAKE,
                views=(tallies,) if recent is None else (recent, tallies),
                reads=None if recent is None else reads,
                read_back=Numbers(store).read_back,
            )
        case "dispatch":
            return dispatch(always(directory_registry.load(city)))
        case "deadline":
            policy, calendars = policy_registry.load_parts(city)
            codec = PolicyCodec(policy)
            view = ClocksView(codec, PostgresClocksStore(store))
            rules = Rules(city, policy, calendars.base, codec, calendars.own)
            published = await _published(store, bus, clock, rules.kinds())
            return deadline(InEffect(rules, published), codec, view)
        case "evaluation":
            shipped = formula_registry.load(city)
            figures = PostgresFiguresStore(store.pool, store.schema, store.vault)
            return evaluation(always_formula(shipped.formula), FiguresView(figures, shipped.zone))
        case "datasync":
            feeds = PostgresFeedStore(store.pool, store.schema, store.vault)
            return datasync(SharingView(sharing_registry.load(city).sharing, feeds))
    raise ValueError(f"there is no service {store.service}")


async def _published(
    store: PostgresStore, bus: Bus, clock: Clock, kinds: Mapping[str, Kind[Any]]
) -> Registry:
    """By the log alone: what is made again may have lost its own table."""
    entries = MemoryRegistry(clock.now)
    await entries.restore(await read_registry(bus, store.namespace, store.service))
    registry = Registry(entries, clock, kinds)
    await registry.refresh()
    return registry
