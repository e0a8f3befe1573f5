"""What waits to be sequenced: first come, first served, and by turns of the accounts when it is too much.

While all that waits fits into one batch, and no account has more than its share of it, it goes in the order
it came, and nothing else is kept. Beyond that the accounts take turns, one command each and at most a share
in a batch, so that what one account piles up is waited for by that account: a command that comes while a
batch is carried out waits for that batch, and is near the beginning of the next. The commands of an account
keep their order always. Commands that are of no account (of operators, of the engine itself) count as one
account of their own.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Final, Generic, NamedTuple, TypeVar

from exchange.engine.messages import TRADER_COMMANDS, Command
from exchange.engine.messages.places import COMMAND_ACCOUNT

Sender = TypeVar("Sender")

#: What commands of no account count as.
NO_ACCOUNT: Final = -1


class Waiting(NamedTuple, Generic[Sender]):
    """A command, who sent it (None for the engine itself), under which number, and the label of the request
    it came from (empty for none)."""

    sender: Sender | None
    request_id: int
    command: Command
    label: str = ""


def account_of(command: Command) -> int:
    """Whose turn a command takes."""
    account = command[COMMAND_ACCOUNT] if command[0] in TRADER_COMMANDS else NO_ACCOUNT
    return account if type(account) is int else NO_ACCOUNT


class FairQueue(Generic[Sender]):
    """The commands that wait."""

    def __init__(self, share: int) -> None:
        """``share``: most commands of one account in a batch."""
        self._share = share
        self._arrived: deque[Waiting[Sender]] = deque()
        #: While there is more than goes at once: by account, and the accounts, the next in turn first.
        self._by_account: dict[int, deque[Waiting[Sender]]] = {}
        self._turns: deque[int] = deque()
        self._sorted = 0

    def __len__(self) -> int:
        return len(self._arrived) + self._sorted

    def put(self, waiting: Waiting[Sender]) -> None:
        self._arrived.append(waiting)

    def is_within_share(self, command: Command, room: int) -> bool:
        """Whether the account has fewer waiting than its share, had everyone who waits as much of ``room``.
        For a queue that is full."""
        self._sort()
        own = self._by_account.get(account_of(command), ())
        return len(own) < room // (len(self._by_account) + 1)

    def take(self, maximum: int) -> list[Waiting[Sender]]:
        """The next batch."""
        if not self._sorted and len(self._arrived) <= maximum and self._is_shared():
            taken = list(self._arrived)
            self._arrived.clear()
            return taken
        self._sort()
        return self._take_in_turn(maximum)

    def _is_shared(self) -> bool:
        """Whether none of what has come is beyond an account's share."""
        if len(self._arrived) <= self._share:
            return True
        return (
            max(Counter([account_of(waiting.command) for waiting in self._arrived]).values()) <= self._share
        )

    def _sort(self) -> None:
        arrived, by_account = self._arrived, self._by_account
        self._sorted += len(arrived)
        while arrived:
            waiting = arrived.popleft()
            account = account_of(waiting.command)
            queue = by_account.get(account)
            if queue is None:
                by_account[account] = deque((waiting,))
                self._turns.append(account)
            else:
                queue.append(waiting)

    def _take_in_turn(self, maximum: int) -> list[Waiting[Sender]]:
        """One of each account in turn; who was last served comes last the next time, and those who have had
        their share come after the others."""
        by_account, turns = self._by_account, self._turns
        taken: list[Waiting[Sender]] = []
        served: Counter[int] = Counter()
        resting: list[int] = []
        while turns and len(taken) < maximum:
            account = turns.popleft()
            queue = by_account[account]
            taken.append(queue.popleft())
            served[account] += 1
            if not queue:
                del by_account[account]
            elif served[account] >= self._share:
                resting.append(account)
            else:
                turns.append(account)
        turns.extend(resting)
        self._sorted -= len(taken)
        return taken
