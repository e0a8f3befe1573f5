"""A large state in one process: ``python -m bench.memory_run ORDERS ACCOUNTS [SNAPSHOT_FOLDER]``.

Opens the accounts, lets the orders rest, and prints as JSON what memory each took. With a folder it also
writes a snapshot there, as marketdata does.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from pathlib import Path

from bench import flow
from bench.cpu import resident_bytes
from exchange import core as build
from exchange.engine import Engine, Limits
from exchange.engine import messages as m
from exchange.journal.snapshots import write_snapshot

FIRST_ACCOUNT = 10_000
#: Orders stand on so many prices of each side.
LEVELS = 5_000
#: What is remembered of commands is bounded and counted apart: with this bound it is next to nothing.
FORGETFUL = Limits(ids_total=1_000, finished_orders=1_000)


def main() -> None:
    orders, accounts = int(sys.argv[1]), int(sys.argv[2])
    gc.disable()
    engine = Engine(FORGETFUL)
    for command in flow.opening():
        engine.apply(command, flow.START_NS)
    empty = resident_bytes()
    open_accounts(engine, accounts)
    with_accounts = resident_bytes()
    began = time.perf_counter()
    rest(engine, orders, accounts)
    seconds = time.perf_counter() - began
    resting = engine.counts()["open_orders"]
    full = resident_bytes()
    report = {
        "core": build.running(),
        "orders": resting,
        "accounts": accounts,
        "bytes_an_account": (with_accounts - empty) / accounts,
        "bytes_an_order": (full - with_accounts) / resting,
        "orders_per_s": orders / seconds,
        "resident_MB": full / 1e6,
    }
    if len(sys.argv) > 3:
        began = time.perf_counter()
        path = write_snapshot(Path(sys.argv[3]), engine, "00" * 32)
        report |= {"snapshot_s": time.perf_counter() - began, "snapshot_MB": path.stat().st_size / 1e6}
    else:
        report["bytes_an_id"] = bytes_an_id(accounts)
    print(json.dumps(report))


def open_accounts(engine: Engine, accounts: int) -> None:
    for account in range(FIRST_ACCOUNT, FIRST_ACCOUNT + accounts):
        engine.apply(m.set_account(f"a{account}", account), flow.START_NS)
        for asset in ("KRW", "BTC"):
            engine.apply(m.deposit(f"{asset}{account}", account, asset, flow.FUNDS_MINOR), flow.START_NS)


def rest(engine: Engine, orders: int, accounts: int) -> None:
    """Orders that never meet: bids below a price, asks above it."""
    for number in range(orders):
        side = m.BUY if number % 2 else m.SELL
        away = (1 + number // 2 * 7 % LEVELS) * flow.TICK
        price = flow.START_PRICE + (away if side == m.SELL else -away)
        account = FIRST_ACCOUNT + number * 31 % accounts
        command = m.place_order(
            f"o{number}",
            account,
            flow.SYMBOL,
            side,
            price_ticks=price,
            quantity_lots=1_000_000 + number % 1_000,
        )
        events = engine.apply(command, flow.START_NS + number)
        if events[0][0] != m.EV_ORDER:
            raise SystemExit(f"refused: {events[0]}")


def bytes_an_id(accounts: int) -> float:
    """What remembering a command and its reply takes, for a retry: bounded by ``Limits.ids_total``."""
    count = 100_000
    sizes = []
    for limits in (FORGETFUL, Limits()):
        before = resident_bytes()
        engine = Engine(limits)
        for command in flow.opening():
            engine.apply(command, flow.START_NS)
        open_accounts(engine, 1_000)
        rest(engine, count, 1_000)
        sizes.append(resident_bytes() - before)
        # Kept: memory given back would be taken again by the next.
        _kept.append(engine)
    return (sizes[1] - sizes[0]) / count


_kept: list[Engine] = []


if __name__ == "__main__":
    main()
