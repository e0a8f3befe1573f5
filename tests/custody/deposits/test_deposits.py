"""Deposits that a counterparty tells of: each credited once, to whom its address belongs, after the provider
was asked back; what does not agree is for operators."""

from __future__ import annotations

import json
from typing import Any

import pytest

from custody.deposits import deposit_steps, rulings
from custody.deposits.crediting import command_id_of
from custody.deposits.deposit_addresses import place_for
from custody.models import AssetTerms, Deposit, DepositAddress, ProviderNotice
from custody.states import DepositState
from exchange.engine import messages as m
from exchange.errors import ApiError
from exchange.models import AuditRecord
from tests.conftest import Person
from tests.custody import counterparty as bad
from tests.custody.counterparty import Counterparty
from tests.custody.gate import BTC, Gate, send, trader, troubles

State = DepositState


def coming(gate: Gate, person: Person, amount: str = "0.5", state: str = "final") -> str:
    reference = gate.party.send_in(gate.address_of(person), "BTC", amount)
    if state != "seen":
        gate.party.end_deposit(gate.party.coming[reference], state)
    return reference


def only(gate: Gate) -> Deposit:
    return Deposit.objects.get()


def tell(kind: str, about: dict[str, Any], notice_id: str) -> None:
    body = json.dumps({"notice_id": notice_id, "kind": kind, **about}).encode()
    assert send(Counterparty.signed(body), body) == 200


def test_a_final_deposit_is_credited_once(gate: Gate, dana: Person) -> None:
    reference = coming(gate, dana)
    for number in range(5):
        gate.run()
        tell("deposit.final", gate.party.coming[reference].body, f"again-{number}")
    gate.run()
    assert gate.available(dana) == gate.custody() == BTC // 2
    deposit = only(gate)
    assert (deposit.state, deposit.trouble, deposit.account) == (State.CREDITED, "", dana.account)
    assert deposit.sequence is not None and deposit.ended_at is not None and deposit.look_at is None
    assert not troubles()


def test_one_that_is_only_seen_waits(gate: Gate, dana: Person) -> None:
    reference = coming(gate, dana, state="seen")
    gate.run()
    assert only(gate).state == State.SEEN and gate.available(dana) == 0
    # The notice that it is final gets lost: the provider is asked all the same.
    gate.party.end_deposit(gate.party.coming[reference], "final")
    gate.party.notices.clear()
    gate.run()
    assert gate.available(dana) == BTC // 2


def test_notices_in_the_wrong_order(gate: Gate, dana: Person) -> None:
    coming(gate, dana)
    gate.party.notices.reverse()
    gate.run()
    gate.run()
    assert gate.available(dana) == BTC // 2 and only(gate).state == State.CREDITED


def test_a_forged_or_mistaken_final_credits_nothing(gate: Gate, dana: Person) -> None:
    """The secret is in wrong hands, or the provider is confused: asked back it knows nothing of it."""
    about = {"reference": "made-up", "asset": "BTC", "amount": "100", "address": gate.address_of(dana)}
    tell("deposit.final", about, "n-forged")
    gate.run()
    assert only(gate).state == State.SEEN and gate.available(dana) == 0
    assert only(gate).trouble == "the provider does not know it"


@pytest.mark.parametrize("lie", [{"amount": "5"}, {"address": "another"}, {"asset": "ETH"}])
def test_a_lie_of_a_notice_is_disputed(gate: Gate, dana: Person, lie: dict[str, str]) -> None:
    reference = coming(gate, dana)
    gate.party.notices.clear()
    tell("deposit.final", {**gate.party.coming[reference].body, **lie}, "n-lie")
    gate.run()
    assert only(gate).state == State.DISPUTED and gate.available(dana) == 0
    assert "says otherwise" in only(gate).trouble


def test_a_later_notice_that_says_otherwise_is_disputed_too(gate: Gate, dana: Person) -> None:
    reference = coming(gate, dana, state="seen")
    gate.run()
    tell("deposit.final", {**gate.party.coming[reference].body, "amount": "7"}, "n-lie")
    gate.run()
    assert only(gate).state == State.DISPUTED
    assert troubles() == ["a notice says otherwise: 7 BTC, not 0.5 BTC"]


def test_what_was_credited_stays_and_operators_are_told(gate: Gate, dana: Person) -> None:
    reference = coming(gate, dana)
    gate.run()
    tell("deposit.final", {**gate.party.coming[reference].body, "amount": "7"}, "n-lie")
    gate.run()
    assert (only(gate).state, gate.available(dana)) == (State.CREDITED, BTC // 2)
    assert "says otherwise" in only(gate).trouble


def test_taken_back_before_and_after_the_credit(gate: Gate, dana: Person) -> None:
    coming(gate, dana, state="reversed")
    gate.run()
    assert only(gate).state == State.DISPUTED and only(gate).trouble == "it was taken back"
    later = coming(gate, dana, "0.25")
    gate.run()
    gate.party.end_deposit(gate.party.coming[later], "reversed")
    gate.run()
    deposit = Deposit.objects.get(reference=later)
    assert (deposit.state, deposit.trouble) == (State.CREDITED, "it was taken back")
    assert gate.available(dana) == BTC // 4


def test_nobodys_address_is_for_operators(gate: Gate, dana: Person, olga: Person, omar: Person) -> None:
    reference = gate.party.send_in("whose is this", "BTC", "2")
    gate.party.end_deposit(gate.party.coming[reference], "final")
    gate.run()
    deposit = only(gate)
    assert (deposit.state, deposit.trouble) == (State.DISPUTED, "its address is nobody's")
    ruling = rulings.ask(deposit, olga.user, "she sent us the slip", dana.account, 2 * BTC)
    gate.run()
    assert gate.available(dana) == 0
    rulings.decide(ruling, omar.user, "seen it", approves=True)
    gate.run()
    gate.run()
    assert gate.available(dana) == gate.custody() == 2 * BTC
    kinds = AuditRecord.objects.filter(kind__startswith="deposit.").order_by("id")
    assert list(kinds.values_list("kind", "actor")) == [
        ("deposit.ruling_asked", "olga"),
        ("deposit.ruling_approved", "omar"),
    ]


def refusal(act: Any) -> str:
    with pytest.raises(ApiError) as caught:
        act()
    return caught.value.code


def test_four_eyes(gate: Gate, dana: Person, olga: Person, omar: Person, alice: Person) -> None:
    coming(gate, dana, state="reversed")
    gate.run()
    deposit = only(gate)
    ask, decide = rulings.ask, rulings.decide
    assert refusal(lambda: ask(deposit, dana.user, "mine")) == "PERMISSION_DENIED"
    assert refusal(lambda: ask(deposit, olga.user, " ")) == "MISSING_FIELD"
    assert refusal(lambda: ask(deposit, olga.user, "x", 9_999, 1)) == "ACCOUNT_NOT_FOUND"
    ruling = ask(deposit, olga.user, "it was taken back")
    assert refusal(lambda: ask(deposit, omar.user, "no, mine")) == "REQUEST_NOT_WAITING"
    assert refusal(lambda: decide(ruling, olga.user, "me again", approves=True)) == "OWN_REQUEST"
    assert refusal(lambda: decide(ruling, alice.user, "me", approves=True)) == "PERMISSION_DENIED"
    decide(ruling, omar.user, "not yet", approves=False)
    assert only(gate).state == State.DISPUTED
    again = ask(deposit, omar.user, "now")
    decide(again, olga.user, "yes", approves=True)
    assert only(gate).state == State.REJECTED
    assert refusal(lambda: decide(again, olga.user, "yes", approves=True)) == "REQUEST_NOT_WAITING"
    assert refusal(lambda: ask(only(gate), omar.user, "once more")) == "REQUEST_NOT_WAITING"
    gate.run()
    assert gate.available(dana) == 0


def test_an_operator_has_no_say_in_the_own_account(gate: Gate, olga: Person, omar: Person) -> None:
    from exchange.models import Account

    gate.engine.open_account(1012, {})
    Account.objects.create(number=1012, user=olga.user, status=0)
    reference = gate.party.send_in("nowhere", "BTC", "1")
    gate.party.end_deposit(gate.party.coming[reference], "final")
    gate.run()
    deposit = only(gate)
    assert refusal(lambda: rulings.ask(deposit, olga.user, "mine", 1012, BTC)) == "OWN_ACCOUNT"
    ruling = rulings.ask(deposit, omar.user, "hers", 1012, BTC)
    assert refusal(lambda: rulings.decide(ruling, olga.user, "mine", approves=True)) == "OWN_ACCOUNT"


def test_a_database_that_lost_the_deposit_credits_nothing_twice(gate: Gate, dana: Person) -> None:
    """Restored from before the deposit, while the journal goes on: the provider tells it again."""
    reference = coming(gate, dana)
    gate.run()
    first = only(gate).sequence
    Deposit.objects.all().delete()
    ProviderNotice.objects.all().delete()
    tell("deposit.final", gate.party.coming[reference].body, "n-after")
    gate.run()
    assert gate.available(dana) == BTC // 2
    assert (only(gate).state, only(gate).sequence) == (State.CREDITED, first)


def test_a_job_that_dies_after_the_engine_was_told(
    gate: Gate, dana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    coming(gate, dana)

    class Killed(BaseException):
        pass

    change = deposit_steps.change

    def die(deposit: Deposit, to_state: str, **fields: Any) -> None:
        if to_state == State.CREDITED:
            raise Killed
        change(deposit, to_state, **fields)

    with monkeypatch.context() as patched:
        patched.setattr(deposit_steps, "change", die)
        with pytest.raises(Killed):
            gate.run()
    assert gate.available(dana) == BTC // 2 and only(gate).state == State.CREDITING
    gate.run()
    assert gate.available(dana) == BTC // 2 and only(gate).state == State.CREDITED


def test_what_the_engine_refuses_is_for_operators(
    gate: Gate, dana: Person, olga: Person, omar: Person
) -> None:
    """Here an account that it does not know. It remembers refusals, so the next command has another id."""
    gate.party.send_in("nowhere", "BTC", "1")
    gate.run()
    Deposit.objects.update(state=State.CREDITING, account=4_242)
    gate.run()
    deposit = only(gate)
    assert deposit.state == State.DISPUTED and "ACCOUNT_NOT_FOUND" in deposit.trouble
    assert deposit.command_id == f"{command_id_of('gate', deposit.reference)}:1"
    ruling = rulings.ask(deposit, olga.user, "it is hers", dana.account, BTC)
    rulings.decide(ruling, omar.user, "yes", approves=True)
    gate.run()
    assert gate.available(dana) == BTC


def test_an_id_that_another_command_has_is_never_counted_on(gate: Gate, dana: Person) -> None:
    reference = coming(gate, dana)
    name = command_id_of("gate", reference)
    gate.engine.submit(m.deposit(name, dana.account, "BTC", BTC // 2 + 1))
    gate.run()
    deposit = only(gate)
    assert (deposit.state, deposit.command_id) == (State.DISPUTED, name)
    assert "DUPLICATE_ID" in deposit.trouble and gate.available(dana) == BTC // 2 + 1


@pytest.mark.parametrize(
    "about",
    [
        {"reference": "x"},
        {"reference": "x", "asset": "DOGE", "amount": "1", "address": "a"},
        {"reference": "x", "asset": "BTC", "amount": "0.000000001", "address": "a"},
        {"reference": "x", "asset": "BTC", "amount": 1, "address": "a"},
        {"reference": "x" * 200, "asset": "BTC", "amount": "1", "address": "a"},
        {"reference": "x", "asset": "BTC", "amount": "1", "address": "a\n"},
        {},
    ],
)
def test_what_cannot_be_read_is_noted(gate: Gate, about: dict[str, Any]) -> None:
    tell("deposit.final", about, "n-odd")
    gate.run()
    assert not Deposit.objects.exists()
    assert len(troubles()) == 1 and troubles()[0].startswith("cannot be read")


def test_a_kind_that_there_is_not_is_noted(gate: Gate) -> None:
    tell("deposit.lost", {}, "n-odd")
    gate.run()
    assert troubles() == ["a notice of an unknown kind"]


def test_assets_that_do_not_come_in_are_for_operators(gate: Gate, dana: Person) -> None:
    coming(gate, dana)
    AssetTerms.objects.filter(asset="BTC").update(takes_deposits=False)
    gate.run()
    assert only(gate).state == State.DISPUTED and gate.available(dana) == 0


@pytest.mark.parametrize("how", [how for how in bad.BADLY if how not in (bad.LIE, bad.HANG)])
def test_a_provider_that_does_not_answer_is_asked_again(gate: Gate, dana: Person, how: str) -> None:
    coming(gate, dana)
    gate.party.deliver(send)
    gate.party.manners = {how: 2.0}
    gate.job.run_once()
    assert only(gate).state == State.SEEN and only(gate).trouble and gate.available(dana) == 0
    gate.party.manners = {}
    gate.run()
    assert (only(gate).state, only(gate).trouble) == (State.CREDITED, "")


# --- addresses ---------------------------------------------------------------------------------------------


def test_an_address_is_asked_for_once(gate: Gate, dana: Person) -> None:
    first = dana.get("/v1/deposits/address", asset="BTC")
    assert first.json() == {"asset": "BTC", "open": True, "address": "acct-1011-BTC", "tag": None}
    assert dana.get("/v1/deposits/address", asset="BTC").json() == first.json()
    assert gate.party.asked["/deposit-addresses"] == 1


def test_the_manual_provider_has_none_and_closed_assets_say_so(gate: Gate, dana: Person) -> None:
    said = dana.get("/v1/deposits/address", asset="KRW").json()
    assert said == {"asset": "KRW", "open": True, "address": None, "tag": None}
    assert dana.get("/v1/deposits/address", asset="ETH").json()["open"] is False
    assert dana.get("/v1/deposits/address", asset="DOGE").json()["error"] == "ASSET_NOT_FOUND"
    assert dana.get("/v1/deposits/address").json()["error"] == "MISSING_FIELD"


def test_a_provider_that_is_away_says_when_to_try_again(gate: Gate, dana: Person) -> None:
    gate.party.manners = {bad.ERROR: 2.0}
    reply = dana.get("/v1/deposits/address", asset="BTC")
    assert (reply.status_code, reply.json()["error"]) == (503, "PROVIDER_UNAVAILABLE")
    assert reply["Retry-After"] == "5"


def test_an_address_of_another_account_is_not_given_out(gate: Gate, dana: Person) -> None:
    other = trader(gate.engine, "erin", 1013)
    DepositAddress.objects.create(account=1013, asset="BTC", provider="gate", address="acct-1011-BTC")
    assert dana.get("/v1/deposits/address", asset="BTC").json()["error"] == "PROVIDER_UNAVAILABLE"
    assert place_for(other.account, "BTC").address == "acct-1011-BTC"


# --- what the account sees ---------------------------------------------------------------------------------


def test_every_deposit_stands_there_once(gate: Gate, alice: Person, oscar: Person, settings: Any) -> None:
    from exchange.control.dispatcher import Dispatcher
    from exchange.control.services import request_change
    from exchange.models import ChangeRequest

    settings.XTRADER = {**settings.XTRADER, "DEMO": True}
    gate.engine.project()
    began = len(alice.get("/v1/deposits", limit="500").json()["deposits"])
    coming(gate, alice, "0.1")
    gate.run()
    coming(gate, alice, "0.2", state="seen")
    gate.run()
    alice.post("/v1/demo/deposit", {"asset": "KRW", "amount": "1000"})
    by_hand = {"account": alice.account, "asset": "KRW", "amount_minor": 7 * 10**8}
    request_change(ChangeRequest.Kind.DEPOSIT, by_hand, oscar.user)
    Dispatcher(gate.engine.client).run_until_empty()
    # Before the tables have the credit, and after.
    assert [row["amount"] for row in alice.get("/v1/deposits", asset="BTC").json()["deposits"]][:2] == [
        "0.2",
        "0.1",
    ]
    gate.engine.project()
    rows = alice.get("/v1/deposits", limit="500").json()["deposits"]
    assert len(rows) == began + 4
    newest = {row["source"]: (row["asset"], row["amount"], row["state"]) for row in rows[:4]}
    assert newest["operator"] == ("KRW", "7", "credited")
    assert newest["play money"] == ("KRW", "1000", "credited")
    gates = [(row["amount"], row["state"]) for row in rows if row["source"] == "gate"]
    assert gates == [("0.2", "seen"), ("0.1", "credited")]
    assert all(row["sequence"] for row in rows if row["state"] == "credited")
    seen = alice.get("/v1/deposits", state="seen").json()["deposits"]
    assert [row["amount"] for row in seen] == ["0.2"]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_have_each_once(gate: Gate, alice: Person, limit: int) -> None:
    for amount in ("0.1", "0.2", "0.3"):
        coming(gate, alice, amount)
    gate.run()
    gate.engine.project()
    whole = alice.get("/v1/deposits", limit="500").json()
    assert whole["next_cursor"] is None
    found, cursor = [], None
    while True:
        query = {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
        page = alice.get("/v1/deposits", **query).json()
        found += page["deposits"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == whole["deposits"] and len({row["deposit_id"] for row in found}) == len(found)


def test_a_credit_whose_row_is_lost_still_stands_there(gate: Gate, dana: Person) -> None:
    coming(gate, dana)
    gate.run()
    gate.engine.project()
    before = dana.get("/v1/deposits").json()["deposits"]
    Deposit.objects.all().delete()
    after = dana.get("/v1/deposits").json()["deposits"]
    assert len(before) == len(after) == 1
    assert (after[0]["source"], after[0]["sequence"]) == ("provider", before[0]["sequence"])


def test_deposits_of_others_are_not_seen(gate: Gate, dana: Person, alice: Person) -> None:
    coming(gate, alice)
    gate.run()
    gate.engine.project()
    assert dana.get("/v1/deposits").json() == {"deposits": [], "next_cursor": None}
    assert dana.get("/v1/deposits", symbol="BTC-KRW").json()["error"] == "UNKNOWN_FIELD"
    assert dana.get("/v1/deposits", cursor="x").json()["error"] == "INVALID_CURSOR"
