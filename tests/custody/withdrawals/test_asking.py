"""Asking for a withdrawal over REST: what it holds, what it needs, and every way in which it is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Letter, LogIn
from custody.models import AssetTerms, Withdrawal, WithdrawalAddress
from custody.states import WithdrawalState
from custody.withdrawals import withdrawal_limits
from exchange.engine import messages as m
from exchange.link import engine_link
from exchange.listing.symbol_table import symbols
from exchange.models import AuditRecord
from tests.conftest import Person
from tests.custody.cast import BANK, BITCOIN, KRW, Desk, ask, custody_settings, prove
from tests.web.rest.test_keys import Signer, changes_are_heard, own_files  # noqa: F401  # fixtures

pytestmark = pytest.mark.django_db
State = WithdrawalState


@pytest.fixture(autouse=True)
def _without_letters(settings: Any) -> None:
    custody_settings(settings, MAIL="if_known", LEVEL=2)


def refused(reply: Any) -> tuple[int, str, Any]:
    body = reply.json()
    return reply.status_code, body["error"], body["details"]


def test_it_is_held_at_once_and_paid_by_hand(desk: Desk, alice: Person) -> None:
    free, _ = desk.balance(alice)
    reply = ask(alice)
    body = reply.json()["withdrawal"]
    assert reply.status_code == 201
    assert (body["amount"], body["fee"], body["total"]) == ("100000", "1000", "101000")
    assert (body["state"], body["can_cancel"]) == ("approved", True)
    assert [step["state"] for step in body["steps"]] == ["requested", "approved"]
    assert reply.json()["sequence"] == desk.engine.sequence
    assert desk.balance(alice) == (free - 101_000 * KRW, 101_000 * KRW)
    desk.run()
    assert desk.row(reply).state == State.SENT
    assert desk.balance(alice) == (free - 101_000 * KRW, 101_000 * KRW)


def test_the_same_id_is_the_same_withdrawal(desk: Desk, alice: Person) -> None:
    first, again = (ask(alice, client_withdrawal_id="w-1") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    for other in ({"amount": "100001"}, {"address": "Other Bank 999-999"}):
        assert refused(ask(alice, client_withdrawal_id="w-1", **other)) == (
            409,
            "DUPLICATE_ID",
            {"field": "client_withdrawal_id"},
        )
    assert Withdrawal.objects.count() == 1


def test_an_id_is_of_its_account(desk: Desk, alice: Person, bob: Person) -> None:
    ids = {
        ask(each, client_withdrawal_id="w-1").json()["withdrawal"]["withdrawal_id"] for each in (alice, bob)
    }
    assert len(ids) == 2


def test_a_refused_one_is_refused_again(desk: Desk, alice: Person) -> None:
    for _ in range(2):
        reply = ask(alice, "11", asset="BTC", address=BITCOIN, client_withdrawal_id="w-1")
        status, code, details = refused(reply)
        assert (status, code) == (422, "INSUFFICIENT_BALANCE")
        assert details == {"asset": "BTC", "required": "11.0002", "available": "10"}
    [row] = Withdrawal.objects.all()
    assert (row.state, row.refusal_code) == (State.REFUSED, "INSUFFICIENT_BALANCE")


def test_without_the_engine_it_waits_and_goes_on_by_itself(desk: Desk, alice: Person) -> None:
    symbols.refresh()
    symbols.set_live(True)
    engine_link.configure(desk.engine.folder / "gone.sock", timeout_ms=200)
    reply = ask(alice, client_withdrawal_id="w-1")
    assert (reply.status_code, reply.json()["sequence"]) == (201, None)
    assert reply.json()["withdrawal"]["state"] == State.REQUESTED
    assert desk.balance(alice)[1] == 0
    desk.run()
    assert desk.balance(alice)[1] == 101_000 * KRW
    engine_link.configure(desk.engine.socket_path)
    assert ask(alice, client_withdrawal_id="w-1").json()["withdrawal"]["state"] == State.SENT


@pytest.mark.parametrize(
    "body, status, code, details",
    [
        ({"amount": None}, 400, "MISSING_FIELD", {"field": "amount"}),
        ({"address": None}, 400, "MISSING_FIELD", {"field": "address"}),
        ({"amount": "0"}, 400, "INVALID_AMOUNT", None),
        ({"amount": "1e6"}, 400, "INVALID_NUMBER", None),
        ({"amount": "1" + "0" * 29}, 400, "INVALID_AMOUNT", None),
        ({"asset": "DOGE"}, 404, "ASSET_NOT_FOUND", None),
        (
            {"amount": "4999"},
            422,
            "WITHDRAWAL_TOO_SMALL",
            {"field": "amount", "minimum": "5000", "asset": "KRW"},
        ),
        ({"address": "nonsense"}, 422, "INVALID_ADDRESS", {"field": "address", "asset": "KRW"}),
        ({"address": "\n"}, 400, "INVALID_FIELD", None),
        ({"address": "x" * 129}, 400, "INVALID_FIELD", None),
        ({"tag": "7"}, 422, "INVALID_ADDRESS", {"field": "tag", "asset": "KRW"}),
        ({"address_id": "12"}, 400, "INVALID_FIELD", None),
        ({"address_id": "12", "address": None}, 404, "ADDRESS_NOT_FOUND", None),
        ({"client_withdrawal_id": "no spaces"}, 400, "INVALID_FIELD", None),
        ({"state": "paid"}, 400, "UNKNOWN_FIELD", {"field": "state"}),
        ({"amount": "50000000"}, 422, "WITHDRAWAL_LIMIT", None),
    ],
)
def test_what_is_refused_is_not_saved(
    desk: Desk, alice: Person, body: dict[str, Any], status: int, code: str, details: Any
) -> None:
    found = refused(ask(alice, **body))
    assert found[:2] == (status, code)
    assert details is None or found[2] == details
    assert not Withdrawal.objects.exists()
    assert desk.balance(alice)[1] == 0


def test_an_asset_that_is_closed_does_not_leave(desk: Desk, alice: Person, settings: Any) -> None:
    AssetTerms.objects.filter(asset="KRW").update(takes_withdrawals=False)
    assert refused(ask(alice)) == (409, "WITHDRAWALS_CLOSED", {"asset": "KRW"})
    AssetTerms.objects.filter(asset="KRW").update(takes_withdrawals=True, provider="gone")
    assert refused(ask(alice))[1] == "WITHDRAWALS_CLOSED"
    AssetTerms.objects.filter(asset="KRW").delete()
    assert refused(ask(alice))[1] == "WITHDRAWALS_CLOSED"


def test_a_frozen_account_sends_nothing(desk: Desk, alice: Person) -> None:
    desk.engine.submit(m.set_account(desk.engine.command_id(), alice.account, m.FROZEN))
    assert refused(ask(alice))[:2] == (403, "ACCOUNT_FROZEN")


def test_as_many_are_open_as_the_engine_holds(desk: Desk, alice: Person) -> None:
    command = desk.engine.command_id
    desk.engine.submit(
        *(m.hold_withdrawal(command(), alice.account, f"other-{n}", "KRW", 1) for n in range(100))
    )
    assert refused(ask(alice))[:2] == (422, "TOO_MANY_WITHDRAWALS")


def test_an_id_that_the_engine_holds_already_is_refused(
    desk: Desk, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a database was restored from before that withdrawal."""
    desk.engine.submit(m.hold_withdrawal(desk.engine.command_id(), alice.account, "77", "KRW", 1))
    field = Withdrawal._meta.get_field("id")
    monkeypatch.setattr(field, "_get_default", lambda: 77)
    assert refused(ask(alice))[:2] == (409, "WITHDRAWAL_ID_IN_USE")


# --- who asks ----------------------------------------------------------------------------------------------


def test_a_log_in_proves_that_it_is_the_user(desk: Desk, alice: Person) -> None:
    LogIn.objects.filter(user=alice.user).update(proved_at=timezone.now() - timedelta(seconds=301))
    assert refused(alice.post("/v1/withdrawals", {"asset": "KRW", "amount": "100000", "address": BANK}))[
        :2
    ] == (
        403,
        "STEP_UP_REQUIRED",
    )
    assert not Withdrawal.objects.exists()
    prove(alice)
    assert ask(alice).status_code == 201


def test_where_letters_are_always_sent_a_user_has_an_address(
    desk: Desk, alice: Person, settings: Any
) -> None:
    custody_settings(settings, MAIL="always")
    assert refused(ask(alice)) == (409, "EMAIL_REQUIRED", {})


def usable_entry(person: Person, **fields: Any) -> WithdrawalAddress:
    now = timezone.now()
    given = {"asset": "KRW", "address": BANK, "label": "bank", "confirmed_at": now, "usable_at": now}
    return WithdrawalAddress.objects.create(user=person.user, **{**given, **fields})


def test_a_key_goes_to_usable_entries_of_the_book_only(desk: Desk, alice: Person) -> None:
    signer = Signer(alice, scopes=["withdraw"])
    body = {"asset": "KRW", "amount": "100000", "address": BANK}
    assert refused(signer.post("/v1/withdrawals", body))[:2] == (409, "BOOK_ONLY")
    entry = usable_entry(alice, usable_at=timezone.now() + timedelta(hours=1))
    by_id = {"asset": "KRW", "amount": "100000", "address_id": str(entry.pk)}
    assert refused(signer.post("/v1/withdrawals", by_id))[:2] == (409, "ADDRESS_NOT_USABLE")
    assert refused(signer.post("/v1/withdrawals", body))[1] == "BOOK_ONLY"
    WithdrawalAddress.objects.update(usable_at=timezone.now())
    for sent in (body, by_id):
        reply = signer.post("/v1/withdrawals", sent)
        assert reply.status_code == 201
        assert reply.json()["withdrawal"]["address_id"] == str(entry.pk)
        assert desk.row(reply).key_id == signer.key_id


def test_a_key_needs_the_scope_and_asks_for_no_letter_but_sends_a_notice(
    desk: Desk, alice: Person, settings: Any
) -> None:
    custody_settings(settings, MAIL="always")
    alice.user.email = "alice@example.com"
    alice.user.save()
    usable_entry(alice)
    body = {"asset": "KRW", "amount": "100000", "address": BANK}
    status, code, details = refused(Signer(alice, scopes=["transfer"]).post("/v1/withdrawals", body))
    assert (status, code, details) == (403, "SCOPE_REQUIRED", {"scope": "withdraw"})
    reply = Signer(alice, scopes=["withdraw"]).post("/v1/withdrawals", body)
    assert reply.json()["withdrawal"]["state"] == State.APPROVED
    assert Letter.objects.filter(kind="withdrawal_requested").count() == 1


def test_an_entry_of_another_user_is_none(desk: Desk, alice: Person, bob: Person) -> None:
    entry = usable_entry(bob)
    reply = ask(alice, address=None, address_id=str(entry.pk))
    assert refused(reply)[:2] == (404, "ADDRESS_NOT_FOUND")


# --- limits and review -------------------------------------------------------------------------------------


def test_sums_roll_and_count_all_accounts_of_the_user(
    desk: Desk, alice: Person, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    custody_settings(settings, LEVEL=1)
    assert ask(alice, "4000000").status_code == 201
    status, code, details = refused(ask(alice, "1000000"))
    assert (status, code) == (422, "WITHDRAWAL_LIMIT")
    assert details == {
        "span": "day",
        "currency": "KRW",
        "limit": "5000000",
        "left": "999000",
        "value": "1001000",
    }
    assert ask(alice, "998000").status_code == 201, "to the last unit"
    Withdrawal.objects.update(requested_at=timezone.now() - withdrawal_limits.DAY)
    assert ask(alice, "4000000").status_code == 201, "a day later"
    limits = alice.get("/v1/withdrawals/terms").json()["limits"]
    assert limits["day"] == {"limit": "5000000", "used": "4001000", "left": "999000"}
    assert limits["month"] == {"limit": "50000000", "used": "9001000", "left": "40999000"}


def test_what_was_given_back_counts_no_more(desk: Desk, alice: Person, settings: Any) -> None:
    custody_settings(settings, LEVEL=1)
    withdrawal_id = ask(alice, "4000000").json()["withdrawal"]["withdrawal_id"]
    assert refused(ask(alice, "4000000"))[1] == "WITHDRAWAL_LIMIT"
    assert alice.post(f"/v1/withdrawals/{withdrawal_id}/cancel").status_code == 200
    assert ask(alice, "4000000").status_code == 201


@pytest.mark.parametrize("asset, amount, address", [("KRW", "5000", BANK), ("BTC", "0.001", BITCOIN)])
def test_level_zero_lets_nothing_out(
    desk: Desk, alice: Person, settings: Any, asset: str, amount: str, address: str
) -> None:
    """Not even what has no worth known, as bitcoin here, which never traded."""
    custody_settings(settings, LEVEL=0)
    reply = ask(alice, amount, asset=asset, address=address)
    assert refused(reply)[:2] == (422, "WITHDRAWAL_LIMIT")


def test_large_ones_and_those_without_a_worth_wait_for_two(desk: Desk, alice: Person) -> None:
    def asked(**body: Any) -> Withdrawal:
        return desk.row(ask(alice, **body))

    at_the_bound = asked(amount="9999000")
    assert (at_the_bound.state, at_the_bound.approvals_needed) == (State.APPROVED, 0)
    above = asked(amount="9999000.00000001")
    assert (above.state, above.approvals_needed) == (State.IN_REVIEW, 2)
    unpriced = asked(amount="0.001", asset="BTC", address=BITCOIN)
    assert (unpriced.state, unpriced.is_priced, unpriced.value_minor) == (State.IN_REVIEW, False, 0)


def test_worth_is_by_the_last_price(desk: Desk, alice: Person, bob: Person) -> None:
    alice.place()
    bob.place(side="sell")
    desk.engine.project()
    row = desk.row(ask(alice, "0.05", asset="BTC", address=BITCOIN))
    assert (row.is_priced, row.value_minor) == (True, 5_020_000 * KRW)


# --- reading -----------------------------------------------------------------------------------------------


def test_pages_and_filters(desk: Desk, alice: Person, bob: Person) -> None:
    ids = [ask(alice).json()["withdrawal"]["withdrawal_id"] for _ in range(5)]
    ask(bob)
    alice.post(f"/v1/withdrawals/{ids[0]}/cancel")

    def listed(**query: Any) -> list[str]:
        found: list[str] = []
        cursor = None
        while True:
            page = alice.get(
                "/v1/withdrawals", **query, **({} if cursor is None else {"cursor": cursor})
            ).json()
            found += [row["withdrawal_id"] for row in page["withdrawals"]]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    assert listed() == listed(limit=2) == ids[::-1]
    assert listed(state="ended") == ids[:1]
    assert listed(asset="BTC") == []
    assert refused(alice.get("/v1/withdrawals", state="lost"))[1] == "INVALID_FIELD"
    assert refused(alice.get("/v1/withdrawals", asset="DOGE"))[1] == "ASSET_NOT_FOUND"
    assert refused(alice.get("/v1/withdrawals", cursor="x"))[1] == "INVALID_CURSOR"
    assert refused(alice.get("/v1/withdrawals", before="1"))[1] == "UNKNOWN_FIELD"


@pytest.mark.parametrize("withdrawal_id", ["1", "x", "0" * 30, "-1", "²"])
def test_one_that_is_not_there(desk: Desk, alice: Person, withdrawal_id: str) -> None:
    for reply in (
        alice.get(f"/v1/withdrawals/{withdrawal_id}"),
        alice.post(f"/v1/withdrawals/{withdrawal_id}/cancel"),
        alice.post(f"/v1/withdrawals/{withdrawal_id}/resend"),
        alice.post(f"/v1/withdrawals/{withdrawal_id}/confirm", {"key": "k"}),
    ):
        assert refused(reply)[:2] == (404, "WITHDRAWAL_NOT_FOUND")


def test_anothers_looks_as_if_it_were_not_there(desk: Desk, alice: Person, bob: Person) -> None:
    mine = ask(alice).json()["withdrawal"]["withdrawal_id"]
    assert alice.get(f"/v1/withdrawals/{mine}").status_code == 200
    replies = [bob.get(f"/v1/withdrawals/{each}").json() for each in (mine, "5")]
    assert {reply["error"] for reply in replies} == {"WITHDRAWAL_NOT_FOUND"}
    assert refused(bob.post(f"/v1/withdrawals/{mine}/cancel"))[1] == "WITHDRAWAL_NOT_FOUND"


def test_the_audit_log_has_it(desk: Desk, alice: Person) -> None:
    reply = ask(alice)
    record = AuditRecord.objects.get(kind="withdrawal.requested")
    assert (record.actor, record.target) == ("alice", str(desk.row(reply).pk))
    assert '"amount_minor":10000000000000' in record.after
