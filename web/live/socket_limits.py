"""Every bound of the WebSocket, by name. Settings may override any: ``XTRADER_WEBSOCKET = {"pings_s": 5}``.

``docs/websocket.md`` lists them with what a client sees when it meets one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

# Close codes of the wire contract.
CLOSE_NORMAL: Final = 1000
CLOSE_TOO_LARGE: Final = 1009
CLOSE_INTERNAL: Final = 1011
CLOSE_RESTART: Final = 1012
CLOSE_TRY_LATER: Final = 1013
CLOSE_SILENT: Final = 4000
CLOSE_BAD_TOKEN: Final = 4001
CLOSE_SLOW: Final = 4008
CLOSE_FLOOD: Final = 4029

#: The same in words, for the metrics.
CLOSE_WORDS: Final = {
    CLOSE_NORMAL: "normal",
    CLOSE_TOO_LARGE: "too_large",
    CLOSE_INTERNAL: "internal",
    CLOSE_RESTART: "restart",
    CLOSE_TRY_LATER: "try_later",
    CLOSE_SILENT: "silent",
    CLOSE_BAD_TOKEN: "bad_token",
    CLOSE_SLOW: "slow",
    CLOSE_FLOOD: "flood",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Times end in their unit; counts are per connection unless the name says otherwise."""

    # --- connections ---
    connections_per_process: int = 10_000
    connections_per_address: int = 2_000
    connections_per_account: int = 100
    #: Origins beside the site's own that browsers may connect from: ``https://app.example.com``.
    allowed_origins: tuple[str, ...] = ()
    ping_every_s: float = 20.0
    silence_closes_after_s: float = 60.0
    #: How often a logged-in connection is checked against the database (user disabled, logged out).
    recheck_user_every_s: float = 60.0
    #: The same after a check that the database did not answer.
    recheck_again_s: float = 2.0
    #: A connection outlives its token by this much, so that a client can hand in the next one.
    token_grace_s: float = 30.0

    # --- what a client may send ---
    message_bytes: int = 128 * 1024
    #: Subscriptions, pings, log-ins, malformed messages and orders beyond the account's rate: sustained rate
    #: and burst; more is a flood.
    control_per_s: float = 100.0
    control_burst: float = 1_000.0
    #: Orders without a reply (each of a batch counts); beyond it the connection is not read until replies
    #: came. Less than the engine's client takes of one account, so that one connection never meets that.
    orders_in_flight: int = 4_096
    subscriptions: int = 500
    #: A topic that is read already may be subscribed to again once in this time.
    resubscribe_every_s: float = 1.0
    #: Names in ``channels`` and in ``symbols`` of one request.
    names_per_request: int = 100

    # --- what waits to be sent ---
    #: Pushes waiting for one slow reader; beyond it the connection is closed (4008).
    waiting_bytes: int = 4 * 1024 * 1024
    waiting_messages: int = 50_000
    #: A connection whose replies wait unread this long is closed (4008).
    unread_replies_s: float = 30.0
    #: After the close frame: how long its reader has until the connection is cut.
    close_grace_s: float = 15.0
    #: At shutdown: how long replies to orders in flight are waited for.
    drain_s: float = 2.0

    #: Messages from this length on are compressed for clients that offer it; 0: none are.
    deflate_from_bytes: int = 1_024

    # --- topics ---
    #: At most one book delta per symbol in this time.
    book_every_s: float = 0.05
    #: The topics of all symbols: at most one message in this time.
    gather_every_s: float = 1.0
    #: Messages a topic remembers for clients that resume.
    replay_messages: int = 1_024
    replay_messages_per_account: int = 256
    #: Trades in the snapshot of ``trades``.
    recent_trades: int = 100
    #: Topics of an account are kept this long after its last reader left, so that it can resume.
    account_linger_s: float = 60.0
    #: How long a subscription waits for the engine's state before it is refused.
    state_timeout_s: float = 3.0


def limits_from_settings() -> Limits:
    """The limits of this process. Raises TypeError for an unknown name in the setting."""
    from django.conf import settings

    return replace(Limits(), **getattr(settings, "XTRADER_WEBSOCKET", {}))
