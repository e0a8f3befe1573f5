"""The symbols as this process knows them: what the edge validates against and formats with.

The engine owns them. A process that is subscribed to the engine's feed (the WebSocket hub) puts every
symbol event in here as it happens; a process that is not asks the engine when what it has is older
than ``MAX_AGE_S``. The engine checks every rule again, so a stale copy can never let a wrong order in.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from exchange import process
from exchange.engine.messages import SymbolEvent
from exchange.engine.messages.places import ASSET_NAME, ASSET_SCALE, SYMBOL_NAME
from exchange.errors import RequestError, shown
from exchange.listing.terms import SymbolTerms

#: How old the copy may be before it is fetched again, in a process without a feed.
MAX_AGE_S: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolSpec(SymbolTerms):
    """A symbol as it is traded: its terms, the scales of its assets and its status. Everything needed to read
    and write its numbers."""

    base_scale: int
    quote_scale: int
    status: int
    status_reason: str
    #: notional_minor = price_ticks * quantity_lots * multiplier
    multiplier: int
    #: When the volatility auction ends; 0 outside of one.
    call_ends_ns: int = 0

    @property
    def name(self) -> str:
        """The symbol, such as ``BTC-KRW``."""
        return self.symbol

    def notional_minor(self, price_ticks: int, quantity_lots: int) -> int:
        """What a quantity is worth at a price, in minor units of the quote asset."""
        return price_ticks * quantity_lots * self.multiplier

    def tick_step(self, price_ticks: int) -> int:
        """The tick size, in price ticks, that holds at this price."""
        step = self.tick_bands[0][1]
        for start, band_step in self.tick_bands:
            if price_ticks < start:
                break
            step = band_step
        return step


def spec_of(event: Sequence[Any], scales: Mapping[str, int]) -> SymbolSpec:
    """A spec from a symbol event and the scales of the assets by name."""
    symbol = SymbolEvent(*event)
    return spec_of_terms(
        SymbolTerms.of_event(event),
        scales,
        status=symbol.status,
        status_reason=symbol.status_reason,
        call_ends_ns=symbol.call_ends_ns,
    )


def spec_of_terms(
    terms: SymbolTerms, scales: Mapping[str, int], *, status: int, status_reason: str, call_ends_ns: int
) -> SymbolSpec:
    """A spec from terms, the scales of the assets by name, and the symbol's status."""
    quote_scale = scales[terms.quote]
    return SymbolSpec(
        **terms.as_dict(),
        base_scale=scales[terms.base],
        quote_scale=quote_scale,
        status=status,
        status_reason=status_reason,
        multiplier=10 ** (quote_scale - terms.price_scale - terms.quantity_scale),
        call_ends_ns=call_ends_ns,
    )


class SymbolTable:
    """Symbols and asset scales of one process. Readers take no lock: a change swaps whole dicts.

    ``fetch`` returns ``(asset events, symbol events)`` from the engine; it is called when the table is
    older than ``MAX_AGE_S`` and no feed keeps it live.
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
        scales = {event[ASSET_NAME]: event[ASSET_SCALE] for event in assets}
        specs = {event[SYMBOL_NAME]: spec_of(event, scales) for event in symbols}
        with self._lock:
            self._scales, self._specs = scales, specs
            self._loaded_at = time.monotonic()

    def put_asset(self, event: Sequence[Any]) -> None:
        """Take in one asset event."""
        with self._lock:
            self._scales = {**self._scales, event[ASSET_NAME]: event[ASSET_SCALE]}

    def put_symbol(self, event: Sequence[Any]) -> None:
        """Take in one symbol event."""
        with self._lock:
            self._specs = {**self._specs, event[SYMBOL_NAME]: spec_of(event, self._scales)}

    def set_live(self, is_live: bool) -> None:
        """The feed of the table calls this: events arrive as they happen, or no longer do."""
        self._is_live = is_live

    @property
    def is_live(self) -> bool:
        """Whether a feed keeps the table live, so that reading it never asks the engine."""
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
            raise RequestError("SYMBOL_NOT_FOUND", {"field": "symbol", "symbol": shown(name, 32)})
        return spec

    def known(self, name: str) -> SymbolSpec:
        """The symbol as last seen; asks the engine only about a symbol never seen. For rendering what has
        happened: scales never change, and a reply is not lost because the engine has just gone."""
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
            raise RequestError("ASSET_NOT_FOUND", {"field": "asset", "asset": shown(asset, 32)})
        return scale

    def _is_fresh(self) -> bool:
        return self._is_live or time.monotonic() - self._loaded_at < MAX_AGE_S


def _fetch_from_engine() -> tuple[Iterable[Any], Iterable[Any]]:
    from exchange.link import engine_link

    _, assets = engine_link.query("assets")
    _, symbols = engine_link.query("symbols")
    return assets, symbols


#: The table of this process.
symbols = process.shared(SymbolTable, lambda: SymbolTable(_fetch_from_engine))
