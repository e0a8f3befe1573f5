"""Long messages in parts: whatever the rows, joining them gives the message, and no frame is too long."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.live import parts
from web.live.packet import Packet
from web.live.topics import Topic
from xtrader_client._errors import SequenceGap
from xtrader_client._parts import Parts

#: A frame of the tests, so that a few rows are many.
SHORT = 600
ROWS = st.lists(st.dictionaries(st.text(max_size=6), st.text(max_size=30), max_size=3), max_size=60)


def joined(packets: list[Packet]) -> dict[str, Any]:
    join = Parts()
    wholes = [whole for packet in packets if (whole := join.take(json.loads(packet.text))) is not None]
    assert len(wholes) == 1
    return dict(wholes[0])


@given(ROWS, ROWS)
def test_joined_parts_are_the_message(orders: list[Any], fills: list[Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "PART_BYTES", SHORT)
        message = {"type": "reply", "id": 7, "ok": True, "orders": orders, "fills": fills, "sequence": 9}
        packets = parts.packets_of(message)
        assert joined(packets) == message
        for packet in packets:
            content = json.loads(packet.text)
            rows = len(content["orders"]) + len(content["fills"])
            assert len(packet) <= SHORT or rows == 1, "only one row that is too long may exceed a frame"
        assert (len(packets) == 1) == (len(Packet(message)) <= SHORT or len(orders) + len(fills) <= 1)


@given(ROWS)
def test_the_parts_of_a_snapshot_are_a_chain(rows: list[Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "PART_BYTES", SHORT)
        topic = Topic("orders", None, 40, remember=8)
        packets = topic.snapshot({"type": "orders_snapshot", "orders": rows})
        messages = [json.loads(packet.text) for packet in packets]
        assert [message["prev_sequence"] for message in messages] == [None] + [40] * (len(messages) - 1)
        assert {message["sequence"] for message in messages} == {40}
        assert joined(packets)["orders"] == rows


def test_the_best_of_each_side_of_a_deep_book_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that takes the parts one by one finds the checksum true after each."""
    monkeypatch.setattr(parts, "PART_BYTES", SHORT)
    bids = [[str(1_000 - i), "1"] for i in range(200)]
    asks = [[str(1_001 + i), "1"] for i in range(12)]
    packets = parts.packets_of({"type": "book_snapshot", "bids": bids, "asks": asks, "checksum": 5})
    first = json.loads(packets[0].text)
    assert len(packets) > 2
    assert first["bids"][:10] == bids[:10] and first["asks"][:10] == asks[:10]


def test_text_that_is_no_unicode_survives() -> None:
    row = {"client_order_id": "\ud800"}
    [packet] = parts.packets_of({"type": "orders_snapshot", "orders": [parts.raw_of(row)]})
    assert json.loads(packet.text)["orders"] == [row]


def test_a_part_out_of_turn_is_a_gap() -> None:
    join = Parts()
    join.take({"part": 1, "parts": 3, "orders": [1]})
    with pytest.raises(SequenceGap):
        join.take({"part": 3, "parts": 3, "orders": [3]})
