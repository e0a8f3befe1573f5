"""Commands into the core: per message a named view and a constructor. See ``messages``."""

from __future__ import annotations

from typing import Any, NamedTuple

from exchange.engine import words as w

Command = tuple[Any, ...]


class OrderTerms(NamedTuple):
    """What an order asks for beyond price, quantity and time in force. Unused numbers are 0.

    ``expire_ns``: when a GTD order ends. ``reprice``: a post-only order that would take is moved one
    tick away from the best opposite price instead of being refused. ``display_lots``: an iceberg shows
    this much at a time. ``trigger`` .. ``trigger_now``: the order waits off the book until the watched
    price reaches ``trigger_ticks``; a trailing stop names the distance it keeps instead, in ticks or
    millionths; with ``trigger_now`` one whose price is already reached enters at once instead of being
    refused. ``session``: cancel-all by this name takes the order along."""

    expire_ns: int = 0
    reprice: bool = False
    display_lots: int = 0
    trigger: int = w.NO_TRIGGER
    trigger_source: int = w.LAST
    trigger_ticks: int = 0
    trail_ticks: int = 0
    trail_ppm: int = 0
    trigger_now: bool = False
    session: str | None = None


class PlaceOrder(NamedTuple):
    """Enter an order. Limit: ``price_ticks`` and ``quantity_lots``. Market: ``quantity_lots``, or
    ``quote_amount_minor`` with ``quantity_lots`` 0 (the fee included on a buy, not counted on a sell);
    ``price_ticks`` is then 0 or the worst price it may trade at. Unused numbers are 0."""

    tag: int
    command_id: str
    account: int
    symbol: str
    side: int
    order_type: int
    time_in_force: int
    post_only: bool
    price_ticks: int
    quantity_lots: int
    quote_amount_minor: int
    stp: int
    client_order_id: str | None
    terms: OrderTerms | None = None


def place_order(
    command_id: str,
    account: int,
    symbol: str,
    side: int,
    *,
    order_type: int = w.LIMIT,
    time_in_force: int = w.GTC,
    post_only: bool = False,
    price_ticks: int = 0,
    quantity_lots: int = 0,
    quote_amount_minor: int = 0,
    stp: int = w.STP_CANCEL_NEWEST,
    client_order_id: str | None = None,
    terms: OrderTerms | None = None,
) -> Command:
    command = (
        w.PLACE,
        command_id,
        account,
        symbol,
        side,
        order_type,
        time_in_force,
        post_only,
        price_ticks,
        quantity_lots,
        quote_amount_minor,
        stp,
        client_order_id,
    )
    return command if terms is None else (*command, tuple(terms))


class PlaceOco(NamedTuple):
    """Enter two orders of which at most one trades: same symbol, side and quantity, at least one of
    them with a trigger, and one hold for both. The legs are PLACE tuples; their ids are not read."""

    tag: int
    command_id: str
    account: int
    first: Command
    second: Command


def place_oco(command_id: str, account: int, first: Command, second: Command) -> Command:
    return (w.PLACE_OCO, command_id, account, first, second)


class PlaceBracket(NamedTuple):
    """Enter a buy (``entry``, a PLACE tuple) whose fills are sold again by a take-profit limit order at
    ``take_profit_ticks`` or a stop at ``stop_ticks`` (limit ``stop_limit_ticks``, or 0: market)."""

    tag: int
    command_id: str
    account: int
    entry: Command
    take_profit_ticks: int
    stop_ticks: int
    stop_limit_ticks: int
    trigger_source: int


def place_bracket(
    command_id: str,
    account: int,
    entry: Command,
    take_profit_ticks: int,
    stop_ticks: int,
    stop_limit_ticks: int = 0,
    trigger_source: int = w.LAST,
) -> Command:
    exits = (take_profit_ticks, stop_ticks, stop_limit_ticks, trigger_source)
    return (w.PLACE_BRACKET, command_id, account, entry, *exits)


class CancelReplace(NamedTuple):
    """Cancel an order and enter another (``place``, a PLACE tuple) in one step. When the cancel fails,
    ``mode`` STOP_ON_FAILURE refuses the whole; ALLOW_FAILURE enters the new order all the same. When
    the new order is refused, the cancel stands."""

    tag: int
    command_id: str
    account: int
    order_id: int
    client_order_id: str | None
    mode: int
    place: Command


def cancel_replace(
    command_id: str,
    account: int,
    place: Command,
    *,
    order_id: int = 0,
    client_order_id: str | None = None,
    mode: int = w.STOP_ON_FAILURE,
) -> Command:
    return (w.CANCEL_REPLACE, command_id, account, order_id, client_order_id, mode, place)


class CancelAfter(NamedTuple):
    """A dead man's switch: cancel all of the account's orders ``after_ms`` from now unless this is said
    again before; 0 takes it back."""

    tag: int
    command_id: str
    account: int
    after_ms: int


def cancel_after(command_id: str, account: int, after_ms: int) -> Command:
    return (w.CANCEL_AFTER, command_id, account, after_ms)


class CancelOrder(NamedTuple):
    """Cancel one open order, named by ``order_id`` or (when that is 0) by ``client_order_id``."""

    tag: int
    command_id: str
    account: int
    order_id: int
    client_order_id: str | None


def cancel_order(
    command_id: str, account: int, order_id: int = 0, client_order_id: str | None = None
) -> Command:
    return (w.CANCEL, command_id, account, order_id, client_order_id)


class CancelAll(NamedTuple):
    """Cancel the account's open orders, of one symbol or (None) of every symbol that allows it; with
    ``session`` only those placed under that name."""

    tag: int
    command_id: str
    account: int
    symbol: str | None
    session: str | None = None


def cancel_all(
    command_id: str, account: int, symbol: str | None = None, session: str | None = None
) -> Command:
    command = (w.CANCEL_ALL, command_id, account, symbol)
    return command if session is None else (*command, session)


class ReduceOrder(NamedTuple):
    """Lower an open order's total quantity to ``quantity_lots`` (filled part included); it keeps its
    place in the queue."""

    tag: int
    command_id: str
    account: int
    order_id: int
    quantity_lots: int


def reduce_order(command_id: str, account: int, order_id: int, quantity_lots: int) -> Command:
    return (w.REDUCE, command_id, account, order_id, quantity_lots)


class ReplaceOrder(NamedTuple):
    """Give an open order a new price and total quantity (filled part included), and one that waits a new
    trigger price (0: as it was). Only a lower quantity at the same price keeps the place in the queue;
    otherwise it goes to the back and may trade at once. If the new terms are refused the old order
    stands."""

    tag: int
    command_id: str
    account: int
    order_id: int
    price_ticks: int
    quantity_lots: int
    trigger_ticks: int = 0


def replace_order(
    command_id: str,
    account: int,
    order_id: int,
    price_ticks: int,
    quantity_lots: int,
    trigger_ticks: int = 0,
) -> Command:
    command = (w.REPLACE, command_id, account, order_id, price_ticks, quantity_lots)
    return command if not trigger_ticks else (*command, trigger_ticks)


def tick() -> Command:
    """Let sequenced time move on when nothing else happens. Has no id: it changes only the clock."""
    return (w.TICK,)


class SetAsset(NamedTuple):
    """Create an asset with ``scale`` decimals in its minor unit. The scale never changes."""

    tag: int
    command_id: str
    asset: str
    scale: int


def set_asset(command_id: str, asset: str, scale: int) -> Command:
    return (w.SET_ASSET, command_id, asset, scale)


class Protection(NamedTuple):
    """A symbol's protection of its traders; 0 turns a rule off. Bands and collar are in millionths.

    ``max_notional_minor``: the most an order may be worth. ``collar_ppm``: a market order trades no
    further than this from the best opposite price it met. ``band_ppm``: limit prices stay this near the
    reference price. ``volatility_ppm``: a trade further than this from the last price before the order
    starts a call auction of ``volatility_ns``. ``calendar``: name of the trading calendar whose closing
    ends DAY orders; empty: the symbol trades around the clock, its day ends at midnight UTC."""

    max_notional_minor: int = 0
    collar_ppm: int = 0
    band_ppm: int = 0
    volatility_ppm: int = 0
    volatility_ns: int = 0
    calendar: str = ""


class SetSymbol(NamedTuple):
    """Create a symbol, or change everything of it but its name, assets and scales.

    ``tick_bands`` is ``((from_price_ticks, step_ticks), ...)``, ascending from 0: a price must be a
    multiple of the step of the highest band that starts at or below it."""

    tag: int
    command_id: str
    symbol: str
    base: str
    quote: str
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
    protection: Protection | None = None


def set_symbol(
    command_id: str,
    symbol: str,
    *,
    base: str,
    quote: str,
    price_scale: int,
    quantity_scale: int,
    tick_bands: tuple[tuple[int, int], ...],
    lot_step: int,
    min_quantity_lots: int,
    max_quantity_lots: int,
    min_price_ticks: int,
    max_price_ticks: int,
    min_notional_minor: int,
    maker_ppm: int,
    taker_ppm: int,
    max_open_orders: int,
    protection: Protection | None = None,
) -> Command:
    command = (
        w.SET_SYMBOL,
        command_id,
        symbol,
        base,
        quote,
        price_scale,
        quantity_scale,
        tick_bands,
        lot_step,
        min_quantity_lots,
        max_quantity_lots,
        min_price_ticks,
        max_price_ticks,
        min_notional_minor,
        maker_ppm,
        taker_ppm,
        max_open_orders,
    )
    return command if protection is None else (*command, tuple(protection))


class SetSymbolStatus(NamedTuple):
    """TRADING; HALTED (nothing enters, nothing leaves); CANCEL_ONLY (orders may only be canceled or
    reduced); PRE_OPEN and the auctions (orders gather, nothing trades); POST_ONLY (nothing may take);
    CLOSED (DAY orders end, nothing enters). A crossed book is uncrossed by an auction when it comes to
    TRADING, POST_ONLY or CLOSED. ``reason`` is shown to traders."""

    tag: int
    command_id: str
    symbol: str
    status: int
    reason: str


def set_symbol_status(command_id: str, symbol: str, status: int, reason: str = "") -> Command:
    return (w.SET_SYMBOL_STATUS, command_id, symbol, status, reason)


class SetAccount(NamedTuple):
    """Open an account, or freeze (no new orders, no withdrawals; cancels allowed) or thaw it."""

    tag: int
    command_id: str
    account: int
    status: int


def set_account(command_id: str, account: int, status: int = w.ACTIVE) -> Command:
    return (w.SET_ACCOUNT, command_id, account, status)


class SetFees(NamedTuple):
    """Fee rates of one account on one symbol, over the symbol's own. They apply to orders entered
    from now on; resting orders keep theirs."""

    tag: int
    command_id: str
    symbol: str
    account: int
    maker_ppm: int
    taker_ppm: int


def set_fees(command_id: str, symbol: str, account: int, maker_ppm: int, taker_ppm: int) -> Command:
    return (w.SET_FEES, command_id, symbol, account, maker_ppm, taker_ppm)


class SetGroup(NamedTuple):
    """Put an account into a group whose members' orders never trade with one another; 0: none."""

    tag: int
    command_id: str
    account: int
    group: int


def set_group(command_id: str, account: int, group: int) -> Command:
    return (w.SET_GROUP, command_id, account, group)


class Transfer(NamedTuple):
    """Deposit to or withdraw from an account's available balance; custody takes the other side."""

    tag: int
    command_id: str
    account: int
    asset: str
    amount_minor: int


def deposit(command_id: str, account: int, asset: str, amount_minor: int) -> Command:
    return (w.DEPOSIT, command_id, account, asset, amount_minor)


def withdraw(command_id: str, account: int, asset: str, amount_minor: int) -> Command:
    return (w.WITHDRAW, command_id, account, asset, amount_minor)


class SetRules(NamedTuple):
    """From here on the journal is folded by this version of the rules."""

    tag: int
    command_id: str
    version: int


def set_rules(command_id: str, version: int) -> Command:
    return (w.SET_RULES, command_id, version)
