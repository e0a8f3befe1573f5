"""What a client of the engine has asked and not been answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from exchange.link.errors import EngineBusy, EngineError
from exchange.link.protocol import Answer, Outcome

#: What became of one command or query.
Result = Outcome | Answer | EngineError
#: Takes the results of what was asked together, in order, when the last of them is known.
Done = Callable[[Sequence[Any]], None]


class Asked:
    """Commands of one account that were given together, or one query. Their request ids are consecutive."""

    __slots__ = (
        *("account", "deadline", "done", "first_id", "is_query", "label", "messages", "missing", "results"),
        "span",
    )

    def __init__(
        self,
        messages: Sequence[Any],
        done: Done,
        deadline: float,
        account: int,
        is_query: bool,
        label: str = "",
    ) -> None:
        """``account``: the trader's that asks; 0 for queries and for commands of the venue. ``label``: of the
        request it is asked for."""
        self.messages = messages
        self.done = done
        self.deadline = deadline
        self.account = account
        self.is_query = is_query
        self.label = label
        #: While it is on its way, of a request that is traced.
        self.span: Any = None
        self.first_id = 0
        self.missing = len(messages)
        self.results: list[Result | None] = [None] * self.missing

    def unanswered(self) -> Iterator[tuple[int, Any]]:
        """Request id and message of each that has no result."""
        for request_id, (message, result) in enumerate(
            zip(self.messages, self.results, strict=True), self.first_id
        ):
            if result is None:
                yield request_id, message


class Pending:
    """Everything unanswered by its request id, oldest first; bounded in all and for each account."""

    def __init__(self, maximum: int, maximum_per_account: int) -> None:
        self._maximum = maximum
        self._maximum_per_account = maximum_per_account
        self._by_id: dict[int, Asked] = {}
        #: Trader's account -> how many of its commands were asked in what is not answered whole.
        self._of_account: dict[int, int] = {}
        self.next_id = 1

    def __len__(self) -> int:
        return len(self._by_id)

    def refusal(self, account: int, count: int) -> EngineBusy | None:
        """Why so many more are not taken now, if so."""
        if len(self._by_id) + count > self._maximum:
            return EngineBusy(f"{self._maximum} commands are unanswered")
        if account and self._of_account.get(account, 0) + count > self._maximum_per_account:
            return EngineBusy(f"{self._maximum_per_account} commands of the account are unanswered")
        return None

    def add(self, asked: Asked) -> None:
        """Give it its request ids."""
        asked.first_id = first_id = self.next_id
        if asked.missing == 1:
            self.next_id = first_id + 1
            self._by_id[first_id] = asked
        else:
            self.next_id = first_id + asked.missing
            self._by_id.update(dict.fromkeys(range(first_id, self.next_id), asked))
        if asked.account:
            self._of_account[asked.account] = self._of_account.get(asked.account, 0) + asked.missing

    def find(self, request_id: int) -> Asked | None:
        """What was asked under a request id and is not answered; None if nothing is."""
        return self._by_id.get(request_id)

    def answer(self, request_id: int, result: Result) -> Asked | None:
        """Note a result; returns what was asked, if that was the last of it. A result without a waiting
        requester is passed over."""
        asked = self._by_id.pop(request_id, None)
        if asked is None:
            return None
        asked.results[request_id - asked.first_id] = result
        asked.missing -= 1
        if asked.missing:
            return None
        if asked.account:
            self._release(asked)
        return asked

    def _release(self, asked: Asked) -> None:
        left = self._of_account[asked.account] - len(asked.messages)
        if left:
            self._of_account[asked.account] = left
        else:
            del self._of_account[asked.account]

    def __iter__(self) -> Iterator[Asked]:
        """What has no whole answer, oldest first."""
        before = None
        for asked in self._by_id.values():
            if asked is not before:
                before = asked
                yield asked
