"""Codes that no request reaches: each is raised where something else has let a request through."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.identity import roles
from exchange.control import approvals
from exchange.engine import messages as m
from exchange.engine.engine import Engine
from exchange.errors import RefusedError
from exchange.models import ChangeRequest
from tests.conftest import LiveEngine, make_person
from tests.exchange.errors.reached import GUARDS


def of_the_engine(*commands: m.Command) -> Callable[[LiveEngine], str]:
    """What the running engine answers over its socket, to the last of the commands."""

    def code(live_engine: LiveEngine) -> str:
        event = live_engine.client.submit_many(commands)[-1].events[0]
        assert event[0] == m.EV_REJECTED
        return str(m.RejectedEvent(*event).code)

    return code


def under_older_rules(_: LiveEngine) -> str:
    event = Engine(rules_version=1).apply(m.set_group("c", 1001, 7), 10**9)[0]
    return str(m.RejectedEvent(*event).code)


def of_the_service(_: LiveEngine) -> str:
    asker = make_person("olga", roles.OPERATOR).user
    request = ChangeRequest.objects.create(
        kind=ChangeRequest.Kind.SET_ASSET,
        payload={"asset": "EUR", "scale": 2},
        state=ChangeRequest.State.WAITING,
        requested_by=asker,
    )
    with pytest.raises(RefusedError) as refused:
        approvals.approve(request, asker, "mine")
    return refused.value.code


CASES: dict[str, Callable[[LiveEngine], str]] = {
    "INVALID_ASSET": of_the_engine(m.set_asset("c", "x y", 2)),
    "INVALID_STATUS": of_the_engine(m.set_symbol_status("c", "BTC-KRW", 99)),
    "INVALID_GROUP": of_the_engine(m.set_account("a", 1001), m.set_group("c", 1001, -1)),
    "INVALID_RULES": of_the_engine(m.set_rules("c", 10**6)),
    "INVALID_COMMAND": under_older_rules,
    "OWN_REQUEST": of_the_service,
}


def test_every_guard_is_tried() -> None:
    assert set(CASES) == set(GUARDS)


@pytest.mark.django_db
@pytest.mark.parametrize("code", CASES)
def test_a_guard_refuses(code: str, live_engine: LiveEngine) -> None:
    assert CASES[code](live_engine) == code
