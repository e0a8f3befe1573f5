"""The database side of the projection: rows and position in one transaction, or neither."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeVar

from django.db import IntegrityError, InterfaceError, OperationalError, connections, transaction

from exchange.control.change_records import note_answer
from exchange.engine.messages import FeesEvent
from exchange.link.follower import Position
from exchange.models import ChangeRequest, FeeOverride, Projection
from exchange.telemetry.logs import get_logger
from marketdata.candles import Candle
from marketdata.intervals import SECOND
from marketdata.projection import bulk, tables
from marketdata.projection.rows import (
    Answered,
    Rows,
    account_row,
    asset_row,
    balance_rows,
    order_rows,
    symbol_row,
)
from marketdata.projection.stretch_watch import Labels

logger = get_logger(__name__)

#: Name of the one projection there is; one per shard once there is more than one shard.

#: Waits between tries of a write that the database could not take.
_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 5.0

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

T = TypeVar("T")
CandleKey = tuple[str, int, int]


class ProjectionError(Exception):
    """The projection cannot go on: another projector writes, or the rows are not this journal's."""


class Stored(NamedTuple):
    """Where the tables stand."""

    position: Position
    now_ns: int


class Write(NamedTuple):
    """One transaction's worth: the position it starts from, the one it leads to, and what it changes."""

    before: Position
    after: Position
    now_ns: int
    rows: Rows
    #: (symbol, interval in nanoseconds, open) -> candle
    candles: dict[CandleKey, Candle]
    #: whose requests they are
    labels: Labels


class Store:
    """Writes of one projector; ``stop`` ends the waiting for a database that is away."""

    def __init__(self, stop: Callable[[], bool] = lambda: False, using: str = "default") -> None:
        self._connection = connections[using]
        self._using = using
        self._stop = stop
        self.retries = 0
        #: What the last write took, and without its commit, whose sync takes as long for one row as for many.
        self.last_rows_s = 0.0
        self.last_write_s = 0.0

    @property
    def is_remote(self) -> bool:
        """Whether another process does the work of a write."""
        return self._connection.vendor != "sqlite"

    @property
    def transaction_ms(self) -> int:
        """How long the statements of a transaction should take at most. A writer that holds SQLite makes
        every other one wait; PostgreSQL's wait only for the rows."""
        return 50 if self._connection.vendor == "sqlite" else 500

    def position(self) -> Stored | None:
        """What the tables say; None before the first write ever. Waits for a database that is away."""
        return self._patiently(self._read_position)

    def write(self, write: Write) -> bool:
        """Store it, trying again until it is certain that it is stored, exactly once.

        False when stopped before that. Raises ProjectionError when the tables stand neither where this
        write starts nor where it leads."""
        is_in_doubt = False

        def attempt() -> bool:
            nonlocal is_in_doubt
            if is_in_doubt and self._has_reached(write.after):
                return True
            # From here on a failure may come after the database has committed.
            is_in_doubt = True
            self._commit(write)
            return True

        return self._patiently(attempt, write.labels) or False

    def write_lent(self, write: Write) -> bool:
        """``write`` in another thread, on the same connection, which the owner does not use meanwhile."""
        self._connection.inc_thread_sharing()
        connections[self._using] = self._connection
        try:
            return self.write(write)
        finally:
            self._connection.dec_thread_sharing()

    def close(self) -> None:
        self._connection.close()

    def _read_position(self) -> Stored | None:
        row = Projection.objects.using(self._using).filter(name=Projection.MARKET_DATA).first()
        return None if row is None else Stored(Position(row.sequence, row.event_hash), row.now_ns)

    def _has_reached(self, position: Position) -> bool:
        stored = self._read_position()
        return stored is not None and stored.position == position

    def _patiently(self, action: Callable[[], T], labels: Labels | None = None) -> T | None:
        """Try until the database takes it or ``stop()``; pauses double up to five seconds."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                return action()
            except (OperationalError, InterfaceError) as error:
                self.retries += 1
                request_ids = labels.request_ids() if labels is not None else []
                logger.warning(
                    "database_refused", retry_in_s=round(pause_s, 2), error=error, request_ids=request_ids
                )
                self._forget_connection()
            # Not at the same moments as others who wait for the database.
            if self._wait(pause_s * random.uniform(0.5, 1.0)):
                return None
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    def _wait(self, pause_s: float) -> bool:
        """Wait; True as soon as it should stop."""
        end = time.monotonic() + pause_s
        while not self._stop():
            left = end - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(left, 0.1))
        return True

    def _forget_connection(self) -> None:
        """The next use opens a new one. A broken connection may fail to close: it is dropped all the same."""
        try:
            self._connection.close()
        except (OperationalError, InterfaceError):
            self._connection.connection = None

    def _commit(self, write: Write) -> None:
        start_s = time.monotonic()
        with transaction.atomic(using=self._using):
            self._move(write)
            self._write_control(write.rows)
            self._write_market(write)
            for answer in write.rows.answered:
                self._answer(answer)
            self.last_rows_s = time.monotonic() - start_s
        self.last_write_s = time.monotonic() - start_s

    def _move(self, write: Write) -> None:
        """Compare and set the position; first, so that a second projector waits here and then fails."""
        to = {"sequence": write.after.sequence, "event_hash": write.after.event_hash, "now_ns": write.now_ns}
        rows = Projection.objects.using(self._using)
        before = write.before
        if rows.filter(
            name=Projection.MARKET_DATA, sequence=before.sequence, event_hash=before.event_hash
        ).update(**to):
            return
        try:
            if before.sequence == 0:
                rows.create(name=Projection.MARKET_DATA, **to)
                return
        except IntegrityError:
            pass
        raise ProjectionError(
            f"the tables no longer stand at {before.sequence}: another projector writes them"
        )

    def _write_control(self, rows: Rows) -> None:
        now = self._connection.ops.adapt_datetimefield_value(datetime.now(UTC))
        accounts = (account_row(event, now) for event in rows.accounts.values())
        self._write(tables.ASSETS, (asset_row(event) for event in rows.assets.values()))
        self._write(tables.SYMBOLS, (symbol_row(*changed) for changed in rows.symbols.values()))
        self._write(tables.ACCOUNTS, accounts)
        self._write_fee_overrides(rows)

    def _write_fee_overrides(self, rows: Rows) -> None:
        """Those that were taken back leave the table."""
        given = []
        for (symbol, account), event in rows.fee_overrides.items():
            if FeesEvent(*event).cleared:
                FeeOverride.objects.using(self._using).filter(symbol=symbol, account=account).delete()
            else:
                given.append(event[1:])
        self._write(tables.FEE_OVERRIDES, given)

    def _write_market(self, write: Write) -> None:
        rows = write.rows
        self._write(tables.ORDERS, order_rows(rows))
        self._write(tables.FILLS, rows.fills)
        self._write(tables.TRANSFERS, rows.transfers)
        self._write(tables.BALANCES, balance_rows(rows))
        self._write(tables.CANDLES, (_candle_row(*item) for item in write.candles.items()))

    def _write(self, table: tables.Table, rows: Iterable[tables.Row]) -> None:
        bulk.write(self._connection, table, rows if isinstance(rows, list) else list(rows))

    def _answer(self, answer: Answered) -> None:
        """Write the outcome on the change request."""
        refused = {
            "state": ChangeRequest.State.REFUSED,
            "refusal_code": answer.refusal_code,
            "refusal_details": answer.refusal_details,
        }
        applied = {"state": ChangeRequest.State.APPLIED, "refusal_code": "", "refusal_details": None}
        outcome = {
            "sequence": answer.sequence,
            "applied_at": _EPOCH + timedelta(microseconds=answer.time_ns // 1_000),
            **(refused if answer.refusal_code else applied),
        }
        request = ChangeRequest.objects.using(self._using).filter(id=answer.request_id)
        if request.filter(state__in=ChangeRequest.OPEN_STATES).update(**outcome):
            note_answer(answer.request_id, self._using)
        else:
            request.update(**outcome)


def _candle_row(key: CandleKey, candle: Candle) -> tables.Row:
    """In the order of ``tables.CANDLES``; the database counts an interval in seconds."""
    symbol, interval_ns, open_ns = key
    prices = (candle.open, candle.high, candle.low, candle.close)
    volumes = (candle.volume_lots, candle.quote_volume_minor, candle.trade_count)
    return (symbol, interval_ns // SECOND, open_ns, *prices, *volumes)
