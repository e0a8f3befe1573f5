"""``manage.py up``: the whole exchange on this machine, until Ctrl-C.

The order of a start: the database's tables, the requests for symbols and log-ins, on a new demo venue
its history, the engine, the follower that writes the database, the web server, the demo market. Every
step is skipped or cheap when it was done before, so a second start takes seconds.
"""

from __future__ import annotations

import fcntl
import ipaddress
import json
import logging
import os
import signal
import time
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from accounts import seeding
from accounts.demo_bots import DEMO_BOTS
from custody.asset_terms import seed_terms
from exchange.control.dispatcher import Dispatcher
from exchange.journal.whole_file import write_private
from exchange.link.blocking import BlockingEngineClient
from exchange.link.errors import EngineError
from ops.supervisor import core_build, descriptors, plan
from ops.supervisor.launch import bind_to_parent
from ops.supervisor.probes import port_is_free
from ops.supervisor.supervisor import StartFailed, StopRequested, Supervisor, say


class Command(BaseCommand):
    help = "Start engine, marketdata, web and (DEMO=1) the demo market; keep them running until Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.XTRADER["HOST"])
        parser.add_argument("--port", type=int, default=settings.XTRADER["PORT"])
        parser.add_argument(
            "--with-parent", action="store_true", help="stop when the process that started this one ends"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        started = time.monotonic()
        if options["with_parent"]:
            bind_to_parent(signal.SIGTERM)
        layout = layout_from_settings(options["host"], options["port"])
        refuse_open_http(layout.host)
        lock = take_data_folder(layout.data_dir)
        if not port_is_free(layout.host, layout.port):
            raise CommandError(f"Port {layout.port} is in use; choose another: make run PORT=8001")
        supervisor = Supervisor(layout.log_folder)
        descriptors.raise_limit(supervisor.report)
        supervisor.listen_for_signals()
        try:
            bring_up(supervisor, layout)
            took_s = time.monotonic() - started
            supervisor.report("ready", f"xTrader is ready in {took_s:.1f} s", seconds=round(took_s, 1))
            announce(layout)
            see_to_core(supervisor, layout)
            supervisor.watch()
        except StopRequested:
            supervisor.report("stopped_while_starting", "stopped while starting")
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
        door_folder=Path(settings.XTRADER["SIDE_DOOR_FOLDER"]),
        host=host,
        port=port,
    )


def refuse_open_http(host: str) -> None:
    """Raises CommandError where passwords and money would travel unencrypted beyond this machine and no
    setting states that this is meant."""
    if is_loopback(host) or settings.TLS or settings.DEBUG or settings.XTRADER["INSECURE_HTTP"]:
        return
    raise CommandError(
        f"HOST={host} is open to other machines, and passwords, orders and balances would cross the network "
        "unencrypted. Put a proxy that ends TLS in front and set TLS=1, or set INSECURE_HTTP=1 to do without"
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


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
    seeding.seed(layout.credentials_file, is_demo=demo or settings.XTRADER["DEMO_USERS"])
    seed_terms()
    if demo:
        call_command("demo_history")
        # A demo may be left alone for as long as one likes.
        os.environ.setdefault("ENGINE_CLOCK", "accept")
    # Links in letters lead to where this exchange listens, unless people reach it elsewhere.
    os.environ.setdefault("PUBLIC_URL", layout.url)
    connections.close_all()
    supervisor.start(plan.engine(layout))
    # These wait for each other by themselves, and most of a start is spent importing: all at once.
    specs = [plan.marketdata, plan.dispatcher, plan.web]
    if settings.XTRADER["CALENDARS"] or settings.XTRADER["DEMO_AUCTIONS"]:
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


def see_to_core(supervisor: Supervisor, layout: plan.Layout) -> None:
    """Say that the engine runs the compiled core; else, unless ``COMPILE=0``, have it compiled meanwhile."""
    if core_in_use(layout) == "compiled":
        supervisor.report("core_is_compiled", "the engine runs the compiled core")
    elif settings.XTRADER["COMPILE"] and core_build.is_wanted():
        supervisor.compile_core(layout.base_dir)


def core_in_use(layout: plan.Layout) -> str:
    """``python`` or ``compiled``; empty where the engine does not answer just now."""
    try:
        with BlockingEngineClient(layout.engine_socket) as client:
            return str(client.query("status").value["core"])
    except EngineError:
        return ""


def announce(layout: plan.Layout) -> None:
    """Write demo.json and print where to look."""
    users = people(layout)
    write_private(layout.demo_file, json.dumps({"url": layout.url, "users": users}, indent=2) + "\n")
    lines = [
        "",
        f"  the market    {layout.url}/",
        f"  the API       {layout.url}/api/docs",
        f"  operators     {layout.url}/admin/",
        "",
        *log_ins(layout, users),
        "",
        *mail_folder(),
        f"  data          {layout.data_dir}",
        "  Ctrl-C stops everything; the next start goes on where this one stopped.",
        "",
    ]
    say("\n".join(lines))


def log_ins(layout: plan.Layout, users: Mapping[str, str]) -> list[str]:
    """The log-ins of a demo market, and elsewhere the path of their file: what is printed ends in a log,
    which more people read than should know a password."""
    if settings.XTRADER["DEMO"]:
        return [f"  log in as     {name:<10} {password}" for name, password in users.items()]
    return [f"  log in as     {', '.join(users)}: passwords in {layout.credentials_file}"]


def mail_folder() -> list[str]:
    """Where mail is found, unless a server sends it."""
    folder = getattr(settings, "EMAIL_FILE_PATH", None)
    return [f"  mail          {folder} (links to finish a sign-up)"] if folder else []


def people(layout: plan.Layout) -> dict[str, str]:
    """Name → password of the log-ins that are for people and scripts, not for the demo market's bots."""
    credentials: dict[str, str] = json.loads(layout.credentials_file.read_text())
    return {name: password for name, password in credentials.items() if name not in DEMO_BOTS}
