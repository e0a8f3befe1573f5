"""What the server knows of one WebSocket: who it is, what it reads, what it has asked for."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from channels.db import database_sync_to_async
from msgspec import UNSET

from exchange.errors import ApiError, EngineTroubleError, InputError, RefusedError
from exchange.feeds import limits as codes
from exchange.feeds.endings import new_session_name
from exchange.feeds.floods import Bucket
from exchange.feeds.identity import Identity, identify_token, seconds_left, still_valid
from exchange.feeds.orders import Done, OrderDesk, error_body
from exchange.feeds.outbox import Outbox
from exchange.feeds.packet import Packet
from exchange.feeds.requests import (
    BatchRequest,
    Fields,
    PlaceRequest,
    PlainRequest,
    RequestId,
    read_plain_request,
    read_request,
    take_id,
    take_op,
)
from exchange.feeds.runtime import Runtime
from exchange.feeds.servers import Link
from exchange.feeds.subscriptions import Subscriptions
from exchange.validation import order_count, plain_cancel, read_bool, read_text, refuse_unknown
from exchange.worker.errors import EngineError

logger = logging.getLogger(__name__)

#: How often a connection is looked at: pings, silence, unread replies, expired tokens.
LIFE_EVERY_S = 1.0

Json = dict[str, Any]
#: Takes the account, what it asks for, and whom to tell.
OrderOp = Callable[[int, Any, Done], Awaitable[None] | None]
ControlOp = Callable[[RequestId, Fields], Awaitable[None]]


class Session:
    """Made when the socket is accepted; ``end`` when it is gone, however it went."""

    def __init__(self, runtime: Runtime, link: Link, address: str, language: str) -> None:
        self.address = address
        self._runtime = runtime
        self._limits = limits = runtime.limits
        self._link = link
        self._language = language
        self._loop = asyncio.get_running_loop()
        self._identity: Identity | None = None
        #: The account of that identity.
        self._trades_for: int | None = None
        self._outbox = Outbox(link, limits, self._close_slow)
        self._subscriptions = Subscriptions(runtime.hub, self._outbox)
        self._desk = desk = OrderDesk(runtime.hub, language, new_session_name(runtime.hub.client.name))
        self._control_bucket = Bucket(limits.control_per_s, limits.control_burst, self._loop.time)
        self._order_bucket = Bucket(limits.orders_per_s, limits.orders_burst, self._loop.time)
        self._order_ops: dict[str, OrderOp] = {
            "order.place": desk.place,
            "order.batch": desk.batch,
            "order.cancel": desk.cancel,
            "order.reduce": desk.reduce,
            "order.replace": desk.replace,
            "order.oco": desk.oco,
            "order.bracket": desk.bracket,
            "order.cancel_replace": desk.cancel_replace,
            "orders.cancel_all": desk.cancel_all,
            "orders.cancel_after": desk.cancel_after,
        }
        self._control_ops: dict[str, ControlOp] = {
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "auth": self._auth,
            "ping": self._ping,
            "pong": self._pong,
        }
        self.is_closing = False
        self._in_flight = 0
        self._fewer_in_flight = asyncio.Event()
        now = self._loop.time()
        self._heard_at = self._pinged_at = self._rechecked_at = self._drained_at = now
        self._rechecking: asyncio.Task[None] | None = None
        self._draining: asyncio.Task[None] | None = None
        self._life_timer = self._loop.call_later(LIFE_EVERY_S, self._check_life)

    def end(self) -> None:
        """Leave every topic and every count."""
        self.is_closing = True
        self._life_timer.cancel()
        for task in (self._rechecking, self._draining):
            if task is not None and task is not asyncio.current_task():
                task.cancel()
        self._set_identity(None)
        self._subscriptions.close()
        self._outbox.discard()
        self._desk.end()

    def send(self, message: Json) -> None:
        self._outbox.send(Packet(message))

    @property
    def account_name(self) -> str | None:
        """The account it trades for, as the wire has it."""
        return None if self._trades_for is None else str(self._trades_for)

    # --- requests ------------------------------------------------------------------------------------

    def handle(self, text: str) -> Awaitable[None] | None:
        """Act on one message of the client. Never raises for anything a client can send. What it returns, if
        anything, is to be awaited before the next message."""
        self._heard_at = self._loop.time()
        account = self._trades_for
        if account is not None:
            request = read_plain_request(text)
            if request is not None and self._handle_plain(request, account):
                return None
        return self._handle_any(text)

    def _handle_plain(self, request: PlainRequest, account: int) -> bool:
        """Carry out one of the usual requests; False if it is to be read like any other."""
        desk, request_id = self._desk, None if request.id is UNSET else request.id
        if isinstance(request, PlaceRequest):
            order = desk.plain_order(request)
            if order is not None:
                self._enter(request_id, 1, desk.enter, account, order)
            return order is not None
        if isinstance(request, BatchRequest):
            orders = desk.plain_orders(request.orders)
            if orders is not None:
                self._enter(request_id, len(orders), desk.enter_all, account, orders)
            return orders is not None
        name = plain_cancel(request.order_id)
        if name is not None:
            self._enter(request_id, 1, desk.cancel_named, account, name)
        return name is not None

    async def _handle_any(self, text: str) -> None:
        request_id: RequestId = None
        try:
            fields = read_request(text)
            request_id = take_id(fields)
            op = take_op(fields)
            order_op = self._order_ops.get(op)
            if order_op is None:
                await self._control(op, request_id, fields)
                return
            account = self._account()
        except ApiError as error:
            self._count_control()
            self._reply_error(request_id, error)
        except Exception as error:
            self._reply_trouble(request_id, error)
        else:
            waiting = self._enter(request_id, order_count(fields), order_op, account, fields)
            if waiting is not None:
                await waiting

    async def wait_for_room(self) -> None:
        """Hold the client back while it does not read, or has too much on its way."""
        while not self.is_closing and self._in_flight >= self._limits.orders_in_flight:
            self._fewer_in_flight.clear()
            await self._fewer_in_flight.wait()
        if self._outbox.is_congested and not self.is_closing:
            await self._outbox.drained()

    @property
    def has_room(self) -> bool:
        return self._in_flight < self._limits.orders_in_flight and not self._outbox.is_congested

    def _enter(
        self, request_id: RequestId, count: int, op: OrderOp, account: int, asked: Any
    ) -> Awaitable[None] | None:
        """Submit; the reply follows from ``_order_done``, or at once if nothing could be submitted. What it
        returns, if anything, is to be awaited before the next message."""
        if not self._order_bucket.take(count):
            self.close(codes.CLOSE_FLOOD, "too many orders")
            return None
        self._in_flight += count
        try:
            waiting = op(account, asked, partial(self._order_done, request_id, count))
        except Exception as error:
            self._not_entered(request_id, count, error)
            return None
        return None if waiting is None else self._wait_entered(request_id, count, waiting)

    async def _wait_entered(self, request_id: RequestId, count: int, waiting: Awaitable[None]) -> None:
        try:
            await waiting
        except Exception as error:
            self._not_entered(request_id, count, error)

    def _not_entered(self, request_id: RequestId, count: int, error: Exception) -> None:
        self._in_flight -= count
        if isinstance(error, ApiError):
            self._reply_error(request_id, error)
        else:
            self._reply_trouble(request_id, error)

    def _order_done(self, request_id: RequestId, count: int, result: Json | ApiError) -> None:
        self._in_flight -= count
        if not self._fewer_in_flight.is_set():
            self._fewer_in_flight.set()
        if isinstance(result, ApiError):
            self._reply_error(request_id, result)
        else:
            self.send({"type": "reply", "id": request_id, "ok": True, **result})

    def _account(self) -> int:
        """The account that may trade here. Raises NOT_AUTHENTICATED, NO_ACCOUNT."""
        if self._identity is None:
            raise RefusedError("NOT_AUTHENTICATED")
        if self._identity.account is None:
            raise RefusedError("NO_ACCOUNT")
        return self._identity.account

    def _reply(self, request_id: RequestId, body: Json) -> None:
        self.send({"type": "reply", "id": request_id, "ok": True, **body})

    def _reply_error(self, request_id: RequestId, error: ApiError) -> None:
        body = error_body(error, self._language)
        self.send({"type": "reply", "id": request_id, "ok": False, **body})

    def _reply_trouble(self, request_id: RequestId, error: Exception) -> None:
        """Reply to what failed on this side."""
        if isinstance(error, EngineError):
            self._reply_error(request_id, EngineTroubleError(error.code))
            return
        logger.error("a request could not be handled", exc_info=error)
        self._reply_error(request_id, ApiError("INTERNAL"))

    # --- operations other than orders ----------------------------------------------------------------

    async def _control(self, op: str, request_id: RequestId, fields: Fields) -> None:
        operation = self._control_ops.get(op)
        if operation is None:
            raise InputError("UNKNOWN_OP", {"field": "op"})
        if self._count_control():
            await operation(request_id, fields)

    def _count_control(self) -> bool:
        """Charge a request that is not an order; False when that ends the connection."""
        if self._control_bucket.take():
            return True
        self.close(codes.CLOSE_FLOOD, "too many requests")
        return False

    async def _subscribe(self, request_id: RequestId, fields: Fields) -> None:
        private_for = self._identity.account if self._identity is not None else None
        self._subscriptions.set_account(private_for)
        body, begins = await self._subscriptions.subscribe(fields)
        self._reply(request_id, body)
        for begin in begins:
            begin()

    async def _unsubscribe(self, request_id: RequestId, fields: Fields) -> None:
        self._reply(request_id, self._subscriptions.unsubscribe(fields))

    async def _ping(self, request_id: RequestId, fields: Fields) -> None:
        refuse_unknown(fields, ())
        self._reply(request_id, {"server_time": time.time_ns() // 1_000_000})

    async def _pong(self, request_id: RequestId, fields: Fields) -> None:
        """The answer to a ping message: being heard is all it is for, so it has no reply."""
        refuse_unknown(fields, ())

    async def _auth(self, request_id: RequestId, fields: Fields) -> None:
        refuse_unknown(fields, ("token", "cancel_on_disconnect"))
        token = read_text(fields, "token")
        cancels = read_bool(fields, "cancel_on_disconnect", self._desk.cancels_on_disconnect)
        try:
            identity = await database_sync_to_async(identify_token)(token)
        except RefusedError as error:
            self._reply_error(request_id, error)
            self.close(codes.CLOSE_BAD_TOKEN, "bad token")
            return
        self.adopt(identity)
        self._desk.cancel_on_disconnect(cancels)
        expires_at = None if identity.expires_at is None else int(identity.expires_at * 1000)
        body = {"account": self.account_name, "expires_at": expires_at, "cancel_on_disconnect": cancels}
        self._reply(request_id, body)

    # --- who -----------------------------------------------------------------------------------------

    def adopt(self, identity: Identity) -> None:
        """The client has proved who it is. Raises TOO_MANY_CONNECTIONS."""
        self._set_identity(identity)
        self._subscriptions.set_account(identity.account)

    def _set_identity(self, identity: Identity | None) -> None:
        old = self._trades_for
        new = None if identity is None else identity.account
        if new is not None and new != old and not self._runtime.connections.add_account(new):
            raise RefusedError("TOO_MANY_CONNECTIONS", {"maximum": self._limits.connections_per_account})
        if old is not None and new != old:
            self._runtime.connections.remove_account(old)
        self._identity, self._trades_for = identity, new

    # --- life and end --------------------------------------------------------------------------------

    def _check_life(self) -> None:
        """Once a second: everything about the connection that depends on time."""
        if self.is_closing:
            return
        now, limits = self._loop.time(), self._limits
        self._life_timer = self._loop.call_later(LIFE_EVERY_S, self._check_life)
        if self._link.pings_by_frame and self._link.ping_answered() and self._pinged_at > self._heard_at:
            self._heard_at = self._pinged_at
        if not self._outbox.is_congested:
            self._drained_at = now
        if now - self._heard_at > limits.silence_closes_after_s:
            # A peer that answers no ping because it reads nothing is slow rather than silent.
            if self._outbox.has_waiting or not self._link.can_write():
                self._close_slow()
            else:
                self.close(codes.CLOSE_SILENT, "silent")
        elif now - self._drained_at > limits.unread_replies_s:
            self._close_slow()
        elif self._identity is not None and self._token_is_over(self._identity):
            self.close(codes.CLOSE_BAD_TOKEN, "the token has expired")
        else:
            self._ping_if_due(now)
            self._recheck_if_due(now)

    def _token_is_over(self, identity: Identity) -> bool:
        left_s = seconds_left(identity)
        return left_s is not None and left_s < -self._limits.token_grace_s

    def _ping_if_due(self, now: float) -> None:
        if now - self._pinged_at < self._limits.ping_every_s:
            return
        self._pinged_at = now
        if self._link.pings_by_frame:
            self._link.ping()
        else:
            self.send({"type": "ping", "server_time": time.time_ns() // 1_000_000})

    def _recheck_if_due(self, now: float) -> None:
        if self._identity is not None and now - self._rechecked_at > self._limits.recheck_user_every_s:
            self._rechecked_at = now
            self._rechecking = self._loop.create_task(self._recheck(self._identity))

    async def _recheck(self, identity: Identity) -> None:
        if not await database_sync_to_async(still_valid)(identity) and identity == self._identity:
            self.close(codes.CLOSE_BAD_TOKEN, "the user is no longer logged in")

    def _close_slow(self) -> None:
        self.close(codes.CLOSE_SLOW, "too slow")

    def close(self, code: int, reason: str, grace_s: float | None = None) -> None:
        """End the connection with a code; what was queued before goes out first, if the peer reads."""
        if self.is_closing:
            return
        self.is_closing = True
        logger.info("closing a connection of account %s: %d %s", self._trades_for or "-", code, reason)
        self._fewer_in_flight.set()
        self._subscriptions.close()
        self._outbox.flush_now()
        self._outbox.discard()
        self._link.close(code, reason, self._limits.close_grace_s if grace_s is None else grace_s)

    def shut_down(self) -> None:
        """The process ends: say so, give replies a moment, close."""
        if self.is_closing or self._draining is not None:
            return
        self._subscriptions.close()
        self.send({"type": "shutdown"})
        self._draining = self._loop.create_task(self._drain())

    async def _drain(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._limits.drain_s):
                while self._in_flight:
                    self._fewer_in_flight.clear()
                    await self._fewer_in_flight.wait()
        self.close(codes.CLOSE_RESTART, "shutting down", grace_s=1.0)
