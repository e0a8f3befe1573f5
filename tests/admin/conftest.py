"""The staff, logged in to the operator pages, and a market with something on every page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from exchange import roles
from exchange.admin import units
from exchange.dispatch import Dispatcher
from exchange.models import ChangeRequest
from exchange.services import request_change
from tests.conftest import LiveEngine, Person, make_person

Staff = dict[str, Client]
Dispatch = Callable[[], int]


@pytest.fixture(autouse=True)
def _fresh_scales() -> None:
    units.forget()


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
    request_change(ChangeRequest.Kind.SET_FEES, {**account, "symbol": "BTC-KRW", **rates}, alice.user)
    request_change(
        ChangeRequest.Kind.WITHDRAW, {**account, "asset": "BTC", "amount_minor": 10**20}, alice.user
    )
    dispatch()
