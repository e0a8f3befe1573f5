"""A venue in this process: the engine with accounts, symbols and a clock, in decimals."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any, Final, NamedTuple

from exchange.engine import Engine
from exchange.engine import messages as m
from exchange.errors import ApiError
from exchange.listing.symbol_table import SymbolSpec, SymbolTable
from exchange.orders.parsing import (
    parse_bracket,
    parse_cancel,
    parse_cancel_all,
    parse_oco,
    parse_order,
    parse_oto,
    parse_otoco,
    parse_reduce,
    parse_replace,
)
from exchange.units.decimals import format_units, parse_units
from exchange.wire.order_rendering import fill_shape, order_shape
from exchange.wire.outcome_rendering import raise_if_rejected
from exchange.wire.shapes import Fill, SimpleOrder

#: The first account; lower numbers are the engine's own.
FIRST_ACCOUNT: Final = 1_000
_PPM: Final = 6
_MAX_TICKS: Final = 10**15
_MAX_LOTS: Final = 10**15
_MAX_ORDERS: Final = 10_000
#: A listing's quantities have at most this many decimals, so that any value is exact in the quote's unit.
_QUOTE_SCALE_ROOM: Final = 18

Amount = Decimal | str | int


class Level(NamedTuple):
    """Total open quantity at one price."""

    price: Decimal
    quantity: Decimal


class OrderBook(NamedTuple):
    """Both sides, best price first."""

    bids: list[Level]
    asks: list[Level]


class Balance(NamedTuple):
    """Of one asset: what can be used, and what open orders hold."""

    available: Decimal
    held: Decimal


class Trade(NamedTuple):
    """One trade as the public sees it. ``side`` is the taker's; empty for an auction's."""

    trade_id: int
    symbol: str
    price: Decimal
    quantity: Decimal
    side: str
    time_ns: int


class Placed(NamedTuple):
    """What became of a command: the submitter's orders as they are after it (``order``: the first), their
    fills, and every trade that it caused."""

    orders: list[SimpleOrder]
    fills: list[Fill]
    trades: list[Trade]

    @property
    def order(self) -> SimpleOrder:
        return self.orders[0]


class Venue:
    """Accounts, symbols and books. Nothing is kept on a disk unless ``save`` is called.

    ``clock`` gives the time of each command in nanoseconds, and may go back: time then stands still. Timed
    orders end, and auctions are held, when a later command or ``pass_time`` finds them due. Use it from one
    thread. What is refused raises ``ApiError`` with the codes of the API, and changes nothing.
    """

    def __init__(self, clock: Callable[[], int] = time.time_ns, *, engine: Engine | None = None) -> None:
        self.engine = Engine() if engine is None else engine
        self._clock = clock
        self._symbols = SymbolTable(lambda: (self.engine.assets(), self.engine.symbols()))
        self._symbols.refresh()
        self._symbols.set_live(True)
        self._ids = (f"venue:{self.engine.sequence}:{number}" for number in count(1))
        numbers = [number for number, _ in self.engine.accounts()]
        self._accounts = count(max([*numbers, FIRST_ACCOUNT - 1]) + 1)
        self._listeners: list[Callable[[Trade], None]] = []
        self._fill_listeners: dict[int, list[Callable[[Fill], None]]] = {}

    # --- what there is to trade ----------------------------------------------------------------------

    def list_symbol(
        self,
        symbol: str,
        *,
        tick: Amount,
        lot: Amount,
        maker_fee: Amount = "0",
        taker_fee: Amount = "0",
        least_value: Amount = "0",
        protection: m.Protection | None = None,
    ) -> None:
        """List ``BASE-QUOTE`` and begin to trade it. Fees are shares (``"0.0005"``), a rebate negative.
        Assets get as many decimals as prices and quantities need. Raises ValueError, ApiError."""
        base, _, quote = symbol.partition("-")
        price_scale, lot_scale = _decimals(tick), _decimals(lot)
        if price_scale + lot_scale > _QUOTE_SCALE_ROOM:
            raise ValueError(f"{symbol}: tick and lot have more than {_QUOTE_SCALE_ROOM} decimals together")
        self._have_asset(base, lot_scale)
        self._have_asset(quote, price_scale + lot_scale)
        quote_scale = self._symbols.asset_scale(quote)
        tick_ticks, lot_lots = parse_units(tick, price_scale), parse_units(lot, lot_scale)
        self.apply(
            m.set_symbol(
                next(self._ids),
                symbol,
                base=base,
                quote=quote,
                price_scale=price_scale,
                quantity_scale=lot_scale,
                tick_bands=((0, tick_ticks),),
                lot_step=lot_lots,
                min_quantity_lots=lot_lots,
                max_quantity_lots=_MAX_LOTS // lot_lots * lot_lots,
                min_price_ticks=tick_ticks,
                max_price_ticks=_MAX_TICKS // tick_ticks * tick_ticks,
                min_notional_minor=parse_units(least_value, quote_scale),
                maker_ppm=parse_units(maker_fee, _PPM),
                taker_ppm=parse_units(taker_fee, _PPM),
                max_open_orders=_MAX_ORDERS,
                protection=protection,
            )
        )

    def _have_asset(self, asset: str, scale: int) -> None:
        """Create an asset; one that is there keeps its decimals, if they are enough."""
        known = {name: decimals for _, name, decimals in self.engine.assets()}
        if asset not in known:
            self.apply(m.set_asset(next(self._ids), asset, max(scale, 8)))
        elif known[asset] < scale:
            raise ValueError(f"{asset} has {known[asset]} decimals, and {scale} are needed")

    # --- accounts ------------------------------------------------------------------------------------

    def open_account(self, **deposits: Amount) -> int:
        """Open an account with these amounts of assets (``USD="1000"``); its number."""
        account = next(self._accounts)
        self.apply(m.set_account(next(self._ids), account))
        for asset, amount in deposits.items():
            self.deposit(account, asset, amount)
        return account

    def deposit(self, account: int, asset: str, amount: Amount) -> None:
        """Add to an account."""
        minor = parse_units(amount, self._symbols.asset_scale(asset))
        self.apply(m.deposit(next(self._ids), account, asset, minor))

    def withdraw(self, account: int, asset: str, amount: Amount) -> None:
        """Take out of an account what is available."""
        minor = parse_units(amount, self._symbols.asset_scale(asset))
        self.apply(m.withdraw(next(self._ids), account, asset, minor))

    def balances(self, account: int) -> dict[str, Balance]:
        """By asset."""
        return {
            asset: Balance(*(self._amount(asset, minor) for minor in (available, held)))
            for asset, available, held in self.engine.balances(account)
        }

    # --- orders --------------------------------------------------------------------------------------

    def place(self, account: int, **order: Any) -> Placed:
        """Enter an order, with the fields of ``POST /v1/order``."""
        terms = parse_order(_present(order), self._symbols)
        return self._placed(self.apply(terms.command(account)), account, terms.spec)

    def place_oco(self, account: int, first: dict[str, Any], second: dict[str, Any]) -> Placed:
        """Two orders of which one is to trade."""
        terms = parse_oco({"first": first, "second": second}, self._symbols)
        return self._placed(self.apply(terms.command(account)), account, terms.first.spec)

    def place_bracket(self, account: int, **bracket: Any) -> Placed:
        """A buy with its two exits, with the fields of ``POST /v1/orders/bracket``."""
        terms = parse_bracket(_present(bracket), self._symbols)
        return self._placed(self.apply(terms.command(account)), account, terms.entry.spec)

    def place_oto(self, account: int, **orders: Any) -> Placed:
        """An order and one that waits for it (``working``, ``pending``); with ``pending_above`` and
        ``pending_below`` two that do."""
        parse = parse_otoco if "pending_above" in orders else parse_oto
        terms = parse(_present(orders), self._symbols)
        symbol = str(orders["working"]["symbol"])
        return self._placed(self.apply(terms.command(account)), account, self._symbols.get(symbol))

    def cancel(self, account: int, order_id: str | None = None, client_order_id: str | None = None) -> Placed:
        """Cancel an order, by one of its ids."""
        name = parse_cancel(_present({"order_id": order_id, "client_order_id": client_order_id}))
        return self._changed(name.cancel_command(account), account)

    def cancel_all(self, account: int, symbol: str | None = None) -> Placed:
        """Cancel every open order, or those of a symbol."""
        return self._changed(
            parse_cancel_all(_present({"symbol": symbol}), self._symbols).command(account), account
        )

    def reduce(self, account: int, order_id: str, quantity: Amount) -> Placed:
        """Lower an order's total quantity; it keeps its place."""
        terms = parse_reduce({"order_id": order_id, "quantity": quantity})
        event, spec = self._open(account, order_id)
        return self._changed(terms.command(account, event.order_id, spec), account)

    def replace(self, account: int, order_id: str, **changes: Any) -> Placed:
        """Give an order another price, total quantity or trigger price."""
        terms = parse_replace({"order_id": order_id, **_present(changes)})
        event, spec = self._open(account, order_id)
        return self._changed(terms.command(account, event.order_id, event.order_type, spec), account)

    def open_orders(self, account: int, symbol: str | None = None) -> list[SimpleOrder]:
        """Oldest first."""
        return [self._order(event) for event in self.engine.open_orders(account, symbol)]

    # --- the market ----------------------------------------------------------------------------------

    def book(self, symbol: str, depth: int | None = None) -> OrderBook:
        """The levels of both sides. Raises ApiError for an unknown symbol."""
        spec = self._symbols.get(symbol)
        bids, asks = self.engine.depth(symbol, depth)
        return OrderBook(_levels(bids, spec), _levels(asks, spec))

    def on_trade(self, listener: Callable[[Trade], None]) -> None:
        """Call it with every trade from now on, in order, after the command that caused it."""
        self._listeners.append(listener)

    def on_fill(self, account: int, listener: Callable[[Fill], None]) -> None:
        """Call it with every fill of an account from now on, whoever's command caused it."""
        self._fill_listeners.setdefault(account, []).append(listener)

    def pass_time(self) -> list[Trade]:
        """Do what is due by the clock: timed orders end, auctions are held; the trades."""
        due_ns = self.engine.next_due_ns()
        if due_ns is None or due_ns > self._now_ns():
            return []
        return self._trades(self.apply(m.tick()))

    # --- the engine below ----------------------------------------------------------------------------

    def apply(self, command: m.Command) -> list[m.Event]:
        """Carry out any command of ``exchange.engine.messages``, in the engine's units; its events. Raises
        ApiError if it is refused."""
        events = self.engine.apply(command, self._now_ns())
        raise_if_rejected(events)
        for event in events:
            if event[0] == m.EV_ASSET:
                self._symbols.put_asset(event)
            elif event[0] == m.EV_SYMBOL:
                self._symbols.put_symbol(event)
        self._tell(events)
        return events

    def save(self, path: Path | str) -> None:
        """Write the whole state to a file, all at once or not at all."""
        target = Path(path)
        aside = target.with_name(f"{target.name}.new")
        with aside.open("wb") as file:
            file.write(self.engine.dump())
            file.flush()
            os.fsync(file.fileno())
        aside.replace(target)

    @classmethod
    def load(cls, path: Path | str, clock: Callable[[], int] = time.time_ns) -> Venue:
        """The venue that was saved. Raises ``exchange.engine.SnapshotError``."""
        return cls(clock, engine=Engine.load(Path(path).read_bytes()))

    # --- inside --------------------------------------------------------------------------------------

    def _tell(self, events: Sequence[m.Event]) -> None:
        if not self._listeners and not self._fill_listeners:
            return
        for event in events:
            if event[0] != m.EV_TRADE:
                continue
            trade = m.TradeEvent(*event)
            for listener in self._listeners:
                listener(self._trade(trade))
            for account, is_taker in ((trade.taker_account, True), (trade.maker_account, False)):
                for fill_listener in self._fill_listeners.get(account, ()):
                    fill_listener(self._fill(event, is_taker=is_taker))

    def _fill(self, event: m.Event, *, is_taker: bool) -> Fill:
        spec = self._symbols.get(m.TradeEvent(*event).symbol)
        return fill_shape(event, spec, is_taker, self.engine.now_ns)

    def _now_ns(self) -> int:
        return max(self.engine.now_ns, self._clock())

    def _amount(self, asset: str, minor: int) -> Decimal:
        return Decimal(format_units(minor, self._symbols.asset_scale(asset)))

    def _open(self, account: int, order_id: str) -> tuple[m.OrderEvent, SymbolSpec]:
        event = self.engine.order(int(order_id)) if order_id.isdecimal() else None
        if event is None or m.OrderEvent(*event).account != account:
            raise ApiError("ORDER_NOT_FOUND", {"field": "order_id", "order_id": order_id})
        order = m.OrderEvent(*event)
        return order, self._symbols.get(order.symbol)

    def _changed(self, command: m.Command, account: int) -> Placed:
        return self._placed(self.apply(command), account, None)

    def _placed(self, events: Sequence[m.Event], account: int, spec: SymbolSpec | None) -> Placed:
        own = [m.OrderEvent(*event) for event in events if event[0] == m.EV_ORDER and event[2] == account]
        ids = {order.order_id for order in own}
        fills = [
            self._fill(event, is_taker=is_taker)
            for event in events
            if event[0] == m.EV_TRADE
            for is_taker, place in ((True, "taker_order_id"), (False, "maker_order_id"))
            if getattr(m.TradeEvent(*event), place) in ids
        ]
        return Placed([self._order(order) for order in own], fills, self._trades(events))

    def _order(self, event: m.Event) -> SimpleOrder:
        return order_shape(event, self._symbols.get(m.OrderEvent(*event).symbol))

    def _trades(self, events: Iterable[m.Event]) -> list[Trade]:
        return [self._trade(m.TradeEvent(*event)) for event in events if event[0] == m.EV_TRADE]

    def _trade(self, event: m.TradeEvent) -> Trade:
        spec = self._symbols.get(event.symbol)
        return Trade(
            event.trade_id,
            event.symbol,
            Decimal(format_units(event.price_ticks, spec.price_scale)),
            Decimal(format_units(event.quantity_lots, spec.quantity_scale)),
            "" if event.taker_side == m.NO_SIDE else m.SIDES[event.taker_side],
            self.engine.now_ns,
        )


def _present(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _levels(levels: Iterable[tuple[int, int]], spec: SymbolSpec) -> list[Level]:
    return [
        Level(
            Decimal(format_units(price, spec.price_scale)), Decimal(format_units(lots, spec.quantity_scale))
        )
        for price, lots in levels
    ]


def _decimals(step: Amount) -> int:
    """How many decimals a step needs. Raises ValueError unless it is a positive decimal."""
    value = Decimal(step)
    if not value.is_finite() or value <= 0:
        raise ValueError(f"{step!r} is no step")
    exponent = value.normalize().as_tuple().exponent
    assert isinstance(exponent, int), "it is finite"
    return max(0, -exponent)
