"""Other matching engines from PyPI, over the same operations: ``python bench/peers.py NAME FILE``.

Runs in an environment of its own (``bench/requirements-peers.txt``), so it imports nothing of this project.
The file is JSON: ``[is_order, order, is_buy, price, quantity]`` each. None of these engines keeps balances,
takes fees, remembers ids or makes events beyond its trades. Prints JSON: the seconds of the fastest of some
rounds, and the quantity that was traded, by which it is seen that all did the same.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.metadata
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROUNDS = 3
Operations = list[list[Any]]
#: Carries out all operations in one go; the seconds, and the traded quantity where it can tell.
Run = Callable[[Operations], tuple[float, int | None]]


def lightmatchingengine(operations: Operations) -> tuple[float, int | None]:
    from lightmatchingengine.lightmatchingengine import LightMatchingEngine, Side

    engine, ids, traded = LightMatchingEngine(), [], 0
    buy, sell = Side.BUY, Side.SELL
    began = time.perf_counter()
    for is_order, order, is_buy, price, quantity in operations:
        if is_order:
            entered, trades = engine.add_order("X", price, quantity, buy if is_buy else sell)
            ids.append(entered.order_id)
            if trades:
                traded += entered.cum_qty
        else:
            engine.cancel_order(ids[order], "X")
    return time.perf_counter() - began, traded


def bourse(operations: Operations) -> tuple[float, int | None]:
    import bourse.core

    book = bourse.core.OrderBook(0, 1, True)
    place, cancel, set_time = book.place_order, book.cancel_order, book.set_time
    ids, now = [], 0
    began = time.perf_counter()
    for is_order, order, is_buy, price, quantity in operations:
        # Without a time of its own an operation takes the place in the queue of one before it.
        now += 1
        set_time(now)
        if is_order:
            ids.append(place(is_buy, quantity, 0, price=price))
        else:
            cancel(ids[order])
    return time.perf_counter() - began, sum(trade[3] for trade in book.get_trades())


def limit_order_book(operations: Operations) -> tuple[float, int | None]:
    from limit_order_book import LimitOrderBook

    book = LimitOrderBook()
    buy, sell, cancel = book.limit_buy, book.limit_sell, book.cancel
    began = time.perf_counter()
    for is_order, order, is_buy, price, quantity in operations:
        if not is_order:
            cancel(order)
        elif is_buy:
            buy(order, quantity, price)
        else:
            sell(order, quantity, price)
    return time.perf_counter() - began, None


def liquibook(operations: Operations) -> tuple[float, int | None]:
    """As its documentation has it: a listener is told of fills and fills the orders."""
    import liquibook as binding

    class Fills(binding.OrderListener):
        traded = 0

        def on_accept(self, order: Any) -> None:
            pass

        on_cancel = on_accept

        def on_fill(self, passive: Any, aggressive: Any, quantity: int, cost: int) -> None:
            passive.fill(quantity, cost, 0)
            aggressive.fill(quantity, cost, 0)
            self.traded += quantity

    listener = Fills()
    return _liquibook(operations, listener), listener.traded


def liquibook_untold(operations: Operations) -> tuple[float, int | None]:
    """Without a listener: it matches, and nobody learns what was filled."""
    return _liquibook(operations, None), None


def _liquibook(operations: Operations, listener: Any) -> float:
    import liquibook as binding

    book = binding.DepthOrderBook()
    book.set_symbol("X")
    if listener is not None:
        book.set_order_listener(listener)
    simple, add, cancel = binding.SimpleOrder, book.add, book.cancel
    orders: list[Any] = []
    began = time.perf_counter()
    for is_order, order, is_buy, price, quantity in operations:
        if is_order:
            entered = simple(is_buy, price, quantity)
            orders.append(entered)
            add(entered)
        else:
            cancel(orders[order])
    return time.perf_counter() - began


PEERS: dict[str, tuple[str, Run]] = {
    "lightmatchingengine": ("lightmatchingengine", lightmatchingengine),
    "bourse": ("bourse", bourse),
    "limit-order-book": ("limit-order-book", limit_order_book),
    "liquibook": ("liquibook", liquibook),
    "liquibook without a listener": ("liquibook", liquibook_untold),
}


def main() -> None:
    package, run = PEERS[sys.argv[1]]
    operations = json.loads(Path(sys.argv[2]).read_text())
    gc.collect()
    gc.freeze()
    gc.disable()
    # What an engine prints of itself does not belong into the answer.
    with contextlib.redirect_stdout(sys.stderr):
        rounds = [run(operations) for _ in range(ROUNDS)]
    seconds, traded = min(rounds, key=lambda round: round[0])
    version = importlib.metadata.version(package)
    print(json.dumps({"version": version, "seconds": seconds, "traded": traded}))


if __name__ == "__main__":
    main()
