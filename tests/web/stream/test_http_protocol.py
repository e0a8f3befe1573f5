"""What a connection may cost: a real uvicorn, met with raw sockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.web.stream.venue import Venue, run

HTTP = {"head_s": 1.5, "body_s": 2.0, "unread_s": 2.0, "connections_per_address": 40}
WEBSOCKET = {"control_per_s": 10, "control_burst": 300, "close_grace_s": 1.0}
START = b"GET /api/v1/time HTTP/1.1\r\nHost: 127.0.0.1\r\n"
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
PING = b"\x89\xfd\0\0\0\0" + b"a" * 125


@pytest.fixture(scope="module")
def tight() -> Iterator[Venue]:
    venue = Venue(TEST_HTTP=json.dumps(HTTP), TEST_WEBSOCKET=json.dumps(WEBSOCKET), RATE_LIMIT_LOGIN="5/min")
    yield venue
    venue.close()


def dial(venue: Venue) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", venue.port), timeout=5)
    connection.settimeout(10)
    return connection


def read_all(connection: socket.socket) -> bytes:
    """Everything until the other side closes."""
    got = b""
    while piece := connection.recv(65_536):
        got += piece
    return got


def status_of(venue: Venue, *pieces: bytes) -> int:
    """The status that answers what is sent on a connection of its own; insists that an error closes it."""
    with dial(venue) as connection:
        for piece in pieces:
            connection.sendall(piece)
        status = int(connection.recv(65_536).split(b" ", 2)[1])
        if status >= 400:
            read_all(connection)
        return status


def headers(count: int) -> bytes:
    return b"".join(b"X-%d: a\r\n" % number for number in range(count))


def resident_mb(pid: int) -> float:
    fields = Path(f"/proc/{pid}/statm").read_text().split()
    return int(fields[1]) * 4096 / 1e6


# --- the head ----------------------------------------------------------------------------------------


@pytest.mark.attack("A2")
def test_a_head_is_bounded_in_bytes(tight: Venue) -> None:
    assert status_of(tight, START + b"X: " + b"a" * 30_000 + b"\r\n\r\n") == 200
    assert status_of(tight, START + b"X: " + b"a" * 33_000 + b"\r\n\r\n") == 431
    # Never whole, and in pieces.
    assert status_of(tight, START + b"X: ", *[b"a" * 8_000] * 5) == 431


@pytest.mark.attack("A2")
def test_a_head_is_bounded_in_headers(tight: Venue) -> None:
    assert status_of(tight, START + headers(99) + b"\r\n") == 200
    assert status_of(tight, START + headers(100) + b"\r\n") == 431


@pytest.mark.attack("A2")
def test_a_request_line_is_bounded(tight: Venue) -> None:
    def line(length: int) -> bytes:
        target = b"/api/v1/time?" + b"a" * length
        return b"GET " + target + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

    # An unknown parameter is the view's to refuse, so it got there.
    assert status_of(tight, line(8_000)) in (200, 400)
    assert status_of(tight, line(8_200)) == 431


def test_a_head_that_follows_a_request_is_bounded_too(tight: Venue) -> None:
    with dial(tight) as connection:
        connection.sendall(START + b"\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
        connection.sendall(START + b"X: " + b"a" * 33_000)
        assert b"HTTP/1.1 431" in read_all(connection)


def test_a_transfer_coding_that_there_is_not_is_answered(tight: Venue) -> None:
    for coding in (
        b"gzip",
        b"identity",
        b"0",
        b"chunked, gzip",
        b"\xff\xfe",
        b"chunked\r\nTransfer-Encoding: gzip",
    ):
        assert status_of(tight, START + b"Transfer-Encoding: " + coding + b"\r\n\r\n") == 400, coding
    assert status_of(tight, START + b"Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n") == 200


@pytest.mark.attack("A2")
def test_an_endless_header_costs_neither_memory_nor_time(tight: Venue) -> None:
    before = resident_mb(tight.web.pid)
    with dial(tight) as connection:
        connection.sendall(START + b"X: ")
        sent = 0
        with pytest.raises((ConnectionError, TimeoutError)):
            while sent < 200_000_000:
                sent += connection.send(b"a" * 65_536)
    assert resident_mb(tight.web.pid) - before < 20


@pytest.mark.attack("A21")
def test_http_1_1_names_its_host_once(tight: Venue) -> None:
    assert status_of(tight, b"GET /api/v1/time HTTP/1.1\r\n\r\n") == 400
    assert status_of(tight, START + b"Host: 127.0.0.1\r\n\r\n") == 400
    assert status_of(tight, HANDSHAKE.replace(b"Host: 127.0.0.1\r\n", b"")) == 400
    assert status_of(tight, START + b"\r\n") == 200


# --- time --------------------------------------------------------------------------------------------


@pytest.mark.attack("A5")
def test_a_slow_head_is_given_up(tight: Venue) -> None:
    began = time.monotonic()
    with dial(tight) as connection:
        connection.sendall(START)
        assert read_all(connection).startswith(b"HTTP/1.1 408")
    assert 1.0 < time.monotonic() - began < 6


@pytest.mark.attack("A5")
@pytest.mark.parametrize("first", [b"", b"\r\n"])
def test_a_connection_that_asks_nothing_is_given_up(tight: Venue, first: bytes) -> None:
    began = time.monotonic()
    with dial(tight) as connection:
        connection.sendall(first)
        with contextlib.suppress(ConnectionResetError):
            assert read_all(connection) == b""
    assert 1.0 < time.monotonic() - began < 6


@pytest.mark.attack("A5")
def test_a_slow_body_is_given_up(tight: Venue) -> None:
    began = time.monotonic()
    post = b"POST /api/v1/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    with dial(tight) as connection:
        connection.sendall(post + b"Content-Length: 100\r\n\r\n{")
        with contextlib.suppress(ConnectionResetError):
            read_all(connection)
    assert 1.5 < time.monotonic() - began < 8


def test_a_response_that_is_not_read_is_given_up(tight: Venue) -> None:
    asked = b"GET /api/schema HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\r\n"
    with socket.socket() as connection:
        # What the kernel takes in for the client is little, so the rest waits in the process.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.settimeout(10)
        connection.connect(("127.0.0.1", tight.port))
        connection.sendall(asked * 100)
        time.sleep(8)
        got = b""
        with contextlib.suppress(ConnectionResetError):
            got = read_all(connection)
    assert got.count(b"HTTP/1.1 200") < 100, "all of it was kept for a client that did not read"
    assert status_of(tight, START + b"\r\n") == 200


# --- numbers -----------------------------------------------------------------------------------------


@pytest.mark.attack("A5")
def test_an_address_has_a_bound_of_plain_connections(tight: Venue) -> None:
    async def scenario() -> None:
        # A WebSocket is not a plain connection.
        async with tight.raw() as socket_before:
            with ExitStack() as stack:
                for _ in range(60):
                    connection = stack.enter_context(dial(tight))
                    connection.sendall(START)
                await asyncio.sleep(0.3)
                with dial(tight) as one_more:
                    assert read_all(one_more).startswith(b"HTTP/1.1 429")
                await socket_before.ping()
        # Those are gone, and so is the bound.
        await asyncio.sleep(1)
        assert status_of(tight, START + b"\r\n") == 200

    run(scenario())


# --- the client's address ----------------------------------------------------------------------------


@pytest.mark.attack("A9")
def test_a_forged_address_does_not_pass_the_limit(tight: Venue) -> None:
    statuses = []
    for number in range(12):
        request = urllib.request.Request(
            f"{tight.url}/api/v1/token",
            json.dumps({"username": "alice", "password": "wrong"}).encode(),
            {"Content-Type": "application/json", "X-Forwarded-For": f"203.0.113.{number}"},
        )
        try:
            urllib.request.urlopen(request).close()
        except urllib.error.HTTPError as error:
            statuses.append(error.code)
            error.close()
    # The minute may turn while this runs.
    assert 5 <= statuses.count(401) <= 10 and statuses.count(429) == 12 - statuses.count(401)


# --- control frames ----------------------------------------------------------------------------------


def upgraded(venue: Venue) -> socket.socket:
    connection = dial(venue)
    connection.sendall(HANDSHAKE)
    assert connection.recv(4_096).startswith(b"HTTP/1.1 101")
    return connection


@pytest.mark.attack("A4")
def test_pings_are_charged(tight: Venue) -> None:
    with upgraded(tight) as connection:
        connection.sendall(PING * 100)
        time.sleep(0.3)
        connection.sendall(PING * 1_000)
        got = read_all(connection)
    assert 200 < got.count(b"\x8a\x7d" + b"a" * 125) < 400
    # The close frame's code.
    assert (4029).to_bytes(2, "big") in got


@pytest.mark.attack("A4")
def test_empty_fragments_are_charged(tight: Venue) -> None:
    with upgraded(tight) as connection:
        connection.sendall(b"\x01\x80\0\0\0\0" + b"\x00\x80\0\0\0\0" * 1_000)
        assert (4029).to_bytes(2, "big") in read_all(connection)


@pytest.mark.attack("A4")
def test_a_client_that_does_not_read_is_not_read() -> None:
    """Pings within the allowance: the pongs fill the socket, and then nothing is taken any more."""
    venue = Venue(TEST_WEBSOCKET=json.dumps({"control_per_s": 1e9, "control_burst": 1e9}))
    try:
        with upgraded(venue) as connection:
            before, sent = resident_mb(venue.web.pid), 0
            connection.settimeout(2)
            with pytest.raises(TimeoutError):
                while sent < 100_000_000:
                    sent += connection.send(PING * 1_000)
            # What the kernel holds for both directions, and one piece of the stream.
            assert sent < 40_000_000
            assert resident_mb(venue.web.pid) - before < 10
            connection.settimeout(10)
            assert len(connection.recv(1_000_000)) > 1_000
        assert status_of(venue, START + b"\r\n") == 200
    finally:
        venue.close()
