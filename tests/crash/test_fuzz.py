"""Whatever is sent: Schemathesis against the running exchange by its own OpenAPI schema, and other people's
ids.

Messages of the WebSocket are fuzzed in ``tests/web/stream/test_protocol.py`` (depth, types, sizes, unknown
topics) and ``tests/web/stream/test_limits.py`` (floods, lengths); frames of the engine's socket in
``tests/exchange/node/test_server.py``. ``FUZZ_SECONDS`` makes it longer.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.crash.site import Site
from tests.web.stream.venue import PEOPLE, request, run

SECONDS = os.environ.get("FUZZ_SECONDS", "12")
#: Never a 5xx; statuses, formats and replies as the schema has them; and what the schema does not allow is
#: refused.
CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance"),
    *("response_schema_conformance", "negative_data_rejection"),
)
#: Calls that would end the log-in that the others need.
ENDING = ("change_password", "revoke_token", "revoke_session", "revoke_other_sessions")


def test_no_call_of_the_schema_ends_in_a_server_error(site: Site, tmp_path: Path) -> None:
    """As alice, who has money and orders: every operation, with examples, edge cases and fuzzed values."""
    token = run(site.token("alice"))
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{site.url}/api/schema"),
        *("--url", site.url, "--checks", ",".join(CHECKS), "--max-examples", "8", "--no-color"),
        *("--phases", "examples,coverage,fuzzing", "--seed", "1", "--workers", "1", "--no-shrink"),
        *("--max-failures", "5", "--suppress-health-check", "all", "--warnings", "off"),
        *("--generation-database", "none", "--max-time", SECONDS),
        *("-H", f"Authorization: Bearer {token}"),
        *(word for operation in ENDING for word in ("--exclude-operation-id", operation)),
    ]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=180)
    assert result.returncode == 0, result.stdout[-6_000:] + result.stderr[-2_000:]
    tested = re.search(r"Tested: (\d+)", result.stdout)
    assert tested is not None
    assert int(tested[1]) >= 20, "hardly any operation was tried"
    # The engine has seen it all and is sound.
    status = site.admin.query("status").value
    site.wait_for_market(status["sequence"])
    assert status["quarantined"] == 0
    assert site.market_status()["breaches"] == []


def test_other_peoples_orders_are_as_unknown_as_none(site: Site) -> None:
    """carol names bob's order and one that never was, in every operation: the answers are the same."""
    order_id = str(next(event[1] for event in site.admin.query("open_orders", PEOPLE["bob"], None).value))

    async def scenario() -> None:
        token = await site.token("carol")
        async with site.raw() as connection:
            assert (await request(connection, "auth", token=token))["ok"]
            for op, fields in (
                ("order.cancel", {}),
                ("order.reduce", {"quantity": "1"}),
                ("order.replace", {"price": "150", "quantity": "2"}),
            ):
                theirs = await request(connection, op, order_id=order_id, **fields)
                nobodys = await request(connection, op, order_id="999999", **fields)
                assert theirs["error"] == nobodys["error"] == "ORDER_NOT_FOUND"
                assert theirs["status"] == nobodys["status"] == 404
            assert (await request(connection, "orders.cancel_all"))["ok"]
            reply = await request(
                connection, "subscribe", channels=["orders", "fills", "balances"], account=PEOPLE["bob"]
            )
            assert "bob" not in str(reply)
        async with site.client("carol") as carol:
            assert all(order.order_id != order_id for order in await carol.get_orders("open"))

    run(scenario())
    found = site.admin.query("open_orders", PEOPLE["bob"], None).value
    assert order_id in [str(event[1]) for event in found]


def test_half_a_request_costs_nothing(site: Site) -> None:
    """Connections that send half a frame, half a request, or nothing, and stay."""

    async def scenario() -> None:
        halves = []
        for data in (b"", b"GET /api/v1/time HT", b"POST /v1/order HTTP/1.1\r\nContent-Length: 99\r\n\r\n{"):
            for _ in range(20):
                _, writer = await asyncio.open_connection("127.0.0.1", site.port)
                writer.write(data)
                halves.append(writer)
        for _ in range(5):
            _, writer = await asyncio.open_unix_connection(site.data / "engine.sock")
            writer.write((1_000).to_bytes(4, "little") + b"\x91")
            halves.append(writer)
        async with site.client("alice") as alice:
            result = await alice.place_order("AAPL", "buy", price="120", quantity="1")
            assert result.order.is_open
        for writer in halves:
            writer.transport.abort()

    run(scenario())
