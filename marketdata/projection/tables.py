"""The tables the projection writes; ``bulk`` has the statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models

from exchange import models as exchange_models
from exchange.listing.terms import PROTECTION_NAMES, REQUIRED_NAMES
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
    #: New rows have keys above all there were before.
    grows_by_key: bool = False
    #: The column that most of the indexes start with.
    ordered_by: str | None = None

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


FILLS = Table(exchange_models.Fill, _columns(exchange_models.Fill), is_bulk=True, ordered_by="account")
TRANSFERS = Table(exchange_models.Transfer, _columns(exchange_models.Transfer), is_bulk=True)
#: In the order of OrderEvent after its tag, with sequence before extra. A replaced order changes price,
#: quantity and what it has beyond a simple one.
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
            # Not the type and the time in force: an order may come to rest as a limit order.
            *("account", "client_order_id", "symbol", "side"),
            *("post_only", "stp", "quote_amount_minor", "created_ns"),
        )
    ),
    is_bulk=True,
    grows_by_key=True,
    ordered_by="account",
)
BALANCES = Table(
    exchange_models.Balance,
    ("account", "asset", "available_minor", "held_minor", "sequence"),
    key=("account", "asset"),
    is_bulk=True,
)
ASSETS = Table(exchange_models.Asset, ("code", "name", "scale"), key=("code",), kept=frozenset(("name",)))
#: In the order of SymbolEvent after its tag, with the protection's fields in its place, then name and
#: sequence.
SYMBOLS = Table(
    exchange_models.Symbol,
    (
        *("code", "base_id", "quote_id", *REQUIRED_NAMES[3:], "status", "status_reason"),
        *(*PROTECTION_NAMES, "call_ends_ns", "name", "sequence"),
    ),
    key=("code",),
    kept=frozenset(("name",)),
)
ACCOUNTS = Table(
    exchange_models.Account,
    ("number", "status", "stp_group", "fee_plan", "is_demo", "created_at"),
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
