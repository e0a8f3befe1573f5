"""What every test may ask for: a real engine worker, and the people who trade on it.

live_engine     an engine worker on a socket and journal of its own, with the symbols that ship; the
                site's link talks to it, and ``live_engine.project()`` brings the database up to date
alice, bob, carol   traders with money, each with an API client that carries a bearer token
oscar           an operator: he runs the exchange and has no account to trade with
"""

from __future__ import annotations

import itertools
import logging
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection
from rest_framework.test import APIClient

from accounts.identity import roles, tokens
from accounts.identity.last_seen import last_seen
from accounts.identity.rate_tiers import RateTiers
from accounts.identity.terms_of_service import in_force
from accounts.identity.verified_tokens import verified_tokens
from accounts.keys.verified_keys import verified_keys
from accounts.models import User
from exchange import process
from exchange.engine import messages as m
from exchange.link import engine_link
from exchange.link.blocking import BlockingEngineClient
from exchange.link.protocol import Outcome
from exchange.listing import catalog
from exchange.listing.symbol_table import symbols
from exchange.models import Account, append_only
from exchange.node.disk_room import DiskRoom
from exchange.node.sequencer import open_sequencer
from exchange.node.server import EngineServer, Limits
from exchange.telemetry.breakers import Breakers
from ops.health import examiner
from ops.readiness import readiness
from web.access.limiter import limiter
from web.pages import log_in_records

#: What each trader of the cast starts with, in whole units.
FUNDS = {"KRW": 1_000_000_000, "BTC": 10, "ETH": 100, "USD": 1_000_000, "AAPL": 10_000}
PASSWORD = "correct horse battery staple"


def pytest_configure() -> None:
    """The folder of collected static files has to be there, or each test client warns about it; and the
    bound on lines a minute, which has tests of its own, is off."""
    Path(django_settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    for handler in logging.getLogger().handlers:
        # All tests of a run log as one process: what one writes must not count against another's lines.
        handler.filters.clear()
    # What heads of another database there may be are not those of the tests'.
    django_settings.XTRADER["AUDIT_HEADS"] = str(Path(tempfile.gettempdir()) / f"xt-heads-{os.getpid()}")
    # Tests of the second factor switch it on.
    django_settings.XTRADER["STAFF_SECOND_FACTOR"] = False


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Tests that commit empty all tables after them, the audit log's too. Its triggers have tests of their
    own (``tests/exchange/audit``), on databases that were migrated and left alone."""
    with django_db_blocker.unblock():
        append_only.allow_deletes(connection)


def pytest_unconfigure() -> None:
    """What a process logs at its very end (counts of failed log-ins) finds pytest's streams closed."""
    logging.raiseExceptions = False


@pytest.fixture(autouse=True)
def closed_breakers() -> None:
    """What was away in the test before is not in this one."""
    process.current().remove(Breakers)


class Worker:
    """The engine worker of a folder, in a thread of this process."""

    def __init__(self, folder: Path) -> None:
        self._sequencer = open_sequencer(folder / "journal", folder / "snapshots", segment_bytes=1 << 20)
        #: Watches no disk; a test may say that one is nearly full.
        self.disk = DiskRoom()
        limits = Limits(seal_after_s=0.01)
        self._server = EngineServer(self._sequencer, folder / "engine.sock", limits, self.disk)
        self._thread = threading.Thread(target=self._server.run, name="engine", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.stop()
        self._thread.join(10)
        self._sequencer.close()


@dataclass
class LiveEngine:
    """A running engine worker and the ways of a test to it."""

    folder: Path
    worker: Worker
    client: BlockingEngineClient
    _ids: Iterator[int] = field(default_factory=itertools.count)

    @property
    def socket_path(self) -> Path:
        return self.folder / "engine.sock"

    def restart(self) -> None:
        """Stop the worker and start another on the same journal."""
        self.worker.stop()
        self.worker = Worker(self.folder)
        self.client.wait_connected()

    def command_id(self) -> str:
        return f"test:{next(self._ids)}"

    def submit(self, *commands: m.Command) -> list[Outcome]:
        """Submit and insist that none is refused."""
        outcomes = self.client.submit_many(commands)
        for outcome in outcomes:
            assert outcome.events[0][0] != m.EV_REJECTED, outcome.events[0]
        return outcomes

    def open_account(self, account: int, funds: dict[str, int]) -> None:
        scales = {asset.asset: asset.scale for asset in catalog.ASSETS}
        deposits = [
            m.deposit(self.command_id(), account, asset, units * 10 ** scales[asset])
            for asset, units in funds.items()
        ]
        self.submit(m.set_account(self.command_id(), account), *deposits)

    def set_status(self, symbol: str, status: int, reason: str = "") -> None:
        """``TRADING`` follows at once, also after a halt, which asks for a reason."""
        direct = status == m.TRADING
        reason = reason or ("goes on" if direct else "")
        self.submit(m.set_symbol_status(self.command_id(), symbol, status, reason, direct=direct))
        symbols.forget()

    @property
    def sequence(self) -> int:
        return self.client.query("status").sequence

    def project(self) -> None:
        """Bring the database up to the engine, by the projector that runs in production."""
        from exchange.link.follower import Follower, Position
        from exchange.selectors.position import projected_sequence
        from marketdata.feed.board import Board
        from marketdata.projection.follower_health import Options
        from marketdata.projection.projector import Projector
        from marketdata.projection.store import Store

        journal, snapshots = self.folder / "journal", self.folder / "snapshots"

        def follow(position: Position | None) -> Follower:
            return Follower(journal, snapshots, position=position)

        projector = Projector(follow, Store(), Board(), snapshot_dir=snapshots, options=Options(pace_ms=0))
        wanted = self.sequence
        while projected_sequence() < wanted:
            projector.step(0.01)


@pytest.fixture
def live_engine() -> Iterator[LiveEngine]:
    # Unix socket paths are short; pytest's own temporary folders are not.
    folder = Path(tempfile.mkdtemp(prefix="xt-"))
    worker = Worker(folder)
    client = BlockingEngineClient(folder / "engine.sock")
    engine = LiveEngine(folder, worker, client)
    with process.using(process.Process()):
        engine_link.configure(folder / "engine.sock")
        try:
            client.wait_connected()
            engine.submit(*catalog.setup_commands())
            yield engine
        finally:
            client.close()
            engine_link.configure(folder / "gone.sock")
            engine.worker.stop()
            shutil.rmtree(folder)


@dataclass
class Person:
    """Somebody of the cast: his user, his account (0 without one), and a client that is logged in."""

    user: User
    account: int
    api: APIClient

    def get(self, path: str, **query: Any) -> Any:
        return self.api.get(path, query)

    def post(self, path: str, body: Any = None) -> Any:
        """POST JSON; text and bytes go as they are."""
        if isinstance(body, str | bytes):
            return self.api.post(path, body, content_type="application/json")
        return self.api.post(path, {} if body is None else body, format="json")

    def place(self, **order: Any) -> Any:
        """Enter an order, by default a limit buy of 0.01 BTC at 100,000,000 KRW."""
        body = {
            "symbol": "BTC-KRW",
            "side": "buy",
            "order_type": "limit",
            "price": "100000000",
            "quantity": "0.01",
            **order,
        }
        return self.post("/v1/order", {name: value for name, value in body.items() if value is not None})


def make_person(name: str, role: str, account: int = 0) -> Person:
    user = User.objects.create_user(name, password=PASSWORD)
    roles.assign_role(user, role)
    if account:
        Account.objects.create(number=account, user=user)
    api = APIClient(raise_request_exception=False)
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.refresh_token(user).access_token}")
    return Person(user, account, api)


def _trader(name: str, account: int, engine: LiveEngine) -> Person:
    person = make_person(name, roles.TRADER, account)
    engine.open_account(account, FUNDS)
    return person


@pytest.fixture
def alice(db: None, live_engine: LiveEngine) -> Person:
    return _trader("alice", 1001, live_engine)


@pytest.fixture
def bob(db: None, live_engine: LiveEngine) -> Person:
    return _trader("bob", 1002, live_engine)


@pytest.fixture
def carol(db: None, live_engine: LiveEngine) -> Person:
    return _trader("carol", 1003, live_engine)


@pytest.fixture
def oscar(db: None, live_engine: LiveEngine) -> Person:
    return make_person("oscar", roles.OPERATOR)


@pytest.fixture
def anyone() -> APIClient:
    """A client that is not logged in."""
    return APIClient(raise_request_exception=False)


@pytest.fixture(autouse=True)
def _clean_process(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees another's rate counters, verified tokens or health report; passwords hash quickly."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()
    limiter.reset()
    verified_tokens.forget()
    verified_keys.forget()
    last_seen.forget()
    in_force.note(None)
    process.current().remove(RateTiers)
    examiner.forget()
    readiness.forget()
    # Its thread would write a minute later, into another test.
    monkeypatch.setattr(log_in_records, "_in_thread", lambda _delay_s, _run: None)
