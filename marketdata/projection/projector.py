"""The projector: follows the journal and keeps the tables, the board and the snapshots up to it.

In turns: fold some durable batches, store them with the position in one transaction, show them on the board;
and now and then write a snapshot, archive what lies behind it, or check the invariants. With a backlog the
next batches are folded while the database works (``writer``); at the end of every ``step`` all that was
folded is stored.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

from exchange.journal.archive import Archiver
from exchange.journal.files import OS_FILES, Files
from exchange.link.errors import FollowerDisagrees
from exchange.link.follower import Batch, Follower, Position
from exchange.telemetry.logs import get_logger
from exchange.telemetry.process_health import Rounds
from marketdata.feed.board import Board, SymbolUpdate, Update
from marketdata.intervals import INTERVALS
from marketdata.projection import resume
from marketdata.projection.alarm import Alarm
from marketdata.projection.fold_figures import FoldFigures
from marketdata.projection.follower_health import Health, Options
from marketdata.projection.garbage import Garbage
from marketdata.projection.markets import Changes, Markets
from marketdata.projection.rows import Rows, Scales, collect, public_trades
from marketdata.projection.snapshot_writer import Snapshots
from marketdata.projection.store import Store, Write
from marketdata.projection.stretch_watch import Labels, StretchWatch
from marketdata.projection.watch import Breach, Watch
from marketdata.projection.writer import Writer
from marketdata.statistics import Ticker

logger = get_logger(__name__)

#: Without a step that ends for so long the projection is stuck: the database is away.
STUCK_S: Final = 30.0


class Folded(NamedTuple):
    """A stretch of the journal, ready to be stored and then shown."""

    write: Write
    update: Update

    @property
    def commands(self) -> int:
        return self.write.after.sequence - self.write.before.sequence


class Projector:
    """Follows one journal. Use from one thread; ``stop`` is asked between and during waits."""

    def __init__(
        self,
        follow: Callable[[Position | None], Follower],
        store: Store,
        board: Board,
        *,
        snapshot_dir: Path,
        stop: Callable[[], bool] = lambda: False,
        options: Options = Options(),  # noqa: B008  immutable
        files: Files = OS_FILES,
        engine_socket: Path | str | None = None,
        archiver: Archiver | None = None,
    ) -> None:
        self._store = store
        self._writer = Writer(store)
        self._board = board
        self._stop = stop
        self._options = options
        self._archiver = archiver
        self._markets = Markets()
        self._scales = Scales()
        self._batch_commands = options.min_commands
        self._is_behind = False
        self._last_start_s = 0.0
        self._garbage = Garbage()
        self.health = Health(options)
        #: For the side door: a step ended well at most so long ago.
        self.rounds = Rounds(STUCK_S)
        stored = store.position()
        # Verifies that the position is this journal's; raises FollowerError if it is not.
        self._follower = follow(stored.position if stored else None)
        self.position = self._follower.position
        self._stretches = StretchWatch()
        self._watch = Watch(self._follower.engine)
        self._alarm = Alarm(engine_socket)
        resume.define(self._follower.engine, self._scales, self._board)
        resume.markets(self._follower.engine, self._markets, self._board)
        self._figures = FoldFigures(self.status, self._markets.names())
        start = Update(self.position.sequence, self._follower.engine.now_ns)
        self._board.apply(self._with_symbols(start, set(self._markets.names())))
        self._tell()
        self.health.snapshot_begun(self.position.sequence)
        self.health.snapshot_written()
        self._snapshots = Snapshots(
            self._follower,
            snapshot_dir,
            self.health,
            options=options,
            files=files,
            archiver=archiver,
        )

    def run(self) -> None:
        """Until ``stop()``; then writes a last snapshot."""
        logger.info("projecting", sequence=self.position.sequence)
        while not self._stop():
            self.step(timeout_s=0.25)
            self.rounds.done()
        self.finish()

    def step(self, timeout_s: float = 0.0) -> int:
        """Store the next batches, if any come in time, in one transaction, or in some where there are many;
        returns how many commands they had."""
        self._pace()
        start = self.position.sequence
        try:
            self._store_batches(timeout_s)
        finally:
            self._writer.end()
        if self._is_stored:
            self._keep_house()
        return self.position.sequence - start

    def _store_batches(self, timeout_s: float) -> None:
        for _ in range(self._options.transactions):
            size = self._batch_commands
            folded = self._fold(timeout_s, size)
            self._is_behind = folded is not None and folded.commands >= size
            if folded is None or not self._writer.end():
                return
            self._begin(folded)
            if not self._is_behind or self._stop():
                return
            timeout_s = 0.0

    def finish(self) -> None:
        """Write a snapshot if anything came since the last one, and let go of everything."""
        if self._is_stored:
            self._snapshots.finish(self.position.sequence)
        self._snapshots.close()
        if self._archiver is not None:
            self._archiver.close()
        self._writer.close()
        self._follower.close()
        self._store.close()

    @property
    def lag(self) -> int:
        """Durable commands that are not in the tables yet."""
        return max(0, self._follower.durable_sequence - self.position.sequence)

    @property
    def _is_stored(self) -> bool:
        """Nothing has been folded that could not be stored."""
        return self._follower.position == self.position

    def _pace(self) -> None:
        """With little to do, fewer and larger transactions cost everyone less; the more so the longer one
        takes."""
        least_s = self._options.pace_ms / 1_000
        pace_s = min(max(least_s, 2 * self._store.last_write_s), 3 * least_s)
        wait_s = self._last_start_s + pace_s - time.monotonic()
        if wait_s > 0 and not self._is_behind:
            time.sleep(wait_s)

    def _fold(self, timeout_s: float, max_commands: int) -> Folded | None:
        """Fold the next batches into rows and what to show; None when there are none."""
        rows, changes, labels = Rows(), Changes(), Labels()
        self._figures.begin_fold()
        before, last, began_ns = self._follower.position, None, 0
        try:
            for batch in self._follower.stream(timeout_s, max_commands):
                self._collect(batch, rows, changes)
                self._raise(self._watch.take(batch), batch.position.sequence)
                labels.add(batch)
                last, began_ns = batch, began_ns or self._follower.began_ns
        except FollowerDisagrees as error:
            # One of the two folds is wrong, and so may be every balance: nothing trades until it is known
            # which.
            self._alarm.raise_for(self.position.sequence, self._watch.everything(str(error)))
            raise
        if last is None:
            return None
        self._raise(self._watch.check_venue(), last.position.sequence)
        self._figures.folded(rows.trades, rows.books)
        candles = self._markets.candles_to_store(changes)
        write = Write(before, last.position, last.now_ns, rows, candles, labels)
        folded = Folded(write, self._update(write, changes))
        self._stretches.folded(labels, began_ns, last.position.sequence)
        return folded

    def _collect(self, batch: Batch, rows: Rows, changes: Changes) -> None:
        self._markets.advance(batch.now_ns, changes)
        self._figures.fold(batch)
        counted = len(rows.trades)
        collect(rows, self._scales, batch)
        for symbol in rows.symbols:
            self._markets.add(symbol, batch.now_ns)
        self._markets.trade(rows.trades[counted:], changes)

    def _update(self, write: Write, changes: Changes) -> Update:
        """What readers will be shown, as of this moment."""
        rows = write.rows
        definitions = [*rows.assets.values(), *(event for event, _ in rows.symbols.values())]
        trades = public_trades(rows.trades)
        update = Update(write.after.sequence, write.now_ns, trades, changes.closed, {}, definitions)
        moved = changes.traded | rows.books | {symbol for symbol, _ in changes.closed} | set(rows.symbols)
        return self._with_symbols(update, moved)

    def _with_symbols(self, update: Update, moved: set[str]) -> Update:
        engine = self._follower.engine
        for symbol in moved:
            market = self._markets[symbol]
            bids, asks = engine.depth(symbol, 1)
            bid, ask = bids[0][0] if bids else None, asks[0][0] if asks else None
            currents = ((length, market.chart.current(length)) for length in INTERVALS.values())
            candles = {length: candle for length, candle in currents if candle is not None}
            update.symbols[symbol] = SymbolUpdate(Ticker(market.statistics(), bid, ask), candles)
        return update

    def _begin(self, folded: Folded) -> None:
        def stored() -> None:
            self._adapt(folded.commands)
            write = folded.write
            self.position = write.after
            self._stretches.stored(write.labels, self._store.last_write_s, write.after.sequence)
            began_ns = time.time_ns()
            self._board.apply(folded.update)
            self._tell()
            self._stretches.shown(write.labels, began_ns)

        self._last_start_s = time.monotonic()
        self._writer.begin(folded.write, stored)

    def _adapt(self, commands: int) -> None:
        """Larger transactions while they stay short, smaller ones as soon as they do not."""
        limit_s, options = self._store.transaction_ms / 1_000, self._options
        self.health.committed(self._store.last_write_s, commands)
        self._figures.stored(self._store.last_write_s, commands)
        rows_s = self._store.last_rows_s
        if rows_s > limit_s:
            self._batch_commands = max(options.min_commands, self._batch_commands // 2)
        elif rows_s < limit_s / 2 and commands >= self._batch_commands:
            self._batch_commands = min(options.max_commands, self._batch_commands * 2)

    def _keep_house(self) -> None:
        engine = self._follower.engine
        self._snapshots.work(self.position.sequence)
        if self.health.is_check_due(engine.sequence):
            self._check()
        if self._archiver is not None:
            self._archiver.work()
        self._alarm.work()
        self._figures.look(engine)
        self._garbage.work()
        self._tell()

    def _check(self) -> None:
        """The engine's whole state, and some accounts' rows; takes time in proportion to the state."""
        started_s = time.monotonic()
        found = self._watch.check_state()
        if self._is_stored:
            found += self._watch.check_tables()
        took_s = time.monotonic() - started_s
        self._figures.checked(took_s)
        self.health.checked(self._follower.engine.sequence, took_s, [breach.text for breach in found])
        self._raise(found, self._follower.engine.sequence)

    def _raise(self, breaches: list[Breach], sequence: int) -> None:
        for breach in breaches:
            self._alarm.raise_for(sequence, breach)

    def _tell(self) -> None:
        """Have the status query answer how it is now."""
        self._board.set_status(self.status(), self._follower.durable_sequence)

    def status(self) -> dict[str, Any]:
        """What the status query answers."""
        return {
            "pid": os.getpid(),
            "sequence": self.position.sequence,
            "event_hash": self.position.event_hash,
            "now_ns": self._follower.engine.now_ns,
            "durable_sequence": self._follower.durable_sequence,
            "lag": self.lag,
            "retries": self._store.retries,
            **self.health.status(),
            "breaches": sorted({*self._alarm.breaches, *self.health.breaches}),
            "breaches_found": self._alarm.count,
        }
