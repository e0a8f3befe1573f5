"""What all groups of calls stand on: the two ways to the exchange, and their life."""

from __future__ import annotations

from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

from xtrader_client._keys import KeySigner
from xtrader_client._literals import Language
from xtrader_client._log_in import Otp
from xtrader_client._rest import RestClient
from xtrader_client._socket import Socket

Json = dict[str, Any]


class BaseClient:
    """Opens and closes the connection."""

    def __init__(
        self,
        url: str,
        username: str | None = None,
        password: str | None = None,
        *,
        otp: Otp | None = None,
        language: Language = "en",
        key: str | None = None,
        secret: str | None = None,
        private_key: str | bytes | None = None,
        account: str | None = None,
        timeout_s: float = 10.0,
        cancel_on_disconnect: bool = False,
    ) -> None:
        """Nothing is sent before ``start`` or the first call over HTTP.

        ``url`` is the exchange's address, ``http://host:port`` or ``https://…``. ``timeout_s`` bounds every
        call, in seconds. ``language`` is that of error messages. ``cancel_on_disconnect``: orders that do not
        say otherwise are canceled when the connection they came by ends, also when it is only to be made
        anew. ``otp``, for a user with a second factor: a code, which counts for one log-in, or a function,
        perhaps a coroutine's, that is asked for one at each log-in by password. ``key`` is the id of an API
        key, in place of a user name: with its ``secret``, or for an Ed25519 key with the ``private_key``
        (PEM, or 32 bytes). ``account``: the name or number of the account of the user's that everything is
        for; the main one by default, a key's own with a key. Raises ValueError for another kind of address,
        and for a key and a user name together.
        """
        signer = _signer(key, secret, private_key, username)
        base = url.rstrip("/")
        self._rest = RestClient(
            base,
            username,
            password,
            otp=otp,
            language=language,
            timeout_s=timeout_s,
            signer=signer,
            account=account,
        )
        self._socket = Socket(
            _websocket_url(base),
            signer or (self._rest.log_in if username is not None else None),
            language=language,
            timeout_s=timeout_s,
            cancel_on_disconnect=cancel_on_disconnect,
            account=account,
        )

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Connect and log in. Raises NotAuthenticated (MfaRequired without a code), and ConnectionLost when
        that takes more than ``timeout_s``; the client is then closed: make another one, after
        ``retry_after_s`` of the exception if it has any."""
        try:
            self._socket.start()
            await self._socket.wait_ready(self._socket.timeout_s)
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close every connection; subscriptions end with ConnectionLost. Nothing of it runs afterwards."""
        try:
            await self._socket.close()
        finally:
            await self._rest.close()

    @property
    def connections(self) -> int:
        """WebSocket connections made so far; above one it has reconnected."""
        return self._socket.connections

    async def _command(self, op: str, fields: Json, *, repeatable: bool = False) -> Json:
        return await self._socket.command(op, fields, repeatable=repeatable)


def _signer(
    key: str | None, secret: str | None, private_key: str | bytes | None, username: str | None
) -> KeySigner | None:
    if key is None:
        if secret is not None or private_key is not None:
            raise ValueError("a secret or private_key belongs to a key")
        return None
    if username is not None:
        raise ValueError("give a user name or an API key, not both")
    return KeySigner(key, secret=secret, private_key=private_key)


def _websocket_url(base: str) -> str:
    parts = urlsplit(base)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme)
    if scheme is None:
        raise ValueError(f"the address must begin with http:// or https://, not {base!r}")
    return urlunsplit((scheme, parts.netloc, parts.path + "/ws", "", ""))
