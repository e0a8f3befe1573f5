"""The tables the projection writes, and the statements that write them in bulk.

Two dialects of one thing, chosen by the database's vendor: SQLite takes ``executemany`` upserts;
PostgreSQL takes binary COPY, straight into tables whose rows never change and through a temporary
table with ``INSERT … ON CONFLICT`` into those whose rows do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from exchange import models as exchange_models
from exchange.models import MinorUnitsField
from marketdata.models import CandleRow

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A model's columns in the order rows give them. Empty ``key``: rows are only ever added.

    ``kept`` columns are written with a new row and left alone on an old one."""

    model: type[models.Model]
    columns: tuple[str, ...]
    key: tuple[str, ...] = ()
    kept: frozenset[str] = frozenset()
    #: Written by the thousand, so worth copying.
    is_bulk: bool = False

    @property
    def name(self) -> str:
        return str(self.model._meta.db_table)

    def fields(self) -> list[models.Field[Any, Any]]:
        by_column = {field.column: field for field in self.model._meta.concrete_fields}
        return [by_column[column] for column in self.columns]

    def on_conflict(self) -> str:
        if not self.key:
            return ""
        changed = [name for name in self.columns if name not in self.key and name not in self.kept]
        updates = ", ".join(f"{name} = excluded.{name}" for name in changed)
        return f" ON CONFLICT ({', '.join(self.key)}) DO UPDATE SET {updates}"


def _columns(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(str(field.column) for field in model._meta.concrete_fields)


FILLS = Table(exchange_models.Fill, _columns(exchange_models.Fill), is_bulk=True)
TRANSFERS = Table(exchange_models.Transfer, _columns(exchange_models.Transfer), is_bulk=True)
#: In the order of OrderEvent after its tag, with sequence before extra. A replaced order changes price, quantity
#: and what it has beyond a plain one.
ORDERS = Table(
    exchange_models.Order,
    (
        *("order_id", "account", "client_order_id", "symbol", "side", "order_type", "time_in_force"),
        *("post_only", "stp", "price_ticks", "quantity_lots", "quote_amount_minor", "filled_lots"),
        *("filled_notional_minor", "fee_minor", "status", "reason", "created_ns", "updated_ns", "sequence"),
        "extra",
    ),
    key=("order_id",),
    kept=frozenset(
        (
            *("account", "client_order_id", "symbol", "side", "order_type", "time_in_force"),
            *("post_only", "stp", "quote_amount_minor", "created_ns"),
        )
    ),
    is_bulk=True,
)
BALANCES = Table(
    exchange_models.Balance,
    ("account", "asset", "available_minor", "held_minor", "sequence"),
    key=("account", "asset"),
    is_bulk=True,
)
ASSETS = Table(exchange_models.Asset, ("code", "name", "scale"), key=("code",), kept=frozenset(("name",)))
SYMBOLS = Table(
    exchange_models.Symbol,
    (
        *("code", "base_id", "quote_id", "price_scale", "quantity_scale", "tick_bands", "lot_step"),
        *("min_quantity_lots", "max_quantity_lots", "min_price_ticks", "max_price_ticks"),
        *("min_notional_minor", "maker_ppm", "taker_ppm", "max_open_orders", "status", "status_reason"),
        *("max_notional_minor", "collar_ppm", "band_ppm", "volatility_ppm", "volatility_ns", "calendar"),
        *("call_ends_ns", "name", "sequence"),
    ),
    key=("code",),
    kept=frozenset(("name",)),
)
ACCOUNTS = Table(
    exchange_models.Account,
    ("number", "status", "stp_group", "is_demo", "created_at"),
    key=("number",),
    kept=frozenset(("is_demo", "created_at")),
)
FEE_OVERRIDES = Table(
    exchange_models.FeeOverride,
    ("symbol", "account", "maker_ppm", "taker_ppm"),
    key=("symbol", "account"),
)
CANDLES = Table(
    CandleRow,
    (
        *("symbol", "interval", "open_ns", "open_ticks", "high_ticks", "low_ticks", "close_ticks"),
        *("volume_lots", "quote_volume_minor", "trade_count"),
    ),
    key=("symbol", "interval", "open_ns"),
)


def write(connection: BaseDatabaseWrapper, table: Table, rows: Sequence[Row]) -> None:
    """Write ``rows`` within the caller's transaction. No key may come twice."""
    if not rows:
        return
    if connection.vendor == "postgresql" and table.is_bulk and len(rows) >= _COPY_FROM_ROWS:
        _copy(connection, table, rows)
    else:
        _execute_many(connection, table, rows)


#: Below this a temporary table costs more than it saves.
_COPY_FROM_ROWS = 8


def _execute_many(connection: BaseDatabaseWrapper, table: Table, rows: Sequence[Row]) -> None:
    marks = ", ".join(["%s"] * len(table.columns))
    statement = f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES ({marks})"
    values = _amounts_as_text(table, rows) if connection.vendor == "sqlite" else rows
    with connection.cursor() as cursor:
        cursor.executemany(statement + table.on_conflict(), values)


def _amounts_as_text(table: Table, rows: Sequence[Row]) -> Sequence[Sequence[Any]]:
    """SQLite keeps amounts as text: its integers end at 64 bits."""
    wide = [index for index, field in enumerate(table.fields()) if isinstance(field, MinorUnitsField)]
    if not wide:
        return rows
    converted = []
    for row in rows:
        values = list(row)
        for index in wide:
            values[index] = str(values[index])
        converted.append(values)
    return converted


def _copy(connection: BaseDatabaseWrapper, table: Table, rows: Sequence[Row]) -> None:
    columns = ", ".join(table.columns)
    types = [_copy_type(str(field.db_type(connection))) for field in table.fields()]
    target = f"copied_{table.name}" if table.key else table.name
    with connection.cursor() as cursor:
        if table.key:
            cursor.execute(
                f"CREATE TEMPORARY TABLE IF NOT EXISTS {target} ON COMMIT DELETE ROWS "
                f"AS SELECT {columns} FROM {table.name} WITH NO DATA"
            )
        with cursor.copy(f"COPY {target} ({columns}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)
        if table.key:
            cursor.execute(
                f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM {target}{table.on_conflict()}"
            )


def _copy_type(db_type: str) -> str:
    """The type's name as psycopg knows it: ``varchar(32)`` is varchar, ``numeric(38, 0)`` numeric."""
    name = db_type.partition("(")[0]
    return _POSTGRES_NAMES.get(name, name)


_POSTGRES_NAMES = {
    "bigint": "int8",
    "integer": "int4",
    "smallint": "int2",
    "boolean": "bool",
}
