"""A day of recorded orders through a venue, with a strategy trading in it.

A day is CSV with a head line, plain or compressed (.gz, .xz):
``time_ns,action,order_id,side,price,quantity``.

``new``     a limit order, good till canceled
``ioc``     a limit order whose rest is canceled at once
``market``  a market order; it has no price
``reduce``  ``quantity`` is taken off the order, which keeps its place
``cancel``  the order ends

The recorded orders belong to two accounts, one a side, with enough of everything. They trade with the
strategy's orders as with each other, by price and time: an order of the strategy that takes quantity is seen
by every recorded order after it. What a recorded order would have done in a market that had the strategy in
it is not known; that is the limit of every replay.
"""

from __future__ import annotations

import csv
import gzip
import lzma
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple, TextIO, cast

from exchange.errors import ApiError
from exchange.wire.shapes import Fill
from xtrader_engine.trading_venue import Amount, Placed, Trade, Venue

#: Of each asset, for the recorded orders.
_ENDOWMENT: Final = 10**15
_OPENERS: Final[dict[str, Any]] = {".gz": gzip.open, ".xz": lzma.open}


class Row(NamedTuple):
    """A line of a day, as it stands."""

    time_ns: int
    action: str
    order_id: str
    side: str = ""
    price: str = ""
    quantity: str = ""


class Result(NamedTuple):
    """What a run did. ``equity``: in the quote asset, the base at the last price; ``missed``: rows that named
    an order which had ended, because the strategy had taken from it, or that the venue refused."""

    rows: int
    missed: int
    trades: list[Trade]
    position: Decimal
    equity: Decimal
    fees: Decimal


#: Called after every row; it may place and cancel orders of its account.
Strategy = Callable[["Backtest", Row], None]


class Backtest:
    """One symbol, a strategy's account, and the two of the recorded orders.

    ``venue`` and ``account`` are for the strategy. Its time is that of the rows.
    """

    def __init__(
        self,
        symbol: str,
        *,
        tick: Amount,
        lot: Amount,
        deposits: dict[str, Amount],
        maker_fee: Amount = "0",
        taker_fee: Amount = "0",
    ) -> None:
        """``deposits``: of the strategy. The other arguments are those of ``Venue.list_symbol``; the recorded
        orders pay fees too."""
        self.symbol = symbol
        self.now_ns = 0
        self.venue = Venue(lambda: self.now_ns)
        self.venue.list_symbol(symbol, tick=tick, lot=lot, maker_fee=maker_fee, taker_fee=taker_fee)
        self.base, _, self.quote = symbol.partition("-")
        enough: dict[str, Amount] = {self.base: _ENDOWMENT, self.quote: _ENDOWMENT}
        self._recorded = {side: self.venue.open_account(**enough) for side in ("buy", "sell")}
        self.account = self.venue.open_account(**deposits)
        self.trades: list[Trade] = []
        self.venue.on_trade(self.trades.append)
        #: Recorded id → side and the venue's id.
        self._orders: dict[str, tuple[str, str]] = {}
        self._fees = Decimal(0)
        self.venue.on_fill(self.account, self._pay)

    def run(self, rows: Iterable[Row], strategy: Strategy | None = None) -> Result:
        """All rows in turn."""
        count = missed = 0
        for row in rows:
            self.now_ns = row.time_ns
            self.venue.pass_time()
            count += 1
            try:
                self._play(row)
            except ApiError:
                missed += 1
            if strategy is not None:
                strategy(self, row)
        return self._result(count, missed)

    def place(self, **order: Any) -> Placed:
        """An order of the strategy, in its symbol; see ``Venue.place``."""
        return self.venue.place(self.account, symbol=self.symbol, **order)

    def _pay(self, fill: Fill) -> None:
        self._fees += Decimal(fill.fee)

    def _play(self, row: Row) -> None:
        """Carry out a row. Raises ApiError, ValueError for an action that is none."""
        match row.action:
            case "new" | "ioc" | "market":
                self._enter(row)
            case "cancel":
                side, order_id = self._named(row)
                self.venue.cancel(self._recorded[side], order_id)
            case "reduce":
                self._reduce(row)
            case _:
                raise ValueError(f"{row.action!r} is no action of a row")

    def _enter(self, row: Row) -> None:
        order: dict[str, Any] = {"symbol": self.symbol, "side": row.side, "quantity": row.quantity}
        if row.action == "market":
            order["order_type"] = "market"
        else:
            tif = "ioc" if row.action == "ioc" else "gtc"
            order |= {"order_type": "limit", "price": row.price, "time_in_force": tif}
        placed = self.venue.place(self._recorded[row.side], **order)
        self._orders[row.order_id] = row.side, placed.order.order_id

    def _reduce(self, row: Row) -> None:
        side, order_id = self._named(row)
        account = self._recorded[side]
        total = next(
            (
                Decimal(order.quantity or 0)
                for order in self.venue.open_orders(account)
                if order.order_id == order_id
            ),
            Decimal(0),
        )
        left = total - Decimal(row.quantity)
        if left > 0:
            self.venue.reduce(account, order_id, f"{left:f}")
        else:
            self.venue.cancel(account, order_id)

    def _named(self, row: Row) -> tuple[str, str]:
        found = self._orders.get(row.order_id)
        if found is None:
            raise ApiError("ORDER_NOT_FOUND", {"field": "order_id", "order_id": row.order_id})
        return found

    def _result(self, rows: int, missed: int) -> Result:
        balances = self.venue.balances(self.account)
        held = {name: balance.available + balance.held for name, balance in balances.items()}
        position = held.get(self.base, Decimal(0))
        last = self.trades[-1].price if self.trades else Decimal(0)
        equity = held.get(self.quote, Decimal(0)) + position * last
        return Result(rows, missed, self.trades, position, equity, self._fees)


def read_day(path: Path | str) -> Iterator[Row]:
    """The rows of a file, one at a time. Raises ValueError for a line that is none, with its number."""
    opener = _OPENERS.get(Path(path).suffix, open)
    with cast(TextIO, opener(path, "rt", encoding="utf-8", newline="")) as lines:
        for number, line in enumerate(csv.DictReader(lines), 2):
            try:
                yield Row(**{**line, "time_ns": int(line["time_ns"])})  # type: ignore[arg-type]  # as named
            except (TypeError, ValueError, KeyError) as error:
                raise ValueError(f"{path}, line {number}: {error}") from error
