"""How long an engine takes to come back: ``python -m tests.crash.recovery_time 1 5 10`` (million commands).

Writes one journal in a temporary folder and stops at each size to recover it twice, in processes of their
own: from the very start, and from a snapshot with the tail that is the longest the projector lets there be.
The folder goes when it is done; it takes about 100 MB a million commands.
"""

from __future__ import annotations

import argparse
import gc
import random
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from exchange.engine.messages import (
    BUY,
    SELL,
    Command,
    cancel_all,
    cancel_order,
    deposit,
    place_order,
    set_account,
)
from exchange.journal.recovery import recover_fully
from exchange.journal.snapshots import write_snapshot
from exchange.listing import catalog
from exchange.node.sequencer import open_sequencer
from marketdata.projection.follower_health import Options
from tests.crash.script import START_NS

ACCOUNTS = 1_000
BATCH = 2_000
#: The projector writes a snapshot at the latest after so many commands.
TAIL = Options().snapshot_commands
MILLION = 1_000_000


def flow(seed: int = 1) -> Iterator[Command]:
    """Limit orders around one price from a thousand accounts; nearly half of the commands are cancels, so
    that the book stays at some tens of thousands of orders."""
    luck = random.Random(seed)
    rand = luck.random
    #: Owners of the orders placed last; every order here is accepted, so ids count up by one.
    owners: deque[int] = deque(maxlen=20_000)
    order_id = number = 0
    while True:
        number += 1
        if number % 200 == 0:
            yield cancel_all(f"w:{number}", 1_000 + number // 200 % ACCOUNTS)
            continue
        if rand() < 0.45 and owners:
            back = int(rand() * len(owners))
            yield cancel_order(f"w:{number}", owners[-1 - back], order_id - back)
            continue
        account = 1_000 + int(rand() * ACCOUNTS)
        order_id += 1
        owners.append(account)
        side = BUY if rand() < 0.5 else SELL
        away = int(rand() * 40) - 10
        price = 95_000_000 + 1_000 * (away if side == SELL else -away)
        lots = 10_000 + int(rand() * 50_000)
        yield place_order(f"w:{number}", account, "BTC-KRW", side, price_ticks=price, quantity_lots=lots)


def opening() -> list[Command]:
    commands = list(catalog.setup_commands())
    for account in range(1_000, 1_000 + ACCOUNTS):
        commands.append(set_account(f"open:{account}", account))
        commands.append(deposit(f"krw:{account}", account, "KRW", 10**22))
        commands.append(deposit(f"btc:{account}", account, "BTC", 10**16))
    return commands


def write(folder: Path, sizes: list[int]) -> Iterator[int]:
    """Grow the journal; yields at each size, with the journal closed."""
    commands, now_ns = flow(), START_NS
    sequence = 0
    for size in sizes:
        with open_sequencer(folder / "journal", folder / "snapshots") as sequencer:
            if not sequence:
                sequencer.submit(opening(), now_ns)
            while sequencer.position.sequence < size:
                # As if 10,000 commands came a second.
                now_ns += BATCH * 100_000
                sequencer.submit([next(commands) for _ in range(BATCH)], now_ns)
                if size - TAIL <= sequencer.position.sequence < size - TAIL + BATCH:
                    engine, position = sequencer.engine, sequencer.position
                    write_snapshot(folder / "snapshots", engine, position.event_hash)
            sequence = sequencer.position.sequence
        # Orders and levels point at each other: without the collector an engine let go of stays.
        del sequencer, engine
        gc.collect()
        yield sequence


def recover_here(journal: Path, snapshots: Path | None) -> None:
    """What an engine process does before it serves."""
    gc.disable()
    started = time.process_time()
    recovery = recover_fully(journal, snapshots)
    # This machine may be busy with other things: the processor's time is what an idle one would take.
    seconds = time.process_time() - started
    status = Path("/proc/self/status").read_text()
    memory_mb = int(status.partition("VmHWM:")[2].split()[0]) // 1024
    counts = recovery.engine.counts()
    print(
        f"{seconds:.1f} s ({recovery.seconds:.1f} s by the clock), "
        f"{recovery.commands / seconds:,.0f} commands/s, "
        f"{memory_mb} MB, {recovery.commands:,} commands folded, "
        f"{counts['open_orders']} open orders, {counts['command_ids']} ids, {recovery.position.event_hash}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("millions", nargs="*", type=float, default=[1, 5, 10])
    parser.add_argument("--recover", nargs="+", type=Path)
    options = parser.parse_args()
    if options.recover:
        recover_here(options.recover[0], options.recover[1] if len(options.recover) > 1 else None)
        return
    gc.disable()
    with tempfile.TemporaryDirectory(prefix="xt-recovery-") as name:
        folder = Path(name)
        for sequence in write(folder, [int(size * MILLION) for size in options.millions]):
            used_mb = sum(path.stat().st_size for path in (folder / "journal").iterdir()) // MILLION
            print(f"{sequence:,} commands, {used_mb} MB of journal", flush=True)
            for what, paths in (
                ("full replay", ["journal"]),
                ("snapshot and tail", ["journal", "snapshots"]),
            ):
                command = [sys.executable, "-m", "tests.crash.recovery_time", "--recover"]
                command += [str(folder / path) for path in paths]
                result = subprocess.run(command, capture_output=True, text=True, check=True)
                print(f"  {what}: {result.stdout.strip()}", flush=True)


if __name__ == "__main__":
    main()
