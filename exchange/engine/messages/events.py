"""Events out of the core: the views that give the fields of their tuples names. See ``messages``."""

from __future__ import annotations

from typing import Any, NamedTuple

from exchange.engine.messages import words as w
from exchange.engine.messages.commands import Protection
from exchange.engine.messages.words import LAST, NO_PEG, NO_TRIGGER, NOT_SECOND

Event = tuple[Any, ...]


class RejectedEvent(NamedTuple):
    """The command changed nothing. ``code`` is a wire code; ``details`` alternates names and values."""

    tag: int
    command_id: str
    account: int
    code: str
    details: tuple[Any, ...]


class OrderExtra(NamedTuple):
    """What an order has beyond a simple one: the fields of its OrderTerms, then

    ``triggered_ns``: when its trigger fired, 0 while it waits. ``prevented_lots``: taken off it by
    self-trade prevention. ``linked_order_id``: the other leg of an OCO.
    ``entry_order_id``: of an exit, the bracket's entry; of a second order, its working order. ``exits``: of
    an entry, PlaceBracket's fields after it. ``to_limit`` and ``min_lots`` are of the OrderTerms again.
    ``second``: NOT_SECOND, SECOND_WAITS or SECOND_RELEASED. ``quote_id``: of a side of a quote. ``peg`` and
    ``peg_offset_ticks`` are of the OrderTerms too; the order's price is its limit, wherever it is pegged."""

    expire_ns: int = 0
    reprice: bool = False
    display_lots: int = 0
    trigger: int = NO_TRIGGER
    trigger_source: int = LAST
    trigger_ticks: int = 0
    trail_ticks: int = 0
    trail_ppm: int = 0
    trigger_now: bool = False
    session: str | None = None
    triggered_ns: int = 0
    prevented_lots: int = 0
    linked_order_id: int = 0
    entry_order_id: int = 0
    exits: tuple[int, int, int, int] | None = None
    to_limit: bool = False
    min_lots: int = 0
    second: int = NOT_SECOND
    quote_id: str | None = None
    peg: int = NO_PEG
    peg_offset_ticks: int = 0


class OrderEvent(NamedTuple):
    """An order as it is after the command. At most one per order and command, the submitter's own
    first. A quote-amount order has ``quantity_lots`` 0. ``extra`` is left out of a simple order's tuple."""

    tag: int
    order_id: int
    account: int
    client_order_id: str | None
    symbol: str
    side: int
    order_type: int
    time_in_force: int
    post_only: bool
    stp: int
    price_ticks: int
    quantity_lots: int
    quote_amount_minor: int
    filled_lots: int
    filled_notional_minor: int
    fee_minor: int
    status: int
    reason: int
    created_ns: int
    updated_ns: int
    extra: OrderExtra | None = None


class TradeEvent(NamedTuple):
    """One trade at the resting (maker) order's price. ``*_after`` are the totals (available + held)
    of the account in the base and quote asset once the trade has settled. Fees are in the quote
    asset; a negative fee is a rebate. An auction's trade has ``taker_side`` NO_SIDE; its buy order stands
    in the taker's fields, its sell order in the maker's, and both pay their maker rate."""

    tag: int
    trade_id: int
    symbol: str
    price_ticks: int
    quantity_lots: int
    taker_side: int
    notional_minor: int
    taker_order_id: int
    taker_account: int
    taker_fee_minor: int
    taker_base_after: int
    taker_quote_after: int
    maker_order_id: int
    maker_account: int
    maker_fee_minor: int
    maker_base_after: int
    maker_quote_after: int


class LevelEvent(NamedTuple):
    """Total open quantity at one price of one side after the command; 0 means the level is gone."""

    tag: int
    symbol: str
    side: int
    price_ticks: int
    quantity_lots: int


class BalanceEvent(NamedTuple):
    """A trader account's balance in one asset after the command; only those it changed."""

    tag: int
    account: int
    asset: str
    available_minor: int
    held_minor: int


class SymbolEvent(NamedTuple):
    """A symbol as it is after the command: the fields of SetSymbol but the protection, then status, then
    (left out where both say nothing) the protection and when the volatility auction ends."""

    tag: int
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
    status: int
    status_reason: str
    protection: Protection | None = None
    call_ends_ns: int = 0


class AccountEvent(NamedTuple):
    """``group`` is left out where the account is in none, and so is ``fee_plan``."""

    tag: int
    account: int
    status: int
    group: int = 0
    fee_plan: int = 0


class TransferEvent(NamedTuple):
    """One of the ``TRANSFER_KINDS``. ``balance_after_minor`` is available + held, which a hold and a release
    leave as it was. An amount that moved has an event for each trader's side of it, that of its source first;
    ``counter_account`` is the other side. ``withdrawal_id`` and ``fee_minor`` (on top of the amount) are a
    withdrawal's that was held. A plain deposit or withdrawal has none of the last four."""

    tag: int
    kind: int
    command_id: str
    account: int
    asset: str
    amount_minor: int
    balance_after_minor: int
    counter_account: int = 0
    memo: str = ""
    withdrawal_id: str = ""
    fee_minor: int = 0


def transfer_change(kind: int, amount_minor: int, fee_minor: int) -> int:
    """What a transfer of this kind did to the total (available + held) of its account."""
    if kind in (w.DEPOSITED, w.MOVED_IN):
        return amount_minor
    if kind in (w.WITHDRAWN, w.MOVED_OUT):
        return -amount_minor - fee_minor
    return 0


class AssetEvent(NamedTuple):
    tag: int
    asset: str
    scale: int


class FeesEvent(NamedTuple):
    """An account's own rates on a symbol or EVERY_SYMBOL; ``cleared``: it has none there any more."""

    tag: int
    symbol: str
    account: int
    maker_ppm: int
    taker_ppm: int
    cleared: bool = False


class FeePlanEvent(NamedTuple):
    """A fee plan as it is now: (symbol, maker_ppm, taker_ppm) each."""

    tag: int
    plan: int
    rates: tuple[tuple[str, int, int], ...]


class CanceledAllEvent(NamedTuple):
    """How many orders a cancel-all took off the books; their OrderEvents follow it."""

    tag: int
    account: int
    symbol: str | None
    canceled_count: int


class IndicativeEvent(NamedTuple):
    """Where an auction would trade as the book stands, told at least once a second while orders gather.
    ``price_ticks`` 0: nothing would. ``surplus_lots`` is what would be left at that price, of
    ``surplus_side`` (NO_SIDE if nothing)."""

    tag: int
    symbol: str
    price_ticks: int
    quantity_lots: int
    surplus_side: int
    surplus_lots: int


class CancelAfterEvent(NamedTuple):
    """When all of the account's orders will be canceled; 0: not any more."""

    tag: int
    account: int
    deadline_ns: int


class QuotesEvent(NamedTuple):
    """What came of a command's quotes: of each (bid order id, bid code, ask order id, ask code); an id of 0:
    no order, an empty code: not refused. Their OrderEvents follow it."""

    tag: int
    account: int
    results: tuple[tuple[int, str, int, str], ...]


class QuoteProtectionEvent(NamedTuple):
    """The protection of an account's quotes as it is now; ``tripped``: it canceled them, and takes no new
    ones."""

    tag: int
    account: int
    window_ms: int
    max_fills: int
    asset: str
    max_net_minor: int
    tripped: bool
