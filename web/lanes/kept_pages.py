"""Pages of histories, kept until the account's history changes.

A client that asks again and again mostly gets the same rows with another ``as_of_sequence``. Whether they are
the same is known without the database: the engine's feed names the accounts of all that it changes
(``web.live.account_changes``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Final, NamedTuple

from exchange.wire.shape_parts import Encoded
from web.live import runtime
from web.live.account_changes import AccountChanges
from web.rest.history_reads import HistoryRead

#: Of the pages that one process keeps; the oldest go first.
MAX_KEPT_BYTES: Final = 32 * 1024 * 1024
#: What the tables lose without an event (orders that never traded, when they are old) is noticed after this.
MAX_AGE_S: Final = 60.0
#: What a page takes beside its bytes.
_OVERHEAD_BYTES: Final = 600


class _Page(NamedTuple):
    """``head``: the reply up to its sequence, which comes last. ``reached``: what the tables had reached at
    least when it was read."""

    head: bytes
    reached: int
    era: int
    until_s: float

    @property
    def held_bytes(self) -> int:
        return len(self.head) + _OVERHEAD_BYTES


def changes_of_process() -> AccountChanges | None:
    """What this process knows of changes; None where it follows no feed."""
    running = runtime.current()
    return None if running is None else running.hub.changes


class KeptPages:
    """Pages by account and read. For one event loop."""

    def __init__(
        self,
        changes: Callable[[], AccountChanges | None] = changes_of_process,
        maximum_bytes: int = MAX_KEPT_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._changes = changes
        self._maximum_bytes = maximum_bytes
        self._clock = clock
        self._pages: dict[Hashable, _Page] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._pages)

    def recall(self, read: HistoryRead, account: int, sequence: int) -> Encoded | None:
        """The reply as of the engine's ``sequence``; None where it is not kept, or may be another by now."""
        page = self._pages.get((account, read))
        if page is None:
            return None
        changes = self._changes()
        is_same = (
            changes is not None
            and changes.era == page.era
            and self._clock() < page.until_s
            and changes.is_unchanged(account, page.reached, sequence)
        )
        return b"%b%d}" % (page.head, sequence) if is_same else None

    def keep(self, read: HistoryRead, account: int, body: Encoded, reached: int) -> None:
        """Keep a reply, if what changes from here on will be known. Its last member is its sequence."""
        changes = self._changes()
        if changes is None:
            return
        changes.watch()
        if not changes.is_unchanged(account, reached, reached):
            return
        name = account, read
        before = self._pages.pop(name, None)
        head = body[: body.rindex(b":") + 1]
        page = _Page(head, reached, changes.era, self._clock() + MAX_AGE_S)
        self._bytes += page.held_bytes - (0 if before is None else before.held_bytes)
        self._pages[name] = page
        while self._bytes > self._maximum_bytes:
            oldest = next(iter(self._pages))
            self._bytes -= self._pages.pop(oldest).held_bytes
