"""Every operator page shows live rows in the units people use, with a bounded number of queries."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from exchange.engine import messages as m
from exchange.link import engine_link
from exchange.models import Account, ChangeRequest, Fill, Order, Transfer
from tests.conftest import LiveEngine, Person
from tests.web.console.conftest import Staff
from web.console import base

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("market")]

LISTS = {
    "exchange/symbol/": ["BTC-KRW", "1 KRW to 1,000 KRW", "5,000 KRW", "0.05 % / 0.05 %", "trading"],
    "exchange/asset/": ["Bitcoin", "KRW"],
    "exchange/account/": ["alice", "active"],
    "exchange/balance/": ["KRW", "held by orders"],
    "exchange/order/": ["100,000,000 KRW", "0.015 BTC", "partially filled", "224.10 USD", "market IOC"],
    "exchange/fill/": ["100,000,000 KRW", "0.015 BTC", "+3 AAPL", "taker", "maker"],
    "exchange/transfer/": ["1,000,000,000 KRW", "deposit"],
    "exchange/feeoverride/": ["-0.001 %", "0.025 %"],
    "exchange/changerequest/": [
        "Withdraw 1,000,000,000,000 BTC",
        "refused",
        "The available balance is too small",
    ],
    "accounts/user/": ["alice", "trader"],
    "auth/group/": ["operator"],
    "exchange/auditrecord/": ["requested a change", "account 1001", "maker_ppm: -10"],
}
#: A request's session, user and permissions, and what a page itself needs: never one for each row.
MAX_QUERIES = 12


def text_of(response: object) -> str:
    """What a reader sees: no tags, single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", response.content.decode()))  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_shows_words_and_decimals_with_few_queries(staff: Staff, path: str) -> None:
    browser = staff["administrator"]
    browser.get(f"/admin/{path}")
    with CaptureQueriesContext(connection) as queries:
        response = browser.get(f"/admin/{path}")
    assert response.status_code == 200
    for words in LISTS[path]:
        assert words.lower() in text_of(response).lower()
    assert len(queries) <= MAX_QUERIES, "\n".join(query["sql"] for query in queries)


def test_more_rows_ask_no_more_queries(staff: Staff, live_engine: LiveEngine, alice: Person) -> None:
    def queries_of_page() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert staff["operator"].get("/admin/exchange/order/").status_code == 200
        return len(queries)

    queries_of_page()
    few = queries_of_page()
    for _ in range(30):
        alice.place(price="90000000")
    live_engine.project()
    assert queries_of_page() == few


def test_pages_of_single_rows(staff: Staff, alice: Person) -> None:
    order = Order.objects.filter(symbol="BTC-KRW", account=alice.account).order_by("order_id").first()
    fill = Fill.objects.filter(account=alice.account).first()
    refused = ChangeRequest.objects.get(state="refused")
    assert order is not None
    assert fill is not None
    pages = {
        "symbol/BTC-KRW": ["from 1,000,000 KRW: tick 1,000 KRW", "1,000 BTC"],
        f"order/{order.pk}": ["1,500,000 KRW", "750 KRW", "limit GTC", "filled", "Average price"],
        f"fill/{fill.pk}": ["quote change", "USD"],
        f"account/{alice.account}": ["alice", "Balances, live", "10.015 BTC", "-0.001 %", "Newest transfers"],
        f"changerequest/{refused.pk}": ["required 1,000,000,000,000 BTC", "alice", "Refused"],
        f"transfer/{Transfer.objects.latest('pk').pk}": ["deposit"],
        "asset/KRW": ["South Korean won"],
    }
    for path, expected in pages.items():
        text = text_of(staff["auditor"].get(f"/admin/exchange/{path}/change/"))
        for words in expected:
            assert words.lower() in text.lower(), f"{words} on {path}"


def test_the_overview_shows_every_market(staff: Staff) -> None:
    text = text_of(staff["operator"].get("/admin/"))
    for words in ("BTC-KRW", "100,000,000 KRW", "99,000,000 KRW", "224.10 USD", "0.015 BTC", "Withdraw"):
        assert words in text


def test_the_engine_says_how_it_is(staff: Staff, live_engine: LiveEngine) -> None:
    text = text_of(staff["operator"].get("/admin/engine/"))
    assert f"sequence {live_engine.sequence:,}" in text
    assert "running" in text
    assert "commands the tables are behind 0" in text
    fragment = staff["operator"].get("/admin/engine/state/")
    assert "open orders 3" in text_of(fragment)
    assert b"<html" not in fragment.content


def test_without_the_engine_the_pages_still_open(staff: Staff, alice: Person, tmp_path: object) -> None:
    engine_link.configure(f"{tmp_path}/none.sock", timeout_ms=200)
    assert "does not answer" in text_of(staff["operator"].get("/admin/engine/"))
    assert "does not answer" in text_of(staff["operator"].get("/admin/"))
    account = text_of(staff["operator"].get(f"/admin/exchange/account/{alice.account}/change/"))
    assert "as last written" in account
    assert "10.015 BTC" in account


def test_searches_and_filters_find(staff: Staff, alice: Person, bob: Person) -> None:
    order = Order.objects.filter(account=bob.account).first()
    assert order is not None

    def listed(path: str) -> str:
        response = staff["operator"].get(f"/admin/exchange/{path}")
        assert response.status_code == 200
        return text_of(response)

    assert "1 order" in listed(f"order/?q={order.pk}")
    assert "2 orders" in listed("order/?q=bob")
    assert "3 orders" in listed(f"order/?of={alice.account}")
    assert "1 order" in listed(f"order/?of={alice.account}&symbol=AAPL")
    assert "0 orders" in listed("order/?of=nobody")
    assert "1 order" in listed("order/?upto=1")
    assert "2 fills" in listed("fill/?q=1")
    assert "1 account" in listed("account/?q=ali")
    assert "1 change request" in listed("changerequest/?state__exact=refused")
    for junk in ("?q=%00", "?of=%27", "?upto=-1", "?q=99999999999999999999999", "?upto=9" + "9" * 40):
        staff["operator"].get(f"/admin/exchange/order/{junk}")


def test_keys_of_nothing_lead_nowhere(staff: Staff) -> None:
    models = ("symbol", "account", "order", "fill", "transfer", "changerequest")
    keys = ("nothing", "-1", "0", "9" * 40, "%00", "1%27--", "a/b")
    pages = ("change", "history", "halt", "rules", "deposit", "banner", "delete")
    for path in (f"{model}/{key}/{page}/" for model in models for key in keys for page in pages):
        response = staff["operator"].get(f"/admin/exchange/{path}")
        assert response.status_code in (302, 403, 404), path


def test_the_history_of_a_live_row_is_empty_but_opens(staff: Staff) -> None:
    assert staff["operator"].get("/admin/exchange/symbol/BTC-KRW/history/").status_code == 200
    assert staff["operator"].get("/admin/search/?s=btc").status_code == 200


def test_large_tables_are_neither_counted_nor_scanned(
    staff: Staff, monkeypatch: pytest.MonkeyPatch, alice: Person
) -> None:
    monkeypatch.setattr(base, "MAX_LISTED", 3)
    monkeypatch.setattr(base, "WINDOW", 4)
    assert "Only the newest are counted" in text_of(staff["operator"].get("/admin/exchange/order/"))
    with CaptureQueriesContext(connection) as queries:
        text = text_of(staff["operator"].get("/admin/exchange/order/?side__exact=0"))
    about_orders = [query["sql"] for query in queries if '"exchange_order"' in query["sql"]]
    counts = [sql for sql in about_orders if "COUNT(*)" in sql]
    assert counts
    assert all("LIMIT 3" in sql for sql in counts)
    assert all('"order_id" >' in sql for sql in about_orders if "MAX(" not in sql)
    assert "orders" in text


def test_a_trader_without_an_account_row_is_no_trouble(staff: Staff, live_engine: LiveEngine) -> None:
    """Accounts opened by other means than the site have no user."""
    live_engine.open_account(7777, {"BTC": 1})
    live_engine.project()
    assert Account.objects.get(pk=7777).user is None
    assert "7777" in text_of(staff["operator"].get("/admin/exchange/account/"))
    assert staff["operator"].get("/admin/exchange/account/7777/change/").status_code == 200
    assert User.objects.filter(username="7777").first() is None


def test_the_accounts_page_names_owner_account_and_group(
    staff: Staff, alice: Person, live_engine: LiveEngine
) -> None:
    live_engine.open_account(1050, {})
    Account.objects.create(number=1050, user=alice.user, name="the bot's own", frozen_by="owner")
    live_engine.submit(m.set_group(live_engine.command_id(), 1050, 1_073_741_899))
    live_engine.project()
    for query in ("", "?q=bot's"):
        text = text_of(staff["operator"].get(f"/admin/exchange/account/{query}"))
        assert "alice" in text and "the bot&#x27;s own" in text and "1073741899" in text
    assert "main" in text_of(staff["operator"].get("/admin/exchange/account/?q=1001"))
    row = text_of(staff["operator"].get("/admin/exchange/account/1050/change/"))
    assert "the bot&#x27;s own" in row and "owner" in row
