"""What is read from headers: token, session, address."""

from __future__ import annotations

from typing import Any

import pytest

from web.access.addresses import client_address
from web.access.credentials import bearer_token, session_key
from web.access.headers import joined


@pytest.mark.parametrize(
    "header, token",
    [
        (b"Bearer abc", b"abc"),
        (b"bearer abc", b"abc"),
        (b"BEARER  abc ", b"abc"),
        (b"Bearer", b""),
        (b"Bearer a b", b""),
        (b"Bearerabc", None),
        (b"Basic YTpi", None),
        (b"", None),
    ],
)
def test_a_bearer_token(header: bytes, token: bytes | None) -> None:
    assert bearer_token({b"authorization": header}) == token


def test_no_header_is_no_token() -> None:
    assert bearer_token({}) is None


@pytest.mark.parametrize(
    "cookies, key",
    [
        ([b"sessionid=k"], "k"),
        ([b"a=1; sessionid=k; b=2"], "k"),
        # One that no other reader of cookies would take does not hide the rest.
        ([b"odd{}[]=1; sessionid=k"], "k"),
        ([b"sessionid_=k"], None),
        ([], None),
    ],
)
def test_a_session_s_cookie(cookies: list[bytes], key: str | None) -> None:
    assert session_key(joined((b"cookie", each) for each in cookies)) == key


def test_lines_of_one_name_are_one_value() -> None:
    assert joined([(b"a", b"1"), (b"b", b"2"), (b"a", b"3")]) == {b"a": b"1,3", b"b": b"2"}


@pytest.mark.parametrize(
    "proxies, peer, forwarded, address",
    [
        (0, "192.0.2.1", "", "192.0.2.1"),
        (0, "192.0.2.1", "203.0.113.9", "192.0.2.1"),
        (1, "192.0.2.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "192.0.2.1", "198.51.100.1, 203.0.113.9", "198.51.100.1"),
        (5, "192.0.2.1", "198.51.100.1", "198.51.100.1"),
        (1, "192.0.2.1", "", "192.0.2.1"),
        (0, "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
        (1, "192.0.2.1", "2001:db8::1", "2001:db8::/64"),
        (0, "fe80::1%eth0", "", "fe80::/64"),
        (0, "::ffff:192.0.2.1", "", "192.0.2.1"),
        (0, "::1", "", "::/64"),
        (1, "192.0.2.1", "no:address", "no:address"),
        (0, "local", "", "local"),
    ],
)
def test_addresses(settings: Any, proxies: int, peer: str, forwarded: str, address: str) -> None:
    settings.XTRADER = {**settings.XTRADER, "NUM_PROXIES": proxies}
    assert client_address(peer, forwarded) == address
