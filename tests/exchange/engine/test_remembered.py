"""What is remembered of commands and finished orders, as the interpreter and as the compiled core keep it:
both against a plain list."""

from __future__ import annotations

import random
from typing import Any

import pytest

from exchange import core
from exchange.engine import Limits
from exchange.engine import messages as m
from exchange.engine.records import COMMAND_SHAPES, EVENT_SHAPES, RecordWriter, record_places, write_commands
from exchange.engine.records.machine_words import zeros
from exchange.engine.records.record_words import WordRow
from exchange.engine.state import (
    finished,
    finished_compiled,
    memory,
    memory_compiled,
)
from exchange.engine.state.book import Book, Order, Seat
from exchange.engine.state.ledger import Account
from exchange.engine.state.symbols import Symbol

#: In the compiled core the one stands in the other's place.
PAIRS = [(memory, finished)]
if core.running() == "python":
    PAIRS.append((memory_compiled, finished_compiled))
BOTH = pytest.mark.parametrize("modules", PAIRS)
IDS = [
    "so long that the command does not fit a row" * 6,
    "",
    "1",
    "2",
    "seven-7",
    "eight--8",
    "a-much-longer-id-of-a-client",
    "a-much-longer-id-of-a-clienu",
    "한국",
]


def some_accounts() -> dict[int, Account]:
    return {number: Account(number) for number in (1000, 1001, 1002, 2**40)}


def reply_words(events: list[m.Event]) -> tuple[Any, int]:
    row = WordRow()
    writer = RecordWriter(EVENT_SHAPES, row)
    for event in events:
        writer.write(event)
    return row.words, row.at


@BOTH
@pytest.mark.parametrize("all_meet", [False, True])
@pytest.mark.parametrize(("per_account", "total"), [(4, 9), (1, 9), (30, 40)])
def test_commands_by_account_and_id(
    modules: Any, all_meet: bool, per_account: int, total: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kept as tuples and as records, short and long, looked up as both; also where the number that finds them
    is the same for all."""
    if all_meet and core.running() == "python":
        monkeypatch.setattr(memory_compiled, "key_of", lambda account, command_id: 7)
        monkeypatch.setattr(memory_compiled, "key_at", lambda account, data, place, end: 7)
    limits = Limits(ids_per_account=per_account, ids_total=total)
    rng, accounts = random.Random(3), some_accounts()
    kept = modules[0].CommandMemory(limits, accounts)
    model: list[tuple[Any, ...]] = []
    place, end = 8 * record_places.COMMAND_ID, 8 * COMMAND_SHAPES[m.CANCEL].words
    kept.keep_control((m.set_asset("a", "A", 8), 1, 1, ()))
    assert list(kept.control) == ["a"]
    for sequence in range(1, 2_000):
        account = rng.choice(list(accounts.values()))
        command_id = rng.choice(IDS)
        command = m.cancel_order(command_id, account.number, 5)
        found = [row for row in model if row[0] == command]
        record = write_commands([command])
        as_record = rng.random() < 0.5
        if as_record:
            assert kept.knows(account, record, place, end) == bool(found)
        if not as_record or found:
            assert kept.recall(account, command_id) == (found[0] if found else None)
        if not found:
            event = (m.EV_LEVEL, "A-B", m.BUY, sequence, 5)
            events = [event] * rng.choice((0, 1, 20))
            own = [row for row in model if row[0][2] == account.number]
            if len(own) == limits.ids_per_account:
                model.remove(own[0])
            elif len(model) == limits.ids_total:
                del model[0]
            model.append((command, sequence, sequence, tuple(events)))
            if as_record:
                words, count = reply_words(events)
                kept.keep_words(account, sequence, sequence, words, 0, count, record, 0, len(record) // 8)
            else:
                kept.keep_trader(account, command, sequence, sequence, tuple(events))
        if rng.random() < 0.02:
            due = [row for row in model if row[2] < sequence - 6]
            assert kept.forget_before(sequence - 6, 1) == (len(due) > 1)
            model = [row for row in model if row not in due[:1]]
        assert kept.count == len(model)
        if sequence % 50 == 0:
            assert kept.traders() == model


@BOTH
def test_a_tuple_is_kept_without_having_been_looked_up(modules: Any) -> None:
    accounts = some_accounts()
    kept = modules[0].CommandMemory(Limits(), accounts)
    for number in (1000, 1001):
        kept.keep_trader(accounts[number], m.cancel_order("same", number, 1), 1, 1, ())
    for number in (1000, 1001):
        assert kept.recall(accounts[number], "same")[0][2] == number


def finished_event(order_id: int, account: int, client_order_id: str | None, notional: int) -> m.Event:
    place = (
        m.EV_ORDER,
        order_id,
        account,
        client_order_id,
        "A-B",
        m.BUY,
        m.LIMIT,
        m.IOC,
        True,
        m.STP_DECREMENT,
    )
    return (*place, 9, 4, 0, 3, notional, -2, m.CANCELED, m.REASON_USER, order_id - 1, order_id)


def book() -> Book:
    terms = m.set_symbol(
        "", "A-B", base="A", quote="B", price_scale=0, quantity_scale=0, tick_bands=((0, 1),), lot_step=1,
        min_quantity_lots=1, max_quantity_lots=9, min_price_ticks=1, max_price_ticks=9, min_notional_minor=0,
        maker_ppm=0, taker_ppm=0, max_open_orders=9,
    )  # fmt: skip
    return Book(Symbol(terms[2:], 0, 0), Account(m.FEE_ACCOUNT).balance("B"), 0)


def finished_order(seat: Seat, event: m.Event) -> Order:
    named = m.OrderEvent(*event)
    order = Order(
        named.order_id, seat, named.side, named.order_type, named.time_in_force, named.post_only,
        named.price_ticks, named.quantity_lots, named.quote_amount_minor, named.stp, named.client_order_id, 0,
        0, named.created_ns,
    )  # fmt: skip
    order.filled_lots, order.filled_notional_minor = named.filled_lots, named.filled_notional_minor
    order.fee_minor, order.status, order.reason = named.fee_minor, named.status, named.reason
    order.updated_ns = named.updated_ns
    return order


@BOTH
@pytest.mark.parametrize(("per_account", "most"), [(1, 9), (4, 9), (30, 40)])
@pytest.mark.parametrize("is_shared", [False, True])
def test_the_oldest_finished_order_of_all_goes_first_beyond_the_bound_for_all(
    modules: Any, per_account: int, most: int, is_shared: bool
) -> None:
    """Both bounds bite, time passes, and a part of it is forgotten at a time; as events and as orders, with
    amounts beyond a word and without."""
    accounts, market = some_accounts(), book()
    seats = {number: market.seat(account) for number, account in accounts.items()}
    past = modules[1].FinishedOrders(accounts, [market], most, per_account)
    if not is_shared:
        past.part()
        past.part()
    rng, kept = random.Random(per_account), list[m.Event]()
    for order_id in range(1, 2_000):
        number = rng.choice((1000, 1000, 1000, 1001, 1001, 1002, 2**40))
        own = [each for each in kept if each[2] == number]
        if len(own) >= per_account and not is_shared:
            kept.remove(own[0])
        elif len(kept) >= most:
            del kept[0]
        client_order_id = rng.choice((None, f"c{order_id % 7}"))
        event = finished_event(order_id, number, client_order_id, rng.choice((0, 5, 1 << 70)))
        kept.append(event)
        if rng.random() < 0.5:
            past.remember(accounts[number], event)
        else:
            past.remember_plain(finished_order(seats[number], event))
        if rng.random() < 0.05:
            due = [each for each in kept if each[1] < order_id - 15]
            assert past.forget_before(order_id - 15, 1) == (len(due) > 1)
            kept = [each for each in kept if each not in due[:1]]
        assert (sorted(past.ids()), len(past)) == ([each[1] for each in kept], len(kept))
        assert past.event(order_id) == event
        assert past.event(order_id - 500) is None
        expected = [each for each in kept if each[2] == number][::-1]
        assert past.newest(accounts[number], None, 40, 40) == expected
        assert past.newest(accounts[number], "A-B", 2, 9) == expected[:2]
        assert past.newest(accounts[number], "A-C", 2, 3) == []
        named = {each[3]: each[1] for each in kept if each[2] == number and each[3]}
        assert accounts[number].client_ids == named
        order = kept if is_shared else sorted(kept, key=lambda each: (each[2], each[1]))
        assert past.remembered() == order
    past.part()
    assert (
        max(len([each for each in past.remembered() if each[2] == number]) for number in accounts)
        <= per_account
    )


def test_words_are_made_of_nothing() -> None:
    assert list(zeros(3)) == [0, 0, 0]
