"""A page of history is read by an index in its own order, however deep the page: no scan of a table, no sort.

The statements are those the API sends, caught on their way; the plans are the database's own. Runs on SQLite
here and on PostgreSQL by ``test_on_postgresql``.
"""

from __future__ import annotations

import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exchange.engine import messages as m
from exchange.models import Fill, Order, Transfer
from marketdata import selectors
from marketdata.models import CandleRow
from tests.conftest import Person

ROWS, ACCOUNTS = 6_000, 200
#: Somewhere in the middle.
CURSOR = ROWS // 2
TABLES = ("exchange_fill", "exchange_order", "exchange_transfer", "marketdata_candle")
MINUTE_NS = 60 * 10**9


@pytest.fixture
def filled(alice: Person) -> Person:
    """Alice, busy for years, and many others."""
    rng = random.Random(3)
    # Half of it all is hers: for an account of a hundred rows a scan and a sort would be no mistake.
    accounts = [*[alice.account] * ACCOUNTS, *range(50_000, 50_000 + ACCOUNTS)]
    picks = [(rng.choice(accounts), rng.choice(("BTC-KRW", "ETH-KRW"))) for _ in range(ROWS)]
    Fill.objects.bulk_create([_fill(10 + number, *pick) for number, pick in enumerate(picks)])
    Order.objects.bulk_create(
        [_order(10**9 + number, *pick) for number, pick in enumerate(picks[: ROWS // 2])]
    )
    transfers = [
        Transfer(
            id=10**9 + number, kind=m.DEPOSITED, account=account, asset="KRW", amount_minor=5,
            balance_after_minor=5, time_ns=number, sequence=number,
        )
        for number, (account, _) in enumerate(picks[: ROWS // 2])
    ]  # fmt: skip
    Transfer.objects.bulk_create(transfers)
    candles = [
        CandleRow(
            symbol=symbol, interval=60, open_ns=number * MINUTE_NS, open_ticks=1, high_ticks=1, low_ticks=1,
            close_ticks=1, volume_lots=1, quote_volume_minor=1, trade_count=1,
        )
        for number in range(ROWS // 4)
        for symbol in ("BTC-KRW", "ETH-KRW")
    ]  # fmt: skip
    CandleRow.objects.bulk_create(candles)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return alice


def test_every_page_of_history_is_read_by_an_index_in_its_order(filled: Person) -> None:
    order = 10**9 + CURSOR // 2
    for path in (
        "/v1/fills?limit=100",
        f"/v1/fills?limit=100&cursor={CURSOR}",
        f"/v1/fills?limit=100&symbol=BTC-KRW&cursor={CURSOR}",
        "/v1/orders?status=closed&limit=100",
        f"/v1/orders?status=closed&limit=100&cursor={order}",
        f"/v1/orders?limit=100&symbol=BTC-KRW&cursor={order}",
        "/v1/ledger?limit=100",
        f"/v1/ledger?limit=100&cursor={2 * CURSOR}-{order}",
    ):
        with CaptureQueriesContext(connection) as queries:
            answer = filled.api.get(path)
        assert answer.status_code == 200, answer.content
        _insist_on_indexes([query["sql"] for query in queries])
    with CaptureQueriesContext(connection) as queries:
        assert len(selectors.trades_before("BTC-KRW", CURSOR // 2, 100)) == 100
        assert len(selectors.trades_before("BTC-KRW", None, 100)) == 100
        assert len(selectors.candles_before("BTC-KRW", MINUTE_NS, 1_000 * MINUTE_NS, 100)) == 100
        assert len(selectors.candles_from("BTC-KRW", MINUTE_NS, 0, 10**18, 100)) == 100
    _insist_on_indexes([query["sql"] for query in queries])
    # The canary: nothing orders fills by price.
    with pytest.raises(AssertionError):
        _insist_on_indexes([str(Fill.objects.order_by("price_ticks").values("id")[:10].query)])


def _insist_on_indexes(statements: list[str]) -> None:
    pages = [sql for sql in statements if any(table in sql for table in TABLES)]
    assert pages, "none of these statements reads history"
    for sql in pages:
        plan = _plan(sql)
        for bad in ("Seq Scan", "Sort", "SCAN", "TEMP B-TREE"):
            assert bad not in plan, f"{sql}\n{plan}"


def _plan(sql: str) -> str:
    explain = "EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
    with connection.cursor() as cursor:
        cursor.execute(explain + sql)
        return "\n".join(str(row) for row in cursor.fetchall())


def _fill(number: int, account: int, symbol: str) -> Fill:
    return Fill(
        id=number, trade_id=number // 2, order_id=number, account=account, symbol=symbol, side=number % 2,
        is_taker=number % 2 == 1, price_ticks=number % 97, quantity_lots=1, notional_minor=1, fee_minor=0,
        base_delta_minor=1, quote_delta_minor=-1, base_after=1, quote_after=1, time_ns=number,
        sequence=number,
    )  # fmt: skip


def _order(number: int, account: int, symbol: str) -> Order:
    return Order(
        order_id=number, account=account, symbol=symbol, side=0, order_type=0, time_in_force=0,
        post_only=False, stp=0, price_ticks=1, quantity_lots=1, quote_amount_minor=0, filled_lots=1,
        filled_notional_minor=1, fee_minor=0, status=m.FILLED, reason=0, created_ns=number,
        updated_ns=number, sequence=number,
    )  # fmt: skip
