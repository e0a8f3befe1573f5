"""The same request through every lane: the DRF view, the fast lane, the WebSocket, and as an order of a
batch.

Everything runs in this process beside the engine of ``live_engine``; a lane's answer is its HTTP status and
its body without what the lane wraps around it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, NamedTuple

from accounts.identity.identities import Identity, identify_token
from exchange.engine import messages as m
from exchange.errors import ERRORS
from exchange.link import engine_link
from tests.conftest import LiveEngine, Person
from tests.web.rest.test_fastlane import through_lane, token_of
from web.live.hub import Hub
from web.live.packet import Packet
from web.live.runtime import Connections, limits_from_settings
from web.live.turns import Turns
from web.stream.connection import Connection

#: The address of each operation that the WebSocket names.
PATHS = {
    "order.place": "/v1/order",
    "order.batch": "/v1/orders",
    "order.cancel": "/v1/order/cancel",
    "order.reduce": "/v1/order/reduce",
    "order.replace": "/v1/order/replace",
    "order.oco": "/v1/orders/oco",
    "order.oto": "/v1/order/oto",
    "order.otoco": "/v1/order/otoco",
    "quotes.place": "/v1/quotes",
    "quotes.protect": "/v1/quotes/protection",
    "order.bracket": "/v1/orders/bracket",
    "order.cancel_replace": "/v1/order/cancel-replace",
    "orders.cancel_all": "/v1/orders/cancel-all",
    "orders.cancel_after": "/v1/orders/cancel-after",
}
#: The operations that the fast lane answers.
FAST = ("order.place", "order.batch", "order.cancel")
#: Stand in a body for the id of an order that was placed just before, and of one that is over by now.
ORDER, CLOSED = "{order}", "{closed}"
#: In a body: the client's id of an order that is open.
USED = "used"


class Case(NamedTuple):
    """A request, and the code of its refusal; None for one that is carried out."""

    op: str
    body: dict[str, Any]
    code: str | None = None


class Answer(NamedTuple):
    status: int
    body: Any


class RecordingSocket:
    """A peer that reads everything at once."""

    pings_by_frame = False

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def can_write(self) -> bool:
        return True

    def write(self, packets: list[Packet]) -> None:
        self.messages += [json.loads(packet.text) for packet in packets]

    def on_control_frame(self, charge: Callable[[], bool]) -> None:
        """It sends none."""


@asynccontextmanager
async def running_hub() -> AsyncIterator[Hub]:
    """The hub of a process that is connected and fed, as the ASGI server's is."""
    client = await engine_link.start()
    await client.wait_connected()
    hub = Hub(client, (), limits_from_settings())
    hub.start()
    try:
        await hub.wait_state()
        yield hub
    finally:
        await hub.stop()
        await engine_link.stop()


class Lanes:
    """Requests of one person."""

    def __init__(self, person: Person, engine: LiveEngine) -> None:
        self._person = person
        self._engine = engine

    def ask(self, cases: list[Case]) -> list[dict[str, Answer]]:
        """Of each case the answer of every lane, by the lane's name."""
        token = token_of(self._person)
        identity = identify_token(token.encode(), "en")
        on_loop = asyncio.run(self._on_loop(cases, token, identity))
        return [
            {**self._through_views(case), **answers} for case, answers in zip(cases, on_loop, strict=True)
        ]

    def _through_views(self, case: Case) -> dict[str, Answer]:
        answers = {"view": self._through_view(case.op, self.body(case))}
        self.clear()
        if case.op == "order.place":
            answers["view, batch"] = only_result(
                self._through_view("order.batch", {"orders": [self.body(case)]})
            )
            self.clear()
        return answers

    def _through_view(self, op: str, body: dict[str, Any]) -> Answer:
        response = self._person.post(PATHS[op], body)
        return Answer(response.status_code, response.json())

    def body(self, case: Case) -> dict[str, Any]:
        """The body; what it names is placed, past every lane."""
        text = json.dumps(case.body)
        if ORDER in text:
            text = text.replace(ORDER, str(self.place()))
        if CLOSED in text:
            text = text.replace(CLOSED, str(self.place()))
            self.clear()
        if USED in text:
            self.place(USED)
        return json.loads(text)

    def place(self, client_order_id: str | None = None) -> int:
        """A buy far below the market; its id."""
        command = m.place_order(
            self._engine.command_id(),
            self._person.account,
            "BTC-KRW",
            m.BUY,
            price_ticks=90_000_000,
            quantity_lots=1_000_000,
            client_order_id=client_order_id,
        )
        [outcome] = self._engine.submit(command)
        return m.OrderEvent(*outcome.events[0]).order_id

    def clear(self) -> None:
        """Nothing of a request is left for the next."""
        self._engine.client.submit(m.cancel_all(self._engine.command_id(), self._person.account))
        self._engine.client.submit(m.cancel_after(self._engine.command_id(), self._person.account, 0))

    def ask_without_account(self, case: Case) -> dict[str, Answer]:
        """The answers of REST's lanes to somebody without an account."""
        view = self._through_view(case.op, case.body)
        token = self._person.api._credentials["HTTP_AUTHORIZATION"].split()[1]
        return {"view": view, "lane": asyncio.run(self._lane_alone(case, token))}

    async def _lane_alone(self, case: Case, token: str) -> Answer:
        async with running_hub():
            return await _through_lane(case.op, case.body, token)

    # --- the lanes of the event loop -----------------------------------------------------------------

    async def _on_loop(self, cases: list[Case], token: str, identity: Identity) -> list[dict[str, Answer]]:
        async with running_hub() as hub:
            return [await self._case_on_loop(hub, case, token, identity) for case in cases]

    async def _case_on_loop(self, hub: Hub, case: Case, token: str, identity: Identity) -> dict[str, Answer]:
        answers = {"socket": await self._through_socket(hub, identity, case.op, self.body(case))}
        self.clear()
        if case.op in FAST:
            answers["lane"] = await _through_lane(case.op, self.body(case), token)
            self.clear()
        if case.op == "order.place":
            batch = {"orders": [self.body(case)]}
            answers["socket, batch"] = only_result(
                await self._through_socket(hub, identity, "order.batch", batch)
            )
            self.clear()
            answers["lane, batch"] = only_result(await _through_lane("order.batch", batch, token))
            self.clear()
        return answers

    async def _through_socket(self, hub: Hub, identity: Identity, op: str, body: dict[str, Any]) -> Answer:
        limits = limits_from_settings()
        socket = RecordingSocket()
        turns = Turns(asyncio.get_running_loop())
        runtime: Any = SimpleNamespace(hub=hub, limits=limits, connections=Connections(limits), turns=turns)
        connection = Connection(runtime, socket, "127.0.0.1", "en")  # type: ignore[arg-type]
        connection.adopt(identity)
        try:
            waiting = connection.handle(json.dumps({"op": op, "id": 1, **body}))
            if waiting is not None:
                await waiting
            async with asyncio.timeout(10):
                while not socket.messages:
                    await asyncio.sleep(0.001)
        finally:
            connection.end()
        assert not turns._unanswered, "an account's place is free again, whatever became of its order"
        [reply] = socket.messages
        assert (reply.pop("type"), reply.pop("id")) == ("reply", 1)
        return Answer(200 if reply.pop("ok") else reply.pop("status"), as_rest_has_it(reply))


async def _through_lane(op: str, body: dict[str, Any], token: str) -> Answer:
    status, _, answer = await through_lane(PATHS[op], body, token)
    return Answer(status, answer)


def as_rest_has_it(reply: dict[str, Any]) -> Any:
    """The reply with what a socket's errors leave to be looked up, and without the HTTP status they have."""
    if isinstance(reply, dict):
        found = {name: as_rest_has_it(value) for name, value in reply.items()}
        if "error" in found:
            found.pop("status", None)
            kind = ERRORS[found["error"]]
            found |= {"number": kind.number, "retry": kind.retry.value}
        return found
    return [as_rest_has_it(item) for item in reply] if isinstance(reply, list) else reply


def only_result(answer: Answer) -> Answer:
    """The only result of a batch, with the status it would have alone."""
    if answer.status != 200:
        return answer
    [result] = answer.body["results"]
    return Answer(ERRORS[result["error"]].status if "error" in result else 200, result)


#: What differs between two orders that are otherwise the same.
OWN = frozenset(
    {
        *("bid_order_id", "ask_order_id"),
        *("order_id", "linked_order_id", "entry_order_id", "trade_id"),
        *("created_at", "updated_at", "triggered_at", "timestamp", "sequence"),
    }
)


def masked(value: Any) -> Any:
    """A reply with a star for what differs between two orders."""
    if isinstance(value, dict):
        return {name: "*" if name in OWN and item else masked(item) for name, item in value.items()}
    return [masked(item) for item in value] if isinstance(value, list) else value
