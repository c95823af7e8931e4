"""Fetching the broker's jars, with fetchers that are not the network."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest

from hotline.dev.artifacts import Jar, Say, fetched, locked_jars
from hotline.dev.command import CommandFailed
from hotline.dev.failure import StackFailure
from hotline.dev.fetchers import pom

CONTENT = b"a jar"
JARS = [
    Jar(hashlib.sha256(CONTENT).hexdigest(), len(CONTENT), "city.hotline:one:1.0"),
    Jar(hashlib.sha256(CONTENT).hexdigest(), len(CONTENT), "city.hotline:two:2.0"),
]


def silent(line: str) -> None:
    """Nobody reads the progress of these tests."""


class FakeFetcher:
    """Puts the same bytes under every name, and counts how often it was asked."""

    def __init__(self, content: bytes = CONTENT) -> None:
        self.content = content
        self.calls = 0

    async def __call__(self, jars: Sequence[Jar], target: Path, say: Say) -> None:
        self.calls += 1
        await asyncio.sleep(0)
        for jar in jars:
            (target / jar.file_name).write_bytes(self.content)


async def no_network(jars: Sequence[Jar], target: Path, say: Say) -> None:
    """A fetcher that gets half of it and then fails."""
    (target / jars[0].file_name).write_bytes(CONTENT)
    raise CommandFailed("no route to host")


async def test_the_folder_holds_every_jar(tmp_path: Path) -> None:
    folder = await fetched(JARS, [FakeFetcher()], tmp_path, silent)
    assert sorted(file.name for file in folder.iterdir()) == ["one-1.0.jar", "two-2.0.jar"]


async def test_what_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    fetcher = FakeFetcher()
    first = await fetched(JARS, [fetcher], tmp_path, silent)
    assert await fetched(JARS, [fetcher], tmp_path, silent) == first
    assert fetcher.calls == 1


async def test_a_folder_that_lost_a_jar_is_fetched_again(tmp_path: Path) -> None:
    folder = await fetched(JARS, [FakeFetcher()], tmp_path, silent)
    (folder / "one-1.0.jar").unlink()
    await fetched(JARS, [FakeFetcher()], tmp_path, silent)
    assert (folder / "one-1.0.jar").read_bytes() == CONTENT


async def test_of_two_at_once_one_fetches_and_the_other_says_that_it_waits(tmp_path: Path) -> None:
    fetcher, told = FakeFetcher(), list[str]()
    both = (fetched(JARS, [fetcher], tmp_path, told.append) for _ in range(2))
    first, second = await asyncio.gather(*both)
    assert first == second
    assert fetcher.calls == 1
    assert sum("waiting" in line for line in told) == 1


async def test_what_a_killed_fetch_left_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "fetch-a" / "0").mkdir(parents=True)
    folder = await fetched(JARS, [FakeFetcher()], tmp_path, silent)
    assert list(tmp_path.iterdir()) == [folder]


async def test_a_broken_download_is_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(StackFailure, match=r"one-1\.0\.jar came broken.*run this again\.$"):
        await fetched(JARS, [FakeFetcher(b"half a jar")], tmp_path, silent)
    assert list(tmp_path.iterdir()) == []


async def test_without_network_it_is_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(StackFailure, match=r"no route to host.*check the network"):
        await fetched(JARS, [no_network], tmp_path, silent)
    assert list(tmp_path.iterdir()) == []


async def test_the_second_way_is_taken_when_the_first_brings_a_broken_jar(tmp_path: Path) -> None:
    folder = await fetched(JARS, [no_network, FakeFetcher(b"x"), FakeFetcher()], tmp_path, silent)
    assert (folder / "two-2.0.jar").read_bytes() == CONTENT


def test_the_lock_pins_46_jars_with_their_checksums() -> None:
    jars = locked_jars()
    assert len({jar.file_name for jar in jars}) == 46
    assert all(len(jar.sha256) == 64 and jar.size_bytes > 0 for jar in jars)
    assert "org.apache.kafka:kafka_2.13:4.3.1" in {jar.coordinate for jar in jars}


def test_maven_is_asked_for_exactly_the_pinned_jars() -> None:
    tree = ElementTree.fromstring(pom(JARS))
    space = {"m": "http://maven.apache.org/POM/4.0.0"}
    artifacts = tree.findall("m:dependencies/m:dependency/m:artifactId", space)
    assert [artifact.text for artifact in artifacts] == ["one", "two"]
