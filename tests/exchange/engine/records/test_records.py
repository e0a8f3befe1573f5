"""Whatever a tuple says, its record says too, and gives back the same tuple."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine import Engine
from exchange.engine import messages as m
from exchange.engine.records import (
    COMMAND_SHAPES,
    EVENT_SHAPES,
    RecordWriter,
    read_answers,
    read_messages,
    record_places,
    write_commands,
)
from exchange.engine.records.record_shapes import (
    FLAG,
    LENGTH_AT,
    NARROW,
    SMALL,
    SMALL_BITS,
    SMALLS_AT,
    WHOLE,
    Shape,
)
from exchange.engine.records.record_words import WordRow
from tests.exchange.engine.pair import START_NS
from tests.exchange.engine.worlds import World
from tools.records import DOCUMENT, with_layouts

#: Every event there is.
VIEWS = {getattr(m, name) for name in dir(m) if name.startswith("EV_")}
SHAPES = [*COMMAND_SHAPES.values(), *EVENT_SHAPES.values()]

integers = st.one_of(
    st.integers(-3, 3),
    st.integers(-(2**64), 2**64),
    st.sampled_from([NARROW, NARROW + 1, -NARROW, -NARROW - 1, 2**63, -(2**63), 2**6000, 2**7000]),
)
texts = st.one_of(
    st.none(), st.text(max_size=30), st.sampled_from(["", "BTC-KRW", "DOGE-USDT", "\ud800", "한국어"])
)
scalars = st.one_of(integers, texts, st.booleans())
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=8)


def written(message: tuple[Any, ...], shapes: dict[int, Shape]) -> bytes:
    row = WordRow()
    RecordWriter(shapes, row).write(message)
    return row.part(0, row.at)


def there_and_back(message: tuple[Any, ...], shapes: dict[int, Shape]) -> tuple[Any, ...]:
    data = written(message, shapes)
    [found] = read_messages(data, shapes)
    return found


def is_whole(data: bytes) -> bool:
    return bool(int.from_bytes(data[:8], "little") & WHOLE)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_the_small_fields_of_a_shape_fit_its_head(shape: Shape) -> None:
    assert sum(field.bits for field in shape.fields if field.kind <= FLAG) <= SMALL_BITS
    assert all((field.bits > 0) == (field.kind in (SMALL, FLAG)) for field in shape.fields)


@given(st.data(), st.sampled_from(SHAPES))
def test_any_values_come_back_as_they_were(data: st.DataObject, shape: Shape) -> None:
    """Also those that a layout has no room for, and tuples of another length."""
    shapes = COMMAND_SHAPES if shape is COMMAND_SHAPES.get(shape.tag) else EVENT_SHAPES
    length = len(shape.fields) + data.draw(st.sampled_from([0, 0, 0, -1, 1]))
    message = (shape.tag, *[data.draw(values) for _ in range(length)])
    found = there_and_back(message, shapes)
    assert repr(found) == repr(message)


@given(st.lists(values, max_size=4))
def test_a_message_without_a_layout_comes_back_whole(fields: list[Any]) -> None:
    message = (m.EV_SYMBOL, *fields)
    assert repr(there_and_back(message, EVENT_SHAPES)) == repr(message)


def test_streams_meet_every_event_and_every_one_comes_back() -> None:
    """The batches' answers are those of an engine that gets the commands one at a time, as tuples."""
    met: Counter[int] = Counter()
    for seed in range(6):
        by_tuple, by_record, world, now_ns = Engine(), Engine(), World(seed, 500), START_NS
        for command in world:
            now_ns += world.pause_ns
            [answer] = read_answers(by_record.apply_batch(write_commands([command]), now_ns))
            recalled = by_tuple.recall(command)
            if recalled is None:
                events = by_tuple.apply(command, now_ns)
                expected: tuple[Any, ...] = (by_tuple.sequence, now_ns, events)
                world.observe(events)
                met.update(event[0] for event in events)
            else:
                expected = recalled
            assert repr(tuple(answer)) == repr(tuple(expected))
        assert by_record.state_hash() == by_tuple.state_hash()
    assert VIEWS - set(met) <= {m.EV_FEE_PLAN, m.EV_RULES}


def test_what_a_usual_event_says_has_a_layout() -> None:
    """A layout that nothing fits would go unnoticed: everything would be written whole."""
    engine, world, now_ns = Engine(), World(3, 300), START_NS
    for command in world:
        now_ns += world.pause_ns
        if engine.recall(command) is not None:
            continue
        events = engine.apply(command, now_ns)
        world.observe(events)
        for event in events:
            if event[0] in EVENT_SHAPES:
                assert not is_whole(written(event, EVENT_SHAPES)), event
        if command[0] in COMMAND_SHAPES and events[0][0] != m.EV_REJECTED:
            assert not is_whole(written(command, COMMAND_SHAPES)), command


def test_the_places_named_for_the_hot_path_are_those_of_the_description() -> None:
    described = {
        "PLACE": COMMAND_SHAPES[m.PLACE],
        "CANCEL": COMMAND_SHAPES[m.CANCEL],
        "ORDER": EVENT_SHAPES[m.EV_ORDER],
        "TRADE": EVENT_SHAPES[m.EV_TRADE],
        "LEVEL": EVENT_SHAPES[m.EV_LEVEL],
        "BALANCE": EVENT_SHAPES[m.EV_BALANCE],
    }
    places: dict[str, int] = {}
    for prefix, shape in described.items():
        places |= {f"{prefix}_{name}": at for name, at in places_of(shape).items()}
    for shape in COMMAND_SHAPES.values():
        # Every command has these two at the same place.
        found = places_of(shape)
        places |= {"COMMAND_ID": found["COMMAND_ID"], "COMMAND_ACCOUNT": found["ACCOUNT"]}
        assert (found["COMMAND_ID"], found["ACCOUNT"]) == (1, 2)
    for prefix in ("ORDER", "TRADE", "LEVEL", "BALANCE"):
        shape = described[prefix]
        places[f"{prefix}_HEAD"] = shape.tag | shape.words << LENGTH_AT
    named = {name: value for name, value in vars(record_places).items() if name.isupper()}
    assert {name: places.get(name) for name in named} == named


def places_of(shape: Shape) -> dict[str, int]:
    """The places of its fields by name, and its length."""
    found: dict[str, int] = {}
    word, bit = 1, SMALLS_AT
    for field in shape.fields:
        if field.kind <= FLAG:
            found[f"{field.name.upper()}_AT"] = bit
            bit += field.bits
        else:
            found[field.name.upper()] = word
            word += 1
    return found | {"WORDS": word}


def test_a_batch_is_answered_command_by_command() -> None:
    commands = [m.set_asset("a", "KRW", 0), m.set_asset("a", "KRW", 0), m.set_asset("a", "KRW", 1)]
    first, repeated, other = read_answers(Engine().apply_batch(write_commands(commands), START_NS))
    assert first == (1, START_NS, [(m.EV_ASSET, "KRW", 0)])
    assert repeated == first
    assert (other.sequence, other.events[0][3]) == (0, "DUPLICATE_ID")


def test_a_reader_steps_over_what_it_does_not_know() -> None:
    level = (m.EV_LEVEL, "A-B", m.BUY, 5, 7)
    unknown = (200 | 2 << 8).to_bytes(8, "little") + bytes(8)
    end = (255 | 3 << 8).to_bytes(8, "little") + bytes(16)
    data = unknown + written(level, EVENT_SHAPES) + unknown
    assert read_messages(data, EVENT_SHAPES) == [level]
    assert read_answers(data + end) == [(0, 0, [level])]


def test_what_is_no_record_is_refused() -> None:
    """Zeros would be read for ever, and what is cut off in the middle ends."""
    with pytest.raises(ValueError, match="no whole record"):
        read_messages(bytes(16), EVENT_SHAPES)
    cut = write_commands([m.cancel_order("an id of some length", 1_000, 7)])[:-8]
    unknown = (200 | 2 << 8).to_bytes(8, "little") + bytes(8)
    for broken in (bytes(16), cut, cut[:24], unknown):
        with pytest.raises(ValueError, match="record"):
            Engine().apply_batch(broken, START_NS)


def test_the_document_shows_the_layouts_as_they_are() -> None:
    text = DOCUMENT.read_text()
    assert text == with_layouts(text), "python tools/records.py"


@pytest.mark.parametrize(
    "changes",
    [
        {"side": -1},
        {"side": 4},
        {"post_only": 1},
        {"terms": [1]},
        {"quote_amount_minor": 10**3_000},
        {"price_ticks": 2**62},
        {"symbol": 5},
        {"client_order_id": "\ud800"},
        {"client_order_id": "\ud800" * 9},
    ],
)
def test_a_value_that_fits_no_field_goes_whole(changes: dict[str, Any]) -> None:
    place = m.PlaceOrder(
        *m.place_order("c", 1, "A-B", m.BUY, price_ticks=1, quantity_lots=1), terms=m.OrderTerms(session="s")
    )
    command = tuple(place._replace(**changes))
    [found] = read_messages(write_commands([command]), COMMAND_SHAPES)
    assert repr(found) == repr(
        tuple([tuple(each) if isinstance(each, list | tuple) else each for each in command])
    )


def test_a_message_of_another_length_goes_whole() -> None:
    place = m.place_order("c", 1, "A-B", m.BUY, price_ticks=1, quantity_lots=1)
    commands = [(m.CANCEL, "c", 1), (m.CANCEL, "c", 1, 2, None, None), (*place, None)]
    assert read_messages(write_commands(commands), COMMAND_SHAPES) == commands
