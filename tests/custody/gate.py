"""What tests of deposits and notices share: an exchange whose bitcoin a counterparty keeps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.identity import roles
from custody.custody_job import CustodyJob
from custody.deposits.deposit_addresses import place_for
from custody.models import AssetTerms, Deposit, ProviderNotice, Withdrawal
from tests.conftest import LiveEngine, Person, make_person
from tests.custody.cast import custody_settings
from tests.custody.counterparty import SECRET, Counterparty

BTC = 10**8
NOTICES = "/custody/gate/notices"


def send(headers: dict[str, str], body: bytes) -> int:
    """A notice, to this site."""
    return int(deliver(headers, body).status_code)


def deliver(headers: dict[str, str], body: bytes, target: str = NOTICES) -> Any:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    return client.post(target, body, content_type="application/json", headers=headers)


@dataclass
class Gate:
    """The site's side of a counterparty."""

    engine: LiveEngine
    party: Counterparty

    @property
    def job(self) -> CustodyJob:
        return CustodyJob(self.engine.client)

    def address_of(self, person: Person, asset: str = "BTC") -> str:
        address = place_for(person.account, asset).address
        assert address is not None
        return address

    def run(self) -> None:
        """All notices are delivered, and the job does what is due now or later."""
        self.party.deliver(send)
        self.hurry()
        for _ in range(3):
            self.job.run_once()

    @staticmethod
    def hurry() -> None:
        """What is to be looked at later is due now."""
        Deposit.objects.exclude(look_at=None).update(look_at=timezone.now())
        Withdrawal.objects.exclude(look_at=None).update(look_at=timezone.now())

    def available(self, person: Person, asset: str = "BTC") -> int:
        rows = self.engine.client.query("balances", person.account).value
        return int(sum(available for code, available, _ in rows if code == asset))

    def custody(self, asset: str = "BTC") -> int:
        """What the engine says is in custody."""
        rows = self.engine.client.query("balances", 1).value
        return -int(sum(available + held for code, available, held in rows if code == asset))


@contextmanager
def open_gate(engine: LiveEngine, settings: Any, folder: Path, **manners: Any) -> Iterator[Gate]:
    party = Counterparty(**{"fails": 0, "reverses": 0, "at_once": 0, **manners})
    try:
        secret_file = folder / "gate-secret"
        secret_file.write_text(SECRET)
        options = {"kind": "webhook", "url": party.url, "secret_file": str(secret_file)}
        providers = {"manual": {"kind": "manual"}, "gate": options}
        custody_settings(settings, PROVIDERS=providers, TIMEOUT_S=0.5)
        AssetTerms.objects.create(asset="BTC", provider="gate")
        AssetTerms.objects.create(asset="KRW", provider="manual")
        yield Gate(engine, party)
    finally:
        party.close()


def trader(engine: LiveEngine, name: str, account: int) -> Person:
    """One who begins with nothing."""
    person = make_person(name, roles.TRADER, account)
    engine.open_account(account, {})
    return person


def troubles() -> list[str]:
    return [notice.trouble for notice in ProviderNotice.objects.exclude(trouble="")]
