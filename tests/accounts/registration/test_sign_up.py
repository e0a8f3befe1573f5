"""Joining by real requests: from the wish to the first order, and everything that may go wrong between."""

from __future__ import annotations

import json
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.identity import roles
from accounts.identity.hashing import HashingPool
from accounts.models import Invitation, InvitationUse, Letter, PendingSignUp, TermsOfService, User
from accounts.registration import waiting_sign_ups as pending
from exchange.control.dispatcher import Dispatcher
from exchange.models import Account
from tests.accounts.joining import PASSWORD, WISH, delivered, join, link_in, post, token_in
from tests.conftest import LiveEngine, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _open(settings: Any) -> None:
    settings.XTRADER = {**settings.XTRADER, "REGISTRATION": "open", "DEMO": True}


def publish(version: int, days: int = 0) -> TermsOfService:
    return TermsOfService.objects.create(
        version=version,
        text_en=f"Rules {version}",
        text_ko=f"규칙 {version}",
        effective_at=timezone.now() + timedelta(days=days) - timedelta(seconds=1),
    )


def test_from_the_wish_to_the_first_order(live_engine: LiveEngine, anyone: APIClient) -> None:
    asked = post(anyone, "/api/v1/signup", {**WISH, "email": "Dora@Example.com", "language": "ko"})
    assert asked.status_code == 200
    assert {**asked.json(), "expires_at": 0} == {
        "username": "dora",
        "email": "dora@example.com",
        "expires_at": 0,
    }
    assert not User.objects.filter(username="dora").exists(), "no user before the link is opened"
    (letter,) = delivered()
    assert letter.to == ["dora@example.com"]
    assert "확인" in letter.subject, "letters are in the language of the sign-up"
    joined = post(anyone, "/api/v1/signup/verify", {"token": token_in(letter)})
    assert joined.status_code == 200, joined.json()
    number = int(joined.json()["account"])
    assert joined.json()["account_is_open"] is False
    user = User.objects.get(username="dora")
    assert (roles.role_of(user), user.language, user.is_staff) == (roles.TRADER, "ko", False)
    assert list(EmailAddress.objects.values_list("user", "email", "verified", "primary")) == [
        (user.pk, "dora@example.com", True, True)
    ]
    tokens = post(anyone, "/api/v1/token", {"username": "DORA@example.com", "password": PASSWORD}).json()
    anyone.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
    Dispatcher(live_engine.client).run_until_empty()
    live_engine.project()
    assert Account.objects.get(number=number).status is not None
    funded = post(anyone, "/v1/demo/deposit", {"asset": "KRW", "amount": "10000000"})
    assert funded.status_code == 200, funded.json()
    order = {"symbol": "BTC-KRW", "side": "buy", "order_type": "limit", "price": "95000000"}
    placed = post(anyone, "/v1/order", {**order, "quantity": "0.01"})
    assert placed.json()["order"]["status"] == "new", placed.json()


def test_log_in_by_name_in_any_letters_or_by_address(anyone: APIClient) -> None:
    join(anyone, username="Dora")
    for name in ("Dora", "dora", "DORA", "ｄｏｒａ", "dora@example.com", "Dora@EXAMPLE.com"):
        answer = post(anyone, "/api/v1/token", {"username": name, "password": PASSWORD})
        assert answer.status_code == 200, name
    assert post(anyone, "/api/v1/token", {"username": "", "password": PASSWORD}).status_code == 401


def test_guesses_do_not_tell_whose_address_it_is(anyone: APIClient) -> None:
    """A name counts in whatever letters it is written. If its user's address counted with it, the waiting
    would tell that the two belong together."""
    join(anyone)
    guess = {"password": "wrong"}
    names = ["dora", "DORA", "Dora", "ｄｏｒａ"] * 3
    answers = [post(anyone, "/api/v1/token", {"username": name, **guess}).status_code for name in names]
    assert answers == [401] * 10 + [429] * 2
    for email in ("dora@example.com", "nobody@example.com"):
        assert post(anyone, "/api/v1/token", {"username": email, **guess}).status_code == 401


# --- what nobody may learn ----------------------------------------------------------------------------------


def _work(api: APIClient, body: dict[str, Any], path: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The answer to a request, and the work it made: what was hashed and asked of the database."""
    hashed: list[int] = []
    run = HashingPool.run

    def counted(pool: HashingPool, work: Any) -> Any:
        hashed.append(1)
        return run(pool, work)

    with (
        monkeypatch.context() as patch,
        CaptureQueriesContext(
            connection,
        ) as queries,
    ):
        patch.setattr(HashingPool, "run", counted)
        answer = post(api, path, body)
    shapes = [query["sql"].split(" WHERE ")[0].split(" VALUES ")[0] for query in queries]
    return answer, len(hashed), [shape for shape in shapes if "SAVEPOINT" not in shape]


def test_a_known_address_is_no_different(anyone: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    join(anyone)
    answers = [
        _work(
            APIClient(),
            {**WISH, "username": name, "email": email},
            "/api/v1/signup",
            monkeypatch,
        )
        for name, email in (("erin", "erin@example.com"), ("finn", "dora@example.com"))
    ]
    bodies = []
    for answer, _, _ in answers:
        assert answer.status_code == 200, answer.json()
        bodies.append({**answer.json(), "username": "", "email": "", "expires_at": 0})
    assert bodies[0] == bodies[1]
    assert answers[0][1:] == answers[1][1:], "the same work"
    assert answers[0][1] == 1, "one hashing"
    # And the name of either is taken from then on: no second request tells them apart.
    for name in ("erin", "finn"):
        again = post(anyone, "/api/v1/signup", {**WISH, "username": name, "password": "another good one"})
        assert (again.status_code, again.json()["error"]) == (409, "USERNAME_TAKEN")


def test_the_owner_of_a_known_address_gets_another_letter(anyone: APIClient) -> None:
    join(anyone)
    post(anyone, "/api/v1/signup", {**WISH, "username": "finn"})
    (letter,) = delivered()
    assert letter.to == ["dora@example.com"]
    assert link_in(letter).endswith("/accounts/password/reset")
    assert "finn" not in letter.body, "what strangers type reaches no one"


def test_asking_again_does_not_tell_either(anyone: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    post(anyone, "/api/v1/signup", WISH)
    known, unknown = (
        _work(APIClient(), {"email": email}, "/api/v1/signup/resend", monkeypatch)
        for email in ("dora@example.com", "nobody@example.com")
    )
    assert (known[0].status_code, known[0].json()) == (unknown[0].status_code, unknown[0].json())
    assert known[1:] == unknown[1:]
    assert [letter.to for letter in delivered()] == [["dora@example.com"]] * 2


# --- links --------------------------------------------------------------------------------------------------


def test_a_link_is_good_once(anyone: APIClient) -> None:
    post(anyone, "/api/v1/signup", WISH)
    (letter,) = delivered()
    token = token_in(letter)
    assert post(anyone, "/api/v1/signup/verify", {"token": token}).status_code == 200
    again = post(anyone, "/api/v1/signup/verify", {"token": token})
    assert (again.status_code, again.json()["error"]) == (400, "INVALID_LINK")
    assert User.objects.filter(username="dora").count() == 1


@pytest.mark.parametrize("token", ["", "x", "x:y", "0" * 32, "a" * 5_000, "\u0000", "한글:한글"])
def test_a_forged_link_opens_nothing(token: str, anyone: APIClient) -> None:
    post(anyone, "/api/v1/signup", WISH)
    answer = post(anyone, "/api/v1/signup/verify", {"token": token})
    assert (answer.status_code, answer.json()["error"]) == (400, "INVALID_LINK")
    row = PendingSignUp.objects.get()
    for forged in (row.key, f"{row.key}:{'A' * 43}", pending.token_of(row)[:-1]):
        assert post(anyone, "/api/v1/signup/verify", {"token": forged}).status_code == 400
    assert User.objects.count() == 0


def test_a_link_ends(anyone: APIClient) -> None:
    post(anyone, "/api/v1/signup", WISH)
    (letter,) = delivered()
    PendingSignUp.objects.update(expires_at=timezone.now())
    assert post(anyone, "/api/v1/signup/verify", {"token": token_in(letter)}).status_code == 400
    # Its name is free again, at once.
    assert post(anyone, "/api/v1/signup", {**WISH, "password": "another good one"}).status_code == 200


def test_links_lead_to_the_site_whatever_a_request_names(anyone: APIClient, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.XTRADER = {**settings.XTRADER, "PUBLIC_URL": "https://exchange.example"}
    forged = {"HTTP_HOST": "evil.example", "HTTP_X_FORWARDED_HOST": "evil.example"}
    post(anyone, "/api/v1/signup", WISH, **forged)
    post(anyone, "/api/v1/password/reset", {"email": "dora@example.com"}, **forged)
    (letter,) = delivered()
    assert link_in(letter).startswith("https://exchange.example/signup/verify/")
    assert "evil" not in letter.message().as_string()


def test_strangers_with_the_same_address_take_nothing_from_its_owner(anyone: APIClient) -> None:
    """The first link opened wins; what a stranger typed before is void."""
    stranger = post(APIClient(), "/api/v1/signup", {**WISH, "username": "mallory"})
    assert stranger.status_code == 200
    post(anyone, "/api/v1/signup", WISH)
    tokens = {letter.body.split(" as ")[1].split(".")[0]: token_in(letter) for letter in delivered()}
    assert set(tokens) == {"mallory", "dora"}
    assert post(anyone, "/api/v1/signup/verify", {"token": tokens["dora"]}).status_code == 200
    late = post(anyone, "/api/v1/signup/verify", {"token": tokens["mallory"]})
    assert (late.status_code, late.json()["error"]) == (400, "INVALID_LINK")
    assert list(User.objects.values_list("username", flat=True)) == ["dora"]


def test_a_mistyped_address_can_be_corrected(anyone: APIClient) -> None:
    post(anyone, "/api/v1/signup", {**WISH, "email": "drao@example.com"})
    assert post(anyone, "/api/v1/signup", WISH).status_code == 200
    letters = delivered()
    assert [letter.to for letter in letters] == [["dora@example.com"]], "the first one has lost its point"


# --- names and passwords ------------------------------------------------------------------------------------


def test_a_name_that_is_there_in_other_letters_is_taken(anyone: APIClient) -> None:
    make_person("Alice", roles.TRADER)
    for name in ("alice", "ALICE", "ａｌｉｃｅ"):
        answer = post(anyone, "/api/v1/signup", {**WISH, "username": name})
        assert (answer.status_code, answer.json()["error"]) == (409, "USERNAME_TAKEN"), name


def test_a_weak_password_is_told_why(anyone: APIClient) -> None:
    for password, reason in (
        ("short", "password_too_short"),
        ("12345678901", "password_entirely_numeric"),
        ("password123", "password_too_common"),
        ("dora@example", "password_too_similar"),
    ):
        answer = post(anyone, "/api/v1/signup", {**WISH, "password": password}, HTTP_ACCEPT_LANGUAGE="ko")
        assert (answer.status_code, answer.json()["error"]) == (400, "WEAK_PASSWORD")
        details = answer.json()["details"]
        assert reason in details["reasons"]
        assert any("가" <= one <= "힣" for one in details["text"])
    assert PendingSignUp.objects.count() == 0


@pytest.mark.parametrize(
    "email", ["", "dora", "dora@", "a@b\n.c", f"{'a' * 250}@example.com", "d@x.kr\r\nBcc: e@x.kr"]
)
def test_an_address_has_to_be_one(email: str, anyone: APIClient) -> None:
    answer = post(anyone, "/api/v1/signup", {**WISH, "email": email})
    assert (answer.status_code, answer.json()["error"]) == (400, "INVALID_FIELD")
    assert answer.json()["details"]["field"] == "email"


@pytest.mark.parametrize("password", ["x" * 257, "good enough \u0000", "good enough \ud800"])
def test_a_password_has_to_be_text(password: str, anyone: APIClient) -> None:
    body = json.dumps({**WISH, "password": password})
    answer = anyone.post("/api/v1/signup", body, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]) == (400, "INVALID_FIELD")


# --- limits -------------------------------------------------------------------------------------------------


def test_a_mailbox_gets_so_many_letters_and_the_answer_stays(anyone: APIClient, settings: Any) -> None:
    settings.XTRADER["RATE_LIMITS"] = {**settings.XTRADER["RATE_LIMITS"], "mailbox": "3/h"}
    post(anyone, "/api/v1/signup", WISH)
    answers = [post(anyone, "/api/v1/signup/resend", {"email": "Dora@example.com"}) for _ in range(6)]
    assert {answer.status_code for answer in answers} == {200}
    assert Letter.objects.count() == 3
    post(anyone, "/api/v1/signup/resend", {"email": "another@example.com"})
    assert Letter.objects.count() == 4, "another mailbox has its own"


@pytest.mark.parametrize(
    "path, body, scope",
    [
        ("/api/v1/signup", WISH, "signup"),
        ("/api/v1/signup/resend", {"email": "dora@example.com"}, "mail"),
        ("/api/v1/password/reset", {"email": "dora@example.com"}, "mail"),
    ],
)
def test_an_address_asks_so_often(
    path: str, body: dict[str, Any], scope: str, anyone: APIClient, settings: Any
) -> None:
    settings.XTRADER["RATE_LIMITS"] = {**settings.XTRADER["RATE_LIMITS"], scope: "2/h"}
    answers = [post(anyone, path, body) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2]["Retry-After"]) > 0


# --- who may ------------------------------------------------------------------------------------------------


def test_closed_is_closed(anyone: APIClient, settings: Any) -> None:
    post(anyone, "/api/v1/signup", WISH)
    (letter,) = delivered()
    settings.XTRADER["REGISTRATION"] = "closed"
    for path, body in (("/api/v1/signup", WISH), ("/api/v1/signup/verify", {"token": token_in(letter)})):
        answer = post(anyone, path, body)
        assert (answer.status_code, answer.json()["error"]) == (403, "SIGN_UP_CLOSED")
    assert anyone.get("/api/v1/signup").json() == {"registration": "closed", "terms_version": None}


def test_an_invitation_counts_who_joins(anyone: APIClient, settings: Any) -> None:
    settings.XTRADER["REGISTRATION"] = "invitation"
    Invitation.objects.create(code="GOOD-ONE", max_uses=1)
    ended = timezone.now() - timedelta(seconds=1)
    Invitation.objects.create(code="OLD-ONE", expires_at=ended)
    Invitation.objects.create(code="USED-ONE", uses=1)
    for code in (None, "", "NONE", "OLD-ONE", "USED-ONE", "\u0000", "x" * 1_000):
        answer = post(anyone, "/api/v1/signup", {**WISH, "invitation": code})
        assert (answer.status_code, answer.json()["error"]) == (403, "INVALID_INVITATION"), code
    # Two begin with the last use; one joins.
    post(anyone, "/api/v1/signup", {**WISH, "invitation": " good-one "})
    other = {**WISH, "username": "erin", "email": "erin@example.com", "invitation": "GOOD-ONE"}
    post(anyone, "/api/v1/signup", other)
    answers = [post(anyone, "/api/v1/signup/verify", {"token": token_in(each)}) for each in delivered()]
    assert [answer.status_code for answer in answers] == [200, 403]
    assert answers[1].json()["error"] == "INVALID_INVITATION"
    assert [use.user.username for use in InvitationUse.objects.all()] == ["dora"]
    assert list(User.objects.values_list("username", flat=True)) == ["dora"], "nothing is left of the other"


def test_the_terms_that_were_shown_are_accepted(anyone: APIClient) -> None:
    publish(1)
    publish(2, days=1)
    assert anyone.get("/api/v1/signup").json()["terms_version"] == 1
    for version in (None, 0, 2):
        answer = post(anyone, "/api/v1/signup", {**WISH, "terms": version})
        assert (answer.status_code, answer.json()["error"]) == (403, "TERMS_NOT_ACCEPTED")
        assert answer.json()["details"]["version"] == 1
    assert join(anyone, terms=1).status_code == 200
    (kept,) = User.objects.get(username="dora").accepted_terms.all()
    assert kept.terms_id == 1


# --- at once ------------------------------------------------------------------------------------------------


def _at_once(bodies: list[dict[str, Any]], path: str) -> list[Any]:
    """The answers to requests that are sent together."""
    barrier, answers = Barrier(len(bodies)), []

    def send(body: dict[str, Any]) -> None:
        barrier.wait()
        try:
            answer = post(APIClient(), path, body)
            while answer.status_code == 503:
                # A database in memory, as the tests have, refuses where one in a file waits.
                answer = post(APIClient(), path, body)
            answers.append(answer)
        finally:
            connections.close_all()

    threads = [Thread(target=send, args=(body,)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_joins(settings: Any) -> None:
    """With the same address and link, and with the same name."""
    unlimited = dict.fromkeys(("signup", "login", "mailbox", "address"), "0")
    settings.XTRADER["RATE_LIMITS"] = {**settings.XTRADER["RATE_LIMITS"], **unlimited}
    Group.objects.get_or_create(name=roles.TRADER)
    wishes = [{**WISH, "password": f"{PASSWORD} {number}"} for number in range(4)]
    same_name = _at_once(wishes, "/api/v1/signup")
    assert sorted(answer.status_code for answer in same_name) == [200, 409, 409, 409]
    names = ("erin", "finn", "gwen")
    same_mail = _at_once([{**WISH, "username": name} for name in names], "/api/v1/signup")
    assert {answer.status_code for answer in same_mail} == {200}
    tokens = [token_in(letter) for letter in delivered()]
    assert len(tokens) == 4
    answers = _at_once([{"token": token} for token in tokens * 2], "/api/v1/signup/verify")
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
    assert User.objects.filter(email="dora@example.com").count() == 1
    assert Account.objects.count() == 1
