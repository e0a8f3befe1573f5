"""The staff, logged in to the operator pages, and a market with something on every page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.identity import roles
from exchange.control.dispatcher import Dispatcher
from exchange.control.services import request_change
from exchange.models import ChangeRequest
from tests.conftest import LiveEngine, Person, make_person
from web.console import display_units
from xtrader.variables import value_parsers

Staff = dict[str, Client]
Dispatch = Callable[[], int]


@pytest.fixture(autouse=True)
def _fresh_scales() -> None:
    display_units.forget()


@pytest.fixture
def staff(db: None) -> Staff:
    """A logged-in browser for each role, and for nobody."""
    browsers = {"nobody": Client()}
    for role in roles.ROLES:
        browsers[role] = Client()
        browsers[role].force_login(make_person(f"the {role}", role).user)
    return browsers


@pytest.fixture
def dispatch(live_engine: LiveEngine) -> Dispatch:
    """Do what the dispatcher and the projector do between two pages."""

    def run() -> int:
        answered = Dispatcher(live_engine.client).run_until_empty()
        live_engine.project()
        return answered

    return run


@pytest.fixture
def market(live_engine: LiveEngine, alice: Person, bob: Person, dispatch: Dispatch) -> None:
    """Trades, resting and canceled orders, transfers, a refusal, fees of an account's own."""
    bob.place(side="sell", quantity="0.02")
    alice.place(quantity="0.015")
    alice.place(price="99000000", quantity="0.5")
    bob.place(symbol="AAPL", side="sell", price="224.10", quantity="7")
    alice.place(symbol="AAPL", order_type="market", time_in_force="ioc", price=None, quantity="3")
    account = {"account": alice.account}
    rates = {"maker_ppm": -10, "taker_ppm": 250}
    fees = {**account, "symbol": "BTC-KRW", **rates}
    request_change(ChangeRequest.Kind.SET_FEES, fees, alice.user, may_be_own=True)
    too_much = {**account, "asset": "BTC", "amount_minor": 10**20}
    request_change(ChangeRequest.Kind.WITHDRAW, too_much, alice.user, may_be_own=True)
    dispatch()


def approvals_of(settings: Any, above: str = "*=0", fees: str = "0", hours: int = 24) -> None:
    """Have changes wait for a second operator, for the length of a test."""
    bounds = {
        "ABOVE": value_parsers.amounts_by_asset(above),
        "FEE_PPM": value_parsers.percentage_points_as_ppm(fees),
        "HOURS": hours,
    }
    settings.XTRADER = {**settings.XTRADER, "APPROVALS": bounds}


@pytest.fixture(autouse=True)
def _one_operator_is_enough(settings: Any) -> None:
    """As in a demo; tests of approvals say ``approvals_of``."""
    approvals_of(settings, value_parsers.OFF)
