"""A store that is made again from its back-ups is the overlay's, and keeps the old ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support import custom_resources
from tests.support.policies import POLICIES
from tests.support.rendered import Resource, named, rendered

RESTORED = ("staging", "production")


def store_of(resources: list[Resource]) -> Resource:
    found: Resource = named(resources, "Cluster", "hotline-store")["spec"]
    return found


def wrong(resources: list[Resource], lost: Resource) -> Iterator[str]:
    """`lost` is the store of the overlay, which is to come back."""
    spec = store_of(resources)
    made, recovery = lost["bootstrap"]["initdb"], spec["bootstrap"].get("recovery", {})
    if {name: recovery.get(name) for name in ("database", "owner")} != {
        name: made[name] for name in ("database", "owner")
    }:
        yield "the services would not find their database"
    sources = {each["name"]: each["barmanObjectStore"] for each in spec["externalClusters"]}
    source = dict(sources.get(recovery.get("source"), {}))
    if source.pop("serverName", None) != lost["backup"]["barmanObjectStore"].get(
        "serverName", "hotline-store"
    ):
        yield "it is not restored from what the lost one wrote"
    if source != {**lost["backup"]["barmanObjectStore"]}:
        yield "the back-ups are looked for elsewhere"
    writes = spec["backup"]["barmanObjectStore"].get("serverName", "hotline-store")
    if writes in (each.get("serverName") for each in sources.values()):
        yield "it would write into the archive that it is restored from"
    rest = {"bootstrap", "externalClusters", "backup"}
    if {k: v for k, v in spec.items() if k not in rest} != {
        k: v for k, v in lost.items() if k not in rest
    }:
        yield "it is another store than the overlay's"


@pytest.mark.parametrize("overlay", RESTORED)
def test_a_store_is_restored_as_the_overlay_says(overlay: str) -> None:
    resources = rendered(f"../restore/{overlay}")
    assert list(wrong(resources, store_of(rendered(overlay)))) == []
    assert custom_resources.errors(named(resources, "Cluster", "hotline-store")) == []


@pytest.mark.parametrize("overlay", RESTORED)
def test_nothing_else_changes(overlay: str) -> None:
    resources, before = rendered(f"../restore/{overlay}"), rendered(overlay)
    assert [r for r in resources if r["kind"] != "Cluster"] == [
        r for r in before if r["kind"] != "Cluster"
    ]
    assert [said for policy in POLICIES for said in policy(resources)] == []


CHANGES: list[tuple[str, Callable[[Resource], object]]] = [
    ("find their database", lambda s: s["bootstrap"]["recovery"].pop("owner")),
    ("find their database", lambda s: s["bootstrap"]["recovery"].update(database="app")),
    ("what the lost one wrote", lambda s: s["bootstrap"]["recovery"].update(source="nobody")),
    (
        "elsewhere",
        lambda s: s["externalClusters"][0]["barmanObjectStore"].update(destinationPath="s3://x/"),
    ),
    (
        "into the archive",
        lambda s: s["backup"]["barmanObjectStore"].update(serverName="hotline-store"),
    ),
    ("into the archive", lambda s: s["backup"]["barmanObjectStore"].pop("serverName")),
    ("another store", lambda s: s.update(instances=1)),
]


@pytest.mark.parametrize(("words", "change"), CHANGES)
def test_a_restore_that_would_fail_is_seen(
    words: str, change: Callable[[Resource], object]
) -> None:
    resources = rendered("../restore/production")
    change(store_of(resources))
    assert any(words in said for said in wrong(resources, store_of(rendered("production"))))
