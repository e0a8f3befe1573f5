"""Orders that wait for a price. Rules S1 to S6 of docs/orders.md.

Per watched price there are the triggers below it, the triggers above it, and the trailing stops of
either side. A price change costs O(log n) for each order it fires and nothing for the others.
"""

from __future__ import annotations

from collections.abc import Iterator

from sortedcontainers import SortedList

from exchange.engine import messages as m
from exchange.engine.book import Order, id_of
from exchange.engine.extras import Extra
from exchange.engine.symbols import PPM

#: (trigger or distance, order id)
Key = tuple[int, int]


class TrailGroup:
    """Trailing stops that have seen the same best price since they entered, so that they move together.

    Prices are signed as in ``Trails``: the best price is the largest."""

    __slots__ = ("best", "by_ppm", "by_ticks")

    def __init__(self, best: int) -> None:
        self.best = best
        self.by_ticks: SortedList[Key] = SortedList()
        self.by_ppm: SortedList[Key] = SortedList()

    def nearest(self) -> int:
        """The trigger of the member that fires first; a group is never empty."""
        if not self.by_ppm:
            return self.best - self.by_ticks[0][0]
        by_ppm = self.best - abs(self.best) * self.by_ppm[0][0] // PPM
        return max(self.best - self.by_ticks[0][0], by_ppm) if self.by_ticks else by_ppm

    def pop_nearest(self) -> int:
        """Take out the member that fires first; its order id."""
        trigger = self.nearest()
        if self.by_ticks and self.best - self.by_ticks[0][0] == trigger:
            return self.by_ticks.pop(0)[1]
        return self.by_ppm.pop(0)[1]

    def __len__(self) -> int:
        return len(self.by_ticks) + len(self.by_ppm)

    def __bool__(self) -> bool:
        return bool(self.by_ticks) or bool(self.by_ppm)

    def __iter__(self) -> Iterator[int]:
        for _, order_id in self.by_ticks:
            yield order_id
        for _, order_id in self.by_ppm:
            yield order_id


class Trails:
    """The trailing stops of one side on one watched price.

    For sells prices are as they are, for buys negated: an order follows the largest price since it
    entered and fires when the price falls to the trigger. A newcomer has seen only the present price,
    which no older group's best is below: groups stand as a stack, the best of each below that of the
    one before it, and a new best price merges groups from its top, the smaller into the larger.
    """

    __slots__ = ("_nearest", "_orders", "_sign", "_stack")

    def __init__(self, side: int, orders: dict[int, Order]) -> None:
        self._sign = 1 if side == m.SELL else -1
        self._orders = orders
        self._stack: list[TrailGroup] = []
        #: (trigger that fires first, best price) of each group
        self._nearest: SortedList[tuple[int, int]] = SortedList()

    def __bool__(self) -> bool:
        return bool(self._stack)

    def add(self, order: Order, extra: Extra, seen_ticks: int) -> None:
        """Let an order trail; ``seen_ticks`` is the best price since it entered, the present one at first."""
        best = self._sign * seen_ticks
        group = self._group(best)
        if group:
            self._nearest.remove((group.nearest(), group.best))
        if extra.trail_ticks:
            group.by_ticks.add((extra.trail_ticks, order.order_id))
        else:
            group.by_ppm.add((extra.trail_ppm, order.order_id))
        extra.trail_group = group
        self._nearest.add((group.nearest(), group.best))

    def remove(self, order: Order, extra: Extra) -> None:
        group = extra.trail_group
        if group is None:
            # The price that fired its other leg had taken it out.
            return
        self._nearest.remove((group.nearest(), group.best))
        if extra.trail_ticks:
            group.by_ticks.remove((extra.trail_ticks, order.order_id))
        else:
            group.by_ppm.remove((extra.trail_ppm, order.order_id))
        extra.trail_group = None
        self._keep(group)

    def move(self, price_ticks: int, fired: list[Order]) -> None:
        """The watched price is now this: follow it, and add the orders it fires."""
        price = self._sign * price_ticks
        self._follow(price)
        while self._nearest and self._nearest[-1][0] >= price:
            trigger, best = self._nearest.pop()
            group = self._find(best)
            order = self._orders[group.pop_nearest()]
            extra = order.extra
            assert extra is not None
            extra.trail_group = None
            extra.trigger_ticks = self._sign * trigger
            fired.append(order)
            self._keep(group)

    def _follow(self, price: int) -> None:
        """Raise the groups whose best price this is; they become one."""
        stack = self._stack
        merged: TrailGroup | None = None
        while stack and stack[-1].best <= price:
            group = stack.pop()
            self._nearest.remove((group.nearest(), group.best))
            merged = group if merged is None else self._merge(merged, group)
        if merged is not None:
            merged.best = price
            stack.append(merged)
            self._nearest.add((merged.nearest(), price))

    def _merge(self, one: TrailGroup, other: TrailGroup) -> TrailGroup:
        larger, smaller = (one, other) if len(one) >= len(other) else (other, one)
        for order_id in smaller:
            extra = self._orders[order_id].extra
            assert extra is not None
            extra.trail_group = larger
        larger.by_ticks.update(smaller.by_ticks)
        larger.by_ppm.update(smaller.by_ppm)
        return larger

    def _group(self, best: int) -> TrailGroup:
        """The group of this best price, made if there is none. Only a loaded one is not on top."""
        place = self._place(best)
        if place < len(self._stack) and self._stack[place].best == best:
            return self._stack[place]
        group = TrailGroup(best)
        self._stack.insert(place, group)
        return group

    def _find(self, best: int) -> TrailGroup:
        return self._stack[self._place(best)]

    def _place(self, best: int) -> int:
        """Where the stack, descending by best price, has or would have this one."""
        low, high = 0, len(self._stack)
        while low < high:
            middle = (low + high) // 2
            if self._stack[middle].best > best:
                low = middle + 1
            else:
                high = middle
        return low

    def _keep(self, group: TrailGroup) -> None:
        """After a member left: note the group's new nearest trigger, or drop it empty."""
        if group:
            self._nearest.add((group.nearest(), group.best))
        else:
            del self._stack[self._place(group.best)]


class Feed:
    """The orders that watch one price."""

    __slots__ = ("_falling", "_orders", "_rising", "_trails")

    def __init__(self, orders: dict[int, Order]) -> None:
        self._orders = orders
        #: Fire when the price is at or below, at or above the trigger.
        self._falling: SortedList[Key] = SortedList()
        self._rising: SortedList[Key] = SortedList()
        self._trails = (Trails(m.BUY, orders), Trails(m.SELL, orders))

    def __bool__(self) -> bool:
        return bool(self._falling) or bool(self._rising) or any(self._trails)

    def add(self, order: Order, extra: Extra, seen_ticks: int) -> None:
        if extra.trigger == m.TRAILING_STOP:
            self._trails[order.side].add(order, extra, seen_ticks)
        else:
            self._list(order, extra).add((extra.trigger_ticks, order.order_id))

    def remove(self, order: Order, extra: Extra) -> None:
        """Take out an order, unless ``move`` has."""
        if extra.trigger == m.TRAILING_STOP:
            self._trails[order.side].remove(order, extra)
        else:
            self._list(order, extra).discard((extra.trigger_ticks, order.order_id))

    def move(self, price_ticks: int) -> list[Order]:
        """The orders that this price fires, by id; they are taken out."""
        fired: list[Order] = []
        falling, rising = self._falling, self._rising
        while falling and falling[-1][0] >= price_ticks:
            fired.append(self._orders[falling.pop()[1]])
        while rising and rising[0][0] <= price_ticks:
            fired.append(self._orders[rising.pop(0)[1]])
        for trails in self._trails:
            if trails:
                trails.move(price_ticks, fired)
        fired.sort(key=id_of)
        return fired

    def _list(self, order: Order, extra: Extra) -> SortedList[Key]:
        return self._rising if fires_rising(order.side, extra.trigger) else self._falling


class Triggers:
    """Every waiting order of a symbol whose trigger has not fired."""

    __slots__ = ("asks", "bids", "last")

    def __init__(self, orders: dict[int, Order]) -> None:
        self.last = Feed(orders)
        self.bids = Feed(orders)
        self.asks = Feed(orders)

    def feed(self, side: int, source: int) -> Feed:
        """The price an order of this side and source watches."""
        if source == m.LAST:
            return self.last
        return self.asks if side == m.BUY else self.bids


def fires_rising(side: int, trigger: int) -> bool:
    """Whether an order of this side and kind fires at or above its trigger."""
    return (side == m.BUY) == (trigger != m.TAKE_PROFIT)


def better_ticks(side: int, one: int, other: int) -> int:
    """Of two watched prices the one that a trailing stop of this side follows."""
    return min(one, other) if side == m.BUY else max(one, other)


def trigger_after(side: int, extra: Extra, seen_ticks: int) -> int:
    """The trigger of an order that has seen this best price."""
    if extra.trigger != m.TRAILING_STOP:
        return extra.trigger_ticks
    distance = extra.trail_ticks or seen_ticks * extra.trail_ppm // PPM
    return seen_ticks + distance if side == m.BUY else seen_ticks - distance
