"""The address book over REST: added with a proof, confirmed by a letter, usable after the delay; and the lock
to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import LogIn, SecurityAct
from custody import letter_keys
from custody.addresses import address_book
from custody.models import AssetTerms, WithdrawalAddress, WithdrawalRules
from exchange.models import AuditRecord
from tests.accounts.joining import delivered, token_in
from tests.conftest import Person
from tests.custody.cast import BANK, BITCOIN, Desk, ask, custody_settings, prove
from tests.web.rest.test_keys import Signer, changes_are_heard, own_files  # noqa: F401  # fixtures

pytestmark = pytest.mark.django_db
DELAY = 86_400


@pytest.fixture(autouse=True)
def _with_letters(settings: Any, alice: Person) -> None:
    custody_settings(settings, MAIL="always", LEVEL=2, ADDRESS_DELAY_S=DELAY)
    alice.user.email = "alice@example.com"
    alice.user.save()


def add(person: Person, **changed: Any) -> Any:
    prove(person)
    body = {"asset": "KRW", "address": BANK, "label": "my bank", **changed}
    return person.post("/v1/addresses", {name: value for name, value in body.items() if value is not None})


def code(reply: Any) -> tuple[int, str]:
    return reply.status_code, reply.json()["error"]


def listed(person: Person) -> list[Any]:
    found: list[Any] = person.get("/v1/addresses").json()["addresses"]
    return found


def test_from_the_letter_to_the_first_withdrawal(desk: Desk, alice: Person) -> None:
    reply = add(alice)
    entry = reply.json()["address"]
    assert reply.status_code == 201
    assert (entry["confirmed"], entry["usable_at"], entry["is_usable"]) == (False, None, False)
    confirm, notice = delivered()
    assert (confirm.subject, notice.subject) == (
        "Confirm your withdrawal address",
        "xTrader: A withdrawal address was added",
    )
    assert BANK in confirm.body and "24 hours" in confirm.body
    before = timezone.now()
    for _ in range(2):
        reply = alice.post(f"/v1/addresses/{entry['address_id']}/confirm", {"key": token_in(confirm)})
        assert reply.status_code == 200 and reply.json()["address"]["confirmed"]
    usable_at = reply.json()["address"]["usable_at"]
    assert usable_at >= int((before + timedelta(seconds=DELAY)).timestamp() * 1000)
    wish = {"address": None, "address_id": entry["address_id"]}
    refused = ask(alice, **wish)
    assert (*code(refused), refused.json()["details"]["usable_at"]) == (409, "ADDRESS_NOT_USABLE", usable_at)
    WithdrawalAddress.objects.update(usable_at=timezone.now())
    assert listed(alice)[0]["is_usable"] is True
    assert ask(alice, **wish).json()["withdrawal"]["address_id"] == entry["address_id"]
    kinds = AuditRecord.objects.filter(kind__startswith="address.").order_by("id")
    assert [each.kind for each in kinds] == ["address.added", "address.confirmed"]


def test_without_letters_it_counts_as_confirmed(desk: Desk, alice: Person, settings: Any) -> None:
    custody_settings(settings, MAIL="never")
    entry = add(alice).json()["address"]
    assert (entry["confirmed"], entry["is_usable"]) == (True, False)


@pytest.mark.parametrize(
    "changed, status, error",
    [
        ({"label": None}, 400, "MISSING_FIELD"),
        ({"label": " "}, 400, "INVALID_FIELD"),
        ({"label": "x" * 41}, 400, "INVALID_FIELD"),
        ({"asset": "DOGE"}, 404, "ASSET_NOT_FOUND"),
        ({"address": "0x12"}, 422, "INVALID_ADDRESS"),
        ({"asset": "BTC"}, 422, "INVALID_ADDRESS"),
        ({"tag": "1"}, 422, "INVALID_ADDRESS"),
        ({"network": "main"}, 400, "UNKNOWN_FIELD"),
    ],
)
def test_what_is_no_entry(desk: Desk, alice: Person, changed: Any, status: int, error: str) -> None:
    assert code(add(alice, **changed)) == (status, error)
    assert listed(alice) == []


def test_tags_where_the_asset_has_them(desk: Desk, alice: Person) -> None:
    AssetTerms.objects.update(has_tag=True)
    assert [add(alice, tag=tag).json()["address"]["tag"] for tag in (None, "1", "2")] == [None, "1", "2"]
    assert code(add(alice, tag="2")) == (409, "ADDRESS_EXISTS")


def test_an_asset_without_terms_has_no_addresses(desk: Desk, alice: Person) -> None:
    AssetTerms.objects.all().delete()
    assert code(add(alice)) == (409, "WITHDRAWALS_CLOSED")


def test_the_book_has_an_end(desk: Desk, alice: Person, bob: Person) -> None:
    for number in range(address_book.MAX_ENTRIES):
        WithdrawalAddress.objects.create(
            user=alice.user, asset="KRW", address=f"Bank {100_000 + number}", label="x"
        )
    reply = add(alice)
    assert (*code(reply), reply.json()["details"]) == (409, "TOO_MANY_ADDRESSES", {"maximum": 100})
    alice.api.delete(f"/v1/addresses/{listed(alice)[0]['address_id']}")
    assert add(alice).status_code == 201


def test_removed_is_gone_and_may_come_again(desk: Desk, alice: Person, settings: Any) -> None:
    custody_settings(settings, MAIL="never", ADDRESS_DELAY_S=0)
    first = add(alice).json()["address"]["address_id"]
    asked = ask(alice, address=None, address_id=first)
    assert alice.api.delete(f"/v1/addresses/{first}").json() == {"removed": True}
    assert code(alice.api.delete(f"/v1/addresses/{first}")) == (404, "ADDRESS_NOT_FOUND")
    assert code(ask(alice, address=None, address_id=first)) == (404, "ADDRESS_NOT_FOUND")
    assert listed(alice) == []
    assert add(alice).json()["address"]["address_id"] != first
    assert desk.row(asked).address == BANK, "what was asked for goes on"


def test_anothers_entries_are_none(desk: Desk, alice: Person, bob: Person) -> None:
    mine = add(alice).json()["address"]["address_id"]
    key = letter_keys.key_of(letter_keys.ADDRESS, int(mine))
    assert listed(bob) == []
    assert code(bob.api.delete(f"/v1/addresses/{mine}")) == (404, "ADDRESS_NOT_FOUND")
    assert code(bob.post(f"/v1/addresses/{mine}/confirm", {"key": key})) == (404, "ADDRESS_NOT_FOUND")


def test_no_other_key_confirms_it_nor_an_old_one(desk: Desk, alice: Person) -> None:
    mine = add(alice).json()["address"]["address_id"]
    path = f"/v1/addresses/{mine}/confirm"
    for key in (letter_keys.key_of(letter_keys.WITHDRAWAL, int(mine)), mine, "x" * 300):
        assert code(alice.post(path, {"key": key})) == (400, "INVALID_LINK")
    WithdrawalAddress.objects.update(created_at=timezone.now() - timedelta(days=2))
    key = letter_keys.key_of(letter_keys.ADDRESS, int(mine))
    assert code(alice.post(path, {"key": key})) == (400, "INVALID_LINK")
    assert [each.subject for each in delivered()] == ["xTrader: A withdrawal address was added"]


def test_a_proof_is_needed_and_an_address_to_write_to(desk: Desk, alice: Person) -> None:
    LogIn.objects.filter(user=alice.user).update(proved_at=None)
    body = {"asset": "KRW", "address": BANK, "label": "x"}
    assert code(alice.post("/v1/addresses", body)) == (403, "STEP_UP_REQUIRED")
    alice.user.email = ""
    alice.user.save()
    assert code(add(alice)) == (409, "EMAIL_REQUIRED")


def test_keys_read_the_book_and_never_change_it(desk: Desk, alice: Person) -> None:
    mine = add(alice, asset="BTC", address=BITCOIN).json()["address"]["address_id"]
    signer = Signer(alice, scopes=["read", "withdraw"])
    assert signer.get("/v1/addresses").json()["addresses"][0]["address_id"] == mine
    body = {"asset": "KRW", "address": BANK, "label": "x"}
    assert code(signer.post("/v1/addresses", body)) == (403, "PERMISSION_DENIED")
    assert code(signer.post(f"/v1/addresses/{mine}/confirm", {"key": "k"})) == (403, "PERMISSION_DENIED")


# --- the lock ----------------------------------------------------------------------------------------------


def lock(person: Person, book_only: Any) -> Any:
    return person.api.put("/v1/addresses/lock", {"book_only": book_only}, format="json")


def test_the_lock_holds_at_once_and_ends_after_the_delay(desk: Desk, alice: Person, settings: Any) -> None:
    custody_settings(settings, MAIL="never")
    assert lock(alice, True).json() == {"book_only": True, "book_only_ends_at": None}
    assert code(ask(alice)) == (409, "BOOK_ONLY")
    LogIn.objects.filter(user=alice.user).update(proved_at=None)
    assert code(lock(alice, False)) == (403, "STEP_UP_REQUIRED")
    prove(alice)
    ends_at = lock(alice, False).json()["book_only_ends_at"]
    assert ends_at is not None
    assert lock(alice, False).json()["book_only_ends_at"] == ends_at, "asking again changes nothing"
    assert code(ask(alice)) == (409, "BOOK_ONLY"), "not yet"
    terms = alice.get("/v1/withdrawals/terms").json()
    assert (terms["book_only"], terms["book_only_ends_at"]) == (True, ends_at)
    WithdrawalRules.objects.update(book_only_ends_at=timezone.now())
    assert alice.get("/v1/addresses/lock").json() == {"book_only": False, "book_only_ends_at": None}
    assert ask(alice).status_code == 201
    assert lock(alice, True).json()["book_only"] is True, "it can be closed again"
    assert code(ask(alice)) == (409, "BOOK_ONLY")


def test_closing_it_again_takes_back_its_end(desk: Desk, alice: Person) -> None:
    prove(alice)
    lock(alice, True)
    lock(alice, False)
    assert lock(alice, True).json() == {"book_only": True, "book_only_ends_at": None}
    acts = SecurityAct.objects.order_by("pk").values_list("kind", flat=True)
    assert list(acts) == ["book_locked", "book_unlocked", "book_locked"]


def test_with_the_lock_a_usable_entry_will_do(desk: Desk, alice: Person, settings: Any) -> None:
    custody_settings(settings, MAIL="never", ADDRESS_DELAY_S=0)
    mine = add(alice).json()["address"]["address_id"]
    lock(alice, True)
    assert ask(alice).json()["withdrawal"]["address_id"] == mine, "found by the address, too"
    assert code(ask(alice, address="Other Bank 999-999")) == (409, "BOOK_ONLY")


@pytest.mark.parametrize("body", [{}, {"book_only": "yes"}, {"book_only": None}, {"on": True}])
def test_what_is_no_lock(desk: Desk, alice: Person, body: Any) -> None:
    reply = alice.api.put("/v1/addresses/lock", body, format="json")
    assert reply.status_code == 400
    assert not WithdrawalRules.objects.exists()
