"""Real processes under load, ill-treated at random; clients that write down every answer; the reckoning.

Traders use the reference client over WebSocket and REST, a cashier the engine's own client; watchers follow
books and fills. When the nemesis is done, journal, engine, database and what the clients wrote down must be
one story.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from exchange.engine import messages as m
from exchange.journal.reader import JournalReader
from exchange.journal.segments import ARCHIVE_NAME
from exchange.journal.tools import verify
from tests.crash.nemesis import KINDS, Killer, Nemesis
from tests.crash.site import RECOVERY_S, Site
from tests.crash.supervised import SupervisedSite, SupervisorsNemesis
from tests.crash.traders import Cashier, Notes, Trader
from tests.marketdata import postgres
from tests.marketdata.agreement import Truth
from tests.web.stream.test_books import MARKETS, agree
from tests.web.stream.venue import PEOPLE
from xtrader_client import Client

log = logging.getLogger(__name__)

#: What a command's time may be ahead of a right clock: the engine's own bound, and some for the machine.
_AHEAD_S = 6.5


def kill_under_load(seed: int, kills: int) -> int:
    """One session of kills; how many processes were killed. Raises AssertionError for anything amiss."""
    site = Site(os.environ.get("CRASH_CANARY", ""))
    return _run(site, seed, kills, Killer)


def annoy_under_load(
    seed: int, actions: int, vendor: str = "sqlite", only: tuple[str, ...] = KINDS, canary: str = ""
) -> int:
    """One session of everything a nemesis does (``only``: of some kinds), against two web processes; returns
    how much it did. Raises AssertionError for anything amiss."""
    with tempfile.TemporaryDirectory(prefix="xt") as folder, postgres.url_for(vendor) as url:
        more = {"DATABASE_URL": url} if url else {}
        (kept := Path(folder) / "kept").mkdir()
        site = Site(
            canary or os.environ.get("CRASH_CANARY", ""),
            webs=2,
            is_unruly=True,
            is_operated=True,
            CRASH_CLOCK=str(Path(folder) / "clock"),
            CRASH_SLOW_MS="100",
            CRASH_KEPT=str(kept),
            **more,
        )
        return _run(site, seed, actions, partial(Nemesis, kinds=only))


def annoy_the_supervisor(seed: int, actions: int) -> int:
    """One session in which the supervisor is killed, and stopped while its processes die; how often."""
    site = SupervisedSite(is_operated=False, COMPILE="0", DEMO="0")
    return _run(site, seed, actions, SupervisorsNemesis)  # type: ignore[arg-type]


MakeKiller = Callable[[Site, int, Notes], Killer]


def _run(site: Site, seed: int, times: int, make_killer: MakeKiller) -> int:
    try:
        return asyncio.run(_session(site, seed, times, make_killer))
    except BaseException:
        print(site.log_tail(6_000), file=sys.stderr)
        raise
    finally:
        site.close()


async def _session(site: Site, seed: int, times: int, make_killer: MakeKiller) -> int:
    notes, stop = Notes(), asyncio.Event()
    traders = [Trader(site, name, seed, notes, web) for web, name in enumerate(PEOPLE)]
    watcher, killer, cashier = (
        site.client(timeout_s=30),
        make_killer(site, seed, notes),
        Cashier(site, seed, notes),
    )
    clients: list[Client] = [watcher, *(trader.client for trader in traders)]
    await asyncio.gather(*(client.start() for client in clients))
    books = [await watcher.book(symbol) for symbol in MARKETS]
    trading = [asyncio.create_task(trader.trade(stop)) for trader in traders]
    cash = asyncio.create_task(asyncio.to_thread(cashier.work, stop))
    try:
        await asyncio.to_thread(killer.kill, times)
        await asyncio.sleep(0.5)
    except BaseException:
        for task in trading:
            task.cancel()
        raise
    finally:
        stop.set()
    await asyncio.gather(*trading, cash)
    await asyncio.to_thread(site.wait_serving)
    for book in books:
        await agree(site, book, timeout_s=RECOVERY_S)
    await asyncio.gather(*(client.close() for client in clients))
    await asyncio.to_thread(_reckon, site, notes, traders, cashier)
    kinds = " ".join(f"{kind}={count}" for kind, count in sorted(notes.kinds.items()))
    log.info("did %s; %d orders acknowledged: %s", dict(killer.done), len(notes.placed), kinds)
    if os.environ.get("CRASH_TELL"):
        print(
            f"seed {seed}: {dict(killer.done)}; {kinds}; {len(notes.unknown)} unknown; "
            f"refused {dict(Counter(notes.refused.values()))}",
            flush=True,
        )
    return sum(killer.done.values())


def _reckon(site: Site, notes: Notes, traders: list[Trader], cashier: Cashier) -> None:
    """Everybody's story, compared."""
    site.end_asking()
    status = site.admin.query("status").value
    site.wait_for_market(status["sequence"])
    breaches = site.market_status()["breaches"]
    balances = {account: site.admin.query("balances", account).value for account in PEOPLE.values()}
    opened = {account: site.admin.query("open_orders", account, None).value for account in PEOPLE.values()}
    # The engine first: a tick may come at any moment, and the tables are to have all of the journal.
    assert site.kill(site.engine, signal.SIGTERM) == 0, site.log_tail()
    site.wait_for_market(verify(site.data / "journal").last_sequence)
    assert site.kill(site.market, signal.SIGTERM) == 0, site.log_tail()
    truth = Truth(site.data / "journal", site.data / "nowhere")
    problems = [*breaches, *truth.engine.check()]
    # A minute may have passed since the engine was asked: ticks move nothing but the clock.
    for account in PEOPLE.values():
        if tuple(truth.engine.balances(account)) != tuple(map(tuple, balances[account])):
            problems.append(f"balances of {account} differ between engine and journal")
        if truth.engine.open_orders(account) != [tuple(event) for event in opened[account]]:
            problems.append(f"open orders of {account} differ between engine and journal")
    problems += _orders(notes, truth)
    problems += _transfers(notes, cashier, truth)
    problems += _times(site.data / "journal")
    for trader in traders:
        problems += _fills(trader, truth)
        problems += [f"{trader.name} got a second answer to {number}" for number in trader.answered_again]
    if tables := site.disagreements():
        problems.append(tables)
    assert not problems, "\n".join(problems[:20])
    log.info("%d segments archived", len(list((site.data / "journal" / ARCHIVE_NAME).glob("*.gz"))))
    assert len(notes.placed) > 20, "hardly anything was traded: this proves nothing"


def _orders(notes: Notes, truth: Truth) -> Iterator[str]:
    found: dict[tuple[int, str], list[int]] = {}
    for order_id, order in truth.orders.items():
        # A bracket's exits have no id of their own.
        if order[2] is not None:
            found.setdefault((order[1], order[2]), []).append(order_id)
    for key, ids in found.items():
        if len(ids) > 1:
            yield f"{key} was placed {len(ids)} times: {ids}"
    yield from _placed(notes, truth, found)
    for key, code in notes.refused.items():
        if key in found:
            yield f"{key} was refused ({code}) and is order {found[key]}"
    for order_id in notes.canceled:
        if truth.orders[int(order_id)][15] != m.CANCELED:
            yield f"order {order_id} was acknowledged as canceled: {truth.orders[int(order_id)]}"
    strangers = set(found) - set(notes.placed) - notes.unknown
    if strangers:
        yield f"orders nobody placed: {sorted(strangers)[:5]}"


def _placed(notes: Notes, truth: Truth, found: dict[tuple[int, str], list[int]]) -> Iterator[str]:
    """Acknowledged orders, their fills, and changes of them."""
    trades = {trade.trade_id: (sequence, trade) for sequence, _, trade in truth.trades}
    for key, placed in notes.placed.items():
        if found.get(key) != [placed.order_id]:
            yield f"{key} was acknowledged as {placed.order_id}, the journal has {found.get(key)}"
        elif truth.orders[placed.order_id][-1] < placed.sequence:
            yield f"{key} was placed at {placed.sequence}: {truth.orders[placed.order_id]}"
        for fill in placed.fills:
            sequence, trade = trades.get(int(fill.trade_id), (0, None))
            if trade is None or sequence != placed.sequence or key[0] not in trade[8:15:5]:
                yield f"{key} was told of trade {fill.trade_id} at {placed.sequence}; the journal: {trade}"
    for order_id, sequence in notes.changed.items():
        if truth.orders[order_id][-1] < sequence:
            yield f"order {order_id} was changed at {sequence}: {truth.orders[order_id]}"


def _transfers(notes: Notes, cashier: Cashier, truth: Truth) -> Iterator[str]:
    #: An amount that moves has two sides of one sequence.
    found: dict[str, set[int]] = {}
    for sequence, _, event in truth.transfers:
        found.setdefault(event.command_id, set()).add(sequence)
    for command_id, outcome in notes.transfers.items():
        is_applied = outcome.events[0][0] == m.EV_TRANSFER
        if found.get(command_id, set()) != ({outcome.sequence} if is_applied else set()):
            yield f"{command_id} was answered {outcome}, the journal has it at {found.get(command_id)}"
    for command_id, sequences in found.items():
        is_ours = command_id.startswith("cash:")
        if len(sequences) > 1 or (is_ours and command_id not in cashier.maybe | set(notes.transfers)):
            yield f"{command_id} was applied at {sequences}"


def _fills(trader: Trader, truth: Truth) -> Iterator[str]:
    """A subscriber sees its fills in order, none twice; and all of them, unless it is told of a gap."""
    seen = [int(fill.trade_id) for fill in trader.seen]
    if seen != sorted(set(seen)):
        yield f"{trader.name} saw fills twice or out of order"
    own = [t.trade_id for _, _, t in truth.trades if trader.account in (t.taker_account, t.maker_account)]
    if not set(seen) <= set(own):
        yield f"{trader.name} saw fills that never were: {set(seen) - set(own)}"
    assert trader.fills is not None, "subscribed first"
    if not trader.fills.gaps and own != seen:
        yield f"{trader.name} was told of no gap, but missed {sorted(set(own) - set(seen))[:5]}"


def _times(journal: Path) -> Iterator[str]:
    """No command is stamped with a time that has yet to come, nor with one before the last."""
    with JournalReader(journal) as reader:
        before = 0
        while (record := reader.next()) is not None:
            if not record.command_count:
                continue
            if record.now_ns < before or record.now_ns > time.time_ns() + _AHEAD_S * 1e9:
                yield f"sequence {record.first_sequence} is stamped {record.now_ns} after {before}"
                return
            before = record.now_ns
