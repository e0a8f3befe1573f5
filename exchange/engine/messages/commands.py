"""Commands into the core: per message a named view and a constructor. See ``messages``."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from exchange.engine.messages import words as w

Command = tuple[Any, ...]


class OrderTerms(NamedTuple):
    """What an order asks for beyond price, quantity and time in force. Unused numbers are 0.

    ``expire_ns``: when a GTD order ends. ``reprice``: a post-only order that would take is moved one
    tick away from the best opposite price instead of being refused. ``display_lots``: an iceberg shows
    this much at a time. ``trigger`` .. ``trigger_now``: the order waits off the book until the watched
    price reaches ``trigger_ticks``; a trailing stop names the distance it keeps instead, in ticks or
    millionths; with ``trigger_now`` one whose price is already reached enters at once instead of being
    refused. ``session``: cancel-all by this name takes the order along. ``to_limit``: a limit order without a
    price of its own takes the best opposite price at its entry for one. ``min_lots``: it trades at least this
    much as it enters, or is canceled. ``peg``: its price follows a best price, ``peg_offset_ticks`` away from
    the other side, and never passes its limit."""

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
    to_limit: bool = False
    min_lots: int = 0
    peg: int = w.NO_PEG
    peg_offset_ticks: int = 0


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
    return command if terms is None else (*command, _short_terms(terms))


def _short_terms(terms: OrderTerms) -> tuple[Any, ...]:
    """The terms as a tuple, without those that have been appended where they say nothing."""
    return tuple(terms) if terms[SHORT_TERMS:] != _LATER_TERMS else terms[:SHORT_TERMS]


#: How many fields an OrderTerms had at first, and what those that came later say where they say nothing.
SHORT_TERMS: Final = 10
_LATER_TERMS: Final = OrderTerms()[SHORT_TERMS:]


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


class PlaceOto(NamedTuple):
    """Enter an order (``working``) that triggers one other, or a pair of which at most one trades
    (``seconds``, one or two PLACE tuples of the same symbol). They enter when the working order is filled,
    and end with it if it ends in any other way."""

    tag: int
    command_id: str
    account: int
    working: Command
    seconds: tuple[Command, ...]


def place_oto(command_id: str, account: int, working: Command, *seconds: Command) -> Command:
    return (w.PLACE_OTO, command_id, account, working, seconds)


class Quote(NamedTuple):
    """Both sides of a quote under a name of its owner's; with 0 lots a side has none."""

    symbol: str
    quote_id: str
    bid_ticks: int
    bid_lots: int
    ask_ticks: int
    ask_lots: int


class PlaceQuotes(NamedTuple):
    """Replace up to 50 quotes (``Quote`` tuples) by these. ``session``: cancel-all by this name takes orders
    that are new along."""

    tag: int
    command_id: str
    account: int
    quotes: tuple[tuple[Any, ...], ...]
    session: str | None = None


def place_quotes(command_id: str, account: int, *quotes: Quote, session: str | None = None) -> Command:
    command = (w.PLACE_QUOTES, command_id, account, tuple(map(tuple, quotes)))
    return command if session is None else (*command, session)


class CancelQuotes(NamedTuple):
    """Cancel the account's quotes, of one symbol, of one name, or (None) of all."""

    tag: int
    command_id: str
    account: int
    symbol: str | None
    quote_id: str | None


def cancel_quotes(
    command_id: str, account: int, symbol: str | None = None, quote_id: str | None = None
) -> Command:
    return (w.CANCEL_QUOTES, command_id, account, symbol, quote_id)


class ProtectQuotes(NamedTuple):
    """Cancel all quotes of the account, and take no new ones, once they had ``max_fills`` fills, or bought or
    sold ``max_net_minor`` of quote asset ``asset`` more than the other, within ``window_ms``; 0 and "" bound
    nothing, all of them take the protection back. Counting begins anew, and quotes are taken again."""

    tag: int
    command_id: str
    account: int
    window_ms: int
    max_fills: int
    asset: str
    max_net_minor: int


def protect_quotes(
    command_id: str, account: int, window_ms: int, max_fills: int, asset: str = "", max_net_minor: int = 0
) -> Command:
    return (w.PROTECT_QUOTES, command_id, account, window_ms, max_fills, asset, max_net_minor)


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
    """A dead man's switch: cancel all of the account's orders ``after_ms`` from now unless another such
    command comes before; 0 switches it off."""

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
    place in the queue. Lowered to no more than what is filled it ends."""

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
    stands. With ``trigger_now`` one whose trigger price is already reached enters at once instead of being
    refused."""

    tag: int
    command_id: str
    account: int
    order_id: int
    price_ticks: int
    quantity_lots: int
    trigger_ticks: int = 0
    trigger_now: bool = False


def replace_order(
    command_id: str,
    account: int,
    order_id: int,
    price_ticks: int,
    quantity_lots: int,
    trigger_ticks: int = 0,
    trigger_now: bool = False,
) -> Command:
    command = (w.REPLACE, command_id, account, order_id, price_ticks, quantity_lots)
    if trigger_now:
        return (*command, trigger_ticks, trigger_now)
    return command if not trigger_ticks else (*command, trigger_ticks)


class Tick(NamedTuple):
    """Let sequenced time move on when nothing else happens. Has no id: it changes only the clock and what
    falls due by it. ``draw_ppm``: a number from 0 to a million that the sender drew at random: an auction
    with a random end that falls due by this tick ends so far into it."""

    tag: int
    draw_ppm: int = 0


def tick(draw_ppm: int = 0) -> Command:
    return (w.TICK, draw_ppm) if draw_ppm else (w.TICK,)


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
    ends DAY orders; empty: the symbol trades around the clock, its day ends at midnight UTC.
    ``collar_rests``: what the collar leaves of a market order rests at it as a limit order.
    ``iceberg_continues``: an iceberg that traded on entry first shows what is left of the part it was at.

    ``static_ppm``: a trade, or the price of an opening or a closing auction, further than this from the
    reference price starts a call auction too. ``reached``: whether a price at the very edge of the two bands
    does so, or only one beyond it. ``random_end_ns``: an auction ends up to so much later than told,
    at random. ``extended_ppm``: a volatility auction whose price would be further than this from the last
    price is extended once. ``auction_stp``: of two orders of one owner that could trade with one another
    in an auction the newer is canceled."""

    max_notional_minor: int = 0
    collar_ppm: int = 0
    band_ppm: int = 0
    volatility_ppm: int = 0
    volatility_ns: int = 0
    calendar: str = ""
    collar_rests: bool = False
    iceberg_continues: bool = False
    static_ppm: int = 0
    reached: bool = False
    random_end_ns: int = 0
    extended_ppm: int = 0
    auction_stp: bool = False


#: Fields of a protection that are always written.
_OLDEST_PROTECTION: Final = 6


def shortened(protection: Protection) -> tuple[Any, ...]:
    """A protection as commands carry it: without the last fields that say nothing, but for the oldest."""
    length = len(protection)
    while length > _OLDEST_PROTECTION and not protection[length - 1]:
        length -= 1
    return tuple(protection[:length])


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
    return command if protection is None else (*command, shortened(protection))


class SetSymbolStatus(NamedTuple):
    """TRADING; HALTED (nothing enters, orders may be canceled); CANCEL_ONLY (orders may only be canceled or
    reduced); PRE_OPEN and the auctions (orders gather, nothing trades); POST_ONLY (nothing may take);
    CLOSED (DAY orders end, nothing enters). A crossed book is uncrossed by an auction when it comes to
    TRADING, POST_ONLY or CLOSED. ``reason`` is shown to traders. ``direct``: trading goes on after a halt
    without the auction that a halt otherwise ends with; this needs a reason."""

    tag: int
    command_id: str
    symbol: str
    status: int
    reason: str
    direct: bool = False


def set_symbol_status(
    command_id: str, symbol: str, status: int, reason: str = "", *, direct: bool = False
) -> Command:
    command = (w.SET_SYMBOL_STATUS, command_id, symbol, status, reason)
    return (*command, True) if direct else command


class SetAccount(NamedTuple):
    """Open an account, or freeze (no new orders, no withdrawals; cancels allowed) or thaw it."""

    tag: int
    command_id: str
    account: int
    status: int


def set_account(command_id: str, account: int, status: int = w.ACTIVE) -> Command:
    return (w.SET_ACCOUNT, command_id, account, status)


class SetFees(NamedTuple):
    """Fee rates of one account on one symbol, or on EVERY_SYMBOL, over its plan's and the symbol's. They
    apply to orders entered from now on; resting orders keep theirs. ``clear``: take them back."""

    tag: int
    command_id: str
    symbol: str
    account: int
    maker_ppm: int
    taker_ppm: int
    clear: bool = False


def set_fees(command_id: str, symbol: str, account: int, maker_ppm: int, taker_ppm: int) -> Command:
    return (w.SET_FEES, command_id, symbol, account, maker_ppm, taker_ppm)


def clear_fees(command_id: str, symbol: str, account: int) -> Command:
    return (w.SET_FEES, command_id, symbol, account, 0, 0, True)


class SetFeePlan(NamedTuple):
    """Make a fee plan, or change it whole: ``rates`` are (symbol, maker_ppm, taker_ppm) each. On other
    symbols its accounts pay the symbol's own."""

    tag: int
    command_id: str
    plan: int
    rates: tuple[tuple[str, int, int], ...]


def set_fee_plan(command_id: str, plan: int, rates: tuple[tuple[str, int, int], ...]) -> Command:
    return (w.SET_FEE_PLAN, command_id, plan, rates)


class SetAccountPlan(NamedTuple):
    """Put an account on a fee plan; NO_FEE_PLAN: on none."""

    tag: int
    command_id: str
    account: int
    plan: int


def set_account_plan(command_id: str, account: int, plan: int) -> Command:
    return (w.SET_ACCOUNT_PLAN, command_id, account, plan)


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


class Move(NamedTuple):
    """Move an amount of a trader's available balance to another account. Both sides change in one step.
    ``memo`` is shown to both."""

    tag: int
    command_id: str
    account: int
    to_account: int
    asset: str
    amount_minor: int
    memo: str = ""


def move(
    command_id: str, account: int, to_account: int, asset: str, amount_minor: int, memo: str = ""
) -> Command:
    command = (w.MOVE, command_id, account, to_account, asset, amount_minor)
    return (*command, memo) if memo else command


class PayFromFees(NamedTuple):
    """Move an amount of what the venue has earned in fees to a trader's account, as a share of them."""

    tag: int
    command_id: str
    to_account: int
    asset: str
    amount_minor: int
    memo: str = ""


def pay_from_fees(command_id: str, to_account: int, asset: str, amount_minor: int, memo: str = "") -> Command:
    command = (w.PAY_FROM_FEES, command_id, to_account, asset, amount_minor)
    return (*command, memo) if memo else command


class HoldWithdrawal(NamedTuple):
    """Set a withdrawal and its fee aside until it is settled or released by the same ``withdrawal_id``, which
    no other open withdrawal of the account has. The fee comes on top of the amount."""

    tag: int
    command_id: str
    account: int
    withdrawal_id: str
    asset: str
    amount_minor: int
    fee_minor: int


def hold_withdrawal(
    command_id: str, account: int, withdrawal_id: str, asset: str, amount_minor: int, fee_minor: int = 0
) -> Command:
    return (w.HOLD_WITHDRAWAL, command_id, account, withdrawal_id, asset, amount_minor, fee_minor)


class EndWithdrawal(NamedTuple):
    """Settle a held withdrawal: its amount has left the venue, its fee is earned; or release it: all of it is
    available again."""

    tag: int
    command_id: str
    account: int
    withdrawal_id: str


def settle_withdrawal(command_id: str, account: int, withdrawal_id: str) -> Command:
    return (w.SETTLE_WITHDRAWAL, command_id, account, withdrawal_id)


def release_withdrawal(command_id: str, account: int, withdrawal_id: str) -> Command:
    return (w.RELEASE_WITHDRAWAL, command_id, account, withdrawal_id)


class SetRules(NamedTuple):
    """From here on the journal is folded by this version of the rules."""

    tag: int
    command_id: str
    version: int


def set_rules(command_id: str, version: int) -> Command:
    return (w.SET_RULES, command_id, version)
