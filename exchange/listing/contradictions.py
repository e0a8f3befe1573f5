"""Terms of a symbol that contradict each other, each named by the field to change.

The engine refuses the worst of them with one code, INVALID_SYMBOL. Some it takes, and then no order can ever
be entered: a lot larger than the largest quantity, a tick larger than the highest price. A change request
with such terms is refused before it is saved, with the field; a test holds that nothing the engine refuses
passes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final, NamedTuple

from exchange.listing.terms import SymbolTerms, TickBands
from exchange.units.decimals import MAX_DIGITS

#: The engine's own bounds.
MOST_UNITS: Final = 10**18
MOST_MINOR: Final = 10 ** (MAX_DIGITS - 2)
MOST_RATE_PPM: Final = 100_000
MOST_BAND_PPM: Final = 1_000_000
BANDS: Final = ("collar_ppm", "band_ppm", "volatility_ppm", "static_ppm", "extended_ppm")
LONGEST_AUCTION_NS: Final = 24 * 3600 * 10**9
LONGEST_RANDOM_END_NS: Final = 30 * 10**9


class Contradiction(NamedTuple):
    """``field`` is the name of a term, ``text`` a sentence for the operator."""

    field: str
    text: str


def contradictions(terms: SymbolTerms, scales: Mapping[str, int]) -> Iterator[Contradiction]:
    """What is wrong with the terms, at most once a field. ``scales`` are decimals by asset; of an asset that
    is not in it nothing is known, and nothing that depends on it is checked."""
    named: set[str] = set()
    for check in (_scales, _quantities, _prices, _fees, _values, _protection):
        for found in check(terms, scales):
            if found.field not in named:
                named.add(found.field)
                yield found


def _scales(terms: SymbolTerms, scales: Mapping[str, int]) -> Iterator[Contradiction]:
    if terms.base == terms.quote:
        yield Contradiction("quote", "Base and quote are the same asset.")
    quote_scale, base_scale = scales.get(terms.quote), scales.get(terms.base)
    if quote_scale is not None and terms.price_scale + terms.quantity_scale > quote_scale:
        text = f"Price and quantity decimals together are more than the {quote_scale} of {terms.quote}."
        yield Contradiction("price_scale", text)
    if base_scale is not None and terms.quantity_scale > base_scale:
        yield Contradiction("quantity_scale", f"{terms.base} has {base_scale} decimals only.")


def _quantities(terms: SymbolTerms, _scales: Mapping[str, int]) -> Iterator[Contradiction]:
    lot, lowest, highest = terms.lot_step, terms.min_quantity_lots, terms.max_quantity_lots
    if lot < 1:
        yield Contradiction("lot_step", "The lot must be greater than zero.")
    if lowest < 1:
        yield Contradiction("min_quantity_lots", "The smallest quantity must be greater than zero.")
    if highest > MOST_UNITS:
        yield Contradiction("max_quantity_lots", "The largest quantity is more than the exchange can count.")
    if highest < lowest:
        yield Contradiction("max_quantity_lots", "The largest quantity is below the smallest.")
    elif lot > highest:
        yield Contradiction("lot_step", "The lot is larger than the largest quantity.")
    elif lot >= 1 and _smallest_quantity(terms) > highest:
        text = "No multiple of the lot lies between the smallest and the largest quantity."
        yield Contradiction("lot_step", text)


def _smallest_quantity(terms: SymbolTerms) -> int:
    """The first multiple of the lot that is not below the smallest quantity."""
    return -(-max(terms.min_quantity_lots, 1) // terms.lot_step) * terms.lot_step


def _prices(terms: SymbolTerms, _scales: Mapping[str, int]) -> Iterator[Contradiction]:
    lowest, highest = terms.min_price_ticks, terms.max_price_ticks
    if lowest < 1:
        yield Contradiction("min_price_ticks", "The lowest price must be greater than zero.")
    if highest > MOST_UNITS:
        yield Contradiction("max_price_ticks", "The highest price is more than the exchange can count.")
    if highest < lowest:
        yield Contradiction("max_price_ticks", "The highest price is below the lowest.")
    wrong = _wrong_bands(terms.tick_bands)
    if wrong:
        yield Contradiction("tick_bands", wrong)
    elif any(start <= highest < step for start, step in terms.tick_bands):
        yield Contradiction("tick_bands", "A tick is larger than the highest price.")
    elif lowest <= highest and not _has_price(terms.tick_bands, max(lowest, 1), highest):
        yield Contradiction("tick_bands", "No price on a tick lies between the lowest and the highest price.")


def _wrong_bands(bands: TickBands) -> str:
    """What is wrong with a tick table by itself; empty when nothing is."""
    if not bands or bands[0][0] != 0:
        return "The first band must start at 0."
    if any(here[0] >= there[0] for here, there in pairwise(bands)):
        return "Each band must start above the one before it."
    if any(step < 1 for _, step in bands):
        return "A tick must be greater than zero."
    return ""


def _has_price(bands: TickBands, lowest: int, highest: int) -> bool:
    """Whether any price of these bounds stands on a tick."""
    ends = [start - 1 for start, _ in bands[1:]] + [highest]
    for (start, step), end in zip(bands, ends, strict=True):
        first = -(-max(start, lowest) // step) * step
        if first <= min(end, highest):
            return True
    return False


def _fees(terms: SymbolTerms, _scales: Mapping[str, int]) -> Iterator[Contradiction]:
    for name, ppm in (("maker_ppm", terms.maker_ppm), ("taker_ppm", terms.taker_ppm)):
        if abs(ppm) > MOST_RATE_PPM:
            yield Contradiction(name, "A fee or rebate is at most 10 %.")
    if terms.maker_ppm + terms.taker_ppm < 0:
        rebate = "maker_ppm" if terms.maker_ppm < terms.taker_ppm else "taker_ppm"
        yield Contradiction(rebate, "The rebate is more than the fee it is paid from.")
    if terms.max_open_orders < 1:
        yield Contradiction("max_open_orders", "An account must be able to have an open order.")


def _values(terms: SymbolTerms, scales: Mapping[str, int]) -> Iterator[Contradiction]:
    for name in ("min_notional_minor", "max_notional_minor"):
        if getattr(terms, name) > MOST_MINOR:
            yield Contradiction(name, "The value is more than the exchange can count.")
    most = terms.max_notional_minor
    if most and most < terms.min_notional_minor:
        yield Contradiction("max_notional_minor", "The largest order value is below the smallest.")
    quote_scale = scales.get(terms.quote)
    if quote_scale is None or terms.price_scale + terms.quantity_scale > quote_scale or terms.lot_step < 1:
        return
    minor = 10 ** (quote_scale - terms.price_scale - terms.quantity_scale)
    if terms.max_price_ticks * terms.max_quantity_lots * minor < terms.min_notional_minor:
        text = "Even the largest quantity at the highest price is worth less."
        yield Contradiction("min_notional_minor", text)
    if most and most < terms.min_price_ticks * _smallest_quantity(terms) * minor:
        text = "Even the smallest quantity at the lowest price is worth more."
        yield Contradiction("max_notional_minor", text)


def _protection(terms: SymbolTerms, _scales: Mapping[str, int]) -> Iterator[Contradiction]:
    for name in BANDS:
        if getattr(terms, name) > MOST_BAND_PPM:
            yield Contradiction(name, "A band or collar is at most 100 %.")
    if terms.volatility_ppm and not terms.volatility_ns:
        yield Contradiction("volatility_ns", "A volatility band needs the length of its auction.")
    elif terms.static_ppm and not terms.volatility_ns:
        yield Contradiction("volatility_ns", "A static band needs the length of the auction it starts.")
    if terms.random_end_ns > LONGEST_RANDOM_END_NS:
        yield Contradiction("random_end_ns", "A random end is 30 seconds at most.")
    if terms.volatility_ns > LONGEST_AUCTION_NS:
        yield Contradiction("volatility_ns", "An auction lasts a day at most.")
