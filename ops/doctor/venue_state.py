"""The venue: its sockets and port, its journal and snapshots, and how its parts are."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.conf import settings

from exchange.journal.errors import JournalError
from exchange.journal.files import OS_FILES
from exchange.journal.reader import JournalReader
from exchange.journal.segments import check_head, list_all_segments
from exchange.journal.snapshots import valid_snapshots
from exchange.link import engine_link
from exchange.management.commands.runengine import journal_folder
from exchange.node.clock import ClockRefused, check_start
from ops.backup.journal_copy import is_in_use
from ops.doctor.findings import Finding, bad, warning, well
from ops.glance.collecting import Glance, Watcher
from ops.supervisor.probes import port_is_free, speaks_health, web_answers

#: So far may the tables lie behind.
_LAG: Final = 10_000


def check_venue(host: str, port: int) -> Iterator[Finding]:
    """A venue that runs is asked; of one that does not, the files are looked at."""
    journal = journal_folder(settings.XTRADER["JOURNAL_URL"])
    is_running = journal.is_dir() and is_in_use(journal)
    yield from _files(journal)
    yield from _running() if is_running else _resting(journal)
    yield _port(host, port, is_running=is_running)


def _files(journal: Path) -> Iterator[Finding]:
    if not journal.is_dir():
        yield well(f"no journal at {journal} yet: the first start makes one")
        return
    snapshots = Path(settings.XTRADER["SNAPSHOT_DIR"])
    try:
        check_head(OS_FILES, journal)
        names = list_all_segments(OS_FILES, journal)
    except (JournalError, OSError) as error:
        yield bad(f"journal: {error}", "manage.py journal verify shows all damage")
        return
    yield well(f"journal: {len(names)} segments at {journal}")
    newest = next(valid_snapshots(snapshots), None) if snapshots.is_dir() else None
    if newest is not None:
        yield well(f"snapshot at sequence {newest.position.sequence:,}")
    elif names and names[0].first_sequence > 1:
        yield bad(
            "no whole snapshot, and the journal's first segments are gone",
            "bring them back to the journal's archive, or restore a backup",
        )
    elif names:
        yield well("no snapshot yet: a start folds the whole journal")


def _resting(journal: Path) -> Iterator[Finding]:
    """The last record, and whether an engine would start by this clock."""
    if not journal.is_dir():
        return
    try:
        names = list_all_segments(OS_FILES, journal)
        with JournalReader(journal, names[-1].first_sequence - 1 if names else 0) as reader:
            last_ns = 0
            while (record := reader.next()) is not None:
                last_ns = max(last_ns, record.now_ns)
            reader.end()
        check_start(last_ns, time.time_ns())
    except ClockRefused as error:
        yield warning(f"clock: {error}", "see docs/operations.md, The clock")
    except JournalError as error:
        yield bad(f"journal: {error}", "manage.py journal verify shows all damage")
    else:
        yield well("the end of the journal is whole; nothing runs on it now")


def _running() -> Iterator[Finding]:
    glance = asyncio.run(_look())
    for problem in glance.problems():
        yield bad(problem, "see docs/operations.md, What to watch")
    lag = glance.report.marketdata.get("lag", 0)
    if lag > _LAG:
        yield warning(f"the tables are {lag:,} commands behind", "history is late; see marketdata's log")
    if not glance.problems():
        yield well(f"the venue runs, at sequence {glance.report.engine['sequence']:,}")


async def _look() -> Glance:
    await engine_link.start()
    try:
        return await Watcher().glance()
    finally:
        await engine_link.stop()


def _port(host: str, port: int, *, is_running: bool) -> Finding:
    if port_is_free(host, port):
        if is_running:
            return warning(f"the engine runs, and nobody listens on {host}:{port}", "see logs/web.log")
        return well(f"port {port} is free")
    if is_running and web_answers(host, port, _LAG):
        return well(f"the venue answers on {host}:{port}")
    if is_running and speaks_health(host, port):
        return warning(f"the venue answers on {host}:{port}, and takes no orders", "see what it lacks, above")
    return bad(f"another program listens on port {port}", f"choose another: make run PORT={port + 1}")
