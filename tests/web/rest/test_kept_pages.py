"""Pages that the lane keeps: after every change of the account they are the view's again, and without one no
database is needed."""

from __future__ import annotations

import random
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from exchange.engine import messages as m
from exchange.link import engine_link
from exchange.listing.symbol_table import symbols
from tests.conftest import LiveEngine, Person
from tests.web.rest.asgi import Asked, Told, ask
from tests.web.rest.test_history_lane import by_lane, token_of, trader, with_token  # noqa: F401
from tests.web.rest.test_read_lane import hearing
from web.lanes import HistoryLane, table_reads
from web.lanes.kept_pages import MAX_AGE_S, KeptPages
from web.live.account_changes import AccountChanges
from web.live.hub import Hub
from web.rest.history_reads import HistoryRead, read_fills, read_orders

pytestmark = pytest.mark.django_db(transaction=True)

STEPS = 60
QUERIES = (
    Asked("/v1/orders"),
    Asked("/v1/orders", b"status=closed&limit=5"),
    Asked("/v1/orders", b"side=buy"),
    Asked("/v1/fills", b"limit=3"),
    Asked("/v1/ledger", b"limit=7"),
    Asked("/v1/ledger", b"asset=KRW"),
)
_SEQUENCE = re.compile(rb'"as_of_sequence":(\d+)}$')


def rows_and_sequence(told: Told | None) -> tuple[bytes, int]:
    assert told is not None
    assert told.status == 200, told.body
    found = _SEQUENCE.search(told.body)
    assert found is not None
    return told.body[: found.start()], int(found[1])


@pytest.fixture
def table_lots(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each time that the lane went to the database."""
    real, lots = table_reads.projected_sequence, list[int]()

    def counted() -> int:
        lots.append(1)
        return real()

    monkeypatch.setattr(table_reads, "projected_sequence", counted)
    return lots


def asking(work: Callable[[HistoryLane, Hub], Awaitable[None]]) -> None:
    """Run it with a lane in a process that follows the engine."""

    async def run(hub: Hub) -> None:
        lane = HistoryLane(by_nobody)
        try:
            await work(lane, hub)
        finally:
            lane.close()
            symbols.set_live(False)

    hearing(run)


async def by_nobody(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("the lane was to answer")


def change(source: random.Random, people: tuple[Person, Person], engine: LiveEngine) -> None:
    """Something that happens to one account or both."""
    person = source.choice(people)
    act = source.choice(("rest", "trade", "cancel", "deposit"))
    if act == "deposit":
        engine.submit(m.deposit(engine.command_id(), person.account, "KRW", 10**8))
    elif act == "cancel":
        person.post("/v1/orders/cancel-all", {})
    elif act == "rest":
        person.place(price=str(source.choice((50_000_000, 60_000_000))))
    else:
        person.place(side=source.choice(("buy", "sell")))


@pytest.mark.parametrize("seed", [1, 2])
def test_after_any_change_a_page_is_that_of_the_view(
    trader: Person,  # noqa: F811
    bob: Person,
    live_engine: LiveEngine,
    table_lots: list[int],
    seed: int,
) -> None:
    from xtrader.asgi import django_application

    source, people = random.Random(seed), (trader, bob)
    tokens = [token_of(person) for person in people]
    bodies = set[bytes]()

    def happen() -> None:
        if source.random() < 0.4:
            change(source, people, live_engine)
            live_engine.project()

    async def work(lane: HistoryLane, hub: Hub) -> None:
        for _ in range(STEPS):
            await sync_to_async(happen)()
            asked = with_token(source.choice(QUERIES), source.choice(tokens))
            rows, sequence = rows_and_sequence(await by_lane(lane, asked))
            wanted, at_least = rows_and_sequence(await ask(django_application, asked))
            assert rows == wanted, asked
            assert sequence >= at_least
            bodies.add(rows)

    asking(work)
    assert len(bodies) > 15, "much has changed"
    assert len(table_lots) < STEPS * 0.9, "and some pages came from memory"


def test_a_page_that_stays_is_read_once(
    trader: Person,  # noqa: F811
    bob: Person,
    live_engine: LiveEngine,
    table_lots: list[int],
) -> None:
    """Whatever others do meanwhile; its sequence is the engine's."""
    asked = with_token(Asked("/v1/orders", b"status=closed"), token_of(trader))

    async def work(lane: HistoryLane, hub: Hub) -> None:
        first, before = rows_and_sequence(await by_lane(lane, asked))
        for _ in range(5):
            placed = await sync_to_async(bob.place)(price="40000000")
            assert placed.status_code == 200
            reached = (await engine_link.aquery("status")).sequence
            await hub.wait_sequence(reached)
            rows, sequence = rows_and_sequence(await by_lane(lane, asked))
            assert (rows, sequence) == (first, reached)
            assert sequence > before
        assert len(table_lots) == 1
        await sync_to_async(trader.place)(price="40000000", client_order_id="mine")
        await by_lane(lane, asked)
        assert len(table_lots) == 2

    asking(work)


# --- what is kept ------------------------------------------------------------------------------------------

ALICE, BOB = 1001, 1002


def kept_by(changes: AccountChanges | None, **more: Any) -> KeptPages:
    return KeptPages(lambda: changes, **more)


def page(read: HistoryRead, sequence: int) -> bytes:
    return b'{"fills":[],"next_cursor":null,"as_of_sequence":%d}' % sequence


def test_a_page_is_recalled_with_the_sequence_asked_for() -> None:
    changes, read = AccountChanges(), read_fills({})
    changes.begin(10)
    pages = kept_by(changes)
    pages.keep(read, ALICE, page(read, 10), 10)
    changes.take([(m.EV_ORDER, 1, BOB)], 11)
    assert pages.recall(read, ALICE, 11) == page(read, 11)
    assert pages.recall(read, BOB, 11) is None
    assert pages.recall(read_fills({"limit": "7"}), ALICE, 11) is None
    assert pages.recall(read_orders({}), ALICE, 11) is None
    assert pages.recall(read, ALICE, 12) is None, "the feed is not as far"
    changes.take([(m.EV_ORDER, 1, ALICE)], 12)
    assert pages.recall(read, ALICE, 12) is None


def test_what_cannot_be_watched_is_not_kept() -> None:
    read = read_fills({})
    for changes, reached in ((None, 10), (AccountChanges(), 10), (following(10), 9), (following(10), 11)):
        pages = kept_by(changes)
        pages.keep(read, ALICE, page(read, reached), reached)
        assert len(pages) == 0


def following(sequence: int) -> AccountChanges:
    changes = AccountChanges()
    changes.begin(sequence)
    return changes


def test_pages_of_another_journal_are_not_recalled() -> None:
    """An engine restored from a backup counts again from a lower sequence."""
    changes, read = following(1_000), read_fills({})
    pages = kept_by(changes)
    pages.keep(read, ALICE, page(read, 1_000), 1_000)
    changes.begin(500)
    for sequence in range(501, 1_002):
        changes.take([(m.EV_ORDER, 1, BOB)], sequence)
    assert pages.recall(read, ALICE, 1_001) is None


def test_pages_are_kept_for_a_minute() -> None:
    changes, read, now_s = following(10), read_fills({}), [5.0]
    pages = kept_by(changes, clock=lambda: now_s[0])
    pages.keep(read, ALICE, page(read, 10), 10)
    now_s[0] += MAX_AGE_S - 1
    assert pages.recall(read, ALICE, 10) is not None
    now_s[0] += 1
    assert pages.recall(read, ALICE, 10) is None


def test_the_bytes_kept_are_bounded_and_the_oldest_go() -> None:
    changes, reads = following(10), [read_fills({"limit": str(limit)}) for limit in range(1, 51)]
    pages = kept_by(changes, maximum_bytes=10_000)
    for read in reads * 2:
        pages.keep(read, ALICE, page(read, 10), 10)
        assert len(pages) * 600 <= 10_000
    assert pages.recall(reads[-1], ALICE, 10) is not None
    assert pages.recall(reads[0], ALICE, 10) is None
