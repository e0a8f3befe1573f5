"""Reads of a user's own orders, fills and ledger: what the DRF view and the fast lane of an address share.

A read is made from the query, checked. It begins with a question to the engine. Some are answered by that
alone; the others read the database, which follows the engine, once it has come as far or the read's patience
is over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol

from exchange.engine.messages import OPEN_STATUSES, ORDER_STATUSES, SIDES
from exchange.errors import RequestError, order_not_found
from exchange.link import engine_link
from exchange.link.protocol import Answer
from exchange.selectors import fills as stored_fills
from exchange.selectors import orders as stored_orders
from exchange.selectors.position import WAIT_S, wait_for
from exchange.selectors.statement import KINDS, Filter, Position, ledger
from exchange.selectors.window import Page, Window
from exchange.wire.field_readers import read_order_id
from exchange.wire.order_kinds import LIQUIDITIES, ORDER_KINDS
from exchange.wire.shape_parts import Encoded, encoded
from web.rest import params
from web.rest.params import Query

#: A question to the engine: its kind and arguments.
Question = tuple[Any, ...]
#: How far the engine has come. The answer of one serves all who wait for it.
HOW_FAR: Final[Question] = ("status",)


class HistoryRead(Protocol):
    """One read, checked."""

    @property
    def is_search(self) -> bool:
        """Whether it may pass over many rows."""

    @property
    def patience_s(self) -> float:
        """How long to wait for the database to come as far as the engine."""

    def question(self, account: int) -> Question:
        """What the engine is asked first."""

    def at_once(self, answer: Answer) -> Encoded | None:
        """The reply, if the engine's answer is all it takes."""

    def from_tables(self, account: int, answer: Answer, reached: int) -> Encoded:
        """The reply from the database, which has reached that sequence. Blocks. Raises ORDER_NOT_FOUND."""


#: Makes a read of the query. Raises the errors of reading it.
ReadOf = Callable[[Query], HistoryRead]


def ask(read: HistoryRead, account: int) -> Encoded:
    """The reply, for a thread that may wait. Raises EngineError."""
    answer = engine_link.query(*read.question(account))
    body = read.at_once(answer)
    if body is not None:
        return body
    return read.from_tables(account, answer, wait_for(answer.sequence, read.patience_s))


# --- orders ------------------------------------------------------------------------------------------------

_OPEN, _CLOSED = "open", "closed"
#: What ``status`` may name: open or closed orders, or those of one status.
STATUSES: Final = (_OPEN, _CLOSED, *(word for word in ORDER_STATUSES if word != "rejected"))
_CLOSED_STATUSES: Final = tuple(
    number for number in range(len(ORDER_STATUSES)) if number not in OPEN_STATUSES
)
ORDER_FILTERS: Final = frozenset({"symbol", "start", "end", "status", "side", "type"})


def read_order_filter(query: Query) -> tuple[Window, tuple[int, ...] | None]:
    """The window and the statuses asked for; None: all."""
    word = params.read_choice(query, "status", STATUSES)
    window = params.read_window(query)._replace(
        side=read_side(query), kind=params.read_choice(query, "type", ORDER_KINDS)
    )
    return window, None if word is None else _statuses(word)


def _statuses(word: str) -> tuple[int, ...]:
    if word == _OPEN:
        return OPEN_STATUSES
    return _CLOSED_STATUSES if word == _CLOSED else (ORDER_STATUSES.index(word),)


def read_side(query: Query) -> int | None:
    word = params.read_choice(query, "side", [side for side in SIDES if side])
    return None if word is None else SIDES.index(word)


def read_orders(query: Query) -> HistoryRead:
    """Orders of the account, newest first."""
    params.refuse_unknown(query, params.PAGE_PARAMS | ORDER_FILTERS)
    window, statuses = read_order_filter(query)
    if statuses == OPEN_STATUSES and not window.is_picked:
        return OpenOrdersRead(window)
    return PastOrdersRead(window, statuses)


@dataclass(frozen=True, slots=True)
class OpenOrdersRead:
    """Open orders, from the engine alone."""

    window: Window
    is_search: ClassVar[bool] = False
    patience_s: ClassVar[float] = 0.0

    def question(self, account: int) -> Question:
        return stored_orders.question_of_open(account, self.window)

    def at_once(self, answer: Answer) -> Encoded | None:
        return _page(b"orders", stored_orders.open_orders(self.window, answer))

    def from_tables(self, account: int, answer: Answer, reached: int) -> Encoded:
        raise AssertionError("the engine's answer is all it takes")


@dataclass(frozen=True, slots=True)
class PastOrdersRead:
    """Orders from the database, and where it is behind from the engine as well: no order that was just
    placed is missed, so there is little to wait for."""

    window: Window
    statuses: tuple[int, ...] | None

    @property
    def is_search(self) -> bool:
        return self.window.is_search or self.statuses not in (None, _CLOSED_STATUSES)

    @property
    def patience_s(self) -> float:
        """To make a search of the engine costs it more than a moment costs the trader."""
        return WAIT_S if self.is_search else 0.0

    def question(self, account: int) -> Question:
        return HOW_FAR

    def at_once(self, answer: Answer) -> Encoded | None:
        return None

    def from_tables(self, account: int, answer: Answer, reached: int) -> Encoded:
        found = stored_orders.past_orders((account,), self.window, self.statuses, answer.sequence, reached)
        return _page(b"orders", found)


def read_order(order_id: str, query: Query) -> HistoryRead:
    """One order, however old. What is no id names no order."""
    params.refuse_unknown(query, ())
    return OrderRead(order_id)


@dataclass(frozen=True, slots=True)
class OrderRead:
    """An order by its id, as the address has it."""

    text: str
    is_search: ClassVar[bool] = False
    patience_s: ClassVar[float] = 0.0

    def question(self, account: int) -> Question:
        """Raises ORDER_NOT_FOUND."""
        return ("order", account, self._order_id(), None)

    def at_once(self, answer: Answer) -> Encoded | None:
        return None if answer.value is None else _one_order(answer.value, answer.sequence)

    def from_tables(self, account: int, answer: Answer, reached: int) -> Encoded:
        event = stored_orders.stored_order((account,), self._order_id())
        if event is None:
            raise order_not_found(self.text)
        return _one_order(event, answer.sequence)

    def _order_id(self) -> int:
        try:
            return read_order_id(self.text)
        except RequestError:
            raise order_not_found(self.text) from None


def _one_order(event: Sequence[Any], sequence: int) -> Encoded:
    return b'{"order":%b,"as_of_sequence":%d}' % (encoded(stored_orders.shape_of(event)), sequence)


# --- fills, ledger ---------------------------------------------------------------------------------------

FILL_FILTERS: Final = frozenset({"symbol", "start", "end", "order_id", "side", "liquidity"})
LEDGER_FILTERS: Final = frozenset({"symbol", "start", "end", "asset", "type"})


def read_fill_filter(query: Query) -> tuple[Window, int | None]:
    """The window and the order asked for, if any."""
    named = query.get("order_id")
    order_id = None if named is None else read_order_id(named)
    window = params.read_window(query)._replace(
        side=read_side(query), liquidity=params.read_choice(query, "liquidity", LIQUIDITIES)
    )
    return window, order_id


def read_fills(query: Query) -> HistoryRead:
    """The account's sides of trades, newest first."""
    params.refuse_unknown(query, params.PAGE_PARAMS | FILL_FILTERS)
    return FillsRead(*read_fill_filter(query))


@dataclass(frozen=True, slots=True)
class _FromTables:
    """Fills and ledger entries are in the database alone."""

    patience_s: ClassVar[float] = WAIT_S

    def question(self, account: int) -> Question:
        return HOW_FAR

    def at_once(self, answer: Answer) -> Encoded | None:
        return None


@dataclass(frozen=True, slots=True)
class FillsRead(_FromTables):
    window: Window
    order_id: int | None

    @property
    def is_search(self) -> bool:
        return self.window.is_search or self.order_id is not None

    def from_tables(self, account: int, answer: Answer, reached: int) -> Encoded:
        return _page(b"fills", stored_fills.fills((account,), self.window, self.order_id, reached))


def read_ledger_filter(query: Query) -> tuple[Window, Filter]:
    """The window, and which entries."""
    window = params.read_window({name: query[name] for name in query if name != "cursor"})
    kind = params.read_choice(query, "type", KINDS)
    return window, Filter(params.read_asset(query), kind)


def read_ledger(query: Query) -> HistoryRead:
    """Every change of the account's balances, newest first."""
    params.refuse_unknown(query, params.PAGE_PARAMS | LEDGER_FILTERS)
    position = Position(*params.read_pair_cursor(query))
    return LedgerRead(*read_ledger_filter(query), position)


@dataclass(frozen=True, slots=True)
class LedgerRead(_FromTables):
    window: Window
    chosen: Filter
    position: Position

    @property
    def is_search(self) -> bool:
        return self.window.is_search or self.chosen.asset is not None

    def from_tables(self, account: int, answer: Answer, reached: int) -> Encoded:
        page = ledger((account,), self.window, self.chosen, self.position, reached)
        following = page.next_position
        cursor = None if following is None else params.pair_cursor(*following)
        return _rows(b"entries", page.rows, cursor, page.as_of_sequence)


def _page(name: bytes, page: Page) -> Encoded:
    cursor = None if page.next_before is None else str(page.next_before)
    return _rows(name, page.rows, cursor, page.as_of_sequence)


def _rows(name: bytes, rows: Sequence[Encoded], cursor: str | None, sequence: int) -> Encoded:
    """A page of rows under their name, with the cursor of the next."""
    next_cursor = b"null" if cursor is None else b'"%b"' % cursor.encode()
    return b'{"%b":[%b],"next_cursor":%b,"as_of_sequence":%d}' % (
        name, b",".join(rows), next_cursor, sequence,
    )  # fmt: skip


#: How the fast lane finds a read by its address; ``read_order`` has its own.
READS: Final[dict[str, ReadOf]] = {
    "/v1/orders": read_orders,
    "/v1/fills": read_fills,
    "/v1/ledger": read_ledger,
}
ORDER_PREFIX: Final = "/v1/order/"
