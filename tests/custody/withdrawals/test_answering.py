"""Letters and what customers do with them: confirm, call back, ask for the letter again, or let it be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from custody import letter_keys
from custody.models import Withdrawal
from custody.states import WithdrawalState
from exchange.models import AuditRecord
from tests.accounts.joining import delivered, link_in, token_in
from tests.conftest import Person
from tests.custody.cast import KRW, Desk, ask, custody_settings
from tests.web.rest.test_keys import Signer, changes_are_heard, own_files  # noqa: F401  # fixtures

pytestmark = pytest.mark.django_db
State = WithdrawalState


@pytest.fixture(autouse=True)
def _with_letters(settings: Any, alice: Person) -> None:
    custody_settings(settings, MAIL="always", LEVEL=2)
    alice.user.email = "alice@example.com"
    alice.user.language = "en"
    alice.user.save()


def path_of(row: Withdrawal, act: str) -> str:
    return f"/v1/withdrawals/{row.pk}/{act}"


def code(reply: Any) -> tuple[int, str]:
    return reply.status_code, reply.json()["error"]


def test_the_letter_confirms_it(desk: Desk, alice: Person) -> None:
    row = desk.row(ask(alice))
    assert row.state == State.UNCONFIRMED
    desk.run()
    row.refresh_from_db()
    assert row.state == State.UNCONFIRMED, "it waits, held"
    assert desk.balance(alice)[1] == 101_000 * KRW
    (letter,) = delivered()
    assert letter.to == ["alice@example.com"]
    assert "Some Bank 123-456-7890" in letter.body
    assert link_in(letter).startswith("http://localhost:8000/wallet/withdrawals/confirm/")
    key = token_in(letter)
    assert key.split(":")[0] == str(row.pk), "the page knows by the key which one it is"
    for _ in range(2):
        reply = alice.post(path_of(row, "confirm"), {"key": key})
        assert (reply.status_code, reply.json()["withdrawal"]["state"]) == (200, State.APPROVED)
    desk.run()
    assert alice.post(path_of(row, "confirm"), {"key": key}).json()["withdrawal"]["state"] == State.SENT
    assert AuditRecord.objects.filter(kind="withdrawal.confirmed").count() == 1


def test_who_has_chosen_no_language_is_written_to_in_that_of_the_request(desk: Desk, alice: Person) -> None:
    alice.user.language = ""
    alice.user.save()
    alice.api.credentials(**alice.api._credentials, HTTP_ACCEPT_LANGUAGE="ko")
    ask(alice)
    assert delivered()[0].subject == "출금을 확인해 주세요"


def test_a_large_one_goes_on_to_review(desk: Desk, alice: Person) -> None:
    row = desk.row(ask(alice, "20000000"))
    key = token_in(delivered()[0])
    assert alice.post(path_of(row, "confirm"), {"key": key}).json()["withdrawal"]["state"] == State.IN_REVIEW


def test_no_other_key_confirms_it(desk: Desk, alice: Person) -> None:
    row, other = desk.row(ask(alice)), desk.row(ask(alice))
    keys = [
        letter_keys.key_of(letter_keys.WITHDRAWAL, other.pk),
        letter_keys.key_of(letter_keys.ADDRESS, row.pk),
        f"{row.pk}:" + letter_keys.key_of(letter_keys.WITHDRAWAL, other.pk).split(":")[1],
        str(row.pk),
        "",
        "x" * 201,
        "\0",
    ]
    for key in keys:
        assert code(alice.post(path_of(row, "confirm"), {"key": key})) == (400, "INVALID_LINK"), key
    assert code(alice.post(path_of(row, "confirm"), {})) == (400, "MISSING_FIELD")
    row.refresh_from_db()
    assert row.state == State.UNCONFIRMED


def test_only_its_user_confirms_it_and_no_key(desk: Desk, alice: Person, bob: Person) -> None:
    row = desk.row(ask(alice))
    body = {"key": letter_keys.key_of(letter_keys.WITHDRAWAL, row.pk)}
    assert code(bob.post(path_of(row, "confirm"), body)) == (404, "WITHDRAWAL_NOT_FOUND")
    signer = Signer(alice, scopes=["withdraw"])
    assert code(signer.post(path_of(row, "confirm"), body)) == (403, "PERMISSION_DENIED")
    assert code(signer.post(path_of(row, "resend"), {})) == (403, "PERMISSION_DENIED")


def test_unconfirmed_it_ends_and_its_money_comes_back(desk: Desk, alice: Person) -> None:
    free, _ = desk.balance(alice)
    row = desk.row(ask(alice))
    (letter,) = delivered()
    Withdrawal.objects.update(confirm_by=timezone.now() - timedelta(seconds=1))
    assert code(alice.post(path_of(row, "confirm"), {"key": token_in(letter)})) == (400, "INVALID_LINK")
    desk.run()
    row.refresh_from_db()
    assert (row.state, row.end) == (State.ENDED, "expired")
    assert desk.balance(alice) == (free, 0)
    (notice,) = delivered()
    assert notice.subject == "Your withdrawal was not paid"
    assert "not confirmed in time" in notice.body
    reply = alice.post(path_of(row, "confirm"), {"key": token_in(letter)})
    assert (*code(reply), reply.json()["details"]) == (409, "WITHDRAWAL_STATE", {"state": "ended"})


def test_called_back_it_is_over_at_once(desk: Desk, alice: Person) -> None:
    free, _ = desk.balance(alice)
    row = desk.row(ask(alice))
    for _ in range(2):
        reply = alice.post(path_of(row, "cancel"))
        assert reply.status_code == 200
        assert (reply.json()["withdrawal"]["state"], reply.json()["withdrawal"]["end"]) == (
            "ended",
            "canceled",
        )
    assert desk.balance(alice) == (free, 0)
    assert delivered() == [], "nothing is left to confirm, and nobody is told of what they did"
    key = letter_keys.key_of(letter_keys.WITHDRAWAL, row.pk)
    assert code(alice.post(path_of(row, "confirm"), {"key": key})) == (409, "WITHDRAWAL_STATE")


def test_once_it_went_out_it_is_too_late(desk: Desk, alice: Person, settings: Any) -> None:
    custody_settings(settings, MAIL="never")
    row = desk.row(ask(alice))
    desk.run()
    assert code(alice.post(path_of(row, "cancel"))) == (409, "WITHDRAWAL_STATE")
    assert alice.get(f"/v1/withdrawals/{row.pk}").json()["withdrawal"]["can_cancel"] is False


def test_a_key_calls_back_what_its_account_asked_for(desk: Desk, alice: Person) -> None:
    row = desk.row(ask(alice))
    assert Signer(alice, scopes=["withdraw"]).post(path_of(row, "cancel"), {}).status_code == 200


def test_the_letter_comes_again_a_few_times(desk: Desk, alice: Person) -> None:
    row = desk.row(ask(alice))
    for _ in range(8):
        assert alice.post(path_of(row, "resend")).status_code == 200
    assert len(delivered()) == 6, "the first, and five an hour"
    alice.post(path_of(row, "cancel"))
    assert code(alice.post(path_of(row, "resend"))) == (409, "WITHDRAWAL_STATE")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_notices_tell_what_became_of_it(desk: Desk, alice: Person, settings: Any, language: str) -> None:
    custody_settings(settings, MAIL="never")
    alice.user.language = language
    alice.user.save()
    desk.engine.project()
    row = desk.row(ask(alice))
    Withdrawal.objects.filter(pk=row.pk).update(state=State.SETTLING, transaction="KB-2026-77")
    desk.run()
    asked, paid = delivered()
    expected = {
        "en": ("A withdrawal was requested", "Your withdrawal was paid", "Amount: 100000 KRW"),
        "ko": ("출금이 요청되었습니다", "출금이 완료되었습니다", "수량: 100000 KRW"),
    }[language]
    assert (asked.subject, paid.subject) == expected[:2]
    assert expected[2] in asked.body and expected[2] in paid.body
    assert "KB-2026-77" in paid.body
