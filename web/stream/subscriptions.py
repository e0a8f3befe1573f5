"""The topics one connection reads."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from exchange.errors import RefusedError
from exchange.wire.field_readers import refuse_unknown
from web.access.limiter import Meter
from web.live.account_topics import PRIVATE_CHANNELS, PrivateStart
from web.live.hub import Hub
from web.live.topics import Reader, Topic
from web.stream.requests import Fields, not_found, read_names, read_since

Begin = Callable[[], None]

#: Of a private snapshot: so many rows cost as much as a read.
ROWS_A_CHARGE: Final = 50


class Name(NamedTuple):
    """A topic as requests name it; ``symbol`` is None for private channels and those of all symbols."""

    channel: str
    symbol: str | None

    @property
    def is_private(self) -> bool:
        return self.channel in PRIVATE_CHANNELS


class Subscriptions:
    """Joins and leaves topics for one reader. ``close`` leaves everything."""

    def __init__(self, hub: Hub, reader: Reader) -> None:
        self._hub = hub
        self._reader = reader
        self._topics: dict[Name, Topic] = {}
        self._account: int | None = None
        self._meter: Meter | None = None
        #: Why there is no account, if not for want of a log-in.
        self._refused: RefusedError | None = None
        #: When a topic that was read already was last subscribed to again.
        self._again_at: dict[Name, float] = {}

    def __len__(self) -> int:
        return len(self._topics)

    def set_account(
        self, account: int | None, meter: Meter | None = None, refused: RefusedError | None = None
    ) -> None:
        """The connection logged in as another user: the topics of the one before end. ``meter`` is charged
        for private snapshots. ``refused``: what to raise for private channels, without an account to read."""
        self._meter = meter
        self._refused = refused
        if account != self._account:
            for name in [name for name in self._topics if name.is_private]:
                self._leave(name)
            self._account = account

    async def subscribe(self, fields: Fields) -> tuple[dict[str, Any], list[Begin]]:
        """The reply, and the calls that start each topic, to be made once the reply is on its way.

        Raises RequestError and RefusedError; then nothing has changed. Raises EngineError.
        """
        refuse_unknown(fields, {"channels", "symbols", "since"})
        names, since = self._read_names(fields), read_since(fields)
        await self._hub.wait_state()
        self._check(names)
        self._check_again(names)
        if len(self._topics.keys() | set(names)) > self._hub.limits.subscriptions:
            raise RefusedError("TOO_MANY_SUBSCRIPTIONS", {"maximum": self._hub.limits.subscriptions})
        entries, begins = [], []
        for name in names:
            entry, begin = await self._prepare(name, since)
            entries.append(entry)
            begins.append(begin)
        return {"subscribed": entries}, begins

    def unsubscribe(self, fields: Fields) -> dict[str, Any]:
        """Leave topics; those that were not read are passed over. Raises RequestError."""
        refuse_unknown(fields, {"channels", "symbols"})
        left = [name for name in self._read_names(fields) if name in self._topics]
        for name in left:
            self._leave(name)
            self._again_at.pop(name, None)
        return {"unsubscribed": [_shown(name) for name in left]}

    def close(self) -> None:
        for name in list(self._topics):
            self._leave(name)

    def _check_again(self, names: list[Name]) -> None:
        """Raise RATE_LIMITED for a topic that is read and was subscribed to again a moment ago."""
        now, again = time.monotonic(), [name for name in names if name in self._topics]
        for name in again:
            wait_s = self._again_at.get(name, -math.inf) + self._hub.limits.resubscribe_every_s - now
            if wait_s > 0:
                raise RefusedError("RATE_LIMITED", {**_shown(name), "retry_after_s": math.ceil(wait_s)})
        self._again_at.update(dict.fromkeys(again, now))

    def _charge(self, cost: int) -> None:
        """Charge the account for a private snapshot. Raises RATE_LIMITED."""
        wait_s = None if self._meter is None else self._meter.charge(cost)
        if wait_s is not None:
            raise RefusedError("RATE_LIMITED", {"retry_after_s": wait_s})

    async def _private_start(self, account: int, channel: str) -> PrivateStart:
        """What a private channel starts with. Costs 1, and 1 more for each ``ROWS_A_CHARGE`` rows. Raises
        RATE_LIMITED, EngineError."""
        self._charge(1)
        start = await self._hub.accounts.snapshot(account, channel)
        if start.rows >= ROWS_A_CHARGE:
            self._charge(start.rows // ROWS_A_CHARGE)
        return start

    def _read_names(self, fields: Fields) -> list[Name]:
        """Channels times symbols; those that take no symbol once."""
        maximum = self._hub.limits.names_per_request
        channels = read_names(fields, "channels", maximum)
        whole = [
            channel for channel in channels if channel in PRIVATE_CHANNELS or channel in self._hub.gathered
        ]
        listed = [channel for channel in channels if channel not in whole]
        symbols = read_names(fields, "symbols", maximum, default=None if listed else [])
        names = [Name(channel, symbol) for symbol in symbols for channel in listed]
        return names + [Name(channel, None) for channel in whole]

    def _check(self, names: list[Name]) -> None:
        """Raise for a channel or symbol that does not exist, or one that needs an account."""
        for name in names:
            if name.is_private:
                if self._refused is not None:
                    raise self._refused
                if self._account is None:
                    raise RefusedError("NOT_AUTHENTICATED", {"channel": name.channel})
            elif name.symbol is None:
                continue
            elif not self._hub.has_channel(name.channel):
                code = "INTERVAL_NOT_FOUND" if name.channel.startswith("klines:") else "CHANNEL_NOT_FOUND"
                raise not_found(code, "channels", name.channel)
            elif self._hub.symbols.find(name.symbol) is None:
                raise not_found("SYMBOL_NOT_FOUND", "symbols", name.symbol)

    async def _prepare(self, name: Name, since: int | None) -> tuple[dict[str, Any], Begin]:
        """Everything of one topic that may take time or fail."""
        hub, reader, account = self._hub, self._reader, self._account
        if not name.is_private:
            topic = hub.topic(name.channel, name.symbol)
            resumed = since is not None and hub.can_resume(topic, since)
            send = None
        else:
            assert account is not None
            topic = hub.accounts.topic(account, name.channel)
            resumed = since is not None and hub.can_resume(topic, since)
            send = None if resumed else await self._private_start(account, name.channel)

        def begin() -> None:
            self._leave(name)
            self._topics[name] = topic
            if send is not None:
                send(reader)
            elif account is not None and name.is_private and since is not None:
                hub.accounts.resume(account, name.channel, since, reader)
            elif resumed and since is not None and hub.can_resume(topic, since):
                hub.accounts.replay(topic, since, reader)
            else:
                hub.join(topic, reader)

        return {**_shown(name), "resumed": resumed}, begin

    def _leave(self, name: Name) -> None:
        topic = self._topics.pop(name, None)
        if topic is None:
            return
        if not name.is_private:
            self._hub.leave(topic, self._reader)
        elif self._account is not None:
            self._hub.accounts.leave(self._account, name.channel, self._reader)


def _shown(name: Name) -> dict[str, Any]:
    return {"channel": name.channel} if name.symbol is None else name._asdict()
