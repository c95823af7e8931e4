"""Which addresses a webhook may go to: public ones, and those that a setting allows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks in CIDR form. Raises ValueError."""
    return tuple(ip_network(text) for text in texts)


def refusal(address: str, allowed: Sequence[Network], *, public: bool = True) -> str:
    """Why nothing may be sent to the address; empty where it may.

    An IPv4 address inside an IPv6 one (v4-mapped, NAT64, 6to4, Teredo) counts as itself too.
    `public` False: only the allowed networks will do.
    """
    plain = address.partition("%")[0]
    try:
        outer = ip_address(plain)
    except ValueError:
        return f"{address} is no address"
    inner = _inner(outer)
    if isinstance(outer, IPv6Address) and (outer.ipv4_mapped or _in_nat64(outer)):
        return _refused(inner, allowed, public)
    reason = _refused(outer, allowed, public)
    return reason or ("" if inner is None else _refused(inner, allowed, public))


def _refused(
    address: IPv4Address | IPv6Address | None, allowed: Sequence[Network], public: bool
) -> str:
    if address is None:
        return "an address of a translation prefix that hides where it leads"
    if any(address.version == network.version and address in network for network in allowed):
        return ""
    if not public:
        return f"{address} is not in an allowed network"
    if address.is_global and not address.is_multicast:
        return ""
    return f"{address} is not a public address"


def _in_nat64(address: IPv6Address) -> bool:
    return any(address in network for network in NAT64)


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address in NAT64[0]:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address.sixtofour:
        return address.sixtofour
    return address.teredo[1] if address.teredo else None
