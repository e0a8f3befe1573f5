"""What may be asked of a running engine. Each kind is a function of the engine and the arguments.

=================  ==============================================  =========================================
kind               arguments                                       value
=================  ==============================================  =========================================
book               symbol, depth (None: all)                       (bids, asks) or None
books              depth (None: all)                               {symbol: (bids, asks)}
order              account, order_id, client_order_id              OrderEvent or None; the id when not 0
open_orders        account, symbol (None: all), limit, before,     OrderEvents, ascending by id; the newest
                   start_ns, end_ns (None: no bound)               ``limit`` that fit the bounds
finished_orders    account, symbol (None: all), limit              OrderEvents, latest first, as retained
balances           account                                         (asset, available_minor, held_minor) each
withdrawals        account                                         (id, asset, amount_minor, fee_minor) each
indication         symbol                                          IndicativeEvent: an auction held now
symbols, assets                                                    SymbolEvents, AssetEvents
fees               account                                         (symbol, maker_ppm, taker_ppm) each
fee_plans                                                          (plan, rates as in SetFeePlan) each
account            account                                         status, or None if there is none
status                                                             a dict of figures (see ``server``)
=================  ==============================================  =========================================
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from exchange.engine import Engine
from exchange.engine.messages import Event, SymbolEvent
from exchange.engine.messages.places import ORDER_ACCOUNT

#: Most finished orders in one answer.
_MAX_FINISHED: Final = 1_000


class BadQuery(Exception):
    """An unknown kind, or arguments it does not take."""


def _book(engine: Engine, symbol: str, depth: int | None = None) -> Any:
    return engine.depth(symbol, depth) if engine.symbol_of(symbol) else None


def _books(engine: Engine, depth: int | None = None) -> Any:
    return {name: engine.depth(name, depth) for name in symbol_names(engine)}


def symbol_names(engine: Engine) -> list[str]:
    return [SymbolEvent(*event).symbol for event in engine.symbols()]


def _order(engine: Engine, account: int, order_id: int, client_order_id: str | None = None) -> Event | None:
    """The account's own order. An order of another account is as unknown as one that never was."""
    if order_id:
        event = engine.order(order_id)
        return event if event is not None and event[ORDER_ACCOUNT] == account else None
    return engine.order_by_client_id(account, client_order_id) if client_order_id else None


def _open_orders(engine: Engine, account: int, symbol: str | None = None, *bounds: int | None) -> Any:
    return engine.open_orders(account, symbol, *bounds)


def _finished_orders(engine: Engine, account: int, symbol: str | None = None, limit: int = 100) -> Any:
    return engine.finished_orders(account, symbol, min(limit, _MAX_FINISHED))


def _balances(engine: Engine, account: int) -> Any:
    return engine.balances(account)


def _withdrawals(engine: Engine, account: int) -> Any:
    return engine.withdrawals(account)


def _indication(engine: Engine, symbol: str) -> Any:
    return engine.indication(symbol)


def _symbols(engine: Engine) -> Any:
    return engine.symbols()


def _assets(engine: Engine) -> Any:
    return engine.assets()


def _fees(engine: Engine, account: int) -> Any:
    return [(name, *engine.fees(name, account)) for name in symbol_names(engine)]


def _fee_plans(engine: Engine) -> Any:
    return engine.fee_plans()


def _account(engine: Engine, account: int) -> Any:
    return engine.account_status(account)


_KINDS: Final[dict[str, Callable[..., Any]]] = {
    "book": _book,
    "books": _books,
    "order": _order,
    "open_orders": _open_orders,
    "finished_orders": _finished_orders,
    "balances": _balances,
    "withdrawals": _withdrawals,
    "indication": _indication,
    "symbols": _symbols,
    "assets": _assets,
    "fees": _fees,
    "fee_plans": _fee_plans,
    "account": _account,
}


def ask(engine: Engine, kind: str, arguments: tuple[Any, ...]) -> Any:
    """The answer as plain data. Raises BadQuery."""
    function = _KINDS.get(kind)
    if function is None:
        raise BadQuery(f"unknown query {kind!r:.40}")
    if not all(argument is None or type(argument) in (int, str) for argument in arguments):
        raise BadQuery("arguments of a query are integers, strings or null")
    try:
        return function(engine, *arguments)
    except Exception as error:
        # A query changes nothing: the requester gets the error, and the engine goes on.
        raise BadQuery(f"{kind} does not take these arguments: {error!r}") from error
