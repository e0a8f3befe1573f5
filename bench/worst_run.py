"""What the most expensive form of each command costs the core: ``XTRADER_CORE=compiled python -m
bench.worst_run``.

Each case builds the state that makes its command dearest and applies it once. Prints a table of processor
time, events and the memory the events take; ``docs/limits.md`` has the figures and what bounds each.
"""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from exchange import core as build

build.choose()

from exchange.engine import RULES_VERSION, Engine, Limits  # noqa: E402
from exchange.engine import messages as m  # noqa: E402
from exchange.journal.codec import encode  # noqa: E402

START_NS = 1_700_000_000 * 10**9
PRICE = 1_000
#: As the demo's symbols have it; a venue may set another.
OPEN_ORDERS = 1_000
TAKER = 999_000


class Measured(NamedTuple):
    name: str
    apply_ms: float
    encode_ms: float
    events: int
    memory_mb: float


class Venue:
    """Rich accounts, so many symbols, and a clock."""

    def __init__(self, symbols: int = 1, version: int = RULES_VERSION) -> None:
        self.engine = Engine(Limits(), version)
        self.now_ns = START_NS
        self.number = 0
        self.accounts: set[int] = set()
        self.apply(m.set_asset("a1", "KRW", 8))
        self.apply(m.set_asset("a2", "BTC", 8))
        self.names = [f"S{number}" for number in range(symbols)]
        for name in self.names:
            self.apply(self.symbol(name))

    def symbol(self, name: str, **terms: Any) -> m.Command:
        given = {
            "base": "BTC",
            "quote": "KRW",
            "price_scale": 0,
            "quantity_scale": 8,
            "tick_bands": ((0, 1),),
            "lot_step": 1,
            "min_quantity_lots": 1,
            "max_quantity_lots": 10**12,
            "min_price_ticks": 1,
            "max_price_ticks": 10**9,
            "min_notional_minor": 1_000,
            "maker_ppm": 500,
            "taker_ppm": 500,
            "max_open_orders": OPEN_ORDERS,
        }
        return m.set_symbol(self.next_id(), name, **(given | terms))

    def next_id(self) -> str:
        self.number += 1
        return f"c{self.number}"

    def apply(self, command: m.Command) -> list[m.Event]:
        self.now_ns += 1
        events = self.engine.apply(command, self.now_ns)
        assert events[0][0] != m.EV_REJECTED, events[0]
        return events

    def open(self, account: int) -> int:
        if account not in self.accounts:
            self.accounts.add(account)
            self.apply(m.set_account(self.next_id(), account))
            self.apply(m.deposit(self.next_id(), account, "KRW", 10**26))
            self.apply(m.deposit(self.next_id(), account, "BTC", 10**20))
        return account

    def order(self, account: int, side: int, lots: int, price: int = PRICE, **fields: Any) -> m.Command:
        symbol = fields.pop("symbol", self.names[0])
        place = m.place_order
        return place(
            self.next_id(), self.open(account), symbol, side, price_ticks=price, quantity_lots=lots, **fields
        )

    def rest(self, count: int, side: int, lots: int = 1, step: int = 0, **fields: Any) -> None:
        """So many orders of as many accounts as the bound of open orders asks for."""
        for number in range(count):
            price = PRICE + step * number
            self.apply(self.order(1_000 + number // OPEN_ORDERS, side, lots, price, **fields))


Case = Callable[[], tuple[Venue, m.Command]]


def one_iceberg(parts: int, version: int = RULES_VERSION) -> Case:
    """A taker of one iceberg of so many parts. Under version 3 it has rested since version 2."""

    def make() -> tuple[Venue, m.Command]:
        venue = Venue(version=2)
        venue.rest(1, m.SELL, parts, terms=m.OrderTerms(display_lots=1))
        if version > 2:
            venue.apply(m.set_rules(venue.next_id(), version))
        return venue, venue.order(TAKER, m.BUY, parts, time_in_force=m.IOC)

    return make


def icebergs(count: int, parts: int) -> Case:
    def make() -> tuple[Venue, m.Command]:
        venue = Venue(version=2)
        venue.rest(count, m.SELL, parts, terms=m.OrderTerms(display_lots=1))
        venue.apply(m.set_rules(venue.next_id(), RULES_VERSION))
        return venue, venue.order(TAKER, m.BUY, count * parts)

    return make


def sweep(makers: int, step: int = 0, **fields: Any) -> Case:
    """A taker of so many orders of a lot, each at its own price where there is a step."""

    def make() -> tuple[Venue, m.Command]:
        venue = Venue()
        venue.rest(makers, m.SELL, step=step)
        return venue, venue.order(TAKER, m.BUY, makers, PRICE + step * makers, **fields)

    return make


def own_orders(stp: int) -> Case:
    """A taker whose group's 2,000 orders are met by self-trade prevention."""

    def make() -> tuple[Venue, m.Command]:
        venue = Venue()
        venue.rest(2_000, m.SELL)
        for account in (1_000, 1_001, venue.open(TAKER)):
            venue.apply(m.set_group(venue.next_id(), account, 7))
        return venue, venue.order(TAKER, m.BUY, 3_000, stp=stp)

    return make


def market_buy() -> tuple[Venue, m.Command]:
    venue = Venue()
    venue.rest(20_000, m.SELL, step=1)
    return venue, venue.order(TAKER, m.BUY, 20_000, 0, order_type=m.MARKET, time_in_force=m.IOC)


def stops(count: int, makers: int = 0) -> Case:
    """A trade that fires so many stops, each of which finds a maker, where there are makers."""

    def make() -> tuple[Venue, m.Command]:
        venue = Venue()
        venue.rest(makers, m.BUY, 1)
        fire = m.OrderTerms(trigger=m.STOP, trigger_ticks=PRICE)
        for number in range(count):
            venue.apply(venue.order(2_000 + number // OPEN_ORDERS, m.SELL, 1, PRICE, terms=fire))
        venue.apply(venue.order(TAKER, m.BUY, 1))
        return venue, venue.order(TAKER + 1, m.SELL, 1)

    return make


def trailing(count: int) -> Case:
    """A higher price that moves so many trailing stops, each with a best price of its own before."""

    def make() -> tuple[Venue, m.Command]:
        venue = Venue()
        for number in range(count):
            at = PRICE + count - number
            venue.apply(venue.order(TAKER, m.BUY, 1, at))
            venue.apply(venue.order(TAKER + 1, m.SELL, 1, at))
            terms = m.OrderTerms(trigger=m.TRAILING_STOP, trail_ticks=at - 1)
            seller = 2_000 + number // OPEN_ORDERS
            venue.apply(
                venue.order(seller, m.SELL, 1, 0, order_type=m.MARKET, time_in_force=m.IOC, terms=terms)
            )
        venue.apply(venue.order(TAKER, m.BUY, 1, PRICE + 2 * count))
        return venue, venue.order(TAKER + 1, m.SELL, 1, PRICE + 2 * count)

    return make


def brackets() -> tuple[Venue, m.Command]:
    """A seller who fills 1,000 entries, each of which enters its exits."""
    venue = Venue()
    for number in range(1_000):
        entry = venue.order(2_000 + number // OPEN_ORDERS, m.BUY, 1)
        venue.apply(m.place_bracket(venue.next_id(), entry[2], entry, 2 * PRICE, PRICE // 2))
    return venue, venue.order(TAKER, m.SELL, 1_000)


def working_orders() -> tuple[Venue, m.Command]:
    """A seller who fills 1,000 working orders, each of which triggers a pair."""
    venue = Venue()
    for number in range(1_000):
        account = 2_000 + number // 300
        working = venue.order(account, m.BUY, 1)
        first = venue.order(account, m.SELL, 1, 2 * PRICE)
        stop = m.OrderTerms(trigger=m.STOP, trigger_ticks=PRICE // 2)
        second = venue.order(account, m.SELL, 1, terms=stop)
        venue.apply(m.place_oto(venue.next_id(), working[2], working, first, second))
    return venue, venue.order(TAKER, m.SELL, 1_000)


def pegs(lots: int, price: int) -> Case:
    """An order in a spread in which as many pegged orders stand as a symbol may have."""

    def make() -> tuple[Venue, m.Command]:
        venue = Venue()
        venue.apply(venue.order(TAKER, m.BUY, 10, PRICE // 2))
        venue.apply(venue.order(TAKER, m.SELL, 10, PRICE + PRICE // 2))
        for number in range(Limits().pegs_per_symbol):
            terms = m.OrderTerms(peg=m.PEG_MID, peg_offset_ticks=number % 7)
            seller = 2_000 + number // Limits().pegs_per_account
            venue.apply(venue.order(seller, m.SELL, 10, PRICE // 2 + number, terms=terms))
        return venue, venue.order(TAKER + 1, m.BUY, 10 * lots, price)

    return make


def pegs_and_stops() -> tuple[Venue, m.Command]:
    """A trade that fires 1,000 stops, each of which might meet as many pegged orders as a symbol may have."""
    venue, top = Venue(), 10 * PRICE
    venue.apply(venue.order(TAKER, m.BUY, PRICE, 1))
    for number in range(Limits().pegs_per_symbol):
        buyer = 3_000 + number // Limits().pegs_per_account
        venue.apply(venue.order(buyer, m.BUY, 1, 2 * top, terms=m.OrderTerms(peg=m.PEG_PRIMARY)))
    fire = m.OrderTerms(trigger=m.STOP, trigger_ticks=top)
    for number in range(OPEN_ORDERS):
        venue.apply(venue.order(2_000, m.SELL, 1, top - number, terms=fire))
    venue.apply(venue.order(TAKER, m.BUY, 1, top))
    return venue, venue.order(TAKER + 1, m.SELL, 1, top)


def mass_quote(first: int, then: int) -> Case:
    """Both sides of 50 symbols at new prices, each at the back of a long queue."""

    def make() -> tuple[Venue, m.Command]:
        venue = Venue(50)
        account = venue.open(TAKER)
        quotes = [
            [m.Quote(name, "q", PRICE - away, 10, PRICE + away, 10) for name in venue.names]
            for away in (first, then)
        ]
        venue.apply(m.place_quotes(venue.next_id(), account, *quotes[0]))
        return venue, m.place_quotes("x", account, *quotes[1])

    return make


def protection() -> tuple[Venue, m.Command]:
    """A taker of one quote whose owner has 10,000 in ten symbols and is protected."""
    venue = Venue(10)
    maker = venue.open(2_000)
    for number in range(10):
        for part in range(20):
            names = [f"q{50 * part + each}" for each in range(50)]
            price = PRICE + 1 + number
            quotes = [m.Quote(venue.names[number], name, 0, 0, price, 10) for name in names]
            venue.apply(m.place_quotes(venue.next_id(), maker, *quotes))
    venue.apply(m.protect_quotes(venue.next_id(), maker, 60_000, 1))
    return venue, venue.order(TAKER, m.BUY, 1, PRICE + 1)


def cancel_all(symbols: int, orders: int, **fields: Any) -> Case:
    """An account with so many orders in each of so many symbols."""

    def make() -> tuple[Venue, m.Command]:
        venue = Venue(symbols)
        for name in venue.names:
            for number in range(orders):
                venue.apply(venue.order(1_000, m.SELL, 1, PRICE + number, symbol=name, **fields))
        return venue, m.cancel_all("all", 1_000)

    return make


def cancel_after() -> tuple[Venue, m.Command]:
    venue, _ = cancel_all(10, 1_000)()
    venue.apply(m.cancel_after(venue.next_id(), 1_000, 1_000))
    venue.now_ns += 2 * 10**9
    return venue, m.tick()


def expiries() -> tuple[Venue, m.Command]:
    venue = Venue()
    terms = m.OrderTerms(expire_ns=START_NS + 3_600 * 10**9)
    venue.rest(10_000, m.SELL, step=1, time_in_force=m.GTD, terms=terms)
    venue.now_ns += 3_601 * 10**9
    return venue, m.tick()


def forgetting() -> tuple[Venue, m.Command]:
    """A tick a day after 100,000 orders came and went."""
    venue = Venue()
    for number in range(100_000):
        account = 1_000 + number % 100
        order = venue.apply(venue.order(account, m.SELL, 1))[0]
        venue.apply(m.cancel_order(venue.next_id(), account, order[1]))
    venue.now_ns += 25 * 3_600 * 10**9
    return venue, m.tick()


def auction(orders: int) -> Case:
    def make() -> tuple[Venue, m.Command]:
        venue = Venue()
        venue.apply(m.set_symbol_status(venue.next_id(), "S0", m.PRE_OPEN))
        for number in range(orders):
            venue.apply(venue.order(1_000 + number // OPEN_ORDERS, m.SELL, 1))
            venue.apply(venue.order(2_000 + number // OPEN_ORDERS, m.BUY, 1))
        return venue, m.set_symbol_status("open", "S0", m.TRADING)

    return make


def indications() -> tuple[Venue, m.Command]:
    """A tick while orders at 10,000 prices a side gather, all of which cross."""
    venue = Venue()
    venue.apply(m.set_symbol_status(venue.next_id(), "S0", m.PRE_OPEN))
    for number in range(10_000):
        venue.apply(venue.order(1_000 + number // OPEN_ORDERS, m.SELL, 1, PRICE + number))
        venue.apply(venue.order(2_000 + number // OPEN_ORDERS, m.BUY, 1, PRICE + 20_000 - number))
    return venue, m.tick()


def closing() -> tuple[Venue, m.Command]:
    venue = Venue()
    venue.apply(venue.symbol("S0", protection=m.Protection(calendar="XNYS")))
    venue.rest(10_000, m.SELL, step=1, time_in_force=m.DAY)
    return venue, m.set_symbol_status("close", "S0", m.CLOSED)


def single(make: Callable[[Venue, m.Event], m.Command]) -> Case:
    """One command on one order at the back of 10,000 at its price."""

    def case() -> tuple[Venue, m.Command]:
        venue = Venue()
        venue.rest(10_000, m.SELL, 10)
        return venue, make(venue, venue.apply(venue.order(TAKER, m.SELL, 10))[0])

    return case


def oco() -> tuple[Venue, m.Command]:
    venue, taking = sweep(2_000)()
    second = venue.order(
        TAKER, m.BUY, 2_000, PRICE + 9, terms=m.OrderTerms(trigger=m.STOP, trigger_ticks=PRICE + 5)
    )
    return venue, m.place_oco("oco", TAKER, taking, second)


def fee_plan(accounts: int, *, own: bool) -> Case:
    """A change of the plan of so many accounts, with rates of their own or without."""

    def make() -> tuple[Venue, m.Command]:
        venue = Venue(100)
        rates = tuple((name, 400, 450) for name in venue.names)
        venue.apply(m.set_fee_plan(venue.next_id(), 1, rates))
        for account in range(1_000, 1_000 + accounts):
            venue.apply(m.set_account(venue.next_id(), account))
            venue.apply(m.set_account_plan(venue.next_id(), account, 1))
            if own:
                venue.apply(m.set_fees(venue.next_id(), m.EVERY_SYMBOL, account, 0, 300))
        return venue, m.set_fee_plan("x", 1, rates)

    return make


def cases() -> Iterator[tuple[str, Case]]:
    yield "PLACE, one iceberg of 400,000 parts, rules 2", one_iceberg(400_000, 2)
    yield "PLACE, one iceberg of 400,000 parts, rules 3", one_iceberg(400_000)
    yield "PLACE, 500 icebergs of 1,000 parts at a price", icebergs(500, 1_000)
    yield "PLACE, 2,000 icebergs at a price", icebergs(2_000, 100)
    yield "PLACE, 2,000 makers at a price", sweep(2_000)
    yield "PLACE, 2,000 makers at as many prices", sweep(2_000, 1)
    yield "PLACE FOK, 20,000 makers, unfillable", sweep(20_000, 1, time_in_force=m.FOK)
    yield "PLACE market buy, 20,000 prices", market_buy
    yield "PLACE, 2,000 own orders canceled", own_orders(m.STP_CANCEL_OLDEST)
    yield "PLACE, 2,000 own orders decremented", own_orders(m.STP_DECREMENT)
    yield "PLACE that fires 2,000 stops", stops(2_000)
    yield "PLACE that fires 2,000 stops with makers", stops(2_000, 3_000)
    yield "PLACE that fires 10,000 stops", stops(10_000)
    yield "PLACE that moves 2,000 trailing stops", trailing(2_000)
    yield "PLACE that fills 1,000 brackets", brackets
    yield "PLACE that fills 1,000 working orders", working_orders
    minimum = m.OrderTerms(min_lots=20_000)
    yield "PLACE, a minimum that 20,000 makers cannot fill", sweep(20_000, time_in_force=m.IOC, terms=minimum)
    yield "PLACE, 200 pegged orders met", pegs(200, PRICE + 10)
    yield "PLACE, 200 pegged orders not reached", pegs(1_000, PRICE - 1)
    yield "PLACE that fires 1,000 stops beside 200 pegged orders", pegs_and_stops
    yield "PLACE that trips the protection of 10,000 quotes", protection
    yield "PLACE_QUOTES, 50 at other prices", mass_quote(5, 6)
    yield "PLACE_QUOTES, 50 as they are", mass_quote(5, 5)
    yield "PLACE_OCO, 2,000 makers", oco
    yield "CANCEL, 10,000 at its price", single(lambda v, e: m.cancel_order("x", TAKER, e[1]))
    yield "REDUCE, 10,000 at its price", single(lambda v, e: m.reduce_order("x", TAKER, e[1], 5))
    yield (
        "REPLACE, to the other end of the book",
        single(lambda v, e: m.replace_order("x", TAKER, e[1], PRICE + 1, 10)),
    )
    yield (
        "CANCEL_REPLACE",
        single(
            lambda v, e: m.cancel_replace("x", TAKER, v.order(TAKER, m.SELL, 10, PRICE + 1), order_id=e[1])
        ),
    )
    yield "CANCEL_ALL, 1,000 orders of a symbol", cancel_all(1, 1_000)
    yield "CANCEL_ALL, 10,000 orders of 10 symbols", cancel_all(10, 1_000)
    yield "TICK, cancel after of 10,000 orders", cancel_after
    yield "TICK, 10,000 expiries", expiries
    yield "TICK, 200,000 commands forgotten", forgetting
    yield "TICK, indication of 20,000 prices", indications
    yield "SET_SYMBOL_STATUS, auction of 20,000 orders", auction(10_000)
    yield "SET_SYMBOL_STATUS, 10,000 day orders end", closing
    yield "SET_FEE_PLAN, 10,000 accounts", fee_plan(10_000, own=False)
    yield "SET_FEE_PLAN, 2,000 accounts with rates of their own", fee_plan(2_000, own=True)


def measured(name: str, case: Case) -> Measured:
    venue, command = case()
    dumped = venue.engine.dump()
    apply_s, events = [], []
    for _ in range(3):
        engine = Engine.load(dumped)
        gc.collect()
        gc.disable()
        began = time.process_time()
        events = engine.apply(command, venue.now_ns + 1)
        apply_s.append(time.process_time() - began)
        gc.enable()
    began = time.process_time()
    encode(events)
    encode_s = time.process_time() - began
    engine = Engine.load(dumped)
    tracemalloc.start()
    events = engine.apply(command, venue.now_ns + 1)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return Measured(name, min(apply_s) * 1e3, encode_s * 1e3, len(events), size / 1e6)


def main() -> None:
    print(f"core: {build.running()}")
    print("| command | apply ms | encode ms | events | memory MB |\n|---|---:|---:|---:|---:|")
    for name, case in cases():
        one = measured(name, case)
        print(
            f"| {one.name} | {one.apply_ms:.2f} | {one.encode_ms:.2f} "
            f"| {one.events:,} | {one.memory_mb:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
