"""What the server knows of one WebSocket: who it is, what it reads, what it has asked for."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from channels.db import database_sync_to_async
from msgspec import UNSET

from accounts.identity.identities import Identity
from accounts.identity.scopes import READ, TRADE
from accounts.identity.terms_of_service import TermsInForce
from exchange import process
from exchange.errors import ApiError, RefusedError, RequestError
from exchange.link.errors import EngineError, api_error
from exchange.orders.desk import Done, order_count, with_errors
from exchange.telemetry.logs import enter_person, get_logger
from exchange.telemetry.request_ids import current_request_id, enter_request, new_connection_id
from exchange.telemetry.tracing import Traced, Tracing
from exchange.wire.field_readers import read_bool, read_text, refuse_unknown
from web.access.limiter import CONNECTION_REQUESTS, ORDERS, READS, Bucket, Meter, limiter
from web.access.outages import DATABASE_AWAY, outage_of
from web.access.rate_fields import standing_body
from web.access.weights import HEAVY
from web.live import socket_limits as codes
from web.live.parts import packets_of
from web.live.runtime import Runtime
from web.live.venue_notice import Venue
from web.server.web_figures import SAMPLE, web_figures
from web.stream.order_entry import CANCELING, QUOTING, Operation, OrderEntry, error_body
from web.stream.outbox import Outbox
from web.stream.proofs import prove, read_proof, still_in_use
from web.stream.requests import (
    BatchRequest,
    CancelRequest,
    Fields,
    Named,
    PlaceRequest,
    RequestId,
    SimpleRequest,
    read_request,
    read_simple_request,
    take_id,
    take_op,
    take_request_id,
    take_traceparent,
)
from web.stream.sockets import Socket
from web.stream.subscriptions import Subscriptions

logger = get_logger(__name__)

#: How often a connection is looked at: pings, silence, unread replies, expired tokens.
LIFE_EVERY_S = 1.0

#: Operations that are none on orders.
CONTROL_OPS: Final = ("subscribe", "unsubscribe", "auth", "ping", "pong", "limits")

Json = dict[str, Any]
_OPS: Final[dict[type, str]] = {
    PlaceRequest: "order.place",
    BatchRequest: "order.batch",
    CancelRequest: "order.cancel",
}
ControlOp = Callable[[RequestId, Fields], Awaitable[None]]


class Connection:
    """Made when the socket is accepted; ``end`` when it is gone, however it went."""

    def __init__(
        self,
        runtime: Runtime,
        socket: Socket,
        address: str,
        language: str,
        *,
        peer: str = "",
        account: str | None = None,
    ) -> None:
        """``address``: as limits count it; ``peer``: to the last bit; ``account``: which of the client's
        accounts the connection is for, where its ``auth`` names none."""
        self.address = address
        self._peer = peer or address
        self._wanted_account = account
        self._runtime = runtime
        self._limits = limits = runtime.limits
        self._socket = socket
        self.language = language
        self._loop = asyncio.get_running_loop()
        self._identity: Identity | None = None
        self._terms = process.part(TermsInForce)
        #: Its account, where it may trade.
        self._trades_for: int | None = None
        self._outbox = Outbox(socket, limits, self._close_slow)
        self._subscriptions = Subscriptions(runtime.hub, self._outbox)
        self._entry = OrderEntry(runtime.hub)
        self._desk = self._entry.desk
        self._client = runtime.hub.client
        #: What the ids of its requests begin with, and how many there were.
        self._id = new_connection_id()
        self._requests = 0
        self._tracing = process.find(Tracing)
        #: The request that is being entered, if it is traced.
        self._traced: Traced | None = None
        #: What the limiter counts it by.
        self._name = secrets.token_hex(8)
        limiter.grant(CONNECTION_REQUESTS, self._name, Bucket(limits.control_per_s, limits.control_burst))
        #: The buckets of its account, which every other way in charges too.
        self._orders: Meter | None = None
        self._reads: Meter | None = None
        socket.on_control_frame(self._count_control)
        own_ops = (
            self._subscribe, self._unsubscribe, self._auth, self._ping, self._pong, self._limits_now,
        )  # fmt: skip
        self._control_ops: dict[str, ControlOp] = dict(zip(CONTROL_OPS, own_ops, strict=True))
        self.is_closing = False
        self._in_flight = 0
        #: Requests with orders so far: one in ``SAMPLE`` is measured, the first among them.
        self._entered = 0
        self._validate, self._asked = web_figures.validate, web_figures.engine
        self._edge, self._errors = web_figures.socket_orders, web_figures.errors
        self._fewer_in_flight = asyncio.Event()
        now = self._loop.time()
        self._heard_at = self._pinged_at = self._rechecked_at = self._drained_at = now
        self._rechecking: asyncio.Task[None] | None = None
        self._is_recheck_due = False
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
        limiter.release(CONNECTION_REQUESTS, self._name)
        self._subscriptions.close()
        self._outbox.discard()
        self._entry.end()

    def send(self, message: Json) -> None:
        for packet in packets_of(message):
            self._outbox.send(packet)

    def tell_venue(self) -> None:
        """Say how the venue is, unless all is well."""
        venue = self._runtime.venue.told
        if venue != Venue():
            self.send(venue.message())

    @property
    def account_name(self) -> str | None:
        """The account of the identity, as the wire has it."""
        account = _account_of(self._identity)
        return None if account is None else str(account)

    # --- requests ------------------------------------------------------------------------------------

    def handle(self, text: str) -> Awaitable[None] | None:
        """Act on one message of the client. Never raises for anything a client can send. What it returns, if
        anything, is to be awaited before the next message."""
        self._heard_at = self._loop.time()
        account = self._trades_for
        if account is not None and not self._owes_terms:
            request = read_simple_request(text)
            if request is not None:
                return self._handle_simple(request, account)
        # Until it is known whether the client gave one.
        enter_request(self._next_request_id())
        return self._handle_any(text)

    def _handle_simple(self, request: SimpleRequest, account: int) -> Awaitable[None] | None:
        """Carry out one of the usual requests."""
        desk = self._desk
        name = None if request.id is UNSET else request.id
        request_id: RequestId = name
        if request.request_id is UNSET and self._tracing is None:
            # In place: it is done for each order.
            self._requests = number = self._requests + 1
            enter_request(f"{self._id}.{number}")
        else:
            request_id = self._enter_named(request, name)
        if isinstance(request, PlaceRequest):
            return self._enter(request_id, 1, desk.place, account, request)
        if isinstance(request, BatchRequest):
            return self._enter(request_id, len(request.orders), desk.place_many, account, request.orders)
        return self._enter(request_id, 1, desk.cancel, account, request)

    def _enter_named(self, request: SimpleRequest, name: int | str | None) -> RequestId:
        """Begin to work on one of the usual requests that has an id of its client's, or may be traced; what
        its reply is known by."""
        given = request.request_id
        reply_to: RequestId = name
        if given is UNSET:
            given = self._next_request_id()
        else:
            reply_to = Named(name, given)
        if self._tracing is None:
            enter_request(given)
        else:
            self._traced = self._tracing.begin(f"ws {_OPS[type(request)]}", given)
        return reply_to

    def _next_request_id(self) -> str:
        """For a request without an id of its client's: the connection's and a number, which costs little."""
        self._requests += 1
        return f"{self._id}.{self._requests}"

    async def _handle_any(self, text: str) -> None:
        request_id: RequestId = None
        try:
            fields = read_request(text)
            request_id = take_id(fields)
            given, traceparent = take_request_id(fields), take_traceparent(fields)
            if given is not None:
                enter_request(given)
                request_id = Named(request_id, given)
            op = take_op(fields)
            operation = self._entry.operation(op)
            if operation is None:
                await self._control(op, request_id, fields)
                return
            account = self._account(op)
            if self._tracing is not None:
                self._traced = self._tracing.begin(f"ws {op}", current_request_id(), traceparent)
        except ApiError as error:
            self._count_control()
            self._reply_error(request_id, error)
        except Exception as error:
            self._reply_trouble(request_id, error)
        else:
            count = order_count(fields)
            heavy = None if self._orders is None or op not in HEAVY else self._orders.heaviest(HEAVY[op])
            waiting = self._enter(request_id, count, operation, account, fields, heavy)
            if waiting is not None:
                await waiting

    async def wait_for_room(self) -> None:
        """Hold the client back while it does not read, or has too much on its way."""
        while not self.is_closing and self._in_flight >= self._limits.orders_in_flight:
            self._fewer_in_flight.clear()
            await self._fewer_in_flight.wait()
        if self._outbox.is_congested and not self.is_closing:
            await self._outbox.drained()

    async def wait_for_turn(self) -> None:
        """Let other accounts go first when this one, over all its connections, has had its share of this
        turn of the loop."""
        account = self._trades_for
        if account is not None and self._runtime.turns.is_over(account):
            await self._runtime.turns.wait(account)

    @property
    def has_turn(self) -> bool:
        return self._trades_for is None or not self._runtime.turns.is_over(self._trades_for)

    @property
    def has_room(self) -> bool:
        return self._in_flight < self._limits.orders_in_flight and not self._outbox.is_congested

    def _enter(
        self,
        request_id: RequestId,
        count: int,
        operation: Operation,
        account: int,
        sent: Any,
        weight: int | None = None,
    ) -> Awaitable[None] | None:
        """Submit ``count`` orders; ``weight`` is what they are charged, where it is not as many. The reply
        follows from ``_order_done``, or at once if nothing could be submitted. What it returns, if anything,
        is to be awaited before the next message."""
        self._runtime.turns.take(account, count)
        wait_s = None if self._orders is None else self._orders.charge(count if weight is None else weight)
        if wait_s is not None:
            self._runtime.turns.answered(account, count)
            self._refuse(request_id, wait_s)
            return None
        self._in_flight += count
        self._entered = entered = self._entered + 1
        try:
            if entered & (SAMPLE - 1) == 1 and self._traced is None:
                waiting = self._enter_measured(request_id, count, operation, account, sent)
            else:
                done: Done = partial(self._order_done, request_id, account, count)
                if self._traced is not None:
                    done = self._ending_trace(done)
                waiting = operation(account, sent).send(self._client, done)
        except Exception as error:
            self._not_entered(request_id, account, count, error)
            return None
        return None if waiting is None else self._wait_entered(request_id, account, count, waiting)

    def _enter_measured(
        self, request_id: RequestId, count: int, operation: Operation, account: int, sent: Any
    ) -> Awaitable[None] | None:
        """``_enter`` of a request whose stages are measured."""
        began_ns = time.perf_counter_ns()
        entry = operation(account, sent)
        sent_ns = time.perf_counter_ns()
        self._validate.observe(sent_ns - began_ns)

        def done(result: Json | ApiError) -> None:
            now_ns = time.perf_counter_ns()
            self._order_done(request_id, account, count, result)
            self._asked.observe(now_ns - sent_ns)
            self._edge.observe(time.perf_counter_ns() - began_ns)

        return entry.send(self._client, done)

    def _ending_trace(self, done: Done) -> Done:
        """``done``, after which the request's trace ends."""
        tracing, traced = self._tracing, self._traced
        self._traced = None
        assert tracing is not None and traced is not None, "asked for only where a request is traced"

        def done_traced(result: Json | ApiError) -> None:
            done(result)
            tracing.end(traced, outcome=result.code if isinstance(result, ApiError) else "ok")

        return done_traced

    def _refuse(self, request_id: RequestId, wait_s: int) -> None:
        """The account has used up its orders. One that goes on regardless is closed as a flood."""
        if self._count_control():
            self._reply_error(request_id, RefusedError("RATE_LIMITED", {"retry_after_s": wait_s}))

    async def _wait_entered(
        self, request_id: RequestId, account: int, count: int, waiting: Awaitable[None]
    ) -> None:
        try:
            await waiting
        except Exception as error:
            self._not_entered(request_id, account, count, error)
        except asyncio.CancelledError:
            # The connection is over before it was known which order is meant.
            self._over(account, count)
            raise

    def _not_entered(self, request_id: RequestId, account: int, count: int, error: Exception) -> None:
        self._over(account, count)
        if isinstance(error, ApiError):
            self._reply_error(request_id, error)
        else:
            self._reply_trouble(request_id, error)

    def _over(self, account: int, count: int) -> None:
        """So many orders have been answered, or were not entered."""
        self._runtime.turns.answered(account, count)
        self._in_flight -= count
        if not self._fewer_in_flight.is_set():
            self._fewer_in_flight.set()

    def _order_done(self, request_id: RequestId, account: int, count: int, result: Json | ApiError) -> None:
        self._over(account, count)
        if isinstance(result, ApiError):
            self._reply_error(request_id, result)
        else:
            body = with_errors(result, self._error_body)
            if type(request_id) is Named:
                self._reply(request_id, body)
            else:
                self.send({"type": "reply", "id": request_id, "ok": True, **body})

    def _account(self, op: str) -> int:
        """The account that may do this here. Raises NOT_AUTHENTICATED, NO_ACCOUNT, PERMISSION_DENIED,
        SCOPE_REQUIRED, TERMS_NOT_ACCEPTED."""
        if self._identity is None:
            raise RefusedError("NOT_AUTHENTICATED")
        if op in QUOTING:
            return self._identity.quoting_account()
        if op in CANCELING:
            return self._identity.canceling_account()
        return self._identity.trading_account()

    @property
    def _owes_terms(self) -> bool:
        """Whether its requests are looked at one by one, since some are refused."""
        return self._identity is not None and self._terms.due(self._identity.accepted_terms) is not None

    def _reply(self, request_id: RequestId, body: Json) -> None:
        self.send({**_head(request_id, True), **body})

    def _reply_error(self, request_id: RequestId, error: ApiError) -> None:
        self.send({**_head(request_id, False), **self._error_body(error)})

    def _error_body(self, error: ApiError) -> Json:
        self._errors.add(error.code)
        return error_body(error, self.language)

    def _reply_trouble(self, request_id: RequestId, error: Exception) -> None:
        """Reply to what failed on this side."""
        known = api_error(error) if isinstance(error, EngineError) else outage_of(error)
        if known is not None:
            self._reply_error(request_id, known)
            return
        logger.error("request_failed", exc_info=error)
        self._reply_error(request_id, ApiError("INTERNAL"))

    # --- operations other than orders ----------------------------------------------------------------

    async def _control(self, op: str, request_id: RequestId, fields: Fields) -> None:
        operation = self._control_ops.get(op)
        if operation is None:
            raise RequestError("UNKNOWN_OP", {"field": "op"})
        if self._count_control():
            await operation(request_id, fields)

    def _count_control(self) -> bool:
        """Charge a request that is not an order, or a control frame; False when that ends the connection."""
        if self.is_closing:
            return False
        if limiter.charge(CONNECTION_REQUESTS, self._name) is None:
            return True
        self.close(codes.CLOSE_FLOOD, "too many requests")
        return False

    async def _subscribe(self, request_id: RequestId, fields: Fields) -> None:
        self._tell_subscriptions()
        body, begins = await self._subscriptions.subscribe(fields)
        self._reply(request_id, body)
        for begin in begins:
            begin()

    async def _unsubscribe(self, request_id: RequestId, fields: Fields) -> None:
        self._reply(request_id, self._subscriptions.unsubscribe(fields))

    async def _ping(self, request_id: RequestId, fields: Fields) -> None:
        refuse_unknown(fields, ())
        self._reply(request_id, {"server_time": time.time_ns() // 1_000_000})

    async def _limits_now(self, request_id: RequestId, fields: Fields) -> None:
        refuse_unknown(fields, ())
        self._reply(request_id, {"limits": self._standings()})

    def _standings(self) -> list[Json]:
        """Where the requester stands in each of its limits."""
        meters = [meter for meter in (self._orders, self._reads) if meter is not None]
        return [standing_body(each) for meter in meters for each in meter.standings()]

    async def _pong(self, request_id: RequestId, fields: Fields) -> None:
        """The answer to a ping message: being heard is all it is for, so it has no reply."""
        refuse_unknown(fields, ())

    async def _auth(self, request_id: RequestId, fields: Fields) -> None:
        identify = read_proof(fields, self._peer, self.language)
        cancels = read_bool(fields, "cancel_on_disconnect", self._desk.cancels_on_disconnect)
        wanted = self._wanted_account if fields.get("account") is None else read_text(fields, "account")
        try:
            proved = await prove(identify, self._runtime.connections)
            if proved is None:
                raise RefusedError("INVALID_TOKEN" if fields.get("key") is None else "INVALID_KEY")
            identity = proved.choosing(wanted, "account")
        except RefusedError as error:
            # What the client has sent after this must not be done for another account.
            self._reply_error(request_id, error)
            self.close(codes.CLOSE_BAD_TOKEN, "bad token, key or account")
            return
        except DATABASE_AWAY as error:
            # The connection stays who it was; the client asks again.
            self._reply_trouble(request_id, error)
            return
        try:
            self.adopt(identity)
        except RefusedError as error:
            self._reply_error(request_id, error)
            if self._identity is not None:
                # It must not go on for the account of before.
                self.close(codes.CLOSE_FLOOD, "too many connections of this account")
            return
        # The next token is for the same account.
        self._wanted_account = wanted
        self._desk.cancel_on_disconnect(cancels)
        expires_at = None if identity.expires_at is None else int(identity.expires_at * 1000)
        body = {"account": self.account_name, "expires_at": expires_at, "cancel_on_disconnect": cancels}
        self._reply(request_id, {**body, "limits": self._standings()})

    # --- who -----------------------------------------------------------------------------------------

    def adopt(self, identity: Identity) -> None:
        """The client has proved who it is. Raises TOO_MANY_CONNECTIONS."""
        self._set_identity(identity)
        self._tell_subscriptions()

    def adopt_page(self, identity: Identity) -> None:
        """The client is a page of this site. Raises as ``adopt``, and ACCOUNT_NOT_FOUND for an account it
        named that is not the user's."""
        self.adopt(identity.choosing(self._wanted_account, "account"))

    def _tell_subscriptions(self) -> None:
        identity = self._identity
        refused = None if identity is None or READ in identity.scopes else identity.lacks(READ)
        account = None if refused is not None else _account_of(identity)
        self._subscriptions.set_account(account, self._reads, refused)

    def _set_identity(self, identity: Identity | None) -> None:
        old, new = _account_of(self._identity), _account_of(identity)
        if new is not None and new != old and not self._runtime.connections.add_account(new):
            raise RefusedError("TOO_MANY_CONNECTIONS", {"maximum": self._limits.connections_per_account})
        if old is not None and new != old:
            self._runtime.connections.remove_account(old)
        self._identity = identity
        enter_person(identity and identity.user_id, new)
        self._orders = None if identity is None else limiter.meter(ORDERS, identity)
        self._reads = None if identity is None else limiter.meter(READS, identity)
        self._trades_for = new if identity is not None and TRADE in identity.scopes else None

    # --- life and end --------------------------------------------------------------------------------

    def _check_life(self) -> None:
        """Once a second: everything about the connection that depends on time."""
        if self.is_closing:
            return
        now, limits = self._loop.time(), self._limits
        self._life_timer = self._loop.call_later(LIFE_EVERY_S, self._check_life)
        if self._socket.pings_by_frame and self._socket.ping_answered() and self._pinged_at > self._heard_at:
            self._heard_at = self._pinged_at
        if not self._outbox.is_congested:
            self._drained_at = now
        if now - self._heard_at > limits.silence_closes_after_s:
            # A peer that answers no ping because it reads nothing is slow rather than silent.
            if self._outbox.has_waiting or not self._socket.can_write():
                self._close_slow()
            else:
                self.close(codes.CLOSE_SILENT, "silent")
        elif now - self._drained_at > limits.unread_replies_s:
            self._close_slow()
        elif self._identity is not None and self._token_is_over(self._identity):
            self.close(codes.CLOSE_BAD_TOKEN, "the token or key has expired")
        else:
            self._ping_if_due(now)
            self._recheck_if_due(now)

    def _token_is_over(self, identity: Identity) -> bool:
        """A token may be followed by the next one a little late; nothing follows a key."""
        left_s = identity.seconds_left()
        grace_s = self._limits.token_grace_s if identity.key_id is None else 0.0
        return left_s is not None and left_s < -grace_s

    def _ping_if_due(self, now: float) -> None:
        if now - self._pinged_at < self._limits.ping_every_s:
            return
        self._pinged_at = now
        if self._socket.pings_by_frame:
            self._socket.ping()
        else:
            self.send({"type": "ping", "server_time": time.time_ns() // 1_000_000})

    def _recheck_if_due(self, now: float) -> None:
        if now - self._rechecked_at > self._limits.recheck_user_every_s:
            self._recheck_now()

    def recheck(self, user_id: int) -> None:
        """The user has changed: if this is his connection, see at once whether it may go on."""
        if not self.is_closing and self._identity is not None and self._identity.user_id == user_id:
            self._recheck_now()

    def _recheck_now(self) -> None:
        if self._identity is None:
            return
        self._rechecked_at = self._loop.time()
        # One check after the other: those that news cut short would queue up before the one that counts.
        self._is_recheck_due = True
        if self._rechecking is None or self._rechecking.done():
            self._rechecking = self._loop.create_task(self._recheck())

    async def _recheck(self) -> None:
        """See whether the user may go on. While the database is away nobody can say; the question is asked
        again until it is back."""
        while self._is_recheck_due and not self.is_closing and (identity := self._identity) is not None:
            self._is_recheck_due = False
            try:
                found = await database_sync_to_async(still_in_use)(identity)
            except DATABASE_AWAY as error:
                outage_of(error)
                self._is_recheck_due = True
                await asyncio.sleep(self._limits.recheck_again_s)
                continue
            if identity != self._identity:
                # It has proved anew who it is meanwhile.
                continue
            if found is None:
                self.close(codes.CLOSE_BAD_TOKEN, "the user is no longer logged in")
            else:
                self._identity = found

    def _close_slow(self) -> None:
        self.close(codes.CLOSE_SLOW, "too slow")

    def close(self, code: int, reason: str, grace_s: float | None = None) -> None:
        """End the connection with a code; what was queued before goes out first, if the peer reads."""
        if self.is_closing:
            return
        self.is_closing = True
        web_figures.closes.add(codes.CLOSE_WORDS[code])
        logger.info("connection_closed_by_server", account=self.account_name, code=code, reason=reason)
        self._fewer_in_flight.set()
        self._subscriptions.close()
        self._outbox.flush_now()
        self._outbox.discard()
        self._socket.close(code, reason, self._limits.close_grace_s if grace_s is None else grace_s)

    def refuse(self, error: ApiError, code: int = codes.CLOSE_TRY_LATER) -> None:
        """The connection cannot be begun: say why, and by the code whether the client may come again."""
        self.send({"type": "error", **self._error_body(error)})
        self.close(code, error.code)

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


def _head(request_id: RequestId, is_ok: bool) -> Json:
    if type(request_id) is Named:
        return {"type": "reply", "id": request_id.id, "request_id": request_id.request_id, "ok": is_ok}
    return {"type": "reply", "id": request_id, "ok": is_ok}


def _account_of(identity: Identity | None) -> int | None:
    return None if identity is None else identity.account
