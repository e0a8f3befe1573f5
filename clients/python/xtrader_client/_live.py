"""Something that messages keep in step with the exchange, and that one can wait for."""

from __future__ import annotations

import asyncio

from xtrader_client._errors import XTraderError


class Live:
    """Base of the book and the account. ``synced`` is False while something may be missing
    (reconnecting, or being fetched anew)."""

    def __init__(self) -> None:
        self.synced = False
        self._changed = asyncio.Event()
        self._failure: XTraderError | None = None

    async def wait_changed(self, timeout_s: float | None = None) -> None:
        """Return after the next change. Raises TimeoutError, or what ended it."""
        if self._failure is None:
            self._changed.clear()
            await asyncio.wait_for(self._changed.wait(), timeout_s)
        if self._failure is not None:
            raise self._failure

    async def wait_synced(self, timeout_s: float | None = None) -> None:
        """Return once all of it is in step. Raises as ``wait_changed`` does."""
        async with asyncio.timeout(timeout_s):
            while not self.synced:
                await self.wait_changed()

    def fail(self, error: XTraderError) -> None:
        """No more messages will come; waiters raise ``error``."""
        self.synced = False
        self._failure = error
        self._changed.set()
