"""Commands, events and money of any size survive the codec exactly; nonsense is refused, not crashed on."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine import messages as m
from exchange.journal.codec import (
    DECODE_ERRORS,
    decode_commands,
    decoder,
    encode,
    encode_commands,
    encode_each,
    encode_events,
    freeze,
    freeze_events,
)
from exchange.journal.records import OPEN, RECORD_BYTES, decode_record, encode_record
from tests.exchange.journal.flow import market, orders, take

money = st.integers(min_value=-(10**38), max_value=10**38)


def test_commands_come_back_as_they_were() -> None:
    commands = market() + take(orders(), 200)
    assert decode_commands(encode_commands(commands)) == commands


PLAIN = m.place_order("p", 1000, "BTC-KRW", m.BUY, price_ticks=95_000_000, quantity_lots=10_000)
STOP = m.place_order(
    "s",
    1000,
    "BTC-KRW",
    m.SELL,
    order_type=m.MARKET,
    quantity_lots=10_000,
    terms=m.OrderTerms(trigger=m.STOP, trigger_ticks=90_000_000, session="w/1"),
)
NESTED = [
    STOP,
    m.place_oco("o", 1000, PLAIN, STOP),
    m.place_bracket("b", 1000, PLAIN, 99_000_000, 90_000_000),
    m.place_bracket("b", 1000, STOP, 99_000_000, 90_000_000),
    m.cancel_replace("cr", 1000, STOP, order_id=7),
    m.set_symbol(
        *("sy", "BTC-KRW"),
        base="BTC",
        quote="KRW",
        price_scale=0,
        quantity_scale=8,
        tick_bands=((0, 1), (10, 5)),
        lot_step=1,
        min_quantity_lots=1,
        max_quantity_lots=10**12,
        min_price_ticks=1,
        max_price_ticks=10**9,
        min_notional_minor=0,
        maker_ppm=0,
        taker_ppm=0,
        max_open_orders=10,
        protection=m.Protection(max_notional_minor=10**30, calendar="XNYS"),
    ),
]


def test_what_is_inside_a_command_comes_back_as_it_was() -> None:
    """Terms, legs, tick bands and protection: a repeated command must be equal to the first."""
    commands = [PLAIN, *NESTED, m.cancel_all("ca", 1000, None, "w/1")]
    decoded = decode_commands(encode_commands(commands))
    assert decoded == commands
    assert [hash(command) for command in decoded] == [hash(command) for command in commands]


def test_events_come_back_as_they_were_wherever_they_stand() -> None:
    extra = tuple(m.OrderExtra(trigger=m.STOP, exits=(3, 1, 0, m.LAST)))
    order = (m.EV_ORDER, 5, 1000, None, "BTC-KRW", 0, 0, 0, False, 0, 1, 2, 0, 0, 0, 0, 0, 0, 8, 9)
    events = [
        order,
        (*order, extra),
        (m.EV_REJECTED, "c", 1000, "INSUFFICIENT_BALANCE", ("asset", "KRW")),
        (m.EV_SYMBOL, "BTC-KRW", "BTC", "KRW", 0, 8, ((0, 1),), *range(9), 0, "", tuple(m.Protection()), 7),
    ]
    decoded = decoder(list[tuple]).decode(encode(events))
    assert decoded != events
    assert freeze_events(decoded) == events


@given(money, money)
def test_money_of_any_size_is_exact(amount: int, other: int) -> None:
    commands = [m.deposit("d", 1000, "KRW", amount), m.withdraw("w", 1000, "KRW", other)]
    assert decode_commands(encode_commands(commands)) == commands


@pytest.mark.parametrize("value", [2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**38])
def test_the_edges_of_64_bits(value: int) -> None:
    event = m.BalanceEvent(m.EV_BALANCE, 1000, "KRW", value, 0)
    restored = decoder(list[tuple]).decode(encode([tuple(event)]))
    assert restored == [tuple(event)]


@given(money)
def test_wide_numbers_inside_a_rejection_and_an_answer(amount: int) -> None:
    rejection = (m.EV_REJECTED, "c", 1000, "INSUFFICIENT_BALANCE", ("asset", "KRW", "required_minor", amount))
    decoded = decoder(list[tuple]).decode(encode([rejection]))
    assert freeze_events(decoded) == [rejection]
    answer = {"balances": [("KRW", amount, -amount)], "text": "x" * 3}
    assert freeze(decoder(dict).decode(encode(answer))["balances"]) == (("KRW", amount, -amount),)


EDGES = [0, -1, 2**63 - 1, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**38]


@pytest.mark.parametrize("view, tag", [(m.OrderEvent, m.EV_ORDER), (m.TradeEvent, m.EV_TRADE)])
def test_events_are_encoded_as_any_message_wherever_they_are_wide(view: Any, tag: int) -> None:
    """The short cut for events and the long way give the same bytes: the hash is over them."""
    plain = (tag, *range(1, len(view._fields)))
    for place in range(1, len(plain)):
        for value in EDGES:
            event = (*plain[:place], value, *plain[place + 1 :])
            others = [(m.EV_REJECTED, "c", 1000, "X", ("required_minor", value)), (m.EV_TICK, 7)]
            balance = (m.EV_BALANCE, 1000, "KRW", value, 0)
            transfer = (m.EV_TRANSFER, 0, "d", 1000, "KRW", 1, value)
            moved = (*transfer, 1001, "rent")
            held = (m.EV_TRANSFER, 4, "d", 1000, "KRW", value, 5, 0, "", "w", value)
            money = [event, balance, transfer, moved, held]
            for events in ([event], [plain, event], money, [*others, event]):
                assert encode_events(events) == encode(events)
                assert encode_each([[plain], events]) == [encode([plain]), encode(events)]


@given(st.binary(max_size=200))
def test_any_bytes_decode_or_raise_a_decode_error(data: bytes) -> None:
    with suppress(*DECODE_ERRORS):
        decode_commands(data)


@pytest.mark.parametrize(
    "bomb",
    [b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\x91" * 100_000, b"\xc7\xff\x01" + b"9" * 255],
    ids=["array", "map", "deep", "digits"],
)
def test_bombs_are_decode_errors(bomb: bytes) -> None:
    with pytest.raises(DECODE_ERRORS):
        decode_commands(bomb)


def test_a_record_with_any_bit_flipped_is_not_a_record() -> None:
    record = encode_record(
        OPEN,
        shard=0,
        epoch=7,
        first_sequence=8,
        command_count=0,
        now_ns=9,
        durable_sequence=7,
        event_hash=b"h" * 16,
        payload=b"payload",
    )
    assert decode_record(record, 0, 0) is not None
    assert len(record) == RECORD_BYTES + len(b"payload")
    for bit in range(len(record) * 8):
        damaged = bytearray(record)
        damaged[bit // 8] ^= 1 << bit % 8
        assert decode_record(bytes(damaged), 0, 0) is None, f"bit {bit}"
