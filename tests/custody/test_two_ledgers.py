"""The exchange and its counterparty each keep a ledger, and must come to the same: over lives of a job that
is killed between any two of its steps, while the counterparty answers late, twice, wrongly, or not at all.

Each withdrawal is paid once or given back, each deposit is credited once; where the two sides cannot agree by
themselves operators decide by the counterparty's own books. At the end engine and counterparty have the same
sums, and so says the reconciliation.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from exchange.listing import catalog
from tests.custody import counterparty as bad
from tests.custody.counterparty import SECRET, Counterparty
from tests.web.stream.venue import FUNDS, PEOPLE, ROOT, Venue

SCALES = {asset.asset: asset.scale for asset in catalog.ASSETS}
ASSETS = ("KRW", "BTC")
TRADERS = [PEOPLE["alice"], PEOPLE["bob"], PEOPLE["carol"]]
#: Most lives take fewer steps.
MOST_STEPS = 160
MANNERS = {
    bad.CUT_BEFORE: 0.05,
    bad.CUT_AFTER: 0.08,
    bad.ERROR: 0.05,
    bad.GARBAGE: 0.04,
    bad.UNSIGNED: 0.04,
    bad.FORGED: 0.03,
    bad.HUGE: 0.03,
    bad.REDIRECT: 0.03,
    bad.HANG: 0.01,
    bad.LIE: 0.1,
}


class World:
    """A venue, its counterparty, and the lives of its job."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.random = random.Random(seed)
        self.party = Counterparty(seed=seed, manners=dict(MANNERS), lies_in_notices=0.05, hang_s=1.5)
        secret_file = folder / "secret"
        secret_file.write_text(SECRET)
        gate = {"kind": "webhook", "url": self.party.url, "secret_file": str(secret_file)}
        self.venue = Venue(
            CUSTODY_PROVIDERS=json.dumps({"gate": gate}),
            CUSTODY_TIMEOUT_S="1",
            CUSTODY_UNCLEAR_AFTER_S="1",
            LOG_LEVEL="CRITICAL",
        )
        for asset, units in FUNDS.items():
            self.party.held[asset] = Decimal(units * len(PEOPLE))
        self._lives = subprocess.Popen(
            [sys.executable, "-m", "tests.custody.lives"],
            cwd=ROOT,
            env=self.venue.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=(self.venue.data / "lives-log").open("wb"),
        )
        self.deaths = 0
        self.ask("begin", assets=list(ASSETS))

    def close(self) -> None:
        self._lives.kill()
        self._lives.wait()
        self.party.close()
        self.venue.close()

    # --- what happens ----------------------------------------------------------------------------------

    def ask(self, do: str, **order: Any) -> Any:
        """Have a child do something to its end."""
        answer = self._live(do, **order)
        assert not answer["died"], (self.venue.data / "lives-log").read_text()[-3_000:]
        return answer["result"]

    def live(self, die_at: int) -> None:
        answer = self._live("job", die_at=die_at)
        assert answer["result"] is None, (self.venue.data / "lives-log").read_text()[-3_000:]
        self.deaths += answer["died"]

    def _live(self, do: str, **order: Any) -> Any:
        assert self._lives.stdin is not None and self._lives.stdout is not None
        self._lives.stdin.write(json.dumps({"do": do, **order}).encode() + b"\n")
        self._lives.stdin.flush()
        return json.loads(self._lives.stdout.readline())

    def send(self, headers: dict[str, str], body: bytes) -> int:
        """A notice, to the venue's web process."""
        headers = {"Content-Type": "application/json", **headers}
        request = urllib.request.Request(f"{self.venue.url}/custody/gate/notices", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def round(self) -> None:
        """Money is asked for and comes, and the job lives once."""
        for _ in range(self.random.randint(0, 2)):
            asset = self.random.choice(ASSETS)
            self.ask(
                "withdraw",
                account=self.random.choice(TRADERS),
                asset=asset,
                amount_minor=self.random.randint(1, 10**6),
            )
        for _ in range(self.random.randint(0, 2)):
            self._send_in()
        self.live(self.random.randint(1, MOST_STEPS))
        self.party.advance()
        self.party.deliver(self.send, share=0.7)

    def _send_in(self) -> None:
        """To an address of a trader's, or to nobody's."""
        account, asset = self.random.choice(TRADERS), self.random.choice(ASSETS)
        amount = Decimal(self.random.randint(1, 10**6)).scaleb(-SCALES[asset])
        address = f"acct-{account}-{asset}" if self.random.random() < 0.95 else "nobody"
        self.party.send_in(address, asset, format(amount, "f"))

    # --- how it ends -----------------------------------------------------------------------------------

    def end(self) -> None:
        """The counterparty behaves, and operators look into its books."""
        self.party.manners, self.party.lies_in_notices = {}, 0.0
        for _ in range(4):
            self.party.finish()
            self.party.deliver(self.send)
            self.live(0)
            self._find_out()
        self.live(0)

    def _find_out(self) -> None:
        for payout_id, state, _, _ in self.ask("withdrawals"):
            if state == "unclear":
                # No look-up is under way: what the counterparty has not seen by now never comes.
                order = self.party.orders.get(str(payout_id))
                self.ask("say", payout_id=payout_id, paid=order is not None and order.state == "paid")
        for deposit_id, reference, state, _, asset, _, _ in self.ask("deposits"):
            if state == "disputed":
                self._rule(deposit_id, reference, asset)

    def _rule(self, deposit_id: int, reference: str, asset: str) -> None:
        """Credit what is there to whom it was sent, else reject it."""
        coming = self.party.coming[reference]
        owner = self._owner(coming.body["address"])
        if coming.state != "final" or owner is None or coming.body["asset"] != asset:
            self.ask("rule", deposit_id=deposit_id, account=None, amount_minor=0)
            return
        amount_minor = int(Decimal(coming.body["amount"]).scaleb(SCALES[asset]))
        self.ask("rule", deposit_id=deposit_id, account=owner, amount_minor=amount_minor)

    @staticmethod
    def _owner(address: str) -> int | None:
        return int(address.split("-")[1]) if address.startswith("acct-") else None

    def check(self) -> None:
        """Both ledgers, row by row and in sum."""
        self._check_payouts()
        self._check_deposits()
        rejected: dict[str, Decimal] = dict.fromkeys(SCALES, Decimal(0))
        for _, reference, state, _, _, _, _ in self.ask("deposits"):
            coming = self.party.coming[reference]
            if state == "rejected" and coming.state == "final":
                rejected[coming.body["asset"]] += Decimal(coming.body["amount"])
        rows = {asset: -(free + held) for asset, free, held in self.venue.admin.query("balances", 1).value}
        for asset, scale in SCALES.items():
            assert Decimal(rows[asset]).scaleb(-scale) == self.party.held[asset] - rejected[asset], asset
        assert [row for row in self.ask("reconcile") if row["difference"] != "0"] == []

    def _check_payouts(self) -> None:
        known = set()
        for payout_id, state, amount_minor, asset in self.ask("withdrawals"):
            known.add(str(payout_id))
            order = self.party.orders.get(str(payout_id))
            assert state in ("paid", "ended", "refused"), (payout_id, state)
            assert (state == "paid") == (order is not None and order.paid > 0), (payout_id, state, order)
            if order is not None:
                assert order.received == 1, f"{payout_id} was ordered {order.received} times"
                assert Decimal(order.body["amount"]).scaleb(SCALES[asset]) == amount_minor
        assert set(self.party.orders) <= known

    def _check_deposits(self) -> None:
        found = {row[1]: row for row in self.ask("deposits")}
        for reference, coming in self.party.coming.items():
            _, _, state, amount_minor, asset, account, _ = found[reference]
            assert state in ("credited", "rejected"), (reference, state, coming)
            if state == "credited":
                assert coming.state == "final", (reference, coming)
                assert asset == coming.body["asset"] and account == self._owner(coming.body["address"])
                assert Decimal(amount_minor).scaleb(-SCALES[asset]) == Decimal(coming.body["amount"])


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    found = World(request.param, tmp_path)
    # Each trader asks for an address once; without it nobody knows whose a deposit is.
    found.party.manners = {}
    for account in TRADERS:
        for asset in ASSETS:
            found.ask("address", account=account, asset=asset)
    found.party.manners = dict(MANNERS)
    yield found
    found.close()


def run(world: World, rounds: int, deaths: int) -> None:
    for number in range(rounds):
        world.round()
        if number % 50 == 49:
            world.end()
            world.check()
            world.party.manners, world.party.lies_in_notices = dict(MANNERS), 0.05
    world.end()
    world.check()
    assert world.deaths >= deaths, "hardly any life ended early: the steps are not met"
    assert len(world.party.orders) > rounds / 4 and len(world.party.coming) > rounds / 4


@pytest.mark.parametrize("world", [7], indirect=True)
def test_a_few_lives(world: World) -> None:
    run(world, rounds=14, deaths=5)


@pytest.mark.proof
@pytest.mark.parametrize("world", [1, 2], indirect=True)
def test_hundreds_of_lives(world: World) -> None:
    run(world, rounds=200, deaths=80)
