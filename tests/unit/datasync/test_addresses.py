"""Where a webhook may go."""

from __future__ import annotations

import pytest

from services.datasync.domain.addresses import networks, refusal


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "224.0.1.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "198.18.0.1",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
        "ff0e::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:100.64.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::808:808",
        "2002:7f00:1::1",
        "2001:0:4136:e378:8000:63bf:80ff:fffe",
        "not an address",
        "unknown",
    ],
)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert refusal(address, ())


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_a_public_address_is_not_refused(address: str) -> None:
    assert refusal(address, ()) == ""


def test_a_setting_allows_a_network_and_nothing_beside_it() -> None:
    allowed = networks(["10.20.0.0/16", "fd12:3456::/32"])
    assert refusal("10.20.3.4", allowed) == ""
    assert refusal("::ffff:10.20.3.4", allowed) == ""
    assert refusal("fd12:3456::9", allowed) == ""
    assert refusal("10.21.0.1", allowed)
    assert refusal("127.0.0.1", allowed)


def test_plain_http_is_for_allowed_networks_only() -> None:
    allowed = networks(["127.0.0.0/8"])
    assert refusal("8.8.8.8", allowed, public=False)
    assert refusal("127.0.0.1", allowed, public=False) == ""
    assert refusal("::ffff:127.0.0.1", allowed, public=False) == ""
