"""The topics one connection reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from exchange.errors import RefusedError
from exchange.feeds.accounts import PRIVATE_CHANNELS
from exchange.feeds.hub import Hub
from exchange.feeds.requests import Fields, not_found, read_names, read_since
from exchange.feeds.topic import Reader, Topic
from exchange.validation import refuse_unknown

Begin = Callable[[], None]


class Name(NamedTuple):
    """A topic as requests name it; ``symbol`` is None for private channels."""

    channel: str
    symbol: str | None


class Subscriptions:
    """Joins and leaves topics for one reader. ``close`` leaves everything."""

    def __init__(self, hub: Hub, reader: Reader) -> None:
        self._hub = hub
        self._reader = reader
        self._topics: dict[Name, Topic] = {}
        self._account: int | None = None

    def __len__(self) -> int:
        return len(self._topics)

    def set_account(self, account: int | None) -> None:
        """The connection logged in as another user: the topics of the one before end."""
        if account != self._account:
            for name in [name for name in self._topics if name.symbol is None]:
                self._leave(name)
            self._account = account

    async def subscribe(self, fields: Fields) -> tuple[dict[str, Any], list[Begin]]:
        """The reply, and the calls that start each topic, to be made once the reply is on its way.

        Raises InputError and RefusedError; then nothing has changed. Raises EngineError.
        """
        refuse_unknown(fields, {"channels", "symbols", "since"})
        names, since = self._read_names(fields), read_since(fields)
        await self._hub.wait_state()
        self._check(names)
        if len(self._topics.keys() | set(names)) > self._hub.limits.subscriptions:
            raise RefusedError("TOO_MANY_SUBSCRIPTIONS", {"maximum": self._hub.limits.subscriptions})
        entries, begins = [], []
        for name in names:
            entry, begin = await self._prepare(name, since)
            entries.append(entry)
            begins.append(begin)
        return {"subscribed": entries}, begins

    def unsubscribe(self, fields: Fields) -> dict[str, Any]:
        """Leave topics; those that were not read are passed over. Raises InputError."""
        refuse_unknown(fields, {"channels", "symbols"})
        left = [name for name in self._read_names(fields) if name in self._topics]
        for name in left:
            self._leave(name)
        return {"unsubscribed": [_shown(name) for name in left]}

    def close(self) -> None:
        for name in list(self._topics):
            self._leave(name)

    def _read_names(self, fields: Fields) -> list[Name]:
        """Channels times symbols; private channels once."""
        maximum = self._hub.limits.names_per_request
        channels = read_names(fields, "channels", maximum)
        public = [channel for channel in channels if channel not in PRIVATE_CHANNELS]
        symbols = read_names(fields, "symbols", maximum, default=None if public else [])
        names = [Name(channel, symbol) for symbol in symbols for channel in public]
        names += [Name(channel, None) for channel in channels if channel in PRIVATE_CHANNELS]
        return names

    def _check(self, names: list[Name]) -> None:
        """Raise for a channel or symbol that does not exist, or one that needs an account."""
        for name in names:
            if name.symbol is None:
                if self._account is None:
                    raise RefusedError("NOT_AUTHENTICATED", {"channel": name.channel})
            elif not self._hub.has_channel(name.channel):
                code = "INTERVAL_NOT_FOUND" if name.channel.startswith("klines:") else "CHANNEL_NOT_FOUND"
                raise not_found(code, "channels", name.channel)
            elif self._hub.symbols.find(name.symbol) is None:
                raise not_found("SYMBOL_NOT_FOUND", "symbols", name.symbol)

    async def _prepare(self, name: Name, since: int | None) -> tuple[dict[str, Any], Begin]:
        """Everything of one topic that may take time or fail."""
        hub, reader, account = self._hub, self._reader, self._account
        if name.symbol is not None:
            topic = hub.topic(name.channel, name.symbol)
            resumed = since is not None and hub.can_resume(topic, since)
            send = None
        else:
            assert account is not None
            topic = hub.accounts.topic(account, name.channel)
            resumed = since is not None and hub.can_resume(topic, since)
            send = None if resumed else await hub.accounts.snapshot(account, name.channel)

        def begin() -> None:
            self._leave(name)
            self._topics[name] = topic
            if send is not None:
                send(reader)
            elif account is not None and name.symbol is None and since is not None:
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
        if name.symbol is not None:
            self._hub.leave(topic, self._reader)
        elif self._account is not None:
            self._hub.accounts.leave(self._account, name.channel, self._reader)


def _shown(name: Name) -> dict[str, Any]:
    return {"channel": name.channel} if name.symbol is None else name._asdict()
