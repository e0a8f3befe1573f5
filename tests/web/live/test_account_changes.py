"""The feed names every account whose rows the projection changes, and nothing missed passes for unchanged."""

from __future__ import annotations

import pytest

from exchange.engine import Engine
from exchange.engine import messages as m
from exchange.link.follower import Batch
from marketdata.projection import tables
from marketdata.projection.rows import Rows, Scales, collect, order_rows
from tests.exchange.engine.pair import START_NS
from tests.exchange.engine.worlds import World
from web.live.account_changes import AccountChanges

COMMANDS = 3_000
ALICE, BOB = 1001, 1002


def accounts_of_rows(rows: Rows) -> set[int]:
    """Whose rows of histories a command changes, by the projection's own code."""
    return {
        row[table.columns.index("account")]
        for table, found in (
            (tables.ORDERS, order_rows(rows)),
            (tables.FILLS, rows.fills),
            (tables.TRANSFERS, rows.transfers),
        )
        for row in found
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_whoever_has_new_rows_has_changed_and_nobody_else(seed: int) -> None:
    engine, world, scales = Engine(), World(seed, COMMANDS), Scales()
    changes, now_ns, last = AccountChanges(), START_NS, dict[int, int]()
    changes.begin(0)
    changes.watch()
    kinds = set[int]()
    for command in world:
        now_ns += world.pause_ns
        if engine.recall(command) is not None:
            continue
        events = engine.apply(command, now_ns)
        world.observe(events)
        rows, sequence = Rows(), changes.sequence + 1
        collect(rows, scales, Batch(sequence, now_ns, [command], [events], ""))
        changes.take(events, sequence)
        last |= dict.fromkeys(accounts_of_rows(rows), sequence)
        kinds |= {event[0] for event in events}
        for account in {*last, 0}:
            changed_at = last.get(account, 0)
            assert changes.is_unchanged(account, changed_at, sequence)
            assert not changed_at or not changes.is_unchanged(account, changed_at - 1, sequence)
    assert {m.EV_ORDER, m.EV_TRADE, m.EV_TRANSFER} <= kinds
    assert len(last) > 3


def order_of(account: int) -> m.Event:
    return (m.EV_ORDER, 1, account)


def test_beyond_what_was_seen_nothing_is_certain() -> None:
    changes = AccountChanges()
    changes.watch()
    assert not changes.is_unchanged(ALICE, 0, 0), "no feed yet"
    changes.begin(10)
    assert changes.is_unchanged(ALICE, 10, 10)
    assert not changes.is_unchanged(ALICE, 9, 10), "from before the feed"
    assert not changes.is_unchanged(ALICE, 10, 11), "not taken in yet"
    changes.take([order_of(BOB)], 11)
    assert changes.is_unchanged(ALICE, 10, 11)
    assert not changes.is_unchanged(BOB, 10, 11)
    changes.pause()
    assert not changes.is_unchanged(ALICE, 10, 11)
    changes.go_on()
    assert changes.is_unchanged(ALICE, 10, 11)


def test_after_a_gap_another_era_begins() -> None:
    changes = AccountChanges()
    changes.watch()
    changes.begin(10)
    before = changes.era
    changes.begin(5)
    assert changes.era != before
    assert changes.sequence == 5
    assert not changes.is_unchanged(ALICE, 10, 10)


def test_the_accounts_known_are_bounded() -> None:
    changes = AccountChanges(maximum=3)
    changes.begin(0)
    changes.watch()
    for account in range(4):
        changes.take([order_of(account)], account + 1)
    assert not changes.is_unchanged(9, 3, 4), "all that was known of the others is forgotten"
    assert changes.is_unchanged(9, 4, 4)


def test_what_nobody_wanted_to_know_was_not_noted() -> None:
    changes = AccountChanges()
    changes.begin(10)
    changes.take([order_of(ALICE)], 11)
    assert not changes.is_unchanged(BOB, 11, 11)
    changes.watch()
    assert not changes.is_unchanged(BOB, 10, 11)
    assert changes.is_unchanged(BOB, 11, 11)
    changes.take([order_of(ALICE)], 12)
    changes.watch()
    assert changes.is_unchanged(BOB, 11, 12)
    assert not changes.is_unchanged(ALICE, 11, 12)
