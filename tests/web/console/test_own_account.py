"""No operator moves money of an account of their own, or changes it: another operator has to."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.identity import roles
from accounts.models import User
from exchange.control.account_requests import open_account
from exchange.control.services import request_change
from exchange.engine import messages as m
from exchange.errors import RefusedError
from exchange.models import Account, ChangeRequest
from tests.conftest import LiveEngine, Person, make_person
from tests.web.console.conftest import Dispatch, Staff

pytestmark = pytest.mark.django_db

Kind = ChangeRequest.Kind
FORMS: dict[str, dict[str, str]] = {
    "deposit": {"asset": "KRW", "amount": "777000000"},
    "withdraw": {"asset": "KRW", "amount": "1"},
    "fees": {"symbol": "BTC-KRW", "maker_rate": "0", "taker_rate": "0.05"},
    "group": {"group": "7"},
    "freeze": {},
    "thaw": {},
}
PAYLOADS: dict[str, dict[str, Any]] = {
    Kind.DEPOSIT: {"asset": "KRW", "amount_minor": 1},
    Kind.WITHDRAW: {"asset": "KRW", "amount_minor": 1},
    Kind.SET_FEES: {"symbol": "BTC-KRW", "maker_ppm": -500, "taker_ppm": 500},
    Kind.SET_GROUP: {"group": 7},
    Kind.SET_ACCOUNT: {"status": m.ACTIVE},
}
REFUSAL = "You may not change or fund an account of your own; another operator can."


@pytest.fixture
def own(staff: Staff, live_engine: LiveEngine, dispatch: Dispatch) -> Account:
    """An account of the operator's, as a trader who became one has."""
    account = open_account(User.objects.get(username="the operator"))
    dispatch()
    ChangeRequest.objects.all().delete()
    return account


def test_every_kind_about_an_account_is_tried() -> None:
    from exchange.control.kinds import FIELDS

    assert {kind for kind, fields in FIELDS.items() if "account" in fields} == set(PAYLOADS)


@pytest.mark.attack("A11")
@pytest.mark.parametrize("page", FORMS)
def test_the_page_refuses_it(staff: Staff, own: Account, page: str) -> None:
    response = staff["operator"].post(f"/admin/exchange/account/{own.number}/{page}/", FORMS[page])
    assert response.status_code == 200
    assert response.context["form"].non_field_errors() == [REFUSAL]
    assert REFUSAL in response.content.decode()
    assert not ChangeRequest.objects.exists()


@pytest.mark.parametrize("page", FORMS)
def test_another_operator_may(own: Account, page: str) -> None:
    another = Client()
    another.force_login(make_person("another", roles.OPERATOR).user)
    response = another.post(f"/admin/exchange/account/{own.number}/{page}/", FORMS[page])
    assert response.status_code == 302
    assert ChangeRequest.objects.count() == 1


@pytest.mark.attack("A11")
@pytest.mark.parametrize("kind", PAYLOADS)
def test_the_service_refuses_it_for_every_surface(own: Account, kind: str) -> None:
    with pytest.raises(RefusedError) as refused:
        request_change(kind, {"account": own.number, **PAYLOADS[kind]}, own.user)
    assert (refused.value.code, refused.value.status) == ("OWN_ACCOUNT", 403)
    assert refused.value.details == {"account": own.number}
    assert not ChangeRequest.objects.exists()


@pytest.mark.parametrize("kind", PAYLOADS)
def test_an_account_in_the_own_group_counts_as_own(own: Account, alice: Person, kind: str) -> None:
    """A group holds the accounts of one owner; taking one out of it would be the way round."""
    Account.objects.filter(number__in=(own.number, alice.account)).update(group=7)
    with pytest.raises(RefusedError, match="OWN_ACCOUNT"):
        request_change(kind, {"account": alice.account, **PAYLOADS[kind]}, own.user)
    Account.objects.filter(number=alice.account).update(group=8)
    request_change(kind, {"account": alice.account, **PAYLOADS[kind]}, own.user)


def test_no_group_is_not_a_group(own: Account, alice: Person) -> None:
    assert Account.objects.get(number=alice.account).group == 0
    request_change(Kind.DEPOSIT, {"account": alice.account, **PAYLOADS[Kind.DEPOSIT]}, own.user)


def test_an_administrator_is_no_exception(live_engine: LiveEngine, dispatch: Dispatch) -> None:
    person = make_person("root", roles.ADMINISTRATOR)
    account = open_account(person.user)
    with pytest.raises(RefusedError, match="OWN_ACCOUNT"):
        request_change(Kind.DEPOSIT, {"account": account.number, **PAYLOADS[Kind.DEPOSIT]}, person.user)


def test_the_system_may(own: Account) -> None:
    """What nobody asked for: a venue's first deposits, a restore."""
    request_change(Kind.DEPOSIT, {"account": own.number, **PAYLOADS[Kind.DEPOSIT]})
    assert ChangeRequest.objects.count() == 1
