"""A venue with a projector and one or more web processes, each of which a harness may ill-treat."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import Any

import httpx

from exchange.link.errors import EngineUnavailable
from marketdata.feed.feed_client import read_status
from ops.supervisor.plan import UVICORN
from tests.web.stream.venue import (
    _MAKE_PEOPLE,
    PASSWORD,
    PEOPLE,
    ROOT,
    Venue,
    _prepared,
    environment_of,
    free_port,
)
from xtrader_client import Client

RECOVERY_S = 240
#: Some hundred commands: segments come and go while processes are killed.
_SEGMENT_BYTES = 16 * 1024


class Site(Venue):
    """A venue with its projector, whose processes can be named.

    ``webs``: how many web processes. ``canary``: what is broken on purpose. ``is_unruly``: the engine is one
    whose clock can be set wrong and that is busy with little, and web processes wait long for it
    (``tests.crash.unruly``, ``unruly_web``). ``is_operated``: an operator asks for changes, and the
    dispatcher brings them to the engine. With a ``DATABASE_URL`` in the environment that database is used; it
    must be empty.
    """

    def __init__(
        self,
        canary: str = "",
        *,
        snapshot_commands: int = 200,
        webs: int = 1,
        is_unruly: bool = False,
        is_operated: bool = False,
        **environment: str,
    ) -> None:
        self._canary = canary
        self._is_unruly = is_unruly or bool(canary)
        self._snapshot_commands = snapshot_commands
        if "DATABASE_URL" in environment:
            _prepare_database(environment["DATABASE_URL"])
        self._ports = [0, *(free_port() for _ in range(1, webs))]
        super().__init__(JOURNAL_KEEP_SEGMENTS="1", CRASH_CANARY=canary, **environment)
        self._ports[0] = self.port
        self.webs = [self.web, *(self._start_web(port) for port in self._ports[1:])]
        self.market = self.start_market()
        self.asker: subprocess.Popen[bytes] | None = None
        if is_operated:
            self.dispatcher = self.start_dispatcher()
            self.asker = self._start("-m", "tests.crash.asker")
        # On a starved machine a client would give up before a web process is there.
        self.wait_webs()

    @property
    def urls(self) -> list[str]:
        """Of each web process."""
        return [f"http://127.0.0.1:{port}" for port in self._ports]

    def client_of(self, web: int, name: str, **options: Any) -> Client:
        """A client of one of the web processes."""
        return Client(self.urls[web % len(self.urls)], name, PASSWORD, **options)

    # --- processes -----------------------------------------------------------------------------------

    def start_engine(self) -> subprocess.Popen[bytes]:
        command = ("-m", "tests.crash.unruly") if self._is_unruly else ("manage.py", "runengine")
        self.engine = self._start(*command, f"--segment-bytes={_SEGMENT_BYTES}")
        return self.engine

    def start_market(self) -> subprocess.Popen[bytes]:
        self.market = self._start(
            *("manage.py", "runmarketdata", "--check-seconds=1"),
            f"--snapshot-commands={self._snapshot_commands}",
        )
        return self.market

    def start_dispatcher(self) -> subprocess.Popen[bytes]:
        self.dispatcher = self._start("manage.py", "rundispatcher")
        return self.dispatcher

    def end_asking(self) -> None:
        """Returns once every change that was asked for has its answer."""
        if self.asker is not None:
            self.asker.send_signal(signal.SIGTERM)
            assert self.asker.wait(RECOVERY_S) == 0, self.log_tail()

    def start_web(self) -> subprocess.Popen[bytes]:
        self.web = self._start_web(self.port)
        self.wait_web()
        return self.web

    def restart_web(self, number: int) -> None:
        """Start one of several again; returns once it answers."""
        self.webs[number] = self._start_web(self._ports[number])
        if number == 0:
            self.web = self.webs[0]
        self.wait_webs()

    def wait_webs(self) -> None:
        """Until each answers anything at all."""
        deadline = time.monotonic() + RECOVERY_S
        for url in self.urls:
            while True:
                try:
                    httpx.get(f"{url}/api/v1/time", timeout=20)
                    break
                except httpx.HTTPError:
                    assert time.monotonic() < deadline, f"{url} does not answer\n{self.log_tail()}"
                    time.sleep(0.05)

    def _start_web(self, port: int) -> subprocess.Popen[bytes]:
        program = "tests.crash.unruly_web" if self._is_unruly else "uvicorn"
        arguments = ("xtrader.asgi:application", "--host", "127.0.0.1", "--port", str(port), *UVICORN)
        return self._start("-m", program, *arguments)

    # --- how it is -----------------------------------------------------------------------------------

    def market_status(self) -> dict[str, Any]:
        """What marketdata says of itself; empty while it does not answer."""
        return read_status(self.data / "marketdata.sock") or {}

    def wait_for_market(self, sequence: int, timeout_s: float = RECOVERY_S) -> None:
        """Until the tables hold ``sequence``."""
        deadline = time.monotonic() + timeout_s
        while (status := self.market_status()).get("sequence", -1) < sequence:
            if time.monotonic() > deadline or self.market.poll() is not None:
                raise AssertionError(f"marketdata does not reach {sequence}: {status}\n{self.log_tail()}")
            time.sleep(0.05)

    def wait_serving(self) -> None:
        """Until the engine answers, and each web process answers from it."""
        deadline = time.monotonic() + RECOVERY_S
        while True:
            assert self.engine.poll() is None, f"the engine does not start\n{self.log_tail()}"
            try:
                self.admin.wait_connected(1)
                break
            except EngineUnavailable:
                assert time.monotonic() < deadline, self.log_tail()
        for url in self.urls:
            while httpx.get(f"{url}/api/v1/orderbook/AAPL", timeout=RECOVERY_S).status_code != 200:
                assert time.monotonic() < deadline, self.log_tail()
                time.sleep(0.1)

    def disagreements(self) -> str:
        """How tables and journal differ, as a process of its own sees it; empty is well."""
        code = "import django; django.setup(); from tests.marketdata.agreement import main; "
        code += "raise SystemExit(main())"
        result = subprocess.run(
            [sys.executable, "-c", code, str(self.data / "journal"), str(self.data / "nowhere")],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return "" if result.returncode == 0 else result.stdout + result.stderr


def _prepare_database(url: str) -> None:
    """Tables and people in an empty database, as every venue on SQLite starts with."""
    environment = environment_of(_prepared(), DATABASE_URL=url)
    for arguments in (
        ("manage.py", "migrate", "--verbosity=0"),
        ("-c", _MAKE_PEOPLE, json.dumps(PEOPLE), PASSWORD),
    ):
        subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, check=True, timeout=300)
