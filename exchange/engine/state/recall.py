"""What is remembered of commands, whoever keeps it (``memory``), and within which bounds."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from exchange.engine import messages as m
from exchange.engine.messages.places import (
    ORDER_ACCOUNT,
    TRADE_MAKER_ACCOUNT,
    TRADE_TAKER_ACCOUNT,
)


class Recalled(NamedTuple):
    """What a command did when it was first carried out: its place in the sequence, its time, and the
    events of its reply (levels and balances left out)."""

    sequence: int
    now_ns: int
    events: list[m.Event]


#: A command and what came of it: (command, sequence, now_ns, reply events). Declared as of any length: one of
#: known length would be a value without an identity to compiled code, made anew wherever it is kept.
Entry = tuple[Any, ...]


class Limits(NamedTuple):
    """Bounds of the core's memory and of a command's work. Part of its state: a journal folds to one hash
    under one set. Rules versions before 3 know the first four only."""

    ids_per_account: int = 10_000
    ids_total: int = 1_000_000
    finished_orders: int = 200_000
    retention_ns: int = 24 * 3600 * 1_000_000_000
    #: The most trades an entering order makes, and after which a command lets no further fired order enter
    #: (rules X1 to X3 of docs/orders.md).
    trades_per_command: int = 1_000
    #: The most events of a reply that are remembered for a repeated command (rule X4).
    reply_events: int = 1_024
    #: The most open orders of an account in all symbols (rule B7).
    orders_per_account: int = 10_000
    #: The most orders that a command ends because their time is up, and of how many a tick forgets the ids
    #: and the finished orders (rule X6).
    ends_per_command: int = 2_000
    #: Finished orders of one account that are remembered; ``finished_orders`` of all.
    finished_per_account: int = 5_000
    #: The most open withdrawals of an account (rule F6).
    withdrawals_per_account: int = 100
    #: The most pegged orders of a symbol, and of an account in one (rule PG6).
    pegs_per_symbol: int = 200
    pegs_per_account: int = 10


#: The limits that rules versions before 3, and before 4, know.
OLD_LIMIT_COUNT: Final = 4
BOUNDED_LIMIT_COUNT: Final = 6


def kept_reply(events: tuple[m.Event, ...], account: int, most: int) -> tuple[m.Event, ...]:
    """What is remembered of a reply: all of a short one; of a longer one the first ``most`` events that are
    about the account that asked (0: the venue)."""
    if len(events) <= most:
        return events
    return tuple([event for event in events if not account or _concerns(event, account)][:most])


def _concerns(event: m.Event, account: int) -> bool:
    """Whether an event of a reply is about the account."""
    tag: int = event[0]
    if tag == m.EV_ORDER:
        return bool(event[ORDER_ACCOUNT] == account)
    if tag == m.EV_TRADE:
        return bool(account in (event[TRADE_TAKER_ACCOUNT], event[TRADE_MAKER_ACCOUNT]))
    return True
