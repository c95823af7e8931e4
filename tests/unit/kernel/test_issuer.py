"""The keys of an issuer: which count, when they are read again, how long they are trusted."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.issuer import JwksUnavailable, SigningKeys, jwks_over_http, usable_keys
from services.kernel.problems import Problem
from tests.support.issuer import ISSUER, Issuer, elliptic, jwk, rsa, web

LIFESPAN_S, COOLDOWN_S, KEEP_S = 300.0, 10.0, 3600.0
WEAK, STRONG = rsa(1024), rsa(2048)


class Watch:
    """The keys of an issuer, and a clock that stands until it is moved."""

    def __init__(self) -> None:
        self.issuer, self.elapsed_s = Issuer(), 0.0
        self.keys = SigningKeys(
            self.issuer.fetch,
            lifespan_s=LIFESPAN_S,
            cooldown_s=COOLDOWN_S,
            keep_s=KEEP_S,
            now=lambda: self.elapsed_s,
        )

    async def knows(self, key_id: str | None) -> bool:
        return await self.keys.get(key_id) is not None


@pytest.fixture
def watch() -> Watch:
    return Watch()


async def test_a_known_key_is_read_once_in_its_lifespan(watch: Watch) -> None:
    for second in range(0, 301, 20):
        watch.elapsed_s = float(second)
        assert await watch.knows("one")
    assert watch.issuer.reads == 1
    watch.elapsed_s = LIFESPAN_S + 1
    assert await watch.knows("one")
    assert watch.issuer.reads == 2


async def test_a_new_key_is_found_when_it_is_first_asked_for(watch: Watch) -> None:
    assert await watch.knows("one")
    watch.issuer.keys["two"] = Ed25519PrivateKey.generate()
    watch.elapsed_s = COOLDOWN_S
    assert await watch.knows("two")
    assert await watch.knows("one")
    assert watch.issuer.reads == 2


async def test_a_key_that_was_taken_back_ends_with_the_lifespan(watch: Watch) -> None:
    assert await watch.knows("one")
    del watch.issuer.keys["one"]
    watch.elapsed_s = LIFESPAN_S + 1
    assert not await watch.knows("one")


async def test_unknown_ids_cost_one_read_per_cooldown(watch: Watch) -> None:
    for number in range(50):
        assert not await watch.knows(f"unknown-{number}")
    assert watch.issuer.reads == 1
    watch.elapsed_s = COOLDOWN_S
    assert not await watch.knows("unknown")
    assert watch.issuer.reads == 2


async def test_callers_at_once_wait_for_one_read(watch: Watch) -> None:
    found = await asyncio.gather(*(watch.knows("one") for _ in range(20)))
    assert (all(found), watch.issuer.reads) == (True, 1)


async def test_a_key_id_may_be_left_out_while_there_is_only_one_key(watch: Watch) -> None:
    assert await watch.knows(None)
    watch.issuer.keys["two"] = Ed25519PrivateKey.generate()
    watch.elapsed_s = LIFESPAN_S + 1
    assert not await watch.knows(None)


async def test_keys_are_trusted_for_a_while_when_the_issuer_is_down(watch: Watch) -> None:
    assert await watch.knows("one")
    watch.issuer.down, watch.elapsed_s = True, KEEP_S
    assert await watch.knows("one")
    watch.elapsed_s = KEEP_S + 1
    with pytest.raises(Problem) as raised:
        await watch.keys.get("one")
    assert raised.value.status_code == 503
    watch.issuer.down, watch.elapsed_s = False, KEEP_S + 1 + COOLDOWN_S
    assert await watch.knows("one")


async def test_without_any_answer_nobody_is_told_that_the_token_is_bad(watch: Watch) -> None:
    watch.issuer.down = True
    with pytest.raises(Problem) as raised:
        await watch.keys.get("one")
    assert raised.value.status_code == 503
    assert raised.value.headers == {"Retry-After": "10"}


# Which keys count


def used(*entries: Any) -> list[str]:
    return list(usable_keys({"keys": list(entries)}))


def test_keys_of_every_algorithm_that_we_take_are_used() -> None:
    entries = [jwk(STRONG, "rsa"), jwk(elliptic(), "ec"), jwk(Ed25519PrivateKey.generate(), "ed")]
    assert used(*entries) == ["rsa", "ec", "ed"]


def test_a_weak_rsa_key_is_left_out() -> None:
    assert used(jwk(WEAK, "weak"), jwk(STRONG, "strong")) == ["strong"]


def test_a_shared_secret_and_a_key_for_encryption_are_left_out() -> None:
    secret = {"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "kid": "hmac", "alg": "HS256"}
    assert used(secret, jwk(STRONG, "enc", use="enc"), jwk(STRONG, "pss", alg="PS256")) == []


json_values: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)
members = st.dictionaries(st.sampled_from(["kty", "crv", "x", "y", "n", "e", "alg"]), json_values)
GOOD = jwk(Ed25519PrivateKey.generate(), "good")


@given(st.sampled_from([jwk(STRONG, "r"), jwk(elliptic(), "e"), GOOD]), members)
def test_an_entry_that_cannot_be_read_spoils_no_other(entry: Any, changes: Any) -> None:
    assert "good" in used({**entry, **changes, "kid": "other"}, GOOD)


@pytest.mark.parametrize("jwks", [{}, {"keys": {}}, {"keys": "one"}])
def test_an_answer_without_a_list_of_keys_counts_as_none(jwks: Any) -> None:
    with pytest.raises(JwksUnavailable):
        usable_keys(jwks)


def test_more_than_a_hundred_keys_are_not_looked_at() -> None:
    assert len(used(*[{**GOOD, "kid": str(n)} for n in range(150)])) == 100


# Over HTTP


def page(content: Any) -> tuple[int, bytes]:
    return 200, json.dumps(content).encode()


async def test_keys_are_read_where_the_discovery_document_says() -> None:
    pages = {"/keys": page({"keys": [GOOD]})}
    async with web(pages) as url:
        known = {"issuer": url, "jwks_uri": f"{url}/keys"}
        pages["/.well-known/openid-configuration"] = page(known)
        assert await jwks_over_http(url)() == {"keys": [GOOD]}
        assert await jwks_over_http(ISSUER, f"{url}/keys")() == {"keys": [GOOD]}


@pytest.mark.parametrize(
    "answer",
    [
        (500, b"{}"),
        (302, b"{}"),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b'{"keys": "' + b"x" * 300_000 + b'"}'),
        (200, b"[" * 100_000),
    ],
    ids=["fails", "leads elsewhere", "no json", "no object", "too large", "too deep"],
)
async def test_an_answer_that_is_not_of_the_form_counts_as_none(answer: tuple[int, bytes]) -> None:
    async with web({"/keys": answer}) as url:
        with pytest.raises(JwksUnavailable):
            await jwks_over_http(ISSUER, f"{url}/keys")()


async def test_the_document_of_another_issuer_is_not_believed() -> None:
    document = page({"issuer": ISSUER, "jwks_uri": "http://127.0.0.1:9/keys"})
    async with web({"/.well-known/openid-configuration": document}) as url:
        with pytest.raises(JwksUnavailable, match="is not of"):
            await jwks_over_http(url)()


@pytest.mark.parametrize("where", ["http://127.0.0.1:9/keys", "ftp://id/keys", "http://[::/keys"])
async def test_an_address_that_leads_nowhere_counts_as_none(where: str) -> None:
    with pytest.raises(JwksUnavailable):
        await jwks_over_http(ISSUER, where)()
