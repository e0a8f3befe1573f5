"""What a source of public topics offers to the hub of a web process, and how it publishes."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple, Protocol


class Snapshot(NamedTuple):
    """The newest message of one topic and symbol, sent to a socket that has just subscribed.

    ``sequence`` is the engine's sequence that the body reflects, ``timestamp_ms`` the engine's time of
    it. ``body`` is the message as the wire contract has it, with its ``type`` and without ``channel``,
    ``symbol``, ``sequence``, ``prev_sequence`` and ``timestamp``, which the hub adds.
    """

    sequence: int
    timestamp_ms: int
    body: dict[str, Any]


class Publish(Protocol):
    """Hands one message to the hub. Synchronous, never blocks; call it on the event loop only.

    ``sequence`` never goes backwards within one (topic, symbol); a message whose sequence is lower
    than the last one's is dropped (a restarted upstream catching up). The hub keeps ``body``
    for those who subscribe next: do not change it afterwards.
    """

    def __call__(
        self, topic: str, symbol: str, sequence: int, timestamp_ms: int, body: dict[str, Any]
    ) -> None: ...


class Upstream(Protocol):
    """A source of public topics. Made inside the running event loop."""

    #: Every topic it serves, as clients name them in ``channels``: ``statistics``, ``klines:1m``, ...
    topics: Collection[str]

    async def run(self, publish: Publish) -> None:
        """Publish until cancelled, reconnecting by itself; if it raises, the hub logs it and calls
        ``run`` again after a pause. On cancellation it releases what it holds and returns."""

    def snapshot(self, topic: str, symbol: str) -> Snapshot | tuple[int, int, dict[str, Any]] | None:
        """The newest message, or None when there is none yet. Must be quick: asked for a
        subscription before anything was published."""
