"""The symbols as this process knows them: what the edge validates against and formats with.

The engine owns them. A process that is subscribed to the engine's feed (the WebSocket hub) puts every
symbol event in here as it happens; a process that is not asks the engine when what it has is older
than ``MAX_AGE_S``. The engine checks every rule again, so a stale copy can never let a wrong order in.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

from exchange.engine.messages import Protection, SymbolEvent
from exchange.errors import InputError
from exchange.jsontext import shown

#: How old the copy may be before it is fetched again, in a process nobody feeds.
MAX_AGE_S: Final = 0.5


class SymbolSpec(NamedTuple):
    """A symbol with the scales of its assets: everything needed to read and write its numbers."""

    name: str
    base: str
    quote: str
    base_scale: int
    quote_scale: int
    price_scale: int
    quantity_scale: int
    tick_bands: tuple[tuple[int, int], ...]
    lot_step: int
    min_quantity_lots: int
    max_quantity_lots: int
    min_price_ticks: int
    max_price_ticks: int
    min_notional_minor: int
    maker_ppm: int
    taker_ppm: int
    max_open_orders: int
    status: int
    status_reason: str
    #: notional_minor = price_ticks * quantity_lots * multiplier
    multiplier: int
    protection: Protection = Protection()
    #: When the volatility auction ends; 0 outside of one.
    call_ends_ns: int = 0

    def notional_minor(self, price_ticks: int, quantity_lots: int) -> int:
        return price_ticks * quantity_lots * self.multiplier

    def tick_step(self, price_ticks: int) -> int:
        """The tick size, in price ticks, that holds at this price."""
        step = self.tick_bands[0][1]
        for start, band_step in self.tick_bands:
            if price_ticks < start:
                break
            step = band_step
        return step


def spec_of(event: Sequence[Any], scales: dict[str, int]) -> SymbolSpec:
    """A spec from a symbol event and the scales of the assets by name."""
    symbol = SymbolEvent(*event)
    quote_scale = scales[symbol.quote]
    return SymbolSpec(
        name=symbol.symbol,
        base=symbol.base,
        quote=symbol.quote,
        base_scale=scales[symbol.base],
        quote_scale=quote_scale,
        tick_bands=tuple((start, step) for start, step in symbol.tick_bands),
        multiplier=10 ** (quote_scale - symbol.price_scale - symbol.quantity_scale),
        protection=Protection(*(symbol.protection or ())),
        **{name: getattr(symbol, name) for name in _COPIED},
    )


_COPIED: Final = (
    "price_scale",
    "quantity_scale",
    "lot_step",
    "min_quantity_lots",
    "max_quantity_lots",
    "min_price_ticks",
    "max_price_ticks",
    "min_notional_minor",
    "maker_ppm",
    "taker_ppm",
    "max_open_orders",
    "status",
    "status_reason",
    "call_ends_ns",
)


class SymbolTable:
    """Symbols and asset scales of one process. Readers take no lock: a change swaps whole dicts.

    ``fetch`` returns ``(asset events, symbol events)`` from the engine; it is called when the table is
    older than ``MAX_AGE_S`` and nobody keeps it live.
    """

    def __init__(self, fetch: Callable[[], tuple[Iterable[Any], Iterable[Any]]] | None = None) -> None:
        self._fetch = fetch
        self._specs: dict[str, SymbolSpec] = {}
        self._scales: dict[str, int] = {}
        self._loaded_at = float("-inf")
        self._is_live = False
        self._lock = threading.Lock()

    def load(self, assets: Iterable[Sequence[Any]], symbols: Iterable[Sequence[Any]]) -> None:
        """Replace everything, from asset and symbol events."""
        scales = {event[1]: event[2] for event in assets}
        specs = {event[1]: spec_of(event, scales) for event in symbols}
        with self._lock:
            self._scales, self._specs = scales, specs
            self._loaded_at = time.monotonic()

    def put_asset(self, event: Sequence[Any]) -> None:
        """Take in one asset event."""
        with self._lock:
            self._scales = {**self._scales, event[1]: event[2]}

    def put_symbol(self, event: Sequence[Any]) -> None:
        """Take in one symbol event."""
        with self._lock:
            self._specs = {**self._specs, event[1]: spec_of(event, self._scales)}

    def set_live(self, is_live: bool) -> None:
        """Said by whoever feeds the table: events arrive as they happen (or no longer do)."""
        self._is_live = is_live

    @property
    def is_live(self) -> bool:
        """Whether somebody feeds the table, so that reading it never asks the engine."""
        return self._is_live

    def forget(self) -> None:
        """Fetch anew at the next question: the engine is another one now."""
        with self._lock:
            self._loaded_at = float("-inf")

    def refresh(self) -> None:
        """Fetch from the engine if the copy is old. Raises what the engine client raises."""
        if self._fetch is None or self._is_fresh():
            return
        self.load(*self._fetch())

    def find(self, name: str) -> SymbolSpec | None:
        """The symbol, or None when there is none of that name."""
        self.refresh()
        return self._specs.get(name)

    def get(self, name: str) -> SymbolSpec:
        """The symbol. Raises SYMBOL_NOT_FOUND (404)."""
        spec = self.find(name)
        if spec is None:
            raise InputError("SYMBOL_NOT_FOUND", {"field": "symbol", "symbol": shown(name, 32)})
        return spec

    def known(self, name: str) -> SymbolSpec:
        """The symbol as last heard of; the engine is asked only about one never heard of. For writing out
        what has happened: scales never change, and a reply is not lost because the engine just went."""
        return self._specs.get(name) or self.get(name)

    def all(self) -> list[SymbolSpec]:
        """Every symbol, by name."""
        self.refresh()
        return [self._specs[name] for name in sorted(self._specs)]

    def asset_scale(self, asset: str) -> int:
        """Decimals of an asset. Raises ASSET_NOT_FOUND (404)."""
        if asset not in self._scales:
            self.refresh()
        scale = self._scales.get(asset)
        if scale is None:
            raise InputError("ASSET_NOT_FOUND", {"field": "asset", "asset": shown(asset, 32)})
        return scale

    def _is_fresh(self) -> bool:
        return self._is_live or time.monotonic() - self._loaded_at < MAX_AGE_S


def _fetch_from_engine() -> tuple[Iterable[Any], Iterable[Any]]:
    from exchange.worker import gateway

    _, assets = gateway.query("assets")
    _, symbols = gateway.query("symbols")
    return assets, symbols


#: The table of this process.
symbols = SymbolTable(_fetch_from_engine)
