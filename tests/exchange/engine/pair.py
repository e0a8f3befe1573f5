"""The core and the naive reference side by side: one command into both, and every difference is an error."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

from exchange.engine import Engine, Limits
from exchange.engine import messages as m
from exchange.engine.records import read_answers, write_commands
from tests.exchange.engine.naive import NaiveEngine
from tests.exchange.engine.seen import kinds

#: Whether the core gets its commands as records, as in the run of ``make test-compiled``.
BY_RECORDS = os.environ.get("TEST_CORE_RECORDS") == "1"
#: Rejections whose details are part of the contract, not only their code.
DETAILED_CODES = ("INSUFFICIENT_BALANCE",)
#: Told in no particular order, and also when written without a change.
UNORDERED_TAGS = (m.EV_LEVEL, m.EV_BALANCE)
#: How many events of a command are its own reply and come first (1 unless said here); trades have an order
#: too, the events of other orders have none.
OWN_REPLIES = {m.PLACE_OCO: 2, m.CANCEL_REPLACE: 2}
#: The naive engine remembers everything, so this core does too.
UNFORGETTING = Limits(retention_ns=10**20)
START_NS = 1_700_000_000_000_000_000


class Pair:
    """Both engines at the same state, or an AssertionError."""

    def __init__(self, trades: int = UNFORGETTING.trades_per_command, **limits: int) -> None:
        """``trades``: the bound of rule X1; ``limits``: others that both know, by name."""
        self.core = Engine(UNFORGETTING._replace(trades_per_command=trades, **limits))
        self.naive = NaiveEngine(trades_per_order=trades, last_meeting=trades, **limits)
        self.now_ns = START_NS
        self.history: list[tuple[m.Command, int]] = []
        #: command key → (payload, sequence, events) of everything applied, as the sequencer would see it.
        self.replies: dict[Any, tuple[m.Command, int, list[m.Event]]] = {}
        self.seen: Counter[str] = Counter()

    def submit(self, command: m.Command, after_ns: int = 1_000) -> list[m.Event]:
        """One command through both, ``after_ns`` later than the last; a repeated id is recalled instead."""
        self.now_ns += after_ns
        key = reply_key(command)
        if key in self.replies:
            return self._recall(command, key)
        assert self.core.recall(command) is None, f"never seen, yet recalled: {command}"
        self.history.append((command, self.now_ns))
        events = self._apply(command)
        expected = self.naive.apply(command, self.now_ns)
        self._compare_events(command, events, expected)
        if key is not None and not _of_nobody(command, events):
            self.replies[key] = (command, self.core.sequence, events)
        self.seen.update(kinds(command, expected))
        return events

    def _apply(self, command: m.Command) -> list[m.Event]:
        if not BY_RECORDS:
            return self.core.apply(command, self.now_ns)
        [answer] = read_answers(self.core.apply_batch(write_commands([command]), self.now_ns))
        assert (answer.sequence, answer.now_ns) == (self.core.sequence, self.now_ns)
        return answer.events

    def _recall(self, command: m.Command, key: Any) -> list[m.Event]:
        """A repeated id: the first reply again, or DUPLICATE_ID for another payload; state untouched."""
        first, sequence, events = self.replies[key]
        before = self.core.sequence
        recalled = self.core.recall(command)
        assert recalled is not None, f"not recalled: {command}"
        if first == command:
            assert (recalled.sequence, _told(recalled.events)) == (sequence, _told(events))
        else:
            assert recalled.sequence == 0
            assert [(e[0], e[3]) for e in recalled.events] == [(m.EV_REJECTED, "DUPLICATE_ID")]
        assert self.core.sequence == before
        self.seen["recalled"] += 1
        return list(recalled.events)

    def _compare_events(self, command: m.Command, events: list[m.Event], expected: list[m.Event]) -> None:
        got_ordered = [comparable(command, e) for e in events if e[0] not in UNORDERED_TAGS]
        want_ordered = [comparable(command, e) for e in expected if e[0] not in UNORDERED_TAGS]
        own = 1 + len(command[4]) if command[0] == m.PLACE_OTO else OWN_REPLIES.get(command[0], 1)
        for part in (
            lambda told: told[:own],
            lambda told: [e for e in told if e[0] == m.EV_TRADE],
            lambda told: [e for e in told if e[0] not in (m.EV_TRADE, m.EV_ORDER)],
            lambda told: sorted(map(repr, told)),
        ):
            assert part(got_ordered) == part(want_ordered), differ(command, got_ordered, want_ordered)
        orders = [e[1] for e in events if e[0] == m.EV_ORDER]
        assert len(orders) == len(set(orders)), f"told twice after {command}: {orders}"
        for tag, current in ((m.EV_LEVEL, self._level_now), (m.EV_BALANCE, self._balance_now)):
            got = [e for e in events if e[0] == tag]
            want = [e for e in expected if e[0] == tag]
            assert tag != m.EV_BALANCE or all(e[1] >= m.FIRST_TRADER_ACCOUNT for e in got), got
            assert len({key_of(e) for e in got}) == len(got), f"told twice after {command}: {got}"
            assert set(want) <= set(got), differ(command, got, want)
            for event in set(got) - set(want):
                assert event == current(event), f"wrong after {command}: {event}, is {current(event)}"
        tags = [e[0] for e in events]
        first_unordered = next((i for i, t in enumerate(tags) if t in UNORDERED_TAGS), len(tags))
        assert all(t in UNORDERED_TAGS for t in tags[first_unordered:]), (
            f"groups mixed after {command}: {tags}"
        )

    def _level_now(self, event: m.Event) -> m.Event:
        _, symbol, side, price, _ = event
        return (m.EV_LEVEL, symbol, side, price, dict(self.naive.depth(symbol)[side]).get(price, 0))

    def _balance_now(self, event: m.Event) -> m.Event:
        _, account, asset, _, _ = event
        held = self.naive.held(account, asset)
        return (m.EV_BALANCE, account, asset, self.naive.total(account, asset) - held, held)

    # --- whole state -------------------------------------------------------------------------------

    def check_state(self) -> None:
        """Whatever both can be asked they answer alike; every asset sums to zero; only custody may owe."""
        core, naive = self.core, self.naive
        assert [tuple(event) for event in core.symbols()] == [
            symbol.event() for _, symbol in sorted(naive.book_symbols.items())
        ]
        for symbol in naive.book_symbols:
            bids, asks = core.depth(symbol, None)
            depth = ([tuple(level) for level in bids], [tuple(level) for level in asks])
            assert depth == naive.depth(symbol), symbol
            prices = (naive.last_price(symbol) or 0, naive.reference_price(symbol) or 0)
            assert core.prices(symbol) == prices, symbol
            assert tuple(core.indication(symbol)) == naive.indication(symbol)
        for account in naive.statuses:
            orders = [tuple(o) for o in core.open_orders(account, None)]
            assert orders == [o.event() for o in naive.open_orders(account)], account
            assert core.group(account) == naive.groups.get(account, 0)
            for symbol in naive.book_symbols:
                assert core.fees(symbol, account) == naive.fees(symbol, account), (symbol, account)
            named = {key: order.order_id for key, order in core._state.orders.quotes_of(account).items()}
            assert named == {(o.symbol, o.quote_id, o.side): o.order_id for o in naive.quotes(account)}
            withdrawals = [(name, *held) for name, held in naive.withdrawals_of(account)]
            assert core.withdrawals(account) == withdrawals
            assert core._state.timers.switches.get(account, 0) == naive.deadlines.get(account, 0)
        assert core.next_due_ns() == naive.next_due_ns(), (core.next_due_ns(), naive.next_due_ns())
        assert sorted(core.sessions()) == naive.sessions(), (core.sessions(), naive.sessions())
        self._check_balances()

    def _check_balances(self) -> None:
        sums: Counter[str] = Counter()
        for account in (m.CUSTODY_ACCOUNT, m.FEE_ACCOUNT, *self.naive.statuses):
            rows = {asset: (free, held) for asset, free, held in self.core.balances(account) if free or held}
            assert rows == self.naive.balances(account), account
            for asset, (free, held) in rows.items():
                sums[asset] += free + held
                assert held >= 0, (account, asset, held)
                assert free >= 0 or account == m.CUSTODY_ACCOUNT, (account, asset, free)
        assert not any(sums.values()), f"not conserved: {dict(sums)}"

    def check_invariants(self) -> None:
        assert self.core.check() == [], self.core.check()

    def round_trip(self) -> None:
        """Go on with a core loaded from this one's snapshot; it must be the same in every respect."""
        snapshot = self.core.dump()
        loaded = Engine.load(snapshot)
        assert loaded.state_hash() == self.core.state_hash()
        assert loaded.dump() == snapshot
        assert (loaded.sequence, loaded.now_ns) == (self.core.sequence, self.core.now_ns)
        self.core = loaded


def reply_key(command: m.Command) -> Any:
    """Ids are scoped by account for traders' commands and global for the control plane's."""
    if command[0] == m.TICK:
        return None
    return (command[2], command[1]) if command[0] in m.TRADER_COMMANDS else command[1]


def _of_nobody(command: m.Command, events: list[m.Event]) -> bool:
    """A trader's command for an account that does not exist has nobody to be remembered for."""
    return (
        command[0] in m.TRADER_COMMANDS
        and events[0][0] == m.EV_REJECTED
        and events[0][3] == "ACCOUNT_NOT_FOUND"
    )


def _told(events: list[m.Event]) -> list[m.Event]:
    """A reply without levels and balances, which the core does not keep for a repeated command."""
    return [event for event in events if event[0] not in UNORDERED_TAGS]


def comparable(command: m.Command, event: m.Event) -> m.Event:
    """The event without the details of a rejection, where those are only for people."""
    if event[0] != m.EV_REJECTED:
        return tuple(event)
    if event[3] not in DETAILED_CODES:
        return event[:4]
    if has_market_order(command):
        # Where the walk along the book gave up is the core's business; that it was too much is not.
        _, asset, _, required, _, available = event[4]
        return (*event[:4], asset, required > available, available)
    return tuple(event)


def has_market_order(command: m.Command) -> bool:
    """Whether the command enters an order whose cost is found by walking along the book."""
    places = {m.PLACE: command, m.PLACE_BRACKET: command[3:4], m.CANCEL_REPLACE: command[6:7]}
    places[m.PLACE_OTO] = command[3:4]
    place = places.get(command[0])
    if not place:
        return False
    place = place if command[0] == m.PLACE else place[0]
    return bool(m.PlaceOrder(*place).order_type == m.MARKET)


def key_of(event: m.Event) -> tuple[Any, ...]:
    """What a level or balance event is about."""
    return event[:4] if event[0] == m.EV_LEVEL else event[:3]


def differ(command: m.Command, got: list[Any], want: list[Any]) -> str:
    lines = [f"after {command}", "core:", *map(str, got), "naive:", *map(str, want)]
    return "\n".join(lines)
