"""The small venue of the worlds: its assets, symbols, accounts, prices, and every kind of protection.

Few accounts, a handful of prices, fee rates that do not divide: the places where rounding, self-trade
prevention and priority go wrong are hit every few commands instead of never.
"""

from __future__ import annotations

from typing import Any

from exchange.engine import messages as m

ACCOUNTS = (1000, 1001, 1002, 1003)
#: ABC is what one symbol trades and what another is paid in.
SYMBOLS = ("ABC-KRW", "XYZ-KRW", "XYZ-ABC")
_SCALES = {"ABC-KRW": (1, 1), "XYZ-KRW": (3, 0), "XYZ-ABC": (1, 0)}
#: (maker, taker) in ppm: none, plain, odd, rebates on either side, and the extremes.
RATES = (
    (0, 0),
    (500, 500),
    (33_333, 66_667),
    (-70_001, 99_999),
    (-99_999, 100_000),
    (99_999, -70_001),
    (100_000, 100_000),
)
PRICES = (8, 9, 10, 10, 12, 12, 14, 16)

#: At and beyond the bounds, and far beyond 64 bits.
ODD_PRICES = (-(10**30), -1, 0, 4, 5, 11, 20, 21, 25, 10**30)
ODD_QUANTITIES = (-(10**30), -1, 0, 13, 10**30)

SECOND_NS = 10**9
HOUR_NS = 3_600 * SECOND_NS
#: None, each rule by itself, and all of them at once.
PROTECTIONS = (
    m.Protection(),
    m.Protection(max_notional_minor=900),
    m.Protection(collar_ppm=150_000),
    m.Protection(band_ppm=300_000),
    m.Protection(volatility_ppm=150_000, volatility_ns=20_000, extended_ppm=50_000),
    m.Protection(volatility_ppm=150_000, volatility_ns=120 * SECOND_NS),
    m.Protection(volatility_ppm=90_000, volatility_ns=120 * SECOND_NS),
    m.Protection(calendar="XNYS"),
    m.Protection(2_000, 250_000, 500_000, 200_000, 9_000, "XNYS", collar_rests=True),
    m.Protection(collar_ppm=150_000, collar_rests=True),
    m.Protection(collar_ppm=100_000, collar_rests=True, iceberg_continues=True),
    m.Protection(collar_ppm=50_000, collar_rests=True, iceberg_continues=True),
    m.Protection(collar_ppm=200_000, collar_rests=True),
    m.Protection(collar_ppm=1, collar_rests=True),
    m.Protection(volatility_ns=20_000, static_ppm=200_000, reached=True),
    m.Protection(
        collar_ppm=400_000, volatility_ppm=100_000, volatility_ns=5_000, reached=True, auction_stp=True
    ),
    m.Protection(
        *(0, 0, 600_000, 150_000, 15_000, ""),
        *(False, False, 250_000, False, 30_000, 50_000, True),
    ),
    m.Protection(
        band_ppm=700_000, auction_stp=True, volatility_ns=9_000, static_ppm=120_000, extended_ppm=80_000
    ),
)


def symbol_command(command_id: str, symbol: str, **changes: Any) -> m.Command:
    """The symbol as these worlds have it. Multiplier and lot are 10 minor units in the first, 1 in the
    second, 10 and 1 in the third."""
    price_scale, quantity_scale = _SCALES[symbol]
    terms: dict[str, Any] = {
        "base": symbol[:3],
        "quote": symbol[4:],
        "price_scale": price_scale,
        "quantity_scale": quantity_scale,
        "tick_bands": ((0, 1), (10, 2), (20, 5)),
        "lot_step": 1,
        "min_quantity_lots": 1,
        "max_quantity_lots": 12,
        "min_price_ticks": 5,
        "max_price_ticks": 20,
        "min_notional_minor": 20,
        "maker_ppm": 500,
        "taker_ppm": 500,
        "max_open_orders": 7,
    }
    return m.set_symbol(command_id, symbol, **(terms | changes))


def opening(
    rates: tuple[tuple[int, int], tuple[int, int]] = RATES[1:3],
    lot_step: int = 1,
    protection: m.Protection | None = None,
) -> list[m.Command]:
    """Assets, symbols and accounts; no money yet."""
    first, second = rates
    commands = [m.set_asset("a1", "KRW", 3), m.set_asset("a2", "ABC", 2), m.set_asset("a3", "XYZ", 0)]
    commands += [
        symbol_command(
            *("s1", "ABC-KRW"),
            maker_ppm=first[0],
            taker_ppm=first[1],
            lot_step=lot_step,
            protection=protection,
        ),
        symbol_command("s2", "XYZ-KRW", maker_ppm=second[0], taker_ppm=second[1], min_notional_minor=0),
        symbol_command("s3", "XYZ-ABC", maker_ppm=first[0], taker_ppm=first[1]),
    ]
    commands += [m.set_account(f"u{account}", account) for account in ACCOUNTS]
    return commands
