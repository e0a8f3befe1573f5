"""The operators' first page in every state a market can be in, and what operators see when a page fails."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Final

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from exchange.engine import messages as m
from exchange.link import engine_link
from exchange.models import ChangeRequest, Symbol, choices
from tests.conftest import LiveEngine, Person
from tests.web.console.conftest import Dispatch, Staff
from tests.web.console.test_pages import text_of
from web.console import accounts, change_pages, dashboard, display_units, labels, market, orders

pytestmark = pytest.mark.django_db

#: Words of an enumeration, and the table of the operator pages that has something for each.
TABLES: Final[dict[str, tuple[set[Any], set[Any]]]] = {
    "colour of a symbol's status": (
        {word for _, word in choices.SYMBOL_STATUSES},
        set(market.STATUS_COLOURS),
    ),
    "colour of an account's status": (
        {word for _, word in choices.ACCOUNT_STATUSES} | {"opening"},
        set(accounts.STATUS_COLOURS),
    ),
    "colour of an order's status": ({word for _, word in choices.ORDER_STATUSES}, set(orders.STATUS_COLOURS)),
    "colour of a side": ({word for _, word in choices.SIDES}, set(orders.SIDE_COLOURS)),
    "colour of a request's state": (set(ChangeRequest.State.values), set(change_pages.STATE_COLOURS)),
    "class of a colour": (set(market.STATUS_COLOURS.values()), set(dashboard._COLOUR_CLASSES)),
    "verb of a symbol's status": (
        {number for number, _ in choices.SYMBOL_STATUSES},
        set(labels._STATUS_VERBS),
    ),
    "verb of an account's status": (
        {number for number, _ in choices.ACCOUNT_STATUSES},
        set(labels._ACCOUNT_VERBS),
    ),
    "sentence of a request": (set(ChangeRequest.Kind.values), set(labels._DESCRIBE)),
}


@pytest.mark.parametrize("table", TABLES)
def test_a_table_has_every_word_of_its_enumeration(table: str) -> None:
    words, known = TABLES[table]
    assert words == known


@pytest.mark.parametrize("status, word", choices.SYMBOL_STATUSES)
@pytest.mark.usefixtures("market")
def test_every_page_opens_in_every_market_state(
    staff: Staff, live_engine: LiveEngine, status: int, word: str
) -> None:
    live_engine.set_status("AAPL", status, "drill")
    live_engine.project()
    for path in ("", "exchange/symbol/", "exchange/symbol/AAPL/change/", "exchange/order/", "exchange/fill/"):
        response = staff["operator"].get(f"/admin/{path}")
        assert response.status_code == 200, path
    home = staff["operator"].get("/admin/")
    assert f"{word}: drill" in text_of(home)
    assert dashboard._COLOUR_CLASSES[market.STATUS_COLOURS[word]] in home.content.decode()


def test_a_trade_of_an_auction_is_the_last_trade(
    staff: Staff, dispatch: Dispatch, live_engine: LiveEngine, alice: Person, bob: Person
) -> None:
    live_engine.set_status("BTC-KRW", m.OPENING_AUCTION)
    alice.place(side="sell", price="99000000", quantity="0.02")
    bob.place(price="99000000", quantity="0.02")
    live_engine.set_status("BTC-KRW", m.TRADING)
    live_engine.project()
    (row,) = [row for row in dashboard.market_table()["rows"] if "BTC-KRW" in row[0]]
    assert row[2] == "99,000,000 KRW"
    (trade,) = dashboard.trades_table()["rows"]
    assert trade[1:] == ["BTC-KRW", "auction", "99,000,000 KRW", "0.02 BTC"]
    assert staff["operator"].get("/admin/").status_code == 200


@pytest.mark.usefixtures("market")
def test_a_thousand_symbols_cost_as_many_questions_as_a_few(
    live_engine: LiveEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = questions_of_the_overview(monkeypatch)
    model = Symbol.objects.get(code="BTC-KRW")
    for number in range(1_000):
        model.pk = f"S{number}-KRW"
        model.save(force_insert=True)
    many = questions_of_the_overview(monkeypatch)
    assert len(dashboard.market_table()["rows"]) > 1_000
    assert few == many


def questions_of_the_overview(monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Queries of the database and questions to the engine that the markets of the overview cost."""
    asked: list[tuple[Any, ...]] = []
    display_units.forget()

    def counted(*arguments: Any) -> Any:
        asked.append(arguments)
        return engine_link.query(*arguments)

    with monkeypatch.context() as patch, CaptureQueriesContext(connection) as queries:
        patch.setattr(dashboard, "engine_link", SimpleNamespace(query=counted))
        dashboard.market_table()
    return len(queries), len(asked)


@pytest.mark.parametrize(
    "language, words", [("en", "This page could not be made"), ("ko", "페이지를 표시하지 못했습니다")]
)
def test_a_page_that_fails_keeps_the_frame_of_the_site(
    staff: Staff, monkeypatch: pytest.MonkeyPatch, language: str, words: str
) -> None:
    def broken() -> None:
        raise DatabaseError("no such table")

    monkeypatch.setattr(dashboard, "market_table", broken)
    browser = staff["operator"]
    browser.raise_request_exception = False
    response = browser.get("/admin/", headers={"accept-language": language})
    assert response.status_code == 500
    assert words in text_of(response)
    assert 'class="mark" href="/"' in response.content.decode()
    assert "no such table" not in response.content.decode()


def test_other_refusals_keep_it_too(staff: Staff) -> None:
    strict = Client(enforce_csrf_checks=True)
    for response, status in (
        (staff["auditor"].get("/nothing/"), 404),
        (staff["operator"].get("/admin/accounts/user/"), 403),
        (strict.post("/accounts/login/", {"username": "x", "password": "y"}), 403),
        (strict.get("/accounts/login/", headers={"host": "elsewhere.test"}), 400),
    ):
        assert response.status_code == status
        assert 'class="mark" href="/"' in response.content.decode()
