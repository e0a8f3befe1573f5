"""The exchange and its counterparty each keep a ledger, and must come to the same: over lives of a job that
is killed between any two of its steps, while the counterparty answers late, twice, wrongly, or not at all.

Each withdrawal is paid once or given back, each deposit is credited once; where the two sides cannot agree by
themselves operators decide by the counterparty's own books. At the end engine and counterparty have the same
sums, and so says the reconciliation.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from accounts.identity import roles
from custody.deposits import looking, telling
from custody.models import Withdrawal
from custody.withdrawals import payouts
from exchange.engine import messages as m
from exchange.link.blocking import BlockingEngineClient
from tests.conftest import LiveEngine, make_person
from tests.custody import gate, lives
from tests.custody.cast import custody_settings
from tests.custody.counterparty import SECRET, Counterparty
from tests.custody.two_ledgers import World
from tests.web.stream.venue import FUNDS, PEOPLE, ROOT, Venue, _prepared, environment_of

#: Of the longest proofs; `make lives` asks for more. A round takes a second or two.
ROUNDS = int(os.environ.get("LIVES_ROUNDS", "15"))


def options(party: Counterparty, folder: Path) -> dict[str, str]:
    """Of the provider."""
    secret_file = folder / "secret"
    secret_file.write_text(SECRET)
    return {"kind": "webhook", "url": party.url, "secret_file": str(secret_file)}


# --- in this process ---------------------------------------------------------------------------------------


class Died(BaseException):
    """As by SIGKILL: nothing of ours catches it, and what is not committed is gone."""


def died() -> None:
    raise Died


class SmallWorld(World):
    """All in one process but the counterparty's server, which is asked over HTTP as ever."""

    traders = [1011, 1012]

    def __init__(self, seed: int, party: Counterparty, engine: LiveEngine) -> None:
        super().__init__(seed, party)
        self._engine = engine
        for account in self.traders:
            gate.trader(engine, f"trader-{account}", account)
        make_person("oscar", roles.OPERATOR)

    def ask(self, do: str, **order: Any) -> Any:
        return lives.count_all(self._engine.client) if do == "reconcile" else lives.DO[do](**order)

    def live(self, die_at: int) -> None:
        try:
            lives.passes(self._engine.client, lives.Steps(die_at, died))
        except Died:
            self.deaths += 1

    def send(self, headers: dict[str, str], body: bytes) -> int:
        return gate.send(headers, body)

    def in_custody(self) -> dict[str, int]:
        rows = self._engine.client.query("balances", 1).value
        return {asset: -(available + held) for asset, available, held in rows}


@contextmanager
def small_world(seed: int, engine: LiveEngine, settings: Any, folder: Path) -> Iterator[SmallWorld]:
    party = Counterparty(seed=seed, hang_s=0.4)
    providers = {"gate": options(party, folder)}
    custody_settings(settings, PROVIDERS=providers, TIMEOUT_S=0.2, UNCLEAR_AFTER_S=0)
    limits = dict.fromkeys(settings.XTRADER["RATE_LIMITS"], "0")
    settings.XTRADER = {**settings.XTRADER, "RATE_LIMITS": limits}
    try:
        world = SmallWorld(seed, party, engine)
        world.begin()
        # Something to withdraw.
        for account in world.traders:
            for asset in ("KRW", "BTC"):
                party.send_in(f"acct-{account}-{asset}", asset, "100")
        world.end()
        yield world
    finally:
        party.close()


@pytest.mark.parametrize("seed", [0])
def test_many_lives_in_one_process(
    seed: int, db: None, live_engine: LiveEngine, settings: Any, tmp_path: Path
) -> None:
    with small_world(seed, live_engine, settings, tmp_path) as world:
        world.run(rounds=20, deaths=6)


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(2, 3 + ROUNDS // 15))
def test_hundreds_of_lives_in_one_process(
    seed: int, db: None, live_engine: LiveEngine, settings: Any, tmp_path: Path
) -> None:
    with small_world(seed, live_engine, settings, tmp_path) as world:
        world.run(rounds=50, deaths=15)


def _sends_again(patched: pytest.MonkeyPatch) -> None:
    """What has no answer is taken for not sent."""
    unknown, not_sent = payouts._unknown, payouts._not_sent

    def hopeful(withdrawal: Withdrawal, trouble: str) -> None:
        (not_sent if withdrawal.state == "sending" else unknown)(withdrawal, trouble)

    patched.setattr(payouts, "_unknown", hopeful)


def _believes_notices(patched: pytest.MonkeyPatch) -> None:
    """A final deposit is credited as it was told first."""
    patched.setattr(looking, "differences", lambda *_: "")
    patched.setattr(telling, "differences", lambda *_: "")


def _names_credits_anew(patched: pytest.MonkeyPatch) -> None:
    """A credit that is tried again is another command."""
    numbers, deposit = itertools.count(), m.deposit
    patched.setattr(m, "deposit", lambda _, *rest: deposit(f"dep:{next(numbers)}", *rest))


@pytest.mark.proof
@pytest.mark.parametrize("broken", [_sends_again, _believes_notices, _names_credits_anew])
def test_canaries(
    broken: Callable[[pytest.MonkeyPatch], None],
    db: None,
    live_engine: LiveEngine,
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What these tests are for is noticed by them."""
    with small_world(1, live_engine, settings, tmp_path) as world:
        broken(monkeypatch)
        with pytest.raises(AssertionError):
            world.run(rounds=200, deaths=0, check_every=8)


# --- with a job that is killed -----------------------------------------------------------------------------


class KilledWorld(World):
    """The job lives in children of a process of its own, and is ended by SIGKILL."""

    traders = [PEOPLE["alice"], PEOPLE["bob"], PEOPLE["carol"]]

    def __init__(
        self, seed: int, party: Counterparty, engine: BlockingEngineClient, lives: subprocess.Popen[bytes]
    ) -> None:
        super().__init__(seed, party)
        self._engine = engine
        self._lives = lives
        for asset, units in FUNDS.items():
            party.held[asset] = Decimal(units * len(PEOPLE))

    def ask(self, do: str, **order: Any) -> Any:
        answer = self._live(do, **order)
        assert not answer["died"], do
        return answer["result"]

    def live(self, die_at: int) -> None:
        answer = self._live("job", die_at=die_at)
        assert answer["result"] is None, "a life ended by an error of its own"
        self.deaths += answer["died"]

    def _live(self, do: str, **order: Any) -> Any:
        assert self._lives.stdin is not None and self._lives.stdout is not None
        self._lives.stdin.write(json.dumps({"do": do, **order}).encode() + b"\n")
        self._lives.stdin.flush()
        return json.loads(self._lives.stdout.readline())

    def send(self, headers: dict[str, str], body: bytes) -> int:
        return int(self.ask("notice", headers=headers, body=body.decode()))

    def in_custody(self) -> dict[str, int]:
        rows = self._engine.query("balances", 1).value
        return {asset: -(available + held) for asset, available, held in rows}


class VenueWorld(KilledWorld):
    """Beside it run an engine and a web process of their own."""

    #: Of the web process.
    url = ""

    def send(self, headers: dict[str, str], body: bytes) -> int:
        headers = {"Content-Type": "application/json", **headers}
        request = urllib.request.Request(f"{self.url}{gate.NOTICES}", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code


def provider_settings(party: Counterparty, folder: Path) -> dict[str, str]:
    return {
        "CUSTODY_PROVIDERS": json.dumps({"gate": options(party, folder)}),
        "CUSTODY_TIMEOUT_S": "1",
        "CUSTODY_UNCLEAR_AFTER_S": "1",
        "LOG_LEVEL": "CRITICAL",
        "PYTHONWARNINGS": "ignore",
    }


@contextmanager
def lives_in(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "tests.custody.lives"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_few_lives(live_engine: LiveEngine, tmp_path: Path) -> None:
    """Engine and counterparty are threads of this process."""
    shutil.copytree(_prepared(), tmp_path / "data")
    for account in PEOPLE.values():
        live_engine.open_account(account, FUNDS)
    party = Counterparty(seed=7, hang_s=1.5)
    socket_path = {"ENGINE_SOCKET": str(live_engine.socket_path)}
    environment = environment_of(tmp_path / "data", **provider_settings(party, tmp_path), **socket_path)
    try:
        with lives_in(environment) as lives:
            world = KilledWorld(7, party, live_engine.client, lives)
            world.begin()
            world.run(rounds=6, deaths=2)
    finally:
        party.close()


@pytest.mark.proof
@pytest.mark.parametrize("seed", [1] if ROUNDS < 100 else [1, 2])
def test_hundreds_of_lives(seed: int, tmp_path: Path) -> None:
    party = Counterparty(seed=seed, hang_s=1.5)
    venue = Venue(**provider_settings(party, tmp_path))
    try:
        with lives_in(venue.environment) as lives:
            world = VenueWorld(seed, party, venue.admin, lives)
            world.url = venue.url
            world.begin()
            world.run(rounds=ROUNDS, deaths=ROUNDS // 4)
    finally:
        party.close()
        venue.close()
