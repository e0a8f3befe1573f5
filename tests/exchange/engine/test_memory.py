"""What the core keeps is bounded, makes no garbage cycles, and answers a repeated command from memory."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from exchange.engine import RULES_VERSION, Engine, Limits
from exchange.engine import messages as m
from tests.exchange.engine.pair import START_NS
from tests.exchange.engine.venue import opening
from tests.exchange.engine.worlds import World

HOUR_NS = 3_600 * 10**9


class Venue:
    """An engine with an opening, one rich account 1000 (and 1001), and a clock under the test's hand."""

    def __init__(
        self,
        limits: Limits = Limits(),  # noqa: B008  an immutable tuple
        rules_version: int = RULES_VERSION,
    ) -> None:
        self.engine = Engine(limits, rules_version)
        self.now_ns = START_NS
        self.count = 0
        for command in opening(((0, 0), (0, 0))):
            self.apply(command)
        for account in (1000, 1001):
            for asset in ("KRW", "ABC"):
                self.apply(m.deposit(f"d{account}{asset}", account, asset, 10**12))

    def apply(self, command: m.Command) -> list[m.Event]:
        self.now_ns += 1
        return self.engine.apply(command, self.now_ns)

    def place(self, account: int = 1000, side: int = m.BUY, price: int = 10, **terms: object) -> m.Command:
        """Apply an order of 5 lots under a fresh id; the command."""
        self.count += 1
        command = m.place_order(
            f"p{self.count}",
            account,
            "ABC-KRW",
            side,
            price_ticks=price,
            quantity_lots=5,
            **terms,  # type: ignore[arg-type]
        )
        self.apply(command)
        return command

    def place_and_cancel(self, account: int = 1000) -> int:
        """An order that comes and goes; its id."""
        self.place(account)
        order_id: int = self.engine.open_orders(account, "ABC-KRW")[-1][1]
        self.count += 1
        self.apply(m.cancel_order(f"p{self.count}", account, order_id))
        return order_id


@pytest.fixture
def collector_off() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("collector_off")
def test_the_core_makes_no_garbage_cycles() -> None:
    """The worker runs with the collector off: whatever needed it would be a leak."""
    worlds = [World(seed, 1_500) for seed in range(4)]
    engines = []
    for world in worlds:
        engine = Engine(Limits(ids_per_account=50, ids_total=120, finished_orders=40))
        engines.append(engine)
        for step, command in enumerate(world):
            if engine.recall(command) is None:
                world.observe(engine.apply(command, START_NS + step * 10**11))
    assert sum(engine.counts()["trades"] for engine in engines) > 200
    assert gc.collect() == 0


def test_tiny_limits_and_long_times_change_nothing_but_what_is_remembered() -> None:
    """The same commands to a core that forgets at once and to one that forgets nothing: all the same but
    for orders that are unknown rather than finished."""
    for seed in range(6):
        world = World(seed, 700)
        forgetful = Engine(Limits(ids_per_account=4, ids_total=10, finished_orders=5, retention_ns=HOUR_NS))
        reference = Engine()
        applied = set()
        for step, command in enumerate(world):
            key = command[1:3] if command[0] in m.TRADER_COMMANDS else command[1:2]
            if key in applied:
                continue
            applied.add(key)
            now_ns = START_NS + step * 60 * 10**9
            events = forgetful.apply(command, now_ns)
            expected = reference.apply(command, now_ns)
            world.observe(expected)
            assert _known(events) == _known(expected), command
            if step % 50 == 0:
                assert forgetful.check() == []
                forgetful = Engine.load(forgetful.dump())
        assert forgetful.counts()["finished_orders"] <= 5
        assert forgetful.counts()["command_ids"] <= 10


def _known(events: list[m.Event]) -> list[m.Event]:
    """The events with finished orders called unknown, as they are once forgotten."""
    first = events[0]
    if first[0] == m.EV_REJECTED and first[3] == "ORDER_NOT_OPEN":
        return [(*first[:3], "ORDER_NOT_FOUND", *first[4:]), *events[1:]]
    return events


# --- finished orders -----------------------------------------------------------------------------


def test_finished_orders_are_kept_up_to_the_limit_the_oldest_go_first() -> None:
    venue = Venue(Limits(finished_orders=3))
    ids = [venue.place_and_cancel() for _ in range(5)]
    kept = [order[1] for order in venue.engine.finished_orders(1000, None, 100)]
    assert kept == ids[:1:-1]
    assert venue.engine.order(ids[0]) is None
    assert venue.engine.check() == []


def test_a_forgotten_finished_order_is_not_found_a_remembered_one_not_open() -> None:
    venue = Venue(Limits(finished_orders=1))
    first, second = venue.place_and_cancel(), venue.place_and_cancel()
    assert venue.apply(m.cancel_order("x1", 1000, first))[0][3] == "ORDER_NOT_FOUND"
    assert venue.apply(m.cancel_order("x2", 1000, second))[0][3] == "ORDER_NOT_OPEN"
    assert venue.apply(m.cancel_order("x3", 1001, second))[0][3] == "ORDER_NOT_FOUND"


def test_a_busy_account_pushes_out_its_own_finished_orders_alone() -> None:
    venue = Venue(Limits(finished_orders=100, finished_per_account=3))
    quiet = venue.place_and_cancel(1001)
    ids = [venue.place_and_cancel() for _ in range(9)]
    assert [order[1] for order in venue.engine.finished_orders(1000, None, 100)] == ids[:5:-1]
    assert [order[1] for order in venue.engine.finished_orders(1001, None, 100)] == [quiet]


def test_version_4_bounds_what_each_account_has_when_it_comes_into_force() -> None:
    venue = Venue(Limits(finished_orders=100, finished_per_account=3), rules_version=3)
    ids = [venue.place_and_cancel() for _ in range(5)]
    assert len(venue.engine.finished_orders(1000, None, 100)) == 5
    venue.apply(m.set_rules("r", 4))
    assert [order[1] for order in venue.engine.finished_orders(1000, None, 100)] == ids[:1:-1]
    assert Engine.load(venue.engine.dump()).state_hash() == venue.engine.state_hash()


def test_a_tick_forgets_so_many_and_the_next_is_due_at_once() -> None:
    venue = Venue(Limits(ends_per_command=3))
    for _ in range(4):
        venue.place_and_cancel()
    venue.now_ns += 25 * HOUR_NS
    left = []
    while venue.engine.counts()["command_ids"]:
        venue.apply(m.tick())
        left.append(venue.engine.counts()["command_ids"])
        loaded = Engine.load(venue.engine.dump())
        is_due = venue.engine.next_due_ns() == venue.engine.now_ns
        assert loaded.next_due_ns() == venue.engine.next_due_ns()
        assert is_due == (left[-1] > 0)
    assert len(left) > 2


def test_finished_orders_are_forgotten_after_a_day_open_ones_never() -> None:
    venue = Venue()
    venue.place(client_order_id="mine", price=9)
    finished = venue.place_and_cancel()
    venue.now_ns += 25 * HOUR_NS
    venue.apply(m.tick())
    assert venue.engine.order(finished) is None
    assert venue.engine.order_by_client_id(1000, "mine") is not None
    assert venue.engine.check() == []


# --- command ids -----------------------------------------------------------------------------------


def test_ids_are_bounded_per_account_and_in_all() -> None:
    venue = Venue(Limits(ids_per_account=10, ids_total=15))
    first = venue.place(1000, price=9)
    for _ in range(10):
        venue.place_and_cancel(1000)
    assert venue.engine.recall(first) is None
    other = venue.place(1001, price=9)
    for _ in range(10):
        venue.place_and_cancel(1000)
    assert venue.engine.recall(other) is not None, "one busy account must not push out another's ids"
    for _ in range(10):
        venue.place_and_cancel(1001)
    assert venue.engine.counts()["command_ids"] <= 15
    assert venue.engine.recall(other) is None


def test_what_is_pushed_out_leaves_nothing_behind() -> None:
    """An account that remembers few commands sends thousands: what keeps their order stays as short."""
    venue = Venue(Limits(ids_per_account=3))
    for _ in range(1_500):
        venue.place_and_cancel()
    assert venue.engine.counts()["command_ids"] <= 6
    assert Engine.load(venue.engine.dump()).state_hash() == venue.engine.state_hash()


def test_traders_ids_expire_after_a_day_control_ids_never() -> None:
    venue = Venue()
    order = venue.place()
    deposit = m.deposit("r:1", 1000, "KRW", 5)
    venue.apply(deposit)
    venue.now_ns += 25 * HOUR_NS
    venue.apply(m.tick())
    assert venue.engine.recall(order) is None
    assert venue.engine.recall(deposit) is not None


# --- idempotency -----------------------------------------------------------------------------------


def test_a_repeated_command_is_answered_with_its_first_reply_and_changes_nothing() -> None:
    venue = Venue()
    command = venue.place()
    before = venue.engine.state_hash()
    recalled = venue.engine.recall(command)
    assert recalled is not None
    assert recalled.sequence == venue.engine.sequence
    assert recalled.events[0][0] == m.EV_ORDER
    assert venue.engine.state_hash() == before


def test_the_first_reply_stands_although_the_order_has_moved_on() -> None:
    venue = Venue()
    command = venue.place()
    venue.place(1001, m.SELL)
    recalled = venue.engine.recall(command)
    assert recalled is not None
    assert m.OrderEvent(*recalled.events[0]).status == m.NEW


def test_the_same_id_with_another_payload_is_refused() -> None:
    venue = Venue()
    command = venue.place(price=10)
    changed = (*command[:8], 12, *command[9:])
    recalled = venue.engine.recall(changed)
    assert recalled is not None
    assert recalled.sequence == 0
    assert m.RejectedEvent(*recalled.events[0]).code == "DUPLICATE_ID"


def test_the_same_id_on_another_cancel_is_refused() -> None:
    venue = Venue()
    venue.place(price=10)
    venue.apply(m.cancel_order("once", 1000, 1))
    recalled = venue.engine.recall(m.cancel_order("once", 1000, 2))
    assert recalled is not None
    assert m.RejectedEvent(*recalled.events[0]).code == "DUPLICATE_ID"


def test_a_rejection_is_remembered_as_well() -> None:
    """A retry after a refusal must not suddenly be accepted because the balance has come in."""
    venue = Venue()
    command = m.withdraw("r:9", 1000, "XYZ", 5)
    assert venue.apply(command)[0][3] == "INSUFFICIENT_BALANCE"
    venue.apply(m.deposit("r:10", 1000, "XYZ", 50))
    recalled = venue.engine.recall(command)
    assert recalled is not None
    assert recalled.events[0][3] == "INSUFFICIENT_BALANCE"


def test_ids_are_scoped_to_the_account() -> None:
    venue = Venue()
    command = venue.place(1000)
    same_id = (*command[:2], 1001, *command[3:])
    assert venue.engine.recall(same_id) is None


def test_ids_survive_a_snapshot() -> None:
    venue = Venue()
    command, deposit = venue.place(), m.deposit("r:1", 1000, "KRW", 5)
    venue.apply(deposit)
    loaded = Engine.load(venue.engine.dump())
    for repeated in (command, deposit):
        first, again = venue.engine.recall(repeated), loaded.recall(repeated)
        assert first is not None
        assert again == first


def test_open_orders_are_read_a_page_at_a_time() -> None:
    """Pages from the newest down give each open order once; bounds of time are half-open."""
    venue = Venue()
    for _ in range(7):
        venue.place()
    orders = [m.OrderEvent(*event) for event in venue.engine.open_orders(1000)]
    found: list[int] = []
    before = None
    while page := venue.engine.open_orders(1000, None, 3, before):
        found = [*(event[1] for event in page), *found]
        before = page[0][1]
    assert found == [order.order_id for order in orders]
    start_ns, end_ns = orders[1].created_ns, orders[3].created_ns
    bounded = venue.engine.open_orders(1000, "ABC-KRW", None, None, start_ns, end_ns)
    assert [event[1] for event in bounded] == [orders[1].order_id, orders[2].order_id]


def bound(session: str | None) -> m.OrderTerms:
    return m.OrderTerms(trigger=m.STOP, trigger_ticks=20, session=session)


def bound_place(session: str | None, price: int = 10) -> m.Command:
    return m.place_order(
        "b", 1000, "ABC-KRW", m.BUY, price_ticks=price, quantity_lots=5, terms=bound(session)
    )


def as_itself(place: m.Command) -> m.Command:
    return place


@pytest.mark.parametrize(
    "wrap",
    [
        as_itself,
        lambda place: m.place_oco("b", 1000, place, place),
        lambda place: m.place_bracket("b", 1000, place, 30, 5),
        lambda place: m.cancel_replace("b", 1000, place, order_id=7),
    ],
    ids=["order", "oco", "bracket", "cancel-replace"],
)
def test_an_order_asked_for_again_over_another_connection_is_the_same_order(wrap: object) -> None:
    assert callable(wrap)
    venue = Venue()
    first = wrap(bound_place("w/1"))
    events = venue.apply(first)
    again = venue.engine.recall(wrap(bound_place("w/2")))
    assert again is not None
    assert again.sequence == venue.engine.sequence
    assert again.events[0] == events[0]
    for other in (bound_place(None), bound_place("w/1", price=11)):
        recalled = venue.engine.recall(wrap(other))
        assert recalled is not None
        assert recalled.events[0][3] == "DUPLICATE_ID"


def test_before_version_4_all_accounts_shared_one_bound() -> None:
    venue = Venue(Limits(finished_orders=3), 3)
    ids = [venue.place_and_cancel(account) for account in (1000, 1001, 1001, 1001)]
    assert venue.engine.order(ids[0]) is None, "the busy account pushed it out"
    assert all(venue.engine.order(order_id) for order_id in ids[1:])
    venue.now_ns += 25 * HOUR_NS
    venue.apply(m.tick())
    assert not any(venue.engine.order(order_id) for order_id in ids)
