"""What tests of withdrawals share: an exchange where assets go out by hand, and its people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from accounts.models import LogIn
from custody import asset_terms
from custody.custody_job import CustodyJob
from custody.models import AssetTerms, Withdrawal
from custody.reconciliation.reporting import DailyReconciliation
from exchange.link import engine_link
from tests.conftest import LiveEngine, Person

#: Goes out with a fee of 1,000.
BANK = "Some Bank 123-456-7890"
BITCOIN = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
KRW = 10**8


def job_of(client: Any) -> CustodyJob:
    """The job without reconciliation, which has tests of its own: by itself it asks providers as well."""
    job = CustodyJob(client)
    job.parts = [
        part for part in job.parts if not isinstance(getattr(part, "__self__", None), DailyReconciliation)
    ]
    return job


@dataclass
class Desk:
    """The withdrawals of a running exchange."""

    engine: LiveEngine

    @property
    def job(self) -> CustodyJob:
        return job_of(self.engine.client)

    def run(self) -> None:
        """Passes until one has nothing to take on but what waits for its time."""
        for _ in range(4):
            self.job.run_once()

    def balance(self, person: Person, asset: str = "KRW") -> tuple[int, int]:
        """Available and held, in minor units."""
        rows = self.engine.client.query("balances", person.account).value
        return next((available, held) for code, available, held in rows if code == asset)

    def row(self, reply: Any) -> Withdrawal:
        return Withdrawal.objects.get(pk=int(reply.json()["withdrawal"]["withdrawal_id"]))


def custody_settings(settings: Any, **changed: Any) -> None:
    """Change ``CUSTODY`` for the length of a test."""
    custody = {**settings.XTRADER["CUSTODY"], **changed}
    settings.XTRADER = {**settings.XTRADER, "CUSTODY": custody}


def open_desk(engine: LiveEngine) -> Desk:
    asset_terms.seed_terms()
    assert AssetTerms.objects.exists()
    return Desk(engine)


def prove(person: Person) -> None:
    """As by POST /api/v1/step-up, a moment ago."""
    LogIn.objects.filter(user=person.user).update(proved_at=timezone.now())


def ask(person: Person, amount: str = "100000", **more: Any) -> Any:
    """A withdrawal of won to the bank, by one who has just proved to be the user."""
    prove(person)
    body = {"asset": "KRW", "amount": amount, "address": BANK, **more}
    return person.post("/v1/withdrawals", {k: v for k, v in body.items() if v is not None})


__all__ = ["BANK", "BITCOIN", "KRW", "Desk", "ask", "custody_settings", "engine_link", "open_desk", "prove"]
