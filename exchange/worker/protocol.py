"""What crosses the engine socket. The frames and their codec follow below the public views."""

from __future__ import annotations

from typing import Any, NamedTuple

from exchange.engine.messages import Event

#: (bids, asks), each a list of (price_ticks, quantity_lots), best first.
Book = tuple[list[tuple[int, int]], list[tuple[int, int]]]


class Outcome(NamedTuple):
    """What became of a command. ``sequence`` is 0 for refusals that were not sequenced."""

    sequence: int
    now_ns: int
    events: list[Event]


class Answer(NamedTuple):
    """Reply to a query: ``value`` as it was right after ``sequence``."""

    sequence: int
    value: Any


class Hello(NamedTuple):
    """State a subscriber starts from: every later FeedBatch follows ``sequence`` without a gap."""

    sequence: int
    now_ns: int
    epoch: int
    #: SymbolEvent tuples
    symbols: list[Event]
    #: AssetEvent tuples
    assets: list[Event]
    #: symbol -> full-depth book
    books: dict[str, Book]


class FeedBatch(NamedTuple):
    """Events of one durable batch: ``events[i]`` are those of the command ``first_sequence + i``."""

    first_sequence: int
    now_ns: int
    events: list[list[Event]]
