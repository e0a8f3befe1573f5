"""The projector: follows the journal and keeps the tables, the board and the snapshots up to it.

One thread does it all in turns: fold some durable batches, store them with the position in one
transaction, show them on the board; and now and then write a snapshot, archive what lies behind
it, or check the invariants.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from exchange.engine.messages import EV_SYMBOL
from exchange.journal.archive import Archiver, unneeded_sequence
from exchange.journal.files import OS_FILES, Files
from exchange.journal.snapshots import prune_snapshots
from exchange.worker.errors import FollowerDisagrees
from exchange.worker.follower import Batch, Follower, Position
from marketdata.feed.board import Board, SymbolUpdate, Update
from marketdata.feed.messages import Ticker
from marketdata.intervals import INTERVALS
from marketdata.projection import restore
from marketdata.projection.alarm import Alarm
from marketdata.projection.health import Health, Options
from marketdata.projection.markets import Changes, Markets
from marketdata.projection.rows import Rows, Scales, collect
from marketdata.projection.store import Store, Write
from marketdata.projection.watch import Breach, Watch

logger = logging.getLogger(__name__)


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
        self._board = board
        self._stop = stop
        self._options = options
        self._snapshot_dir = snapshot_dir
        self._files = files
        self._archiver = archiver
        self._markets = Markets()
        self._scales = Scales()
        self._batch_commands = options.min_commands
        self._last_start_s = 0.0
        self.health = Health(options)
        stored = store.position()
        # Verifies that the position is this journal's; raises FollowerError if it is not.
        self._follower = follow(stored.position if stored else None)
        self.position = self._follower.position
        self._watch = Watch(self._follower.engine)
        self._alarm = Alarm(engine_socket)
        restore.define(self._follower.engine, self._scales, self._board)
        restore.markets(self._follower.engine, self._markets, self._board)
        self._show(Update(self.position.sequence, self._follower.engine.now_ns), set(self._markets.names()))
        self.health.snapshot_written(self.position.sequence)

    def run(self) -> None:
        """Until ``stop()``; then writes a last snapshot."""
        logger.info("projecting from sequence %d", self.position.sequence)
        while not self._stop():
            self.step(timeout_s=0.25)
        self.finish()

    def step(self, timeout_s: float = 0.0) -> int:
        """Store the next batches, if any come in time; returns how many commands they had."""
        self._pace()
        batches = self._poll(timeout_s)
        count = sum(len(batch.commands) for batch in batches)
        if batches and not self._project(batches):
            return 0
        self._keep_house()
        return count

    def _poll(self, timeout_s: float) -> list[Batch]:
        try:
            return self._follower.poll(timeout_s, self._batch_commands)
        except FollowerDisagrees as error:
            # One of the two folds is wrong, and so may be every balance: nothing trades until it is known which.
            self._alarm.raise_for(self.position.sequence, self._watch.everything(str(error)))
            raise

    def finish(self) -> None:
        """Write a snapshot if anything came since the last one, and let go of everything."""
        if self._is_stored and self.position.sequence > self.health.snapshot_sequence:
            self._snapshot()
        if self._archiver is not None:
            self._archiver.close()
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
        """With little to do, fewer and larger transactions cost everyone less."""
        wait_s = self._last_start_s + self._options.pace_ms / 1_000 - time.monotonic()
        if wait_s > 0 and self.lag < self._batch_commands:
            time.sleep(wait_s)

    def _project(self, batches: list[Batch]) -> bool:
        """Fold into rows, store, show. False when stopped before it was stored."""
        rows, changes = Rows(), Changes()
        for batch in batches:
            self._collect(batch, rows, changes)
            self._raise(self._watch.take(batch), batch.position.sequence)
        last = batches[-1]
        self._raise(self._watch.check_venue(), last.position.sequence)
        candles = self._markets.candles_to_store(changes)
        write = Write(self.position, last.position, last.now_ns, rows, candles)
        self._last_start_s = time.monotonic()
        if not self._store.write(write):
            return False
        self._adapt(time.monotonic() - self._last_start_s, last.position.sequence - self.position.sequence)
        self.position = last.position
        definitions = [*rows.assets.values(), *(event for event, _ in rows.symbols.values())]
        update = Update(last.position.sequence, last.now_ns, rows.trades, changes.closed, {}, definitions)
        moved = changes.traded | rows.books | {symbol for symbol, _ in changes.closed} | set(rows.symbols)
        self._show(update, moved)
        return True

    def _collect(self, batch: Batch, rows: Rows, changes: Changes) -> None:
        now_ns = batch.now_ns
        self._markets.advance(now_ns, changes)
        counted = len(rows.trades)
        for offset, (command, events) in enumerate(zip(batch.commands, batch.events, strict=True)):
            sequence = batch.first_sequence + offset
            collect(rows, self._scales, sequence, now_ns, command, events)
            if events and events[0][0] == EV_SYMBOL:
                self._markets.add(events[0][1], now_ns)
        for trade in rows.trades[counted:]:
            self._markets.trade(trade, self._scales.notional_minor(trade), changes)

    def _show(self, update: Update, moved: set[str]) -> None:
        engine = self._follower.engine
        for symbol in moved:
            market = self._markets[symbol]
            bids, asks = engine.depth(symbol, 1)
            bid, ask = bids[0][0] if bids else None, asks[0][0] if asks else None
            currents = ((length, market.chart.current(length)) for length in INTERVALS.values())
            candles = {length: candle for length, candle in currents if candle is not None}
            update.symbols[symbol] = SymbolUpdate(Ticker(market.statistics(), bid, ask), candles)
        self._board.apply(update)
        self._tell()

    def _adapt(self, took_s: float, commands: int) -> None:
        """Larger transactions while they stay short, smaller ones as soon as they do not."""
        limit_s, options = self._store.transaction_ms / 1_000, self._options
        self.health.committed(took_s, commands)
        rows_s = self._store.last_rows_s
        if rows_s > limit_s:
            self._batch_commands = max(options.min_commands, self._batch_commands // 2)
        elif rows_s < limit_s / 2 and commands >= self._batch_commands:
            self._batch_commands = min(options.max_commands, self._batch_commands * 2)

    def _keep_house(self) -> None:
        engine = self._follower.engine
        if self.health.is_snapshot_due(self.position.sequence):
            self._snapshot()
        if self.health.is_check_due(engine.sequence):
            self._check()
        if self._archiver is not None:
            self._archiver.work()
        self._alarm.work()
        self._tell()

    def _check(self) -> None:
        """The engine's whole state, and some accounts' rows; takes time in proportion to the state."""
        started_s = time.monotonic()
        found = self._watch.check_state()
        if self._is_stored:
            found += self._watch.check_tables()
        took_s = time.monotonic() - started_s
        self.health.checked(self._follower.engine.sequence, took_s, [breach.text for breach in found])
        self._raise(found, self._follower.engine.sequence)

    def _raise(self, breaches: list[Breach], sequence: int) -> None:
        for breach in breaches:
            self._alarm.raise_for(sequence, breach)

    def _snapshot(self) -> None:
        """The follower stands where the tables do, so this one is never ahead of them."""
        path = self._follower.snapshot()
        self.health.snapshot_written(self.position.sequence)
        prune_snapshots(
            self._snapshot_dir,
            keep=self._options.snapshots_kept,
            behind=self.position.sequence,
            files=self._files,
        )
        logger.info("snapshot %s", path.name)
        if self._archiver is not None:
            unneeded = unneeded_sequence(self._snapshot_dir, files=self._files)
            self._archiver.allow(min(unneeded, self.position.sequence))

    def _tell(self) -> None:
        """What the status query answers."""
        durable = self._follower.durable_sequence
        status: dict[str, Any] = {
            "pid": os.getpid(),
            "sequence": self.position.sequence,
            "event_hash": self.position.event_hash,
            "now_ns": self._follower.engine.now_ns,
            "durable_sequence": durable,
            "lag": self.lag,
            "retries": self._store.retries,
            **self.health.status(),
            "breaches": sorted({*self._alarm.breaches, *self.health.breaches}),
            "breaches_found": self._alarm.count,
        }
        self._board.set_status(status, durable)
