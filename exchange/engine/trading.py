"""The commands of traders: place, cancel, cancel all, reduce, replace.

Each handler checks first and changes state only when nothing can refuse the command any more, so a
rejection leaves the state as it was.
"""

from __future__ import annotations

from typing import Any

from exchange.engine import codes
from exchange.engine import messages as m
from exchange.engine.book import Book, Order
from exchange.engine.ledger import Account
from exchange.engine.state import State, rejected

Details = tuple[Any, ...]


class Trading:
    """Carries out traders' commands on the state."""

    __slots__ = ("state",)

    def __init__(self, state: State) -> None:
        self.state = state

    # --- place -----------------------------------------------------------------------------------

    def place(self, command: m.Command, account: Account) -> list[m.Event]:
        state = self.state
        book = state.books.get(command[3])
        if book is None:
            return rejected(command, codes.SYMBOL_NOT_FOUND)
        code = _entry_code(account, book) or _place_code(command, account, book, state)
        if code:
            return rejected(command, code)
        order = self._new_order(command, account, book)
        required = self._required_minor(order)
        balance = order.held_in
        if required > balance.available:
            return rejected(command, codes.INSUFFICIENT_BALANCE, _shortfall(order, required))
        state.next_order_id += 1
        state.ledger.hold(balance, required)
        order.held_minor = required
        return self._enter(order)

    def _new_order(self, command: m.Command, account: Account, book: Book) -> Order:
        symbol = book.symbol
        maker_ppm, taker_ppm = account.fees.get(symbol.name) or (symbol.maker_ppm, symbol.taker_ppm)
        return Order(
            self.state.next_order_id,
            account,
            book,
            command[4],
            command[5],
            command[6],
            command[7],
            command[11],
            command[8],
            command[9],
            command[10],
            command[12],
            maker_ppm,
            taker_ppm,
            self.state.now_ns,
        )

    def _required_minor(self, order: Order) -> int:
        """What a new order holds while it is matched."""
        if order.quote_amount_minor:
            return order.quote_amount_minor
        if order.order_type == m.MARKET and order.side == m.BUY:
            return self.state.matcher.market_buy_cost_minor(order)
        return order.hold_needed_minor()

    def _enter(self, order: Order, old_level: m.Event | None = None) -> list[m.Event]:
        """Match an order that is funded, then let it rest or end it. ``old_level`` is what a replaced
        order left behind."""
        matcher = self.state.matcher
        matcher.now_ns = self.state.now_ns
        matcher.events = []
        matcher.levels = []
        wanted = order.quantity_lots - order.filled_lots
        if order.time_in_force == m.FOK and matcher.fillable_lots(order) < wanted:
            order.reason = m.REASON_FOK_UNFILLABLE
        else:
            matcher.match(order)
        events = [self._conclude(order)]
        events += matcher.events
        return self.state.report(events, _with_old_level(matcher.levels, old_level))

    def _conclude(self, order: Order) -> m.Event:
        """The order's state after matching, as its event."""
        orders = self.state.orders
        now_ns = self.state.now_ns
        if order.reason != m.REASON_NONE:
            return orders.close(order, m.CANCELED, order.reason, now_ns)
        if order.quote_amount_minor or order.filled_lots == order.quantity_lots:
            return orders.close(order, m.FILLED, m.REASON_NONE, now_ns)
        if order.order_type == m.MARKET:
            return orders.close(order, m.CANCELED, m.REASON_NO_LIQUIDITY, now_ns)
        if order.time_in_force != m.GTC:
            return orders.close(order, m.CANCELED, m.REASON_IOC_REMAINDER, now_ns)
        self._rest(order)
        return order.event()

    def _rest(self, order: Order) -> None:
        if order.stp == m.STP_DECREMENT or (order.side == m.BUY and order.filled_lots):
            # Lots taken off without a trade, or bought below the limit, still stand in the hold.
            self.state.orders.rehold(order)
        order.status = m.PARTIALLY_FILLED if order.filled_lots else m.NEW
        order.updated_ns = self.state.now_ns
        level = order.book.side(order.side).add(order)
        self.state.orders.add(order)
        self.state.matcher.levels.append(_level_event(order, level.quantity_lots))

    # --- cancel ----------------------------------------------------------------------------------

    def cancel(self, command: m.Command, account: Account) -> list[m.Event]:
        order_id: int = command[3]
        client_order_id: str | None = command[4]
        if not order_id and client_order_id is not None:
            order_id = account.client_ids.get(client_order_id, 0)
        order = self.state.orders.open.get(order_id)
        if order is None or order.account is not account:
            return rejected(command, self._missing_code(account, order_id))
        if order.book.symbol.status == m.HALTED:
            return rejected(command, codes.SYMBOL_HALTED)
        levels: dict[tuple[str, int, int], m.Event] = {}
        events = [self._withdraw(order, levels)]
        return self.state.report(events, levels.values())

    def cancel_all(self, command: m.Command, account: Account) -> list[m.Event]:
        name: str | None = command[3]
        if name is not None:
            book = self.state.books.get(name)
            if book is None:
                return rejected(command, codes.SYMBOL_NOT_FOUND)
            if book.symbol.status == m.HALTED:
                return rejected(command, codes.SYMBOL_HALTED)
        chosen = [
            order
            for symbol, orders in account.open_orders.items()
            if name is None or symbol == name
            for order in orders.values()
            if order.book.symbol.status != m.HALTED
        ]
        chosen.sort(key=_order_id)
        levels: dict[tuple[str, int, int], m.Event] = {}
        events: list[m.Event] = [(m.EV_CANCELED_ALL, account.number, name, len(chosen))]
        events += [self._withdraw(order, levels) for order in chosen]
        return self.state.report(events, levels.values())

    def _withdraw(self, order: Order, levels: dict[tuple[str, int, int], m.Event]) -> m.Event:
        """Take an open order off its book at its owner's wish; ``levels`` gets its level's new state."""
        level = order.level
        assert level is not None, f"open order {order.order_id} rests on no level"
        order.book.side(order.side).remove(order, level)
        key = (order.book.symbol.name, order.side, order.price_ticks)
        levels[key] = _level_event(order, level.quantity_lots)
        return self.state.orders.close(order, m.CANCELED, m.REASON_USER, self.state.now_ns)

    def _missing_code(self, account: Account, order_id: int) -> str:
        """Why an id names no open order of the account; another's order is as unknown as none."""
        found = self.state.orders.finished.get(order_id)
        if found is not None and found[0] is account:
            return codes.ORDER_NOT_OPEN
        return codes.ORDER_NOT_FOUND

    # --- reduce and replace ------------------------------------------------------------------------

    def reduce(self, command: m.Command, account: Account) -> list[m.Event]:
        order_id: int = command[3]
        quantity_lots: int = command[4]
        order = self.state.orders.open.get(order_id)
        if order is None or order.account is not account:
            return rejected(command, self._missing_code(account, order_id))
        symbol = order.book.symbol
        if symbol.status == m.HALTED:
            return rejected(command, codes.SYMBOL_HALTED)
        if not order.filled_lots < quantity_lots < order.quantity_lots:
            return rejected(command, codes.INVALID_REDUCE)
        if quantity_lots % symbol.lot_step:
            return rejected(command, codes.QUANTITY_OFF_LOT)
        level = order.level
        assert level is not None, f"open order {order_id} rests on no level"
        level.quantity_lots -= order.quantity_lots - quantity_lots
        order.quantity_lots = quantity_lots
        order.updated_ns = self.state.now_ns
        self.state.orders.rehold(order)
        return self.state.report([order.event()], (_level_event(order, level.quantity_lots),))

    def replace(self, command: m.Command, account: Account) -> list[m.Event]:
        order_id: int = command[3]
        price_ticks: int = command[4]
        quantity_lots: int = command[5]
        order = self.state.orders.open.get(order_id)
        if order is None or order.account is not account:
            return rejected(command, self._missing_code(account, order_id))
        code = _entry_code(account, order.book) or _replace_code(order, price_ticks, quantity_lots)
        if code:
            return rejected(command, code)
        symbol = order.book.symbol
        maker_ppm, taker_ppm = account.fees.get(symbol.name) or (symbol.maker_ppm, symbol.taker_ppm)
        open_lots = quantity_lots - order.filled_lots
        required = order.hold_for(open_lots, price_ticks, maker_ppm, taker_ppm)
        balance = order.held_in
        if required > balance.available + order.held_minor:
            return rejected(command, codes.INSUFFICIENT_BALANCE, _shortfall(order, required))
        old_level = self._lift(order)
        order.price_ticks = price_ticks
        order.quantity_lots = quantity_lots
        order.maker_ppm = maker_ppm
        order.taker_ppm = taker_ppm
        order.updated_ns = self.state.now_ns
        self.state.ledger.hold(balance, required - order.held_minor)
        order.held_minor = required
        return self._enter(order, old_level)

    def _lift(self, order: Order) -> m.Event:
        """Take an order off its book to enter it anew; the state of the level it leaves."""
        level = order.level
        assert level is not None, f"open order {order.order_id} rests on no level"
        order.book.side(order.side).remove(order, level)
        return _level_event(order, level.quantity_lots)


def _entry_code(account: Account, book: Book) -> str:
    """Whether the account and the market let orders in."""
    if account.status != m.ACTIVE:
        return codes.ACCOUNT_FROZEN
    status = book.symbol.status
    if status == m.TRADING:
        return ""
    return codes.SYMBOL_HALTED if status == m.HALTED else codes.SYMBOL_CANCEL_ONLY


def _place_code(command: m.Command, account: Account, book: Book, state: State) -> str:
    """The code that refuses a new order's terms, or an empty string."""
    client_order_id: str | None = command[12]
    if client_order_id is not None and state.orders.client_id_open(account, client_order_id):
        return codes.CLIENT_ORDER_ID_IN_USE
    if not _well_formed(command):
        return codes.INVALID_ORDER
    symbol = book.symbol
    side: int = command[4]
    price_ticks: int = command[8]
    quantity_lots: int = command[9]
    quote_amount: int = command[10]
    if quote_amount:
        return codes.BELOW_MIN_NOTIONAL if quote_amount < symbol.min_notional_minor else ""
    if command[5] == m.MARKET:
        return symbol.check_quantity(quantity_lots)
    code = symbol.check_price(price_ticks) or symbol.check_quantity(quantity_lots)
    if code:
        return code
    if price_ticks * quantity_lots * symbol.multiplier < symbol.min_notional_minor:
        return codes.BELOW_MIN_NOTIONAL
    if command[6] == m.GTC and state.orders.count_open(account, symbol.name) >= symbol.max_open_orders:
        return codes.TOO_MANY_OPEN_ORDERS
    if command[7] and book.crosses(side, price_ticks):
        return codes.POST_ONLY_WOULD_TAKE
    return ""


def _well_formed(command: m.Command) -> bool:
    """Whether the order's choices exist and go together."""
    side, order_type, time_in_force, post_only, price_ticks, quantity_lots, quote_amount, stp = command[4:12]
    if side not in (m.BUY, m.SELL) or not 0 <= stp <= m.STP_DECREMENT or not 0 <= time_in_force <= m.FOK:
        return False
    if order_type == m.LIMIT:
        return not quote_amount and not (post_only and time_in_force != m.GTC)
    if order_type != m.MARKET or time_in_force == m.GTC or post_only or price_ticks:
        return False
    if not quote_amount:
        return True
    return bool(side == m.BUY and time_in_force == m.IOC and quantity_lots == 0 and quote_amount > 0)


def _replace_code(order: Order, price_ticks: int, quantity_lots: int) -> str:
    """The code that refuses an open order's new terms, or an empty string."""
    if quantity_lots <= order.filled_lots:
        return codes.INVALID_REPLACE
    symbol = order.book.symbol
    code = symbol.check_price(price_ticks) or symbol.check_quantity(quantity_lots)
    if code:
        return code
    if price_ticks * (quantity_lots - order.filled_lots) * symbol.multiplier < symbol.min_notional_minor:
        return codes.BELOW_MIN_NOTIONAL
    if order.post_only and order.book.crosses(order.side, price_ticks):
        return codes.POST_ONLY_WOULD_TAKE
    return ""


def _shortfall(order: Order, required_minor: int) -> Details:
    balance = order.held_in
    available = balance.available + order.held_minor
    return ("asset", balance.asset, "required_minor", required_minor, "available_minor", available)


def _level_event(order: Order, quantity_lots: int) -> m.Event:
    return (m.EV_LEVEL, order.book.symbol.name, order.side, order.price_ticks, quantity_lots)


def _with_old_level(levels: list[m.Event], old_level: m.Event | None) -> list[m.Event]:
    """The levels a replaced order touched, with the one it left unless it went back to it."""
    if old_level is None or any(level[2:4] == old_level[2:4] for level in levels):
        return levels
    return [old_level, *levels]


def _order_id(order: Order) -> int:
    return order.order_id
