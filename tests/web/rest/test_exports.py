"""Whole histories as CSV: the rows of the list, in bounded memory, as bytes that no spreadsheet runs."""

from __future__ import annotations

import asyncio
import csv
import io
import random
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from exchange import process
from exchange.errors import RefusedError
from exchange.models import Fill
from exchange.selectors import stored_rows
from exchange.selectors.fills import all_fills
from exchange.selectors.statement import Filter, all_entries
from exchange.selectors.window import Window
from exchange.wire import shapes
from tests.conftest import LiveEngine, Person
from tests.web.rest.asgi import Asked, ask
from tests.web.rest.test_failures import shape
from tests.web.rest.test_histories import SYMBOLS, trade, walk
from tests.web.rest.test_history_lane import token_of, with_token
from web.rest.csv_files import Exports, Pieces

pytestmark = pytest.mark.django_db(transaction=True)

Row = dict[str, Any]
LISTS = {"orders": "orders", "fills": "fills", "ledger": "entries"}


@pytest.fixture
def trader(settings: Any, alice: Person, bob: Person, live_engine: LiveEngine) -> Person:
    settings.XTRADER = {
        **settings.XTRADER,
        "RATE_LIMITS": dict.fromkeys(settings.XTRADER["RATE_LIMITS"], "0"),
    }
    trade((alice, bob), list(SYMBOLS[:2]), random.Random(5))
    live_engine.project()
    return alice


def saved(person: Person, path: str, query: str = "") -> tuple[dict[bytes, bytes], list[Row]]:
    """Headers and rows of a file, sent by the ASGI application."""
    from xtrader.asgi import django_application

    asked = with_token(Asked(path, query.encode()), token_of(person))
    told = async_to_sync(ask)(django_application, asked)
    assert told.status == 200, told.body
    return dict(told.headers), list(csv.DictReader(io.StringIO(told.body.decode(), newline="")))


def as_cell(name: str, value: Any) -> str:
    if name in ("timestamp", "created_at", "updated_at", "expire_at", "triggered_at") and value is not None:
        at = datetime.fromtimestamp(value // 1000, UTC)
        return f"{at:%Y-%m-%d %H:%M:%S}.{value % 1000:03d}"
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


@pytest.mark.parametrize("chunk", [1, 7, 2_000])
@pytest.mark.parametrize("history", list(LISTS))
def test_a_file_has_the_rows_of_the_list(
    trader: Person, history: str, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_rows, "CHUNK_ROWS", chunk)
    monkeypatch.setattr("exchange.selectors.statement.CHUNK_ROWS", chunk)
    for query in ({}, {"symbol": "BTC-KRW"}, {"end": "1"}, {"type": "limit"} if history == "orders" else {}):
        wanted = walk(trader, f"/v1/{history}", LISTS[history], 500, query)
        headers, rows = saved(
            trader, f"/v1/export/{history}", "&".join("=".join(pair) for pair in query.items())
        )
        assert [{**row} for row in rows] == [
            {name: as_cell(name, row.get(name)) for name in rows[0]} for row in wanted
        ]
        assert len(wanted) >= 10 or query
    assert headers[b"content-type"] == b"text/csv; charset=utf-8"
    assert headers[b"cache-control"] == b"no-store"
    assert b"attachment" in headers[b"content-disposition"]


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd", "'+cmd"),
        ("@sum", "'@sum"),
        ("-2-3", "'-2-3"),
        ("-A1", "'-A1"),
        ("\tx", "'\tx"),
        ("-0.5", "-0.5"),
        ("-12", "-12"),
        ("-", "'-"),
        ("a=b", "a=b"),
        ("7", "7"),
    ],
)
def test_no_cell_is_a_formula(text: str, cell: str) -> None:
    entry = shapes.LedgerEntry(text, "trade", "KRW", "-1", "2", "0", *[None] * 3, 0, 1, *[None] * 4)
    [_, line] = Pieces(shapes.LedgerEntry, [[entry]])
    assert next(csv.reader([line.decode()]))[:4] == [cell, "trade", "KRW", "-1"]


def test_an_order_whose_own_id_looks_like_one(trader: Person, live_engine: LiveEngine) -> None:
    assert trader.place(price="95000000", client_order_id="-1-1").status_code == 200
    live_engine.project()
    _, rows = saved(trader, "/v1/export/orders")
    assert rows[0]["client_order_id"] == "'-1-1"


def test_refused_as_the_list_is(trader: Person, anyone: Any, settings: Any) -> None:
    assert shape(trader.get("/v1/export/fills", side="both")) == (400, "INVALID_FIELD")
    assert shape(trader.get("/v1/export/fills", limit="5")) == (400, "UNKNOWN_FIELD")
    assert shape(trader.get("/v1/export/orders", symbol="NONE")) == (404, "SYMBOL_NOT_FOUND")
    assert shape(trader.get("/v1/export/tax-report")) == (400, "MISSING_FIELD")
    assert shape(anyone.get("/v1/export/ledger")) == (401, "NOT_AUTHENTICATED")
    settings.XTRADER = {**settings.XTRADER, "EXPORTS_AT_ONCE": 1}
    with process.using(process.Process()):
        end = process.part(Exports).begin()
        with pytest.raises(RefusedError, match="RATE_LIMITED"):
            process.part(Exports).begin()
        end()
        end()
        process.part(Exports).begin()()


def test_sums_and_files_are_limited_by_account(trader: Person, settings: Any) -> None:
    rates = {**settings.XTRADER["RATE_LIMITS"], "reports": "2/h"}
    settings.XTRADER = {**settings.XTRADER, "RATE_LIMITS": rates}
    paths = ("/v1/fills/totals", "/v1/orders/totals", "/v1/ledger/totals")
    assert [trader.get(path).status_code for path in paths] == [200, 200, 429]


def test_a_file_is_accepted_whatever_a_client_accepts(trader: Person) -> None:
    for accept in ("text/csv", "text/html", "image/png"):
        trader.api.credentials(**{**trader.api._credentials, "HTTP_ACCEPT": accept})
        assert trader.get("/v1/export/fills").status_code == 200


ROWS = 40_000


@pytest.fixture
def long_history(trader: Person) -> Person:
    """So many fills and deposits that they would be seen in memory."""
    first = Fill.objects.order_by("-id").values_list("id", flat=True)[0] + 2
    like = {"account": trader.account, "symbol": "BTC-KRW", "side": 0, "is_taker": True, "price_ticks": 10**8}
    figures = {"quantity_lots": 10**6, "notional_minor": 10**14, "fee_minor": 5, "time_ns": 10**18}
    deltas = {"base_delta_minor": 1, "quote_delta_minor": -1, "base_after": 1, "quote_after": 1}
    Fill.objects.bulk_create(
        (
            Fill(id=first + number, trade_id=number, order_id=1, sequence=number, **like, **figures, **deltas)
            for number in range(ROWS)
        ),
        batch_size=5_000,
    )
    return trader


def peak_bytes(pieces: Any) -> tuple[int, int]:
    """The most memory that making the pieces took at a time, and how many lines they have."""
    tracemalloc.start()
    lines = 0
    for piece in pieces:
        lines += piece.count(b"\n")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak, lines


@pytest.mark.attack("W9")
def test_a_long_file_takes_the_memory_of_one_piece(long_history: Person) -> None:
    account = (long_history.account,)
    peak, lines = peak_bytes(Pieces(shapes.Fill, all_fills(account, Window())))
    assert lines > ROWS
    # All rows at a time would take a kilobyte each.
    assert peak < ROWS * 1_000 / 4
    peak, lines = peak_bytes(Pieces(shapes.LedgerEntry, all_entries(account, Window(), Filter())))
    assert lines > 2 * ROWS
    assert peak < 2 * ROWS * 1_000 / 4


async def _first_piece(token: str) -> int:
    from xtrader.asgi import django_application

    gone, pieces = asyncio.Event(), 0
    first = [{"type": "http.request", "body": b""}]

    async def receive() -> Any:
        if first:
            return first.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal pieces
        pieces += message["type"] == "http.response.body"
        if pieces == 2:
            gone.set()

    asked = with_token(Asked("/v1/export/fills"), token)
    await django_application(asked.scope(), receive, send)
    return pieces


def test_a_client_that_goes_away_ends_its_file(long_history: Person) -> None:
    pieces = async_to_sync(_first_piece)(token_of(long_history))
    assert 2 <= pieces < ROWS / stored_rows.CHUNK_ROWS
    assert process.part(Exports)._running == 0
