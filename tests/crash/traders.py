"""The clients of a session with real processes: they trade, and write down every word they are told."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeVar

from exchange.engine import messages as m
from exchange.link.blocking import BlockingEngineClient
from exchange.link.errors import EngineBusy, EngineError, EngineUnavailable
from exchange.link.protocol import Outcome
from tests.crash.site import Site
from tests.web.stream.test_books import MARKETS
from tests.web.stream.venue import FUNDS, PEOPLE
from xtrader_client import (
    ApiError,
    Fill,
    NewOrder,
    Order,
    OrderResult,
    RateLimited,
    Subscription,
    Unavailable,
    XTraderError,
)

#: Orders each trader has on their way at once.
_LANES = 4

T = TypeVar("T")


class Placed(NamedTuple):
    """An acknowledged order: its id, and the sequence and fills of the command that placed it."""

    order_id: int
    sequence: int
    fills: tuple[Fill, ...]


@dataclass
class Notes:
    """What the clients wrote down."""

    #: (account, client order id) → what the exchange answered
    placed: dict[tuple[int, str], Placed] = field(default_factory=dict)
    #: answered with an error that says that nothing happened
    refused: dict[tuple[int, str], str] = field(default_factory=dict)
    #: no answer that tells
    unknown: set[tuple[int, str]] = field(default_factory=set)
    #: order id → the sequence at which a change of it was acknowledged last
    changed: dict[int, int] = field(default_factory=dict)
    canceled: set[str] = field(default_factory=set)
    #: command id → outcome of a transfer
    transfers: dict[str, Outcome] = field(default_factory=dict)
    #: kind of request → how many were acknowledged
    kinds: Counter[str] = field(default_factory=Counter)


class Trader:
    """Enters orders of every kind by WebSocket and now and then by REST, changes and cancels them, and writes
    down what it is told. ``web``: which web process it is connected to."""

    def __init__(self, site: Site, name: str, seed: int, notes: Notes, web: int = 0) -> None:
        self.name, self.account = name, PEOPLE[name]
        self.client = site.client_of(web, name, timeout_s=30)
        self._luck = random.Random(f"{seed}:{name}")
        self._notes = notes
        self._count = 0
        self._resting: list[str] = []
        self.fills: Subscription[Fill] | None = None
        self.seen: list[Fill] = []
        #: Requests that were answered more often than they were sent.
        self.answered_again: list[int] = []
        self._count_answers()
        #: Common ones stand twice.
        self._kinds = (
            *(self._place, self._place, self._place, self._place_by_rest, self._place_waiting),
            *(self._place_waiting, self._place_iceberg, self._place_oco, self._place_bracket),
            *(self._replace, self._cancel_replace, self._cancel, self._cancel),
        )

    async def trade(self, stop: asyncio.Event) -> None:
        self.fills = await self.client.fills(max_waiting=1_000_000)
        listening = asyncio.create_task(self._listen())
        await asyncio.gather(*(self._lane(stop) for _ in range(_LANES)))
        await asyncio.sleep(0.5)
        listening.cancel()

    async def _listen(self) -> None:
        assert self.fills is not None, "subscribed first"
        async for fill in self.fills:
            self.seen.append(fill)

    async def _lane(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self._luck.choice(self._kinds)()
            except KeyError as error:
                raise AssertionError("a request was acknowledged as one of another kind") from error
            await asyncio.sleep(self._luck.random() * 0.02)

    def _count_answers(self) -> None:
        """Count the answers of each request. One that is sent again, over another connection or because it
        was in doubt, may be answered again; one whose time was up is not counted."""
        socket = self.client._socket
        deliver, answers, sendings = socket._on_reply, Counter[int](), dict[int, int]()

        def on_reply(message: dict[str, Any]) -> None:
            number = message.get("id") or 0
            if (pending := socket._pending.get(number)) is not None:
                sendings[number] = pending.sendings
            answers[number] += 1
            if number in sendings and answers[number] > sendings[number]:
                self.answered_again.append(number)
            deliver(message)

        socket._on_reply = on_reply  # type: ignore[method-assign]

    # --- kinds ---------------------------------------------------------------------------------------

    async def _place(self) -> None:
        await self._enter(self._order())

    async def _place_by_rest(self) -> None:
        order = self._order()
        calling = self.client.call("POST", "/v1/order", body=order.to_wire())
        result = await self._told([order], calling, "rest")
        if result is not None:
            self._note(order, OrderResult.from_wire(result))

    async def _place_waiting(self) -> None:
        """A stop, a take-profit or a trailing stop, at its limit or at market."""
        order = self._order()
        price, step = _number(order.price), MARKETS[order.symbol]["step"]
        kind = self._luck.choice(("stop", "stop_limit", "take_profit", "trailing_stop"))
        trigger: dict[str, Any] = {"trigger_price": str(price)}
        if kind == "trailing_stop":
            trigger = {"trail_offset": str(step * self._luck.randint(1, 5))}
        at_market = kind != "stop_limit"
        await self._enter(
            replace(
                order,
                order_type=kind,  # type: ignore[arg-type]
                price=None if at_market else order.price,
                time_in_force=None,
                **trigger,
            )
        )

    async def _place_iceberg(self) -> None:
        order = self._order()
        iceberg = replace(order, quantity="40", display_quantity="10", time_in_force=None)
        await self._enter(iceberg, "iceberg")

    async def _place_oco(self) -> None:
        first = replace(self._order(), time_in_force=None)
        step = MARKETS[first.symbol]["step"] * (1 if first.side == "buy" else -1)
        beyond = str(_number(first.price) + 20 * step)
        second = replace(
            first, client_order_id=self._next_id(), order_type="stop", price=None, trigger_price=beyond
        )
        result = await self._told([first, second], self.client.place_oco(first, second), "oco")
        if result is not None:
            for order, placed in zip((first, second), result.orders, strict=True):
                self._keep(order, placed, result.sequence, result.fills)

    async def _place_bracket(self) -> None:
        order = self._order()
        entry = replace(order, side="buy", time_in_force=None)
        price, step = _number(entry.price), MARKETS[entry.symbol]["step"]
        asking = self.client.place_bracket(
            entry, take_profit_price=str(price + 6 * step), stop_price=str(price - 6 * step)
        )
        result = await self._told([entry], asking, "bracket")
        if result is not None:
            self._keep(entry, result.order, result.sequence, result.fills)

    async def _replace(self) -> None:
        if not self._resting:
            return
        order_id = self._luck.choice(self._resting)
        price = self._order().price
        try:
            result = await self.client.replace_order(order_id, price=price, quantity="5")
        except XTraderError:
            return
        self._notes.changed[int(order_id)] = result.sequence
        self._notes.kinds["replace"] += 1

    async def _cancel_replace(self) -> None:
        if not self._resting:
            return
        order_id = self._resting.pop(self._luck.randrange(len(self._resting)))
        order = self._order()
        asking = self.client.cancel_replace(order, order_id=order_id)
        result = await self._told([order], asking, "cancel_replace")
        if result is None:
            return
        if not isinstance(result.canceled, ApiError):
            self._notes.canceled.add(order_id)
        if isinstance(result.order, ApiError):
            self._notes.refused[self._key(order)] = result.order.code
        else:
            self._keep(order, result.order, result.sequence, result.fills)

    async def _cancel(self) -> None:
        if not self._resting:
            return
        order_id = self._resting.pop(self._luck.randrange(len(self._resting)))
        try:
            order = await self.client.cancel_order(order_id)
        except XTraderError:
            return
        assert order.status == "canceled", f"a cancel was acknowledged as {order}"
        self._notes.canceled.add(order_id)
        self._notes.kinds["cancel"] += 1

    # --- writing down --------------------------------------------------------------------------------

    async def _enter(self, order: NewOrder, kind: str = "") -> None:
        fields = {name: getattr(order, name) for name in NewOrder.__dataclass_fields__}
        kind = kind or order.order_type or order.time_in_force or "limit"
        result = await self._told([order], self.client.place_order(**fields), kind)
        if result is not None:
            self._note(order, result)

    async def _told(self, orders: list[NewOrder], asking: Awaitable[T], kind: str) -> T | None:
        """The answer to a request that enters these orders; None, and noted, if it is an error."""
        keys = [self._key(order) for order in orders]
        try:
            result = await asking
        except (RateLimited, Unavailable) as error:
            self._notes.refused.update(dict.fromkeys(keys, error.code))
        except ApiError as error:
            if error.status >= 500:
                self._notes.unknown.update(keys)
            else:
                self._notes.refused.update(dict.fromkeys(keys, error.code))
        except XTraderError:
            # OutcomeUnknown and lost connections.
            self._notes.unknown.update(keys)
        else:
            self._notes.kinds[kind] += 1
            return result
        return None

    def _note(self, order: NewOrder, result: OrderResult) -> None:
        self._keep(order, result.order, result.sequence, result.fills)

    def _keep(self, order: NewOrder, placed: Order, sequence: int, fills: tuple[Fill, ...]) -> None:
        self._notes.placed[self._key(order)] = Placed(int(placed.order_id), sequence, fills)
        if placed.is_open:
            self._resting.append(placed.order_id)

    def _key(self, order: NewOrder) -> tuple[int, str]:
        assert order.client_order_id is not None, "each has one here"
        return self.account, order.client_order_id

    def _next_id(self) -> str:
        self._count += 1
        return f"{self.name}-{self._count}"

    def _order(self) -> NewOrder:
        """A limit order somewhere near the middle."""
        symbol = self._luck.choice(list(MARKETS))
        middle, step = MARKETS[symbol]["middle"], MARKETS[symbol]["step"]
        side = self._luck.choice(("buy", "sell"))
        away = self._luck.randint(-3, 12) * (-1 if side == "buy" else 1)
        return NewOrder(
            symbol=symbol,
            side=side,  # type: ignore[arg-type]
            price=str(middle + away * step),
            quantity=str(self._luck.randint(1, 20)),
            stp=self._luck.choice(("cancel_newest", "cancel_oldest", "cancel_both", "decrement")),  # type: ignore[arg-type]
            time_in_force="ioc" if self._luck.random() < 0.15 else None,
            client_order_id=self._next_id(),
        )


def _number(price: Any) -> int:
    return int(price)


class Cashier:
    """Deposits, withdrawals at once and held ones, and moves, over the engine's own socket."""

    def __init__(self, site: Site, seed: int, notes: Notes) -> None:
        self._client = BlockingEngineClient(site.data / "engine.sock", timeout_ms=10_000)
        self._luck = random.Random(f"{seed}:cashier")
        self._notes = notes
        self.maybe: set[str] = set()

    def work(self, stop: asyncio.Event) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            account, asset = self._luck.choice(list(PEOPLE.values())), self._luck.choice(list(FUNDS))
            command = self._command(f"cash:{number}", account, asset)
            try:
                self._notes.transfers[command[1]] = self._client.submit(command)
            except (EngineUnavailable, EngineBusy):
                pass
            except EngineError:
                self.maybe.add(command[1])
            time.sleep(0.01)
        self._client.close()

    def _command(self, command_id: str, account: int, asset: str) -> m.Command:
        amount, name = self._luck.randrange(1, 10**12), f"w{self._luck.randrange(4)}"
        make: Callable[[], m.Command] = self._luck.choice(
            (
                lambda: m.deposit(command_id, account, asset, amount),
                lambda: m.withdraw(command_id, account, asset, amount),
                lambda: m.move(command_id, account, self._luck.choice(list(PEOPLE.values())), asset, amount),
                lambda: m.hold_withdrawal(command_id, account, name, asset, amount, 7),
                lambda: m.settle_withdrawal(command_id, account, name),
                lambda: m.release_withdrawal(command_id, account, name),
            )
        )
        return make()
