"""Accounts are opened into their owner's group, and only their freezer, or an operator, thaws them."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.identity import roles
from accounts.seeding import seed
from exchange.control.account_requests import (
    OWNER_GROUPS,
    freeze_own,
    group_owned_accounts,
    open_account,
    thaw_own,
)
from exchange.control.dispatcher import Dispatcher
from exchange.control.services import request_change
from exchange.engine import messages as m
from exchange.errors import RefusedError
from exchange.models import Account, ChangeRequest
from tests.conftest import LiveEngine, Person, make_person

Kind = ChangeRequest.Kind

pytestmark = pytest.mark.django_db


@pytest.fixture
def dora(live_engine: LiveEngine) -> Person:
    return make_person("dora", roles.TRADER)


def carry_out(engine: LiveEngine) -> None:
    Dispatcher(engine.client).run_until_empty()
    engine.project()


def groups() -> dict[int, int]:
    return dict(Account.objects.values_list("number", "group"))


def state_of(account: Account) -> tuple[str, str]:
    account.refresh_from_db()
    return account.get_status_display() or "", account.frozen_by


def test_all_accounts_of_an_owner_are_in_one_group(dora: Person, live_engine: LiveEngine) -> None:
    main, bot = open_account(dora.user), open_account(dora.user, name="bot")
    erin = open_account(make_person("erin", roles.TRADER).user)
    carry_out(live_engine)
    own = OWNER_GROUPS + dora.user.pk
    assert groups()[main.number] == groups()[bot.number] == own != groups()[erin.number]
    assert not ChangeRequest.objects.exclude(state="applied").exists()


def test_a_name_is_opened_once(dora: Person) -> None:
    assert open_account(dora.user, name="bot") == open_account(dora.user, name="bot")
    assert ChangeRequest.objects.filter(kind=Kind.SET_ACCOUNT).count() == 1


def test_orders_of_one_owner_do_not_trade_with_one_another(dora: Person, live_engine: LiveEngine) -> None:
    main, bot = open_account(dora.user), open_account(dora.user, name="bot")
    carry_out(live_engine)
    live_engine.open_account(main.number, {"KRW": 1_000_000_000})
    live_engine.open_account(bot.number, {"BTC": 1})
    order = {"price_ticks": 100_000_000, "quantity_lots": 1_000_000}
    live_engine.submit(m.place_order("1", bot.number, "BTC-KRW", m.SELL, **order))
    taken = live_engine.submit(m.place_order("2", main.number, "BTC-KRW", m.BUY, **order))[0]
    assert [event[0] for event in taken.events].count(m.EV_TRADE) == 0
    assert m.OrderEvent(*taken.events[0][: len(m.OrderEvent._fields)]).reason == m.REASON_SELF_TRADE


def test_a_sub_account_follows_its_main_one_and_an_operator_may_part_them(
    dora: Person, live_engine: LiveEngine
) -> None:
    main = open_account(dora.user)
    request_change(Kind.SET_GROUP, {"account": main.number, "group": 7})
    carry_out(live_engine)
    bot = open_account(dora.user, name="bot")
    carry_out(live_engine)
    assert groups() == {main.number: 7, bot.number: 7}
    request_change(Kind.SET_GROUP, {"account": main.number, "group": 0})
    carry_out(live_engine)
    other = open_account(dora.user, name="other")
    carry_out(live_engine)
    own = OWNER_GROUPS + dora.user.pk
    assert groups() == {main.number: 0, bot.number: 7, other.number: own}, "what an operator has set stays"


def test_owners_of_before_are_grouped_once(
    dora: Person, alice: Person, live_engine: LiveEngine, tmp_path: Any
) -> None:
    """A data folder in which dora owns two accounts of no group, alice one, and an operator parted erin's."""
    erin = make_person("erin", roles.TRADER)
    for number, user, name in ((2001, dora, ""), (2002, dora, "bot"), (2003, erin, ""), (2004, erin, "bot")):
        Account.objects.create(number=number, user=user.user, name=name)
        live_engine.submit(m.set_account(live_engine.command_id(), number))
    request_change(Kind.SET_GROUP, {"account": 2004, "group": 0})
    carry_out(live_engine)
    assert group_owned_accounts() == 3
    carry_out(live_engine)
    of_dora, of_erin = OWNER_GROUPS + dora.user.pk, OWNER_GROUPS + erin.user.pk
    assert groups() == {1001: 0, 2001: of_dora, 2002: of_dora, 2003: of_erin, 2004: 0}
    assert group_owned_accounts() == 0
    seed(tmp_path / "credentials.json", is_demo=False)
    asked = ChangeRequest.objects.filter(kind=Kind.SET_GROUP)
    assert asked.count() == 4, "the seed of a start asks for nothing more"


def test_the_owner_freezes_and_thaws(dora: Person, live_engine: LiveEngine) -> None:
    account = open_account(dora.user)
    carry_out(live_engine)
    assert thaw_own(account, dora.user) is None, "there is nothing to thaw"
    assert freeze_own(account, dora.user) is not None and freeze_own(account, dora.user) is None
    carry_out(live_engine)
    assert state_of(account) == ("frozen", "owner")
    assert thaw_own(account, dora.user) is not None
    carry_out(live_engine)
    assert state_of(account) == ("active", "")


@pytest.mark.parametrize("owner_first", [True, False])
def test_the_owner_does_not_thaw_what_an_operator_froze(
    dora: Person, oscar: Person, live_engine: LiveEngine, owner_first: bool
) -> None:
    account = open_account(dora.user)
    carry_out(live_engine)
    if owner_first:
        freeze_own(account, dora.user)
    request_change(Kind.SET_ACCOUNT, {"account": account.number, "status": m.FROZEN}, oscar.user)
    if not owner_first:
        assert freeze_own(account, dora.user) is None
    # At once, before the engine knows.
    with pytest.raises(RefusedError, match="FROZEN_BY_OPERATOR"):
        thaw_own(account, dora.user)
    carry_out(live_engine)
    with pytest.raises(RefusedError, match="FROZEN_BY_OPERATOR"):
        thaw_own(account, dora.user)
    assert state_of(account) == ("frozen", "operator")
    request_change(Kind.SET_ACCOUNT, {"account": account.number, "status": m.ACTIVE}, oscar.user)
    carry_out(live_engine)
    assert state_of(account) == ("active", "")


def test_an_operator_who_comes_after_the_thaw_has_the_last_word(
    dora: Person, oscar: Person, live_engine: LiveEngine
) -> None:
    account = open_account(dora.user)
    freeze_own(account, dora.user)
    carry_out(live_engine)
    thaw_own(account, dora.user)
    request_change(Kind.SET_ACCOUNT, {"account": account.number, "status": m.FROZEN}, oscar.user)
    carry_out(live_engine)
    assert state_of(account) == ("frozen", "operator")


def test_a_freeze_from_before_it_was_kept_who_froze_is_an_operator_s(
    dora: Person, live_engine: LiveEngine
) -> None:
    account = open_account(dora.user)
    carry_out(live_engine)
    live_engine.submit(m.set_account(live_engine.command_id(), account.number, m.FROZEN))
    live_engine.project()
    assert freeze_own(account, dora.user) is None
    with pytest.raises(RefusedError, match="FROZEN_BY_OPERATOR"):
        thaw_own(account, dora.user)
