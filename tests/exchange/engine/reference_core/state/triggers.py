"""Orders that wait for a price. Rules S1 to S6 of docs/orders.md.

Per watched price there are the triggers below it, the triggers above it, and the trailing stops of
either side. A price change costs O(log n) for each order it fires and nothing for the others.
"""

from __future__ import annotations

from sortedcontainers import SortedList

from exchange.engine import messages as m
from tests.exchange.engine.reference_core.state.book import Options, Order, id_of, options_of
from tests.exchange.engine.reference_core.state.symbols import PPM
from tests.exchange.engine.reference_core.state.trails import Key, TrailGroup


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

    def add(self, order: Order, options: Options, seen_ticks: int) -> None:
        """Let an order trail; ``seen_ticks`` is the best price since it entered, the present one at first."""
        best = self._sign * seen_ticks
        group = self._group(best)
        if group:
            self._nearest.remove((group.nearest(), group.best))
        if options.trail_ticks:
            group.by_ticks.add((options.trail_ticks, order.order_id))
        else:
            group.by_ppm.add((options.trail_ppm, order.order_id))
        options.trail_group = group
        self._nearest.add((group.nearest(), group.best))

    def remove(self, order: Order, options: Options) -> None:
        group = options.trail_group
        if group is None:
            # The price that fired its other leg had taken it out.
            return
        self._nearest.remove((group.nearest(), group.best))
        if options.trail_ticks:
            group.by_ticks.remove((options.trail_ticks, order.order_id))
        else:
            group.by_ppm.remove((options.trail_ppm, order.order_id))
        options.trail_group = None
        self._keep(group)

    def move(self, price_ticks: int, fired: list[Order]) -> None:
        """The watched price is now this: follow it, and add the orders it fires."""
        price = self._sign * price_ticks
        self._follow(price)
        while self._nearest and self._nearest[-1][0] >= price:
            trigger, best = self._nearest.pop()
            group = self._find(best)
            order = self._orders[group.pop_nearest()]
            options = order.options
            assert options is not None
            options.trail_group = None
            options.trigger_ticks = self._sign * trigger
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
            options = self._orders[order_id].options
            assert options is not None
            options.trail_group = larger
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

    def add(self, order: Order, options: Options, seen_ticks: int) -> None:
        if options.trigger == m.TRAILING_STOP:
            self._trails[order.side].add(order, options, seen_ticks)
        else:
            self._list(order, options).add((options.trigger_ticks, order.order_id))

    def remove(self, order: Order, options: Options) -> None:
        """Take out an order, unless ``move`` has."""
        if options.trigger == m.TRAILING_STOP:
            self._trails[order.side].remove(order, options)
        else:
            self._list(order, options).discard((options.trigger_ticks, order.order_id))

    def move(self, price_ticks: int, *, by_trigger: bool) -> list[Order]:
        """The orders that this price fires; they are taken out. They come by id, or ``by_trigger``: the one
        whose trigger was reached first, which is the furthest from this price, then by the time of the
        trigger."""
        fired: list[Order] = []
        falling, rising = self._falling, self._rising
        while falling and falling[-1][0] >= price_ticks:
            fired.append(self._orders[falling.pop()[1]])
        while rising and rising[0][0] <= price_ticks:
            fired.append(self._orders[rising.pop(0)[1]])
        for trails in self._trails:
            if trails:
                trails.move(price_ticks, fired)
        if not by_trigger:
            fired.sort(key=id_of)
        elif len(fired) > 1:
            turns = [(*_turn(order, price_ticks), order.order_id, order) for order in fired]
            turns.sort()
            fired = [turn[-1] for turn in turns]
        return fired

    def _list(self, order: Order, options: Options) -> SortedList[Key]:
        return self._rising if fires_rising(order.side, options.trigger) else self._falling


def _turn(order: Order, price_ticks: int) -> tuple[int, int]:
    """What comes before the id where orders that one price fires are put in turn."""
    options = options_of(order)
    return -abs(options.trigger_ticks - price_ticks), options.changed_ns or order.created_ns


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


def trigger_after(side: int, options: Options, seen_ticks: int) -> int:
    """The trigger of an order that has seen this best price."""
    if options.trigger != m.TRAILING_STOP:
        return options.trigger_ticks
    distance = options.trail_ticks or seen_ticks * options.trail_ppm // PPM
    return seen_ticks + distance if side == m.BUY else seen_ticks - distance
