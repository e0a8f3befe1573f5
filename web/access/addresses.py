"""Where a request comes from, as limits count it.

An IPv6 client has at least a /64 of its own, 2^64 addresses: it counts as that network, not as an address.
"""

from __future__ import annotations

import functools
import ipaddress
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest

from web.access.headers import Headers

_IPV6_PREFIX: Final = 64
#: Networks that failed log-ins count by: what one provider hands out to a customer, or to neighbours.
_NETWORK_PREFIXES: Final = {4: 24, 6: 48}
#: What a peer without an address is: a Unix socket's.
_LOCAL: Final = "local"


def address_of(request: HttpRequest) -> str:
    """Where a Django request comes from."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    return client_address(str(request.META.get("REMOTE_ADDR") or _LOCAL), forwarded)


def exact_address(request: HttpRequest) -> str:
    """Where a Django request comes from, to the last bit: for lists of who may, not for counting."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    return _nearest_unknown(str(request.META.get("REMOTE_ADDR") or _LOCAL), forwarded)


def exact_address_of_scope(scope: dict[str, Any], headers: Headers) -> str:
    """The same of an ASGI request or handshake."""
    peer = (scope.get("client") or (_LOCAL, 0))[0]
    return _nearest_unknown(str(peer), headers.get(b"x-forwarded-for", b"").decode("latin-1"))


def is_local(request: HttpRequest) -> bool:
    """Whether a Django request comes from this machine itself. One that names a client it was forwarded for
    does not, unless a proxy of our own says that the client is this machine."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if forwarded and not settings.XTRADER["NUM_PROXIES"]:
        return False
    address = _nearest_unknown(str(request.META.get("REMOTE_ADDR") or _LOCAL), forwarded)
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address == _LOCAL
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def address_of_scope(scope: dict[str, Any], headers: Headers) -> str:
    """Where an ASGI request or handshake comes from."""
    peer = (scope.get("client") or (_LOCAL, 0))[0]
    return client_address(str(peer), headers.get(b"x-forwarded-for", b"").decode("latin-1"))


def client_address(peer: str, forwarded: str) -> str:
    """The client's IPv4 address or IPv6 network. X-Forwarded-For counts only as far as there are proxies of
    our own (``NUM_PROXIES``): the client wrote whatever is to the left of them."""
    peer = _nearest_unknown(peer, forwarded)
    return _network(peer) if ":" in peer else peer


def _nearest_unknown(peer: str, forwarded: str) -> str:
    """The nearest hop that is no proxy of our own."""
    if forwarded:
        proxies = int(settings.XTRADER["NUM_PROXIES"])
        hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
        if proxies and hops:
            return hops[-min(proxies, len(hops))]
    return peer


def has_proxies() -> bool:
    """Whether there are proxies of our own in front: then the peer is one of them, for every client."""
    return int(settings.XTRADER["NUM_PROXIES"]) > 0


def counted(peer: str) -> str:
    """The IPv4 address or IPv6 network that a peer counts as."""
    return client_address(peer, "")


def network_of(address: str) -> str:
    """The network around an address as limits count it: IPv4 /24, IPv6 /48; any other text as it is."""
    try:
        parsed = ipaddress.ip_address(address.partition("/")[0])
    except ValueError:
        return address
    return str(ipaddress.ip_network((int(parsed), _NETWORK_PREFIXES[parsed.version]), strict=False))


@functools.lru_cache(maxsize=4_096)
def wider_network(address: str) -> str | None:
    """The /48 around a client that counts as an IPv6 /64; None for any other text. A provider gives a /48 to
    one customer, who then has 65,536 networks of his own."""
    return network_of(address) if address.endswith(f"/{_IPV6_PREFIX}") else None


@functools.lru_cache(maxsize=4_096)
def _network(text: str) -> str:
    """The /64 of an IPv6 address; the IPv4 address that one stands for; any other text as it is."""
    try:
        address = ipaddress.IPv6Address(text.partition("%")[0])
    except ValueError:
        return text
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address), _IPV6_PREFIX), strict=False))
