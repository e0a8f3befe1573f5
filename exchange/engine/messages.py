"""Commands into the core and events out of it.

On the way through the core, the journal and the sockets a message is a flat tuple whose first
item is an integer tag: the cheapest thing Python makes and every codec writes. Readers should not
count positions, so each message has two named forms here:

* a constructor function (``place_order(...)``) that returns the tuple, and
* a ``NamedTuple`` view (``OrderEvent(*event)``) that gives the fields their names.

The hot path inside the core builds event tuples in place, in the field order of the views.

Units, everywhere in the project:

``price_ticks``
    price x 10**price_scale of the symbol: the symbol's finest price unit. Tick bands only validate.
``quantity_lots``
    quantity x 10**quantity_scale of the symbol: its finest quantity unit. ``lot_step`` only validates.
``*_minor``
    an amount of money in the asset's minor unit: amount x 10**scale of the asset. Unbounded ``int``.
``*_ns``
    nanoseconds since the Unix epoch, UTC, as stamped by the sequencer.
``*_ppm``
    a rate in millionths (500 ppm = 0.05 %).

Compatibility: tags and field orders are journaled. Fields are only ever appended, with a default in
the reader, and only together with a new rules version.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

Command = tuple[Any, ...]
Event = tuple[Any, ...]

# --- enumerations ------------------------------------------------------------------------------
# Plain ints: they are compared on the hot path and written to the journal. The name tables give
# the wire and the database the same words.

BUY: Final = 0
SELL: Final = 1
SIDES: Final = ("buy", "sell")

LIMIT: Final = 0
MARKET: Final = 1
ORDER_TYPES: Final = ("limit", "market")

GTC: Final = 0
IOC: Final = 1
FOK: Final = 2
TIMES_IN_FORCE: Final = ("gtc", "ioc", "fok")

STP_CANCEL_NEWEST: Final = 0
STP_CANCEL_OLDEST: Final = 1
STP_CANCEL_BOTH: Final = 2
STP_DECREMENT: Final = 3
STP_MODES: Final = ("cancel_newest", "cancel_oldest", "cancel_both", "decrement")

NEW: Final = 0
PARTIALLY_FILLED: Final = 1
FILLED: Final = 2
CANCELED: Final = 3
REJECTED: Final = 4
EXPIRED: Final = 5
ORDER_STATUSES: Final = ("new", "partially_filled", "filled", "canceled", "rejected", "expired")
#: An order in one of the first two statuses is open: it rests on the book.
OPEN_STATUSES: Final = (NEW, PARTIALLY_FILLED)

# Why an order left the book other than by being filled.
REASON_NONE: Final = 0
REASON_USER: Final = 1
REASON_IOC_REMAINDER: Final = 2
REASON_FOK_UNFILLABLE: Final = 3
REASON_SELF_TRADE: Final = 4
REASON_NO_LIQUIDITY: Final = 5
REASON_AMOUNT_BELOW_LOT: Final = 6
REASONS: Final = (
    "",
    "user",
    "ioc_remainder",
    "fok_unfillable",
    "self_trade",
    "no_liquidity",
    "amount_below_lot",
)

TRADING: Final = 0
HALTED: Final = 1
CANCEL_ONLY: Final = 2
SYMBOL_STATUSES: Final = ("trading", "halted", "cancel_only")

ACTIVE: Final = 0
FROZEN: Final = 1
ACCOUNT_STATUSES: Final = ("active", "frozen")

#: Account number of the custody contra account: the only one whose balances may be negative.
CUSTODY_ACCOUNT: Final = 1
#: Account number that receives fees and pays rebates.
FEE_ACCOUNT: Final = 2
#: Numbers below this are the venue's own; traders' accounts start here.
FIRST_TRADER_ACCOUNT: Final = 1000

# --- command tags ------------------------------------------------------------------------------

PLACE: Final = 1
CANCEL: Final = 2
CANCEL_ALL: Final = 3
REDUCE: Final = 4
REPLACE: Final = 5
TICK: Final = 10
SET_ASSET: Final = 20
SET_SYMBOL: Final = 21
SET_SYMBOL_STATUS: Final = 22
SET_ACCOUNT: Final = 23
SET_FEES: Final = 24
DEPOSIT: Final = 25
WITHDRAW: Final = 26
SET_RULES: Final = 27

#: Commands of a trader; every later tag but TICK belongs to the control plane.
TRADER_COMMANDS: Final = (PLACE, CANCEL, CANCEL_ALL, REDUCE, REPLACE)

# --- event tags --------------------------------------------------------------------------------

EV_REJECTED: Final = 1
EV_ORDER: Final = 2
EV_TRADE: Final = 3
EV_LEVEL: Final = 4
EV_BALANCE: Final = 5
EV_SYMBOL: Final = 6
EV_ACCOUNT: Final = 7
EV_TRANSFER: Final = 8
EV_ASSET: Final = 9
EV_FEES: Final = 10
EV_TICK: Final = 11
EV_CANCELED_ALL: Final = 12
EV_RULES: Final = 13

DEPOSITED: Final = 0
WITHDRAWN: Final = 1
TRANSFER_KINDS: Final = ("deposit", "withdrawal")


# --- commands: views and constructors ------------------------------------------------------------


class PlaceOrder(NamedTuple):
    """Enter an order. Limit: ``price_ticks`` and ``quantity_lots``. Market: ``quantity_lots``, or on
    a buy ``quote_amount_minor`` (fee included) with ``quantity_lots`` 0. Unused numbers are 0."""

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


def place_order(
    command_id: str,
    account: int,
    symbol: str,
    side: int,
    *,
    order_type: int = LIMIT,
    time_in_force: int = GTC,
    post_only: bool = False,
    price_ticks: int = 0,
    quantity_lots: int = 0,
    quote_amount_minor: int = 0,
    stp: int = STP_CANCEL_NEWEST,
    client_order_id: str | None = None,
) -> Command:
    return (
        PLACE,
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
    return (CANCEL, command_id, account, order_id, client_order_id)


class CancelAll(NamedTuple):
    """Cancel the account's open orders, of one symbol or (None) of every symbol that allows it."""

    tag: int
    command_id: str
    account: int
    symbol: str | None


def cancel_all(command_id: str, account: int, symbol: str | None = None) -> Command:
    return (CANCEL_ALL, command_id, account, symbol)


class ReduceOrder(NamedTuple):
    """Lower an open order's total quantity to ``quantity_lots`` (filled part included); it keeps its
    place in the queue."""

    tag: int
    command_id: str
    account: int
    order_id: int
    quantity_lots: int


def reduce_order(command_id: str, account: int, order_id: int, quantity_lots: int) -> Command:
    return (REDUCE, command_id, account, order_id, quantity_lots)


class ReplaceOrder(NamedTuple):
    """Give an open order a new price and total quantity (filled part included). It always goes to the
    back of the queue and may trade at once; if the new terms are refused the old order stands."""

    tag: int
    command_id: str
    account: int
    order_id: int
    price_ticks: int
    quantity_lots: int


def replace_order(
    command_id: str, account: int, order_id: int, price_ticks: int, quantity_lots: int
) -> Command:
    return (REPLACE, command_id, account, order_id, price_ticks, quantity_lots)


def tick() -> Command:
    """Let sequenced time move on when nothing else happens. Has no id: it changes only the clock."""
    return (TICK,)


class SetAsset(NamedTuple):
    """Create an asset with ``scale`` decimals in its minor unit. The scale never changes."""

    tag: int
    command_id: str
    asset: str
    scale: int


def set_asset(command_id: str, asset: str, scale: int) -> Command:
    return (SET_ASSET, command_id, asset, scale)


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
) -> Command:
    return (
        SET_SYMBOL,
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


class SetSymbolStatus(NamedTuple):
    """TRADING; HALTED (nothing enters, nothing leaves); CANCEL_ONLY (orders may only be canceled or
    reduced). ``reason`` is shown to traders."""

    tag: int
    command_id: str
    symbol: str
    status: int
    reason: str


def set_symbol_status(command_id: str, symbol: str, status: int, reason: str = "") -> Command:
    return (SET_SYMBOL_STATUS, command_id, symbol, status, reason)


class SetAccount(NamedTuple):
    """Open an account, or freeze (no new orders, no withdrawals; cancels allowed) or thaw it."""

    tag: int
    command_id: str
    account: int
    status: int


def set_account(command_id: str, account: int, status: int = ACTIVE) -> Command:
    return (SET_ACCOUNT, command_id, account, status)


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
    return (SET_FEES, command_id, symbol, account, maker_ppm, taker_ppm)


class Transfer(NamedTuple):
    """Deposit to or withdraw from an account's available balance; custody takes the other side."""

    tag: int
    command_id: str
    account: int
    asset: str
    amount_minor: int


def deposit(command_id: str, account: int, asset: str, amount_minor: int) -> Command:
    return (DEPOSIT, command_id, account, asset, amount_minor)


def withdraw(command_id: str, account: int, asset: str, amount_minor: int) -> Command:
    return (WITHDRAW, command_id, account, asset, amount_minor)


class SetRules(NamedTuple):
    """From here on the journal is folded by this version of the rules."""

    tag: int
    command_id: str
    version: int


def set_rules(command_id: str, version: int) -> Command:
    return (SET_RULES, command_id, version)


# --- events: views -------------------------------------------------------------------------------


class RejectedEvent(NamedTuple):
    """The command changed nothing. ``code`` is a wire code; ``details`` alternates names and values."""

    tag: int
    command_id: str
    account: int
    code: str
    details: tuple[Any, ...]


class OrderEvent(NamedTuple):
    """An order as it is after the command. At most one per order and command, the submitter's own
    first. A quote-amount buy has ``quantity_lots`` 0."""

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


class TradeEvent(NamedTuple):
    """One trade at the resting (maker) order's price. ``*_after`` are the totals (available + held)
    of the account in the base and quote asset once the trade has settled. Fees are in the quote
    asset; a negative fee is a rebate."""

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
    """A symbol as it is after the command: the fields of SetSymbol after the symbol, then status."""

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


class AccountEvent(NamedTuple):
    tag: int
    account: int
    status: int


class TransferEvent(NamedTuple):
    """``kind`` is DEPOSITED or WITHDRAWN; ``balance_after_minor`` is available + held."""

    tag: int
    kind: int
    command_id: str
    account: int
    asset: str
    amount_minor: int
    balance_after_minor: int


class AssetEvent(NamedTuple):
    tag: int
    asset: str
    scale: int


class FeesEvent(NamedTuple):
    tag: int
    symbol: str
    account: int
    maker_ppm: int
    taker_ppm: int


class TickEvent(NamedTuple):
    tag: int
    now_ns: int


class CanceledAllEvent(NamedTuple):
    """How many orders a cancel-all took off the books; their OrderEvents follow it."""

    tag: int
    account: int
    symbol: str | None
    canceled_count: int


class RulesEvent(NamedTuple):
    tag: int
    version: int
