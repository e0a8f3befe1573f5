"""The engine: one deterministic fold of commands into state, and the questions one may ask of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import exchange.engine.messages.codes as codes
from exchange.engine import invariants, snapshot
from exchange.engine import messages as m
from exchange.engine.messages.places import COMMAND_ACCOUNT, COMMAND_ID
from exchange.engine.messages.sameness import is_same
from exchange.engine.messages.version_numbers import FIRST_RULES, RULES_VERSION, VENUE_RULES
from exchange.engine.records.machine_words import IS_COMPILED, i64, read_word
from exchange.engine.records.record_reader import next_record, read_message
from exchange.engine.records.record_shapes import COMMAND_SHAPES, EVENT_SHAPES
from exchange.engine.records.record_words import WordRow
from exchange.engine.records.record_writer import RecordWriter
from exchange.engine.rules.auction import indication
from exchange.engine.rules.market import Market
from exchange.engine.rules.operators import Control
from exchange.engine.rules.refusal import rejected
from exchange.engine.rules.short_way import ShortWay
from exchange.engine.rules.traders import Trading
from exchange.engine.rules.versions import refusal_of_version_1
from exchange.engine.state.ledger import Account
from exchange.engine.state.recall import Limits, Recalled, kept_reply
from exchange.engine.state.root import State
from exchange.engine.state.symbols import Symbol

#: How many of an account's finished orders one question looks through.
MAX_FINISHED_SCANNED: Final = 10_000


def _is_control(tag: int) -> bool:
    """Whether a command is no trader's."""
    return tag == m.TICK or tag >= m.FIRST_CONTROL_COMMAND


class Engine:
    """State machine over commands. It reads no clock, no file and no randomness: two engines that
    apply the same commands at the same stamps are equal to the last bit."""

    def __init__(
        self,
        limits: Limits = Limits(),  # noqa: B008  an immutable tuple
        rules_version: int = RULES_VERSION,
    ) -> None:
        #: Whether tuples of plain orders go the short way too: to the interpreter it is no shorter.
        self.shortens_tuples = IS_COMPILED
        self._use(State(limits, rules_version))

    def _use(self, state: State) -> None:
        market = Market(state)
        self._state = state
        self._accounts = state.ledger.accounts
        self._trading = Trading(state, market)
        self._control = Control(state, market)
        self._row = WordRow()
        self._writer = RecordWriter(EVENT_SHAPES, self._row)
        self._short_way = ShortWay(state, market, self._writer)

    # --- the fold --------------------------------------------------------------------------------

    @property
    def sequence(self) -> int:
        """Number of commands applied so far."""
        return self._state.sequence

    @property
    def now_ns(self) -> int:
        """Stamp of the last command applied."""
        now_ns: int = self._state.now_ns
        return now_ns

    @property
    def rules_version(self) -> int:
        return self._state.rules_version

    def apply(self, command: m.Command, now_ns: int) -> list[m.Event]:
        """Carry out the next command at this stamp and return what happened.

        The caller has asked ``recall`` first: a repeated id is not applied again. Raises ValueError if
        time runs backwards or the command is not one; any exception leaves the engine unusable.
        """
        state = self._state
        now: int = now_ns
        latest: int = state.now_ns
        if now < latest:
            raise ValueError(f"time runs backwards: {now_ns} after {latest}")
        state.sequence += 1
        state.now_ns = now_ns
        if now >= state.day_ends_ns:
            state.begin_day()
        tag: int = command[0]
        refusal = refusal_of_version_1(command) if state.rules_version == FIRST_RULES else ""
        if tag >= m.TICK and _is_control(tag):
            return self._control_events(tag, command, refusal)
        account = self._accounts.get(command[COMMAND_ACCOUNT])
        if account is None or not account.trades:
            return rejected(command, codes.ACCOUNT_NOT_FOUND)
        events = rejected(command, refusal) if refusal else self._carry_out(tag, command, account)
        reply = state.take_reply(events)
        if len(reply) > state.reply_events:
            reply = kept_reply(reply, account.number, state.reply_events)
        state.memory.keep_trader(account, command, state.sequence, now, reply)
        return events

    def _carry_out(self, tag: int, command: m.Command, account: Account) -> list[m.Event]:
        """Carry out a trader's command, the short way if that knows what it meets."""
        if self.shortens_tuples:
            events = self._short_way.apply_tuple(tag, command, account)
            if events is not None:
                return events
        if tag == m.PLACE:
            return self._trading.place(command, account)
        if tag == m.CANCEL:
            return self._trading.cancel(command, account)
        return self._trading.apply(tag, command, account)

    def _control_events(self, tag: int, command: m.Command, refusal: str) -> list[m.Event]:
        """Carry out a command that is no trader's."""
        state = self._state
        events = rejected(command, refusal) if refusal else self._control.apply(command)
        reply = kept_reply(state.take_reply(events), 0, state.reply_events)
        if tag != m.TICK:
            state.memory.keep_control((command, state.sequence, state.now_ns, reply))
        return events

    def recall(self, command: m.Command) -> Recalled | None:
        """The original outcome of a command whose id is remembered; a DUPLICATE_ID rejection if the id
        was another command's; None if the id is new. Changes nothing."""
        tag: int = command[0]
        memory = self._state.memory
        if not _is_control(tag):
            account = self._accounts.get(command[COMMAND_ACCOUNT])
            entry = None if account is None else memory.recall(account, command[COMMAND_ID])
        else:
            entry = memory.control.get(command[COMMAND_ID]) if tag != m.TICK else None
        if entry is None:
            return None
        first, sequence, now_ns, reply = entry
        if is_same(first, command):
            return Recalled(sequence, now_ns, list(reply))
        return Recalled(0, self._state.now_ns, rejected(command, codes.DUPLICATE_ID))

    def apply_batch(self, batch: bytes, now_ns: int) -> bytes:
        """Carry out a batch of commands at this stamp, from record to record (``records``): the events of
        each command, ended by its place in the sequence. A repeated id is answered from memory, as ``recall``
        does. Raises as ``apply`` does."""
        row = self._row
        row.clear()
        at: i64 = 0
        while at < i64(len(batch)):
            end: i64 = next_record(batch, at)
            if not self._short_way.apply(batch, at, read_word(batch, at), now_ns):
                self._go_the_long_way(batch, at, now_ns)
            at = end
        return row.part(0, row.at)

    def _go_the_long_way(self, batch: bytes, at: i64, now_ns: int) -> None:
        command = read_message(batch, at, COMMAND_SHAPES)
        recalled = self.recall(command)
        if recalled is None:
            events = self.apply(command, now_ns)
            recalled = Recalled(self._state.sequence, now_ns, events)
        for event in recalled.events:
            self._writer.write(event)
        self._writer.end(recalled.sequence, recalled.now_ns)

    def next_due_ns(self) -> int | None:
        """When a tick is due if nothing else is sequenced: the next full minute or, before it, anything
        that expires or ends. None before the first command."""
        state = self._state
        return state.timers.next_ns(state.now_ns) if state.sequence else None

    def needs_draw(self, now_ns: int) -> bool:
        """Whether a tick at this time ends an auction whose end is to be drawn at random."""
        state = self._state
        return any(
            state.books[name].symbol.protection.random_end_ns for name in state.timers.due_calls(now_ns)
        )

    # --- reading ---------------------------------------------------------------------------------

    def order(self, order_id: int) -> m.Event | None:
        """An open or remembered order, as an OrderEvent."""
        order = self._state.orders.open.get(order_id)
        if order is not None:
            return order.event()
        return self._state.orders.past.event(order_id)

    def order_by_client_id(self, account: int, client_order_id: str) -> m.Event | None:
        """The account's open, else latest remembered, order of this client id."""
        owner = self._state.trader(account)
        return None if owner is None else self.order(owner.client_ids.get(client_order_id, 0))

    def open_orders(
        self,
        account: int,
        symbol: str | None = None,
        limit: int | None = None,
        before: int | None = None,
        start_ns: int | None = None,
        end_ns: int | None = None,
    ) -> list[m.Event]:
        """The account's open orders, ascending by id, as OrderEvents: the newest ``limit`` of those with
        an id below ``before``, created from ``start_ns`` up to but not including ``end_ns``."""
        chosen = [
            order.order_id
            for book in self._state.books.values()
            if symbol is None or book.symbol.name == symbol
            for order in book.orders_of(account)
            if (before is None or order.order_id < before)
            and (start_ns is None or order.created_ns >= start_ns)
            and (end_ns is None or order.created_ns < end_ns)
        ]
        chosen.sort()
        # Events are made for the page alone: an account may have thousands of orders.
        page = chosen if limit is None else chosen[max(0, len(chosen) - limit) :]
        return [self._state.orders.open[order_id].event() for order_id in page]

    def finished_orders(self, account: int, symbol: str | None = None, limit: int = 100) -> list[m.Event]:
        """The account's remembered finished orders, latest finished first, as OrderEvents."""
        owner = self._state.trader(account)
        past = self._state.orders.past
        return [] if owner is None else past.newest(owner, symbol, limit, MAX_FINISHED_SCANNED)

    def balances(self, account: int) -> list[tuple[str, int, int]]:
        """(asset, available_minor, held_minor) of the account, by asset."""
        owner = self._state.ledger.accounts.get(account)
        if owner is None:
            return []
        return [(b.asset, b.available, b.held) for _, b in sorted(owner.balances.items())]

    def withdrawals(self, account: int) -> list[tuple[str, str, int, int]]:
        """(withdrawal id, asset, amount_minor, fee_minor) of the account's open withdrawals, by id."""
        return [withdrawal.row() for withdrawal in self._state.withdrawals.of(account)]

    def depth(
        self, symbol: str, limit: int | None = None
    ) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Bids and asks as (price_ticks, quantity_lots), best first. Raises KeyError."""
        book = self._state.books[symbol]
        return book.depth(m.BUY, limit), book.depth(m.SELL, limit)

    def symbols(self) -> list[m.Event]:
        """Every symbol, by name, as SymbolEvents."""
        return [book.symbol.event() for _, book in sorted(self._state.books.items())]

    def symbol_of(self, name: str) -> m.Event | None:
        book = self._state.books.get(name)
        return None if book is None else book.symbol.event()

    def assets(self) -> list[m.Event]:
        """Every asset, by name, as AssetEvents."""
        return [(m.EV_ASSET, asset, scale) for asset, scale in sorted(self._state.ledger.scales.items())]

    def accounts(self) -> Iterator[tuple[int, int]]:
        """(number, status) of every account, the venue's own included, by number."""
        for number, account in sorted(self._state.ledger.accounts.items()):
            yield number, account.status

    def account_status(self, account: int) -> int | None:
        """ACTIVE or FROZEN; None if there is no such trader's account."""
        owner = self._state.trader(account)
        return None if owner is None else owner.status

    def fees(self, symbol: str, account: int) -> tuple[int, int]:
        """(maker_ppm, taker_ppm) of the account's next order in the symbol. Raises KeyError."""
        terms: Symbol = self._state.books[symbol].symbol
        owner: Account | None = self._state.trader(account)
        own = None if owner is None else owner.fees.get(symbol)
        return own or (terms.maker_ppm, terms.taker_ppm)

    def fee_plans(self) -> list[tuple[int, tuple[tuple[str, int, int], ...]]]:
        """(number, rates as in SetFeePlan, by symbol) of every fee plan, by number."""
        return [
            (number, tuple([(symbol, *rates) for symbol, rates in sorted(plan.items())]))
            for number, plan in sorted(self._state.fee_plans.plans.items())
            if number != m.NO_FEE_PLAN
        ]

    def sessions(self) -> list[tuple[int, str]]:
        """(account, session) of every session that open orders were placed under."""
        return sorted(self._state.orders.sessions)

    def group(self, account: int) -> int:
        """The group whose members the account does not trade with, 0 for none."""
        owner = self._state.trader(account)
        return 0 if owner is None else owner.group

    def prices(self, symbol: str) -> tuple[int, int]:
        """Last and reference price in ticks, 0 for none. Raises KeyError."""
        book = self._state.books[symbol]
        return book.last_ticks, book.reference_ticks

    def indication(self, symbol: str) -> m.Event:
        """Where an auction would trade now, as an IndicativeEvent. Raises KeyError."""
        is_venue = self._state.rules_version >= VENUE_RULES
        return indication(self._state.books[symbol], takes_market_orders=is_venue)

    def counts(self) -> dict[str, int]:
        """Sizes of what the core keeps, for its status page."""
        state = self._state
        return {
            "symbols": len(state.books),
            "accounts": len(state.ledger.accounts),
            "open_orders": len(state.orders.open),
            "finished_orders": len(state.orders.past),
            "command_ids": state.memory.count,
            "control_ids": len(state.memory.control),
            "trades": state.next_trade_id - 1,
        }

    # --- the whole state -------------------------------------------------------------------------

    def dump(self) -> bytes:
        """The whole state; equal states give equal bytes. See ``snapshot``."""
        return snapshot.dump(self._state)

    def sections(self) -> list[snapshot.Section]:
        """The lines of ``dump`` before they are bytes. What is applied afterwards does not change them."""
        return snapshot.sections_of(self._state)

    @classmethod
    def load(cls, data: bytes, parse: snapshot.Parse = snapshot.parse_rows) -> Engine:
        """The engine whose ``dump`` these bytes are. ``parse`` reads a section's line. Raises
        SnapshotError."""
        engine = cls()
        engine._use(snapshot.load(data, parse))
        return engine

    def state_hash(self) -> str:
        """SHA-256 of ``dump``, in hex."""
        return snapshot.digest(self.dump())

    def check(self) -> list[str]:
        """Every broken invariant, in words; empty when all hold. Walks the whole state."""
        return invariants.check(self._state)
