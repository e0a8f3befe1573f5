"""The book and the auction of a symbol, from the engine."""

from __future__ import annotations

from typing import Any

from exchange.engine.messages import SYMBOL_STATUSES
from exchange.link import engine_link
from exchange.listing.symbol_table import SymbolSpec
from exchange.wire.checksum import DEPTH, book_checksum
from exchange.wire.rendering import Json, milliseconds, render_indication, render_levels
from exchange.wire.shapes import Auction, OrderBook, as_json


def order_book(spec: SymbolSpec, depth: int, timestamp_ms: int) -> Json:
    """The best ``depth`` levels of each side, with the checksum of the top ten."""
    sequence, levels = engine_link.query("book", spec.name, max(depth, DEPTH))
    return book_reply(spec, depth, sequence, levels, timestamp_ms)


def book_reply(spec: SymbolSpec, depth: int, sequence: int, levels: Any, timestamp_ms: int) -> Json:
    """A book of which the best ``depth`` levels of each side, ten at least, are given as (bids, asks)."""
    bid_pairs, ask_pairs = (render_levels(side, spec) for side in levels)
    return as_json(
        OrderBook(
            symbol=spec.name,
            bids=bid_pairs[:depth],
            asks=ask_pairs[:depth],
            sequence=sequence,
            timestamp=timestamp_ms,
            checksum=book_checksum(ask_pairs, bid_pairs),
        )
    )


def auction(spec: SymbolSpec, timestamp_ms: int) -> Json:
    """Where an auction would trade as the book stands."""
    sequence, event = engine_link.query("indication", spec.name)
    return as_json(
        Auction(
            symbol=spec.name,
            status=SYMBOL_STATUSES[spec.status],
            **render_indication(event, spec),
            call_ends_at=milliseconds(spec.call_ends_ns) if spec.call_ends_ns else None,
            sequence=sequence,
            timestamp=timestamp_ms,
        )
    )
