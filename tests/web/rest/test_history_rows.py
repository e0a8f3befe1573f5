"""Rows of every kind, from the engine's event to the bytes on the wire, against a plain rendering.

The projection's own code writes events of any content, and the reads that lane and view share read them.
``history_reference`` has what must come out, filter by filter and page by page. ``test_history_lane`` holds
that lane and view send these very bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange import process
from exchange.engine import Engine
from exchange.engine import messages as m
from exchange.link.follower import Batch
from exchange.link.protocol import Answer
from exchange.listing import catalog
from exchange.listing.symbol_table import SymbolSpec, symbols
from exchange.wire.order_kinds import ORDER_KINDS
from marketdata.projection import bulk, tables
from marketdata.projection.rows import Rows, Scales, collect, order_rows
from tests.web.rest import history_reference as reference
from tests.web.rest.history_reference import Row, Side
from web.rest import history_reads

pytestmark = pytest.mark.django_db

OWN, OTHER = 1001, 1002
START_NS = 1_795_334_400_000_000_000
#: Above all sequences of the tests: the tables are up to date.
REACHED = 10**9

accounts = st.sampled_from((OWN, OTHER))
names = st.sampled_from([listing.symbol for listing in catalog.SYMBOLS])
scaled = st.one_of(st.integers(0, 99), st.integers(0, 2**62), st.integers(1, 10**4).map(lambda n: n * 10**8))
money = st.one_of(scaled, st.integers(0, 10**37))
statuses = st.sampled_from((m.NEW, m.PARTIALLY_FILLED, m.FILLED, m.CANCELED, m.EXPIRED))
fees = st.one_of(st.just(0), st.integers(-(10**12), 10**20))
times = st.integers(START_NS, START_NS + 10**15)
maybe_time = st.one_of(st.just(0), times)
ids = st.integers(1, 10**17)
maybe_id = st.one_of(st.just(0), ids)
words = st.text(st.sampled_from("aZ09_.:-"), min_size=1, max_size=36)
#: Whatever a memo may hold; PostgreSQL has no NUL in text.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=64)


@st.composite
def options(draw: st.DrawFn, kind: str) -> m.OrderExtra:
    """Order options of any content, of an order of this kind."""
    exits = st.none() | st.tuples(scaled, scaled, scaled, st.integers(0, 1))
    return m.OrderExtra(
        expire_ns=draw(maybe_time),
        reprice=draw(st.booleans()),
        display_lots=draw(scaled),
        trigger=ORDER_KINDS[kind][1],
        trigger_source=draw(st.integers(0, 1)),
        trigger_ticks=draw(scaled),
        trail_ticks=draw(scaled),
        trail_ppm=draw(st.integers(0, 10**6)),
        trigger_now=draw(st.booleans()),
        session=draw(st.none() | words),
        triggered_ns=draw(maybe_time),
        prevented_lots=draw(scaled),
        linked_order_id=draw(maybe_id),
        entry_order_id=draw(maybe_id),
        exits=draw(exits),
        to_limit=kind == "market_to_limit",
        min_lots=draw(scaled),
        second=draw(st.integers(0, 2)),
        quote_id=draw(st.none() | words),
        peg=draw(st.integers(1, 3)) if kind == "pegged" else m.NO_PEG,
        peg_offset_ticks=draw(scaled) if kind == "pegged" else 0,
    )


@st.composite
def orders(draw: st.DrawFn) -> m.OrderEvent:
    """An order of any kind, with or without options where both can be; its id is given later."""
    kind = draw(st.sampled_from(list(ORDER_KINDS)))
    is_simple = kind in ("limit", "market") and draw(st.booleans())
    is_by_amount = draw(st.booleans())
    return m.OrderEvent(
        tag=m.EV_ORDER,
        order_id=0,
        account=draw(accounts),
        client_order_id=draw(st.none() | words),
        symbol=draw(names),
        side=draw(st.integers(0, 1)),
        order_type=ORDER_KINDS[kind][0],
        time_in_force=draw(st.integers(0, len(m.TIMES_IN_FORCE) - 1)),
        post_only=draw(st.booleans()),
        stp=draw(st.integers(0, len(m.STP_MODES) - 1)),
        price_ticks=draw(scaled),
        quantity_lots=0 if is_by_amount else draw(scaled),
        quote_amount_minor=draw(money.filter(bool)) if is_by_amount else 0,
        filled_lots=draw(scaled),
        filled_notional_minor=draw(money),
        fee_minor=draw(fees),
        status=draw(statuses),
        reason=draw(st.integers(0, len(m.REASONS) - 1)),
        created_ns=draw(times),
        updated_ns=draw(times),
        extra=None if is_simple else draw(options(kind)),
    )  # fmt: skip


@st.composite
def trades(draw: st.DrawFn) -> m.TradeEvent:
    taker_side = draw(st.sampled_from((m.BUY, m.SELL, m.NO_SIDE)))
    amounts = [draw(part) for part in (scaled, scaled, money, fees, money, money, fees, money, money)]
    ticks, lots, notional, taker_fee, taker_base, taker_quote, maker_fee, maker_base, maker_quote = amounts
    return m.TradeEvent(
        m.EV_TRADE, 0, draw(names), ticks, lots, taker_side, notional,
        draw(st.integers(1, 3)), draw(accounts), taker_fee, taker_base, taker_quote,
        draw(st.integers(1, 3)), draw(accounts), maker_fee, maker_base, maker_quote,
    )  # fmt: skip


@st.composite
def transfers(draw: st.DrawFn) -> m.TransferEvent:
    return m.TransferEvent(
        tag=m.EV_TRANSFER,
        kind=draw(st.sampled_from(list(range(len(m.TRANSFER_KINDS))))),
        command_id="test",
        account=draw(accounts),
        asset=draw(st.sampled_from([listing.asset for listing in catalog.ASSETS])),
        amount_minor=draw(money),
        balance_after_minor=draw(money),
        counter_account=draw(st.sampled_from((0, 1, 2, OTHER))),
        memo=draw(texts),
        withdrawal_id=draw(st.just("") | words),
        fee_minor=draw(money),
    )


class Command(NamedTuple):
    """What one command did, and when."""

    time_ns: int
    events: list[Any]


def histories(events: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Command]]:
    """Commands of one to four events, in the order of time."""
    steps = st.lists(st.tuples(st.integers(0, 10**12), st.lists(events, min_size=1, max_size=4)), max_size=8)
    return steps.map(_in_time)


def _in_time(steps: list[tuple[int, list[Any]]]) -> list[Command]:
    """Times and ids ascend. Only one transfer of a command has each key."""
    now_ns, numbered, number = START_NS, [], 0
    for step_ns, events in steps:
        now_ns += step_ns
        mine: list[Any] = []
        keys: set[bool] = set()
        for event in events:
            number += 1
            if isinstance(event, m.TransferEvent):
                if (event.kind == m.MOVED_IN) not in keys:
                    mine.append(event)
                keys.add(event.kind == m.MOVED_IN)
            elif isinstance(event, m.OrderEvent):
                mine.append(event._replace(order_id=number, created_ns=now_ns))
            else:
                mine.append(event._replace(trade_id=number))
        numbered.append(Command(now_ns, mine))
    return numbered


class Venue:
    """The tables after some commands, and what is known of the symbols."""

    def __init__(self) -> None:
        engine, made = Engine(), []
        for command in catalog.setup_commands():
            made += engine.apply(command, START_NS)
        self._assets = [event for event in made if event[0] == m.EV_ASSET]
        self._symbols = [event for event in made if event[0] == m.EV_SYMBOL]
        self.specs: dict[str, SymbolSpec] = {}

    @contextmanager
    def after(self, commands: Sequence[Command]) -> Iterator[None]:
        """The tables as the projection has written them, for a while."""
        with process.using(process.Process()), transaction.atomic():
            symbols.load(self._assets, self._symbols)
            symbols.set_live(True)
            self.specs = {spec.name: spec for spec in symbols.all()}
            self._write(commands)
            yield
            transaction.set_rollback(True)

    def _write(self, commands: Sequence[Command]) -> None:
        rows, scales = Rows(), Scales()
        for event in self._assets:
            scales.put_asset(event)
        for event in self._symbols:
            scales.put_symbol(event)
        for sequence, command in enumerate(commands, start=1):
            events = [tuple(_as_sent(event)) for event in command.events]
            collect(rows, scales, Batch(sequence, command.time_ns, [(m.TICK,)], [events], ""))
        bulk.write(connection, tables.ORDERS, order_rows(rows))
        bulk.write(connection, tables.FILLS, rows.fills)
        bulk.write(connection, tables.TRANSFERS, rows.transfers)


def _as_sent(event: Any) -> tuple[Any, ...]:
    """A simple order's tuple ends before its options."""
    return event[:-1] if isinstance(event, m.OrderEvent) and event.extra is None else event


@pytest.fixture(scope="module")
def venue() -> Venue:
    return Venue()


def pages(path: str, query: dict[str, str]) -> Iterator[bytes]:
    """Every page of a history, as it is sent: twice, from the tables and from what the process keeps."""
    cursor: dict[str, str] = {}
    while True:
        read = history_reads.READS[path]({**query, **cursor})
        first, again = (read.from_tables(OWN, Answer(REACHED, None), REACHED) for _ in range(2))
        assert first == again
        yield first
        following = json.loads(first)["next_cursor"]
        if following is None:
            return
        cursor = {"cursor": following}


def check(
    path: str,
    name: str,
    query: dict[str, str],
    wanted: list[Row],
    cursor_of: Callable[[list[Row]], str | None],
) -> None:
    """The pages hold the wanted rows, ``limit`` on each, to the last byte."""
    limit, at = int(query["limit"]), 0
    for page in pages(path, query):
        rows = wanted[at : at + limit]
        at += limit
        cursor = json.loads(page)["next_cursor"]
        if cursor_of is not _any:
            assert cursor == (cursor_of(rows) if at < len(wanted) else None)
        assert (cursor is None) == (at >= len(wanted))
        assert page == reference.as_bytes(name, rows, cursor, REACHED)
    assert at >= len(wanted)


def _any(_: list[Row]) -> None:
    """The cursor of the ledger names two rows; that its pages have all rows is enough."""


usual = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
limits = st.sampled_from(("1", "2", "7", "500"))


@st.composite
def some(draw: st.DrawFn, choices: dict[str, st.SearchStrategy[str]]) -> dict[str, str]:
    """A page size and up to two filters: with more hardly any row is left."""
    chosen = draw(st.lists(st.sampled_from(list(choices)), max_size=2, unique=True))
    return {"limit": draw(limits), **{name: draw(choices[name]) for name in chosen}}


def spans(time_ns: int, query: dict[str, str]) -> bool:
    at = time_ns // 10**6
    return int(query.get("start", 0)) <= at < int(query.get("end", 10**15))


order_queries = some(
    {
        "symbol": names,
        "side": st.sampled_from(("buy", "sell")),
        "type": st.sampled_from(list(ORDER_KINDS)),
        "status": st.sampled_from(history_reads.STATUSES),
        "start": st.just(str(START_NS // 10**6 + 1_000)),
        "end": st.just(str(START_NS // 10**6 + 2_000)),
    }
)


@usual
@given(histories(orders()), order_queries)
def test_orders(venue: Venue, commands: list[Command], query: dict[str, str]) -> None:
    with venue.after(commands):
        listed = [event for command in commands for event in command.events if _is_asked(event, query)]
        wanted = [reference.order_row(event, venue.specs[event.symbol]) for event in reversed(listed)]
        if query.get("status") == "open" and not {"side", "type"} & {*query}:
            # The engine alone answers that.
            query = {**query, "status": "new"}
            wanted = [row for row in wanted if row["status"] == "new"]
        check("/v1/orders", "orders", query, wanted, lambda rows: rows[-1]["order_id"])


def _is_asked(event: m.OrderEvent, query: dict[str, str]) -> bool:
    status = m.ORDER_STATUSES[event.status]
    words = {"open": ("new", "partially_filled"), "closed": ("filled", "canceled", "expired")}
    asked = query.get("status", status)
    return (
        event.account == OWN
        and query.get("symbol", event.symbol) == event.symbol
        and query.get("side", m.SIDES[event.side]) == m.SIDES[event.side]
        and query.get("type", reference.order_kind(event)) == reference.order_kind(event)
        and status in words.get(asked, (asked,))
        and spans(event.created_ns, query)
    )


def sides(commands: list[Command]) -> list[Side]:
    """The account's sides of all trades, newest first."""
    found = [
        Side(event, is_taker, command.time_ns, sequence)
        for sequence, command in enumerate(commands, start=1)
        for event in command.events
        if isinstance(event, m.TradeEvent)
        for is_taker in (False, True)
    ]
    return sorted((side for side in found if side.account == OWN), key=lambda side: -side.key)


fill_queries = some(
    {
        "symbol": names,
        "side": st.sampled_from(("buy", "sell")),
        "liquidity": st.sampled_from(("maker", "taker", "auction")),
        "order_id": st.sampled_from(("1", "2", "3")),
        "start": st.just(str(START_NS // 10**6 + 1_000)),
        "end": st.just(str(START_NS // 10**6 + 2_000)),
    }
)


@usual
@given(histories(trades()), fill_queries)
def test_fills(venue: Venue, commands: list[Command], query: dict[str, str]) -> None:
    with venue.after(commands):
        asked = [side for side in sides(commands) if spans(side.time_ns, query)]
        rows = [side.fill_row(venue.specs[side.trade.symbol]) for side in asked]
        filters = query.keys() & {"symbol", "side", "liquidity", "order_id"}
        kept = [(side, row) for side, row in zip(asked, rows, strict=True) if _fits(row, filters, query)]
        keys = {row["trade_id"] + row["liquidity"] + row["side"]: str(side.key) for side, row in kept}
        check(
            "/v1/fills", "fills", query, [row for _, row in kept],
            lambda rows: keys[rows[-1]["trade_id"] + rows[-1]["liquidity"] + rows[-1]["side"]],
        )  # fmt: skip


def _fits(row: Row, filters: set[str], query: dict[str, str]) -> bool:
    return all(row[name] == query[name] for name in filters)


ledger_queries = some(
    {
        "symbol": names,
        "asset": st.sampled_from([listing.asset for listing in catalog.ASSETS]),
        "type": st.sampled_from(("trade", *m.TRANSFER_KINDS)),
        "start": st.just(str(START_NS // 10**6 + 1_000)),
        "end": st.just(str(START_NS // 10**6 + 2_000)),
    }
)


@usual
@given(histories(trades() | transfers()), ledger_queries)
def test_the_ledger(venue: Venue, commands: list[Command], query: dict[str, str]) -> None:
    with venue.after(commands):
        rows = [row for row, time_ns in _entries(venue, commands) if spans(time_ns, query)]
        filters = query.keys() & {"symbol", "asset", "type"}
        check("/v1/ledger", "entries", query, [row for row in rows if _fits(row, filters, query)], _any)


def _entries(venue: Venue, commands: list[Command]) -> Iterator[tuple[Row, int]]:
    """Newest command first; of one command trades before transfers, newest first, and the base asset of a
    trade before its quote asset."""
    by_sequence: dict[int, list[Side]] = {}
    for side in sides(commands):
        by_sequence.setdefault(side.sequence, []).append(side)
    for sequence, command in reversed([*enumerate(commands, start=1)]):
        for side in by_sequence.get(sequence, ()):
            for row in side.ledger_rows(venue.specs[side.trade.symbol]):
                yield row, command.time_ns
        made = [event for event in command.events if isinstance(event, m.TransferEvent)]
        for event in sorted(made, key=lambda event: event.kind != m.MOVED_IN):
            if event.account == OWN:
                scale = symbols.asset_scale(event.asset)
                yield reference.transfer_row(event, scale, command.time_ns, sequence), command.time_ns


@pytest.mark.parametrize("kind", ORDER_KINDS)
def test_every_kind_of_order_is_found_by_its_name(venue: Venue, kind: str) -> None:
    """One order of each kind: ``type`` finds the one."""
    made = []
    for number, (word, (order_type, trigger)) in enumerate(ORDER_KINDS.items(), start=1):
        extra = m.OrderExtra(trigger=trigger, to_limit=word == "market_to_limit", peg=int(word == "pegged"))
        plain = m.OrderEvent(
            m.EV_ORDER, number, OWN, None, "BTC-KRW", 0, order_type, 0, False, 0, 1, 1, 0, 0, 0, 0, m.FILLED,
            0, START_NS, START_NS, None if extra == m.OrderExtra() else extra,
        )  # fmt: skip
        made.append(plain)
    with venue.after([Command(START_NS, made)]):
        [page] = pages("/v1/orders", {"type": kind})
        assert [row["order_type"] for row in json.loads(page)["orders"]] == [kind]
