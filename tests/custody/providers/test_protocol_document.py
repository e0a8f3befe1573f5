"""Each example of docs/custody-providers.md is what the code sends, or is read as the document says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from custody.models import Deposit, Withdrawal
from custody.notices import handling
from custody.providers import webhook
from custody.providers.interface import Accepted, Failed, IncomingDeposit, NeverSeen, Paid, Payout
from custody.providers.webhook import WebhookProvider
from tests.conftest import LiveEngine, Person
from tests.custody.counterparty import Counterparty
from tests.custody.gate import Gate, send, troubles

DOCUMENT = Path(__file__).parents[3] / "docs" / "custody-providers.md"
EXAMPLES: list[tuple[str, Any]] = [
    (name, json.loads(text))
    for name, text in re.findall(r"<!-- example: ([\w-]+) -->\n```json\n(.*?)```", DOCUMENT.read_text(), re.S)
]
PAYOUT = Payout("1764567890123456", "BTC", 150_000_000, 8, "bc1qexample", "")


class Asked(NamedTuple):
    place: str
    question: Any


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    """What is asked; every answer is the document's."""
    found: list[Asked] = []
    answers = {
        "/payouts": "accepted",
        "/payouts/find": "paid",
        "/deposit-addresses": "address",
        "/deposits/find": "deposit",
        "/holdings": "holdings",
    }

    def ask(_: WebhookProvider, place: str, question: Any) -> Any:
        found.append(Asked(place, question))
        return example(answers[place])

    monkeypatch.setattr(WebhookProvider, "_ask", ask)
    return found


def example(name: str) -> Any:
    (found,) = (value for each, value in EXAMPLES if each == name)
    return found


def test_questions_and_answers(live_engine: LiveEngine, asked: list[Asked]) -> None:
    options = {"kind": "webhook", "url": "https://gateway.example.com/v1", "secret_file": "/none"}
    provider = WebhookProvider("gate", options)
    assert provider.send(PAYOUT) == Accepted("P-77")
    assert provider.look_up(PAYOUT) == Paid("P-77", "4a5e1e4baab8", 150_000_000)
    assert provider.deposit_address(1001, "BTC") == ("bc1qdeposits1001", "")
    final = IncomingDeposit("D-12", "BTC", 25_000_000, "bc1qdeposits1001", is_final=True)
    assert provider.find_deposit("D-12") == final
    assert provider.holdings() == {"BTC": 1_250_000_000, "ETH": 0}
    assert asked == [
        Asked("/payouts", example("order")),
        Asked("/payouts/find", example("find-payout")),
        Asked("/deposit-addresses", example("ask-address")),
        Asked("/deposits/find", example("find-deposit")),
        Asked("/holdings", {}),
    ]
    text = DOCUMENT.read_text()
    assert all(f"`POST {{url}}{place}`" in text for place, _ in asked)


def test_the_other_states() -> None:
    assert webhook.read_payout(example("failed"), PAYOUT) == Failed("the address is blocked")
    assert webhook.read_payout(example("unknown"), PAYOUT) == NeverSeen()


def test_notices_are_taken_and_read(gate: Gate, dana: Person) -> None:
    bank = {"asset": "BTC", "amount_minor": 150_000_000, "fee_minor": 0, "address": "bc1qexample"}
    Withdrawal.objects.create(
        pk=1764567890123456, user=dana.user, account=dana.account, provider="gate", state="sent", **bank
    )
    notices = [value for name, value in EXAMPLES if name == "notice"]
    for notice in notices:
        body = json.dumps(notice).encode()
        assert send(Counterparty.signed(body), body) == 200
    assert handling.handle_open() == len(notices) == 3
    assert troubles() == [] and Deposit.objects.get().reference == "D-12"
    text = DOCUMENT.read_text()
    assert all(f"`{kind}`" in text for kind in handling._HANDLERS)
