"""Access tokens: logging in, renewing in time, and sparing the exchange.

A log-in is the most expensive call there is: the exchange hashes the password slowly on purpose. So all
clients of one event loop log a user in one at a time, callers that wait for the same log-in share its result,
and after a ``Retry-After`` no client of the process logs in at that exchange until the time is up.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import inspect
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from xtrader_client._errors import NotAuthenticated, RateLimited, XTraderError

#: A token is renewed this long before it ends, or at half of its life if that is later.
RENEW_BEFORE_S = 60.0
#: Taken for the life of a token that does not give it.
ASSUMED_LIFE_S = 2 * RENEW_BEFORE_S

#: A code of the second factor, or what gets one: called for each log-in by password, perhaps awaited.
Otp = str | Callable[[], str | Awaitable[str]]
#: Posts a body to a path and returns the parsed reply.
Post = Callable[[str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]

_locks: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, str], asyncio.Lock]] = (
    WeakKeyDictionary()
)
#: Address of an exchange → when it may be asked for a log-in again, by ``time.monotonic``.
_not_before: dict[str, float] = {}


class LogIn:
    """The tokens of one client."""

    def __init__(
        self, url: str, username: str | None, password: str | None, post: Post, otp: Otp | None = None
    ) -> None:
        self._url = url
        self._username = username
        self._password = password
        self._otp = otp
        self._post = post
        self._access: str | None = None
        self._refresh: str | None = None
        #: By ``time.monotonic``: the clock of this machine may be wrong or set meanwhile.
        self._renew_at = 0.0
        self._renewing: asyncio.Task[None] | None = None

    @property
    def has_credentials(self) -> bool:
        """Whether it can log in at all."""
        return self._username is not None

    async def token(self) -> str:
        """A valid access token. Raises NotAuthenticated, RateLimited, ConnectionLost, RequestTimeout."""
        while self._access is None or time.monotonic() >= self._renew_at:
            if self._renewing is None:
                self._renewing = asyncio.create_task(self._renew(), name="xtrader-log-in")
                self._renewing.add_done_callback(self._renewed)
            # One caller who gives up does not end it for the others.
            await asyncio.shield(self._renewing)
        return self._access

    def forget(self, token: str) -> None:
        """The exchange refused this access token: take a new one next time. A token taken since stays."""
        if token == self._access:
            self._access = None

    async def close(self) -> None:
        """End a log-in on its way."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.wait([self._renewing])

    def _renewed(self, task: asyncio.Task[None]) -> None:
        self._renewing = None
        if not task.cancelled():
            # Read even if every caller has given up.
            task.exception()

    async def _renew(self) -> None:
        async with self._lock():
            self._check_pause()
            try:
                await self._ask()
            except RateLimited as error:
                if error.retry_after_s:
                    _not_before[self._url] = time.monotonic() + error.retry_after_s
                raise

    async def _ask(self) -> None:
        """By the refresh token, else by the password."""
        if self._refresh is not None:
            try:
                self._keep(await self._post("/api/v1/token/refresh", {"refresh": self._refresh}))
                return
            except NotAuthenticated:
                self._refresh = None
        if self._username is None:
            raise NotAuthenticated("NOT_AUTHENTICATED", "this client has no user name", None, 401)
        body = {"username": self._username, "password": self._password}
        code = await self._code()
        self._keep(await self._post("/api/v1/token", body if code is None else {**body, "otp": code}))

    async def _code(self) -> str | None:
        """A code of the second factor. One that was given as it is counts once, so it is sent once."""
        otp = self._otp
        if otp is None or isinstance(otp, str):
            self._otp = None
            return otp
        code = otp()
        return await code if inspect.isawaitable(code) else code

    def _keep(self, reply: Mapping[str, Any]) -> None:
        access = str(reply["access"])
        life_s = _life_s(reply.get("expires_in"), access)
        self._renew_at = time.monotonic() + life_s - min(RENEW_BEFORE_S, life_s / 2)
        self._access = access
        self._refresh = reply.get("refresh", self._refresh)

    def _lock(self) -> asyncio.Lock:
        locks = _locks.setdefault(asyncio.get_running_loop(), {})
        return locks.setdefault((self._url, self._username or ""), asyncio.Lock())

    def _check_pause(self) -> None:
        left_s = _not_before.get(self._url, 0.0) - time.monotonic()
        if left_s > 0:
            message = "the exchange asked to wait before the next log-in"
            raise RateLimited("RATE_LIMITED", message, {}, 429, left_s)
        _not_before.pop(self._url, None)


def retry_after_s(error: BaseException | None) -> float | None:
    """The pause that an error asks for, or the one it was raised from."""
    while error is not None:
        if isinstance(error, XTraderError) and error.retry_after_s:
            return error.retry_after_s
        error = error.__cause__
    return None


def _life_s(expires_in: object, access: str) -> float:
    """How long a token just received is good for: as the reply gives it, else by the token's own two times.
    Both of those are of the exchange's clock."""
    if isinstance(expires_in, int | float) and expires_in > 0:
        return float(expires_in)
    try:
        payload = access.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        life_s = float(claims["exp"]) - float(claims["iat"])
    except (IndexError, KeyError, ValueError, TypeError, binascii.Error):
        return ASSUMED_LIFE_S
    return life_s if life_s > 0 else ASSUMED_LIFE_S
