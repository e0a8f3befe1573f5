"""What the exchange asks of whoever holds its customers' money: a bank's gateway, a custodian, or its own
operators.

A provider is asked to pay out at most once for each withdrawal. What it answers decides what comes next:

    Accepted   it has taken the order to pay; whether it was paid comes later, by notice or look-up
    Paid       it has paid
    Failed     it will not pay, and never will under this id: the money goes back to the customer
    NotSent    nothing of the order left this machine, as when the connection was refused: it may be sent
               again, and its customer may call it back meanwhile
    Unknown    nobody can say: the order may or may not have arrived. It is never sent again by itself;
               look-ups go on, and people decide in the end

Only an answer that the provider itself gave may be ``Failed``: a connection that breaks, a deadline, or an
answer that cannot be read is ``Unknown``. ``NotSent`` is for what is certain: where a single byte of the
order may have gone out, it is ``Unknown`` too.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Payout(NamedTuple):
    """An order to pay. ``payout_id`` is the withdrawal's id, the same at every question about it."""

    payout_id: str
    asset: str
    amount_minor: int
    scale: int
    address: str
    tag: str


class Accepted(NamedTuple):
    """``reference``: the provider's own name for it; may be empty."""

    reference: str


class Paid(NamedTuple):
    """``transaction``: what the customer can look for (a hash, a bank's reference). ``amount_minor`` is what
    the provider says it paid: what differs from the order is never settled without people."""

    reference: str
    transaction: str
    amount_minor: int


class Failed(NamedTuple):
    """``reason``: the provider's words, for operators."""

    reason: str


class NotSent(NamedTuple):
    """``trouble``: what was in the way, for operators."""

    trouble: str


class Unknown(NamedTuple):
    """``trouble``: what went wrong, for operators."""

    trouble: str


class NeverSeen(NamedTuple):
    """Of a look-up: the provider knows no order of this id. It may still be on its way."""


Answer = Accepted | Paid | Failed | NotSent | Unknown
Found = Accepted | Paid | Failed | Unknown | NeverSeen


class IncomingDeposit(NamedTuple):
    """A deposit as the provider tells it when asked. ``reference`` names it for ever. One that was taken back
    (a reorganised chain, a bank's recall) ``is_reversed``, and is not final any more."""

    reference: str
    asset: str
    amount_minor: int
    address: str
    is_final: bool
    tag: str = ""
    is_reversed: bool = False


class Provider(Protocol):
    """One provider, as the custody job uses it. Calls block, for ``CUSTODY["TIMEOUT_S"]`` at most, and never
    raise for what the other side does."""

    name: str
    #: Whether people, and no machine, carry out its payouts: they then say what became of each.
    is_manual: bool

    def send(self, payout: Payout) -> Answer: ...

    def look_up(self, payout: Payout) -> Found: ...

    def find_deposit(self, reference: str) -> IncomingDeposit | Unknown | NeverSeen: ...

    def deposit_address(self, account: int, asset: str) -> tuple[str, str] | Unknown | None:
        """Address and tag for deposits to the account, always the same; None: this provider has none."""
        ...

    def holdings(self) -> dict[str, int] | Unknown:
        """Minor units it holds of each asset: deposits that are final, less what it has paid out."""
        ...
