"""A whole exchange for tests: a real engine and a real uvicorn with a data folder of their own.

venue.engine, venue.web     the processes; ``kill`` them, start them again
venue.admin                 a blocking engine client: deposits, halts, the engine's own word on a book
venue.client("alice")       the reference client, logged in
venue.raw()                 a bare WebSocket, for what no decent client would send
"""

from __future__ import annotations

import asyncio
import atexit
import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection, connect

from exchange.engine import messages as m
from exchange.link.blocking import BlockingEngineClient
from exchange.listing import catalog
from ops.supervisor.plan import UVICORN
from xtrader_client import Client

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[3]
PASSWORD = "correct horse battery staple"
#: mina makes markets.
PEOPLE = {"alice": 1001, "bob": 1002, "carol": 1003, "mina": 1004}
FUNDS = {"KRW": 10_000_000_000, "BTC": 1_000, "ETH": 10_000, "USD": 100_000_000, "AAPL": 1_000_000}

_MAKE_PEOPLE = """
import django; django.setup()
import json, sys
from accounts.models import User
from accounts.identity import roles
from exchange.models import Account
for name, number in json.loads(sys.argv[1]).items():
    user = User.objects.create_user(name, password=sys.argv[2])
    roles.assign_role(user, roles.MARKET_MAKER if name == "mina" else roles.TRADER)
    Account.objects.create(number=number, user=user)
roles.assign_role(User.objects.create_user("oscar", password=sys.argv[2]), roles.OPERATOR)
"""

_LOG_IN = """
import django; django.setup()
import sys
from accounts.models import User
from django.test import Client
client = Client()
client.force_login(User.objects.get(username=sys.argv[1]))
print(client.cookies["sessionid"].value)
"""


def run(work: Coroutine[Any, Any, T], timeout_s: float = 60.0) -> T:
    """Run one test's coroutine to its end."""

    async def bounded() -> T:
        async with asyncio.timeout(timeout_s):
            return await work

    return asyncio.run(bounded())


@functools.cache
def _prepared() -> Path:
    """A data folder with its tables and people: made once, and each venue starts from a copy of it."""
    folder = Path(tempfile.mkdtemp(prefix="xt-ws-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    prepare(environment_of(folder))
    return folder


def prepare(environment: dict[str, str]) -> None:
    """Make the tables and the people in the database of an environment."""
    for arguments in (
        ("manage.py", "migrate", "--verbosity=0"),
        ("-c", _MAKE_PEOPLE, json.dumps(PEOPLE), PASSWORD),
    ):
        subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, check=True, timeout=300)


def environment_of(data: Path, **more: str) -> dict[str, str]:
    inherited = {
        key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "JOURNAL_URL")
    }
    return {
        **inherited,
        "DATA": str(data),
        # Staff log in by password alone, but where that is the matter.
        "STAFF_SECOND_FACTOR": "0",
        "DJANGO_SETTINGS_MODULE": "tests.web.stream.settings",
        "LOG_LEVEL": "INFO",
        # Each test logs in anew, all of them from one address.
        "RATE_LIMIT_LOGIN": "0",
        # Tests enter as fast as they can; the limit has tests of its own.
        "RATE_LIMIT_ORDERS": "50000/s",
        **more,
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Venue:
    """Processes end by ``close`` at the latest."""

    def __init__(self, prepared: Path | None = None, **environment: str) -> None:
        """``prepared``: a data folder to start from a copy of, in place of the one that all share."""
        # Unix socket paths are short; pytest's own temporary folders are not.
        self.data = Path(tempfile.mkdtemp(prefix="xt-ws-"))
        shutil.copytree(prepared or _prepared(), self.data, dirs_exist_ok=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = environment_of(self.data, **environment)
        self._log = (self.data / "log").open("ab")
        self._running: list[subprocess.Popen[bytes]] = []
        self._ids = 0
        self.admin = BlockingEngineClient(self.data / "engine.sock", timeout_ms=20_000)
        try:
            self.engine = self.start_engine()
            self.admin.wait_connected(180)
            self._set_up()
            self.web = self.start_web()
        except BaseException:
            self.close()
            raise

    # --- processes -----------------------------------------------------------------------------------

    def start_engine(self) -> subprocess.Popen[bytes]:
        self.engine = self._start("manage.py", "runengine")
        return self.engine

    def restart_engine(self) -> None:
        """Kill it and start it again; returns once it answers."""
        self.kill(self.engine)
        self.start_engine()
        self.admin.wait_connected(180)

    def start_web(self) -> subprocess.Popen[bytes]:
        self.web = self._start(
            *("-m", "uvicorn", "xtrader.asgi:application", "--host", "127.0.0.1", "--port", str(self.port)),
            *UVICORN,
        )
        self.wait_web()
        return self.web

    def wait_web(self) -> None:
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{self.url}/api/v1/time", timeout=20).close()
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"the web process does not answer: {self.log_tail()}")

    def kill(self, process: subprocess.Popen[bytes], number: signal.Signals = signal.SIGKILL) -> int:
        process.send_signal(number)
        return process.wait(timeout=120)

    def log_tail(self, length: int = 4000) -> str:
        return (self.data / "log").read_text(errors="replace")[-length:]

    def close(self) -> None:
        self.admin.close()
        for process in self._running:
            if process.poll() is None:
                process.kill()
            process.wait()
        self._log.close()
        shutil.rmtree(self.data, ignore_errors=True)

    # --- the market ----------------------------------------------------------------------------------

    def submit(self, *commands: m.Command) -> None:
        """Submit and insist that none is refused."""
        for outcome in self.admin.submit_many(commands):
            assert outcome.events[0][0] != m.EV_REJECTED, outcome.events[0]

    def next_id(self) -> str:
        self._ids += 1
        return f"test:{os.getpid()}:{self._ids}"

    def depth(self, symbol: str) -> tuple[int, list[Any], list[Any]]:
        """The engine's book: its sequence, bids and asks in ticks and lots."""
        sequence, (bids, asks) = self.admin.query("book", symbol, None)
        return sequence, [tuple(level) for level in bids], [tuple(level) for level in asks]

    def clear_orders(self) -> None:
        """Take every resting order off the books."""
        for account in PEOPLE.values():
            self.submit(m.cancel_all(self.next_id(), account))

    # --- clients -------------------------------------------------------------------------------------

    def client(self, name: str | None = None, **options: Any) -> Client:
        if name is None:
            return Client(self.url, **options)
        return Client(self.url, name, PASSWORD, **options)

    @asynccontextmanager
    async def raw(self, **options: Any) -> Any:
        """A bare connection, its greeting read."""
        url = f"ws://127.0.0.1:{self.port}/ws"
        async with connect(url, proxy=None, compression=None, max_size=None, **options) as connection:
            greeting = json.loads(await connection.recv())
            assert greeting["type"] == "connected"
            yield connection

    def session_cookie(self, name: str) -> str:
        """The cookie of a browser in which somebody has logged in, made as the log-in page makes it."""
        result = subprocess.run(
            [sys.executable, "-c", _LOG_IN, name],
            cwd=ROOT,
            env=self.environment,
            check=True,
            timeout=300,
            capture_output=True,
            text=True,
        )
        return f"sessionid={result.stdout.strip()}"

    async def token(self, name: str) -> str:
        client = self.client(name)
        try:
            return await client._rest.token()
        finally:
            await client.close()

    # --- inside --------------------------------------------------------------------------------------

    def _set_up(self) -> None:
        scales = {asset.asset: asset.scale for asset in catalog.ASSETS}
        self.submit(*catalog.setup_commands())
        for account in PEOPLE.values():
            self.submit(m.set_account(self.next_id(), account))
            for asset, units in FUNDS.items():
                self.submit(m.deposit(self.next_id(), account, asset, units * 10 ** scales[asset]))

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=self._log,
            stderr=self._log,
        )
        self._running.append(process)
        return process


async def request(connection: ClientConnection, op: str, **fields: Any) -> dict[str, Any]:
    """Send one operation on a bare connection and return its reply, passing over pushes."""
    await connection.send(json.dumps({"op": op, "id": op, **fields}))
    while True:
        message = json.loads(await connection.recv())
        if message["type"] == "reply":
            return dict(message)


async def next_push(connection: ClientConnection, kind: str) -> dict[str, Any]:
    """The next message of a type, passing over all else."""
    while True:
        message = json.loads(await connection.recv())
        if message["type"] == kind:
            return dict(message)
