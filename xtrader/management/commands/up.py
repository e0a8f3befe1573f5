"""``manage.py up``: the whole exchange on this machine, until Ctrl-C.

The order of a start: the database's tables, the requests for symbols and log-ins, on a new demo venue
its history, the engine, the follower that writes the database, the web server, the demo market. Every
step is skipped or cheap when it was done before, so a second start takes seconds.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import signal
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, TextIO

import environ
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from exchange import seeding
from exchange.dispatch import Dispatcher
from exchange.worker.client import BlockingEngineClient
from exchange.worker.errors import EngineError
from xtrader.supervisor import plan
from xtrader.supervisor.launch import bind_to_parent
from xtrader.supervisor.probes import port_is_free
from xtrader.supervisor.supervisor import StartFailed, StopRequested, Supervisor, say, say_with_time


class Command(BaseCommand):
    help = "Start engine, marketdata, web and (DEMO=1) the demo market; keep them running until Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--with-parent", action="store_true", help="stop when the process that started this one ends"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        started = time.monotonic()
        if options["with_parent"]:
            bind_to_parent(signal.SIGTERM)
        layout = layout_from_settings(options["host"], options["port"])
        lock = take_data_folder(layout.data_dir)
        if not port_is_free(layout.host, layout.port):
            raise CommandError(f"Port {layout.port} is in use; choose another: make run PORT=8001")
        supervisor = Supervisor(layout.log_folder)
        supervisor.listen_for_signals()
        try:
            bring_up(supervisor, layout)
            announce(layout, time.monotonic() - started)
            supervisor.watch()
        except StopRequested:
            say_with_time("stopped while starting")
        except StartFailed as error:
            supervisor.stop()
            raise CommandError(str(error)) from error
        finally:
            supervisor.stop()
            lock.close()


def layout_from_settings(host: str, port: int) -> plan.Layout:
    return plan.Layout(
        base_dir=settings.BASE_DIR,
        data_dir=settings.XTRADER["DATA_DIR"],
        engine_socket=Path(settings.XTRADER["ENGINE_SOCKET"]),
        marketdata_socket=Path(settings.XTRADER["MARKETDATA_SOCKET"]),
        host=host,
        port=port,
    )


def take_data_folder(folder: Path) -> TextIO:
    """Hold the folder for this supervisor alone, so that two never start the same exchange."""
    lock = (folder / "supervisor.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        holder = lock.read().strip() or "another process"
        raise CommandError(f"{folder} is in use by pid {holder}; choose another: make run DATA=…") from error
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def bring_up(supervisor: Supervisor, layout: plan.Layout) -> None:
    """Start everything in order; returns once all of it serves."""
    demo = bool(settings.XTRADER["DEMO"])
    # What the steps done in this process have to say is for their logs; this terminal is the supervisor's.
    logging.getLogger("exchange").setLevel(logging.WARNING)
    (layout.data_dir / "static").mkdir(exist_ok=True)
    call_command("migrate", verbosity=0, interactive=False)
    seeding.seed(layout.credentials_file, is_demo=demo or wants_demo_users())
    if demo:
        call_command("demo_history")
    connections.close_all()
    supervisor.start(plan.engine(layout))
    # These wait for each other by themselves, and most of a start is spent importing: all at once.
    specs = [plan.marketdata, plan.dispatcher, plan.web]
    if settings.XTRADER["CALENDARS"]:
        specs.insert(2, plan.sessions)
    followers = [supervisor.launch(spec(layout)) for spec in specs]
    submit_requests(layout)
    for child in followers:
        supervisor.wait_until_ready(child)
    if demo:
        supervisor.start(plan.demo_market(layout))


def submit_requests(layout: plan.Layout) -> None:
    """Bring what the seed asked for to the engine now, so that the first page already shows it."""
    try:
        with BlockingEngineClient(layout.engine_socket) as client:
            Dispatcher(client).run_until_empty()
    except EngineError as error:
        raise StartFailed(f"the engine did not take the change requests: {error!r}") from error
    finally:
        connections.close_all()


def wants_demo_users() -> bool:
    """Whether a venue without a demo market still gets the demo log-ins with balances."""
    return environ.Env().bool("DEMO_USERS", default=True)


def announce(layout: plan.Layout, took_s: float) -> None:
    """Write demo.json and tell a person where to look."""
    users = people(layout)
    write_private(layout.demo_file, json.dumps({"url": layout.url, "users": users}, indent=2) + "\n")
    say_with_time(f"xTrader is ready in {took_s:.1f} s")
    lines = [
        "",
        f"  the market    {layout.url}/",
        f"  the API       {layout.url}/api/docs",
        f"  operators     {layout.url}/admin/",
        "",
        *(f"  log in as     {name:<10} {password}" for name, password in users.items()),
        "",
        f"  data          {layout.data_dir}",
        "  Ctrl-C stops everything; the next start goes on where this one stopped.",
        "",
    ]
    say("\n".join(lines))


def people(layout: plan.Layout) -> dict[str, str]:
    """Name → password of the log-ins that are for people and scripts, not for the demo market's bots."""
    credentials: dict[str, str] = json.loads(layout.credentials_file.read_text())
    return {name: password for name, password in credentials.items() if name not in seeding.DEMO_BOTS}


def write_private(path: Path, content: str) -> None:
    """Replace ``path`` whole, readable by its owner only."""
    beside = path.with_suffix(".tmp")
    beside.touch(mode=0o600)
    beside.write_text(content)
    beside.replace(path)
