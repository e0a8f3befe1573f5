"""What is asked for in a round, and every answer to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple

Json = dict[str, Any]


class What(StrEnum):
    """The kinds of acts."""

    ORDER = "order"
    CANCEL = "cancel"
    TRANSFER = "transfer"
    WITHDRAWAL = "withdrawal"
    CANCEL_WITHDRAWAL = "cancel_withdrawal"
    REVOKE = "revoke"
    READ = "read"


class Verdict(StrEnum):
    """What an answer tells its sender."""

    DONE = "done"
    #: Nothing happened.
    REFUSED = "refused"
    #: It may have happened.
    UNKNOWN = "unknown"
    #: It never left.
    UNSENT = "unsent"


#: Statuses of an Answer that no server gave: the connection was lost after sending; there was none at all.
LOST: Final = 0
NOT_SENT: Final = -1
#: The requester is told that nothing was done, or (504) that it cannot be known.
_NOTHING_DONE: Final = 503
_OUTCOME_UNKNOWN: Final = 504
#: A key that is not there any more, for its holder and for its owner.
NO_KEY: Final = "INVALID_KEY"
NO_SUCH_KEY: Final = "KEY_NOT_FOUND"


class Answer(NamedTuple):
    """What came of one sending. Times are by ``time.monotonic``, seconds. ``key``: the API key it was sent
    by, empty for a token."""

    way: str
    key: str
    sent_at: float
    answered_at: float
    status: int
    body: Json

    @property
    def verdict(self) -> Verdict:
        if 200 <= self.status < 300:
            return Verdict.DONE
        if self.status == NOT_SENT:
            return Verdict.UNSENT
        if self.status == LOST or self.status == _OUTCOME_UNKNOWN:
            return Verdict.UNKNOWN
        if self.status < 500 or self.status == _NOTHING_DONE:
            return Verdict.REFUSED
        return Verdict.UNKNOWN

    @property
    def code(self) -> str:
        """The error's code; empty of what was done or has no answer."""
        return str(self.body.get("error", ""))

    @property
    def sequence(self) -> int:
        """Of what was done."""
        return int(self.body["sequence"])


@dataclass
class Act:
    """One thing that a user wants done, once.

    ``name`` is the id that the client gives it, where its kind has one: sent again it is the same act. A
    cancel's is the order's; a revocation's is the key. ``ways``: it is sent by all of them at once.
    ``asks_again``: an act without an answer that tells is sent again when all is well.
    """

    what: What
    account: int
    name: str
    body: Json
    ways: tuple[str, ...]
    delay_s: float = 0.0
    asks_again: bool = False
    #: The withdrawal that this act calls back, once it is acknowledged; its name is the withdrawal's id then.
    after: Act | None = None
    answers: list[Answer] = field(default_factory=list)

    def of(self, verdict: Verdict) -> Iterator[Answer]:
        return (answer for answer in self.answers if answer.verdict is verdict)

    @property
    def is_told(self) -> bool:
        """Whether an answer tells what came of it."""
        return any(
            answer.verdict is Verdict.DONE
            or (
                answer.verdict is Verdict.REFUSED and answer.status != _NOTHING_DONE and answer.code != NO_KEY
            )
            for answer in self.answers
        )

    @property
    def first_sent_at(self) -> float:
        return min(answer.sent_at for answer in self.answers)


@dataclass
class KeyLife:
    """An API key. ``revoking_at``: when its end was first asked for; ``revoked_at``: when that was
    acknowledged."""

    key_id: str
    account: int
    revoking_at: float | None = None
    revoked_at: float | None = None


@dataclass
class Story:
    """A round as its clients tell it."""

    name: str
    main: int
    sub: int
    acts: list[Act]
    keys: dict[str, KeyLife]
    #: The accounts' withdrawals as REST shows them when all is quiet.
    withdrawals: list[Json] = field(default_factory=list)

    @property
    def accounts(self) -> tuple[int, int]:
        return self.main, self.sub

    def of(self, *kinds: What) -> list[Act]:
        return [act for act in self.acts if act.what in kinds]
