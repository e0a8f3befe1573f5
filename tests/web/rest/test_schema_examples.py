"""Every example of the schema is sent as it stands, and answered as the schema shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from accounts.identity.terms_of_service import in_force
from accounts.identity.verified_tokens import verified_tokens
from accounts.models import TermsOfService, User
from custody.models import WithdrawalAddress
from exchange.control.dispatcher import Dispatcher
from exchange.listing.symbol_table import symbols
from tests.accounts.joining import PASSWORD as NEW_PASSWORD
from tests.accounts.joining import delivered, token_in
from tests.accounts.security_cast import Browser, trader
from tests.accounts.soft_passkey import SoftPasskey
from tests.accounts.telephone import Telephone
from tests.conftest import PASSWORD, LiveEngine, Person, make_person
from tests.custody.cast import BANK, custody_settings, open_desk, prove
from tests.web.rest.example_session import IS_RECORDING, Session

Json = dict[str, Any]
LINK = "<the last part of the link in the letter>"


@pytest.fixture
def session(live_engine: LiveEngine, settings: Any) -> Session:
    settings.XTRADER = {
        **settings.XTRADER,
        "DEMO": True,
        "REGISTRATION": "open",
        "JOURNAL_URL": f"file://{live_engine.folder / 'journal'}",
        "SNAPSHOT_DIR": live_engine.folder / "snapshots",
    }
    custody_settings(settings, MAIL="always", LEVEL=2, ADDRESS_DELAY_S=86_400)
    schema = SchemaGenerator().get_schema(request=None, public=True)
    assert schema is not None
    return Session(dict(schema))


def test_every_operation_answers_its_examples(
    session: Session, alice: Person, bob: Person, carol: Person, anyone: APIClient, live_engine: LiveEngine
) -> None:
    _enter_orders(session, alice, bob, carol)
    _make_quotes(session, live_engine)
    live_engine.project()
    call_command("solvency", "publish")
    _read_market(session, anyone)
    _read_own(session, alice)
    _open_accounts(session, alice, live_engine)
    _withdraw(session, alice, live_engine)
    _make_keys(session)
    _set_up_factors(session)
    _join(session, anyone, bob, live_engine)
    _accept_terms(session, anyone)
    assert session.missing == set()
    if IS_RECORDING:
        session.save()


def _enter_orders(session: Session, alice: Person, bob: Person, carol: Person) -> None:
    """The market that the examples suppose: somebody sells a little below, and buys further below."""
    bob.place(side="sell", price="94990000", quantity="0.005")
    bob.place(side="sell", price="95500000", quantity="1")
    bob.place(side="buy", price="94000000", quantity="1")
    session.send("place_order", alice)
    for name, side, price in (
        ("my-3", "buy", "93800000"),
        ("my-4", "buy", "93800000"),
        ("my-5", "sell", "99000000"),
    ):
        placed = alice.place(side=side, price=price, quantity="0.03", client_order_id=name)
        assert placed.status_code == 200, placed.json()
    session.send("reduce_order", alice, body={"client_order_id": "my-3", "quantity": "0.01"})
    session.send(
        "replace_order", alice, body={"client_order_id": "my-4", "price": "93900000", "quantity": "0.02"}
    )
    session.send("cancel_order", alice, body={"client_order_id": "my-5"})
    limit = {"symbol": "BTC-KRW", "order_type": "limit", "quantity": "0.01"}
    orders = [{**limit, "side": "buy", "price": "93000000"}, {**limit, "side": "sell", "price": "96000000"}]
    session.send("place_orders", carol, body={"orders": orders})
    for name in ("place_oco", "place_oto", "place_otoco", "place_bracket", "cancel_replace_order"):
        session.send(name, alice)
    session.send("cancel_orders_after", alice)
    session.send("cancel_all_orders", carol, body={"symbol": "BTC-KRW"})
    session.send("demo_deposit", carol, body={"asset": "KRW", "amount": "1000000"})


def _make_quotes(session: Session, engine: LiveEngine) -> None:
    mina = make_person("mina", "market maker", 1010)
    engine.open_account(1010, {"KRW": 1_000_000_000, "BTC": 10, "ETH": 100})
    session.send("place_quotes", mina)
    session.send("protect_quotes", mina)
    session.send("cancel_quotes", mina, query={"symbol": "BTC-KRW"})


def _read_market(session: Session, anyone: APIClient) -> None:
    symbol = {"symbol": "BTC-KRW"}
    for name in ("list_symbols", "get_time", "statistics_all", "get_fee_schedule", "list_solvency_reports"):
        session.send(name, anyone)
    session.send("get_orderbook", anyone, path=symbol, query={"depth": 5})
    session.send("executions", anyone, path=symbol, query={"limit": 2})
    session.send("klines", anyone, path={**symbol, "interval": "1m"}, query={"limit": 2})
    for name in ("get_auction", "statistics"):
        session.send(name, anyone, path=symbol)


def _read_own(session: Session, alice: Person) -> None:
    order_id = alice.get("/v1/orders").json()["orders"][0]["order_id"]
    session.send("get_order", alice, path={"order_id": "<an order's id>"}, fills={"order_id": order_id})
    symbol = {"symbol": "BTC-KRW"}
    session.send("list_orders", alice, query={**symbol, "status": "open", "limit": 2})
    session.send("list_fills", alice, query={**symbol, "limit": 2})
    session.send("list_ledger", alice, query={"asset": "KRW", "type": "trade", "limit": 2})
    for name in ("total_orders", "total_fills", "export_orders", "export_fills"):
        session.send(name, alice, query=symbol)
    for name in ("total_ledger", "export_ledger"):
        session.send(name, alice, query={"asset": "KRW"})
    for name in ("list_balances", "list_fees", "get_solvency_proof", "get_referral"):
        session.send(name, alice)
    session.send("get_portfolio", alice, query={"range": "1w", "currency": "KRW"})
    for name in ("get_tax_report", "export_tax_report"):
        session.send(name, alice, query={"year": 2026, "currency": "KRW"})


def _open_accounts(session: Session, alice: Person, engine: LiveEngine) -> None:
    session.send("open_account", alice, body={"name": "bot"})
    Dispatcher(engine.client).run_until_empty()
    engine.project()
    verified_tokens.forget()
    session.send("list_accounts", alice)
    body = {"from": "main", "to": "bot", "asset": "KRW", "amount": "50000", "client_transfer_id": "pocket-1"}
    session.send("transfer", alice, body=body)
    session.send("change_account", alice, path={"account": "bot"}, body={"name": "arbitrage"})


def _withdraw(session: Session, alice: Person, engine: LiveEngine) -> None:
    open_desk(engine)
    alice.user.email = "alice@example.com"
    alice.user.save()
    engine.project()
    delivered()
    session.send("get_withdrawal_terms", alice)
    prove(alice)
    added = session.send("add_address", alice, body={"asset": "KRW", "address": BANK, "label": "my bank"})
    entry = {"address_id": added["address"]["address_id"]}
    path = {"address_id": "<an entry's id>"}
    letter = next(each for each in delivered() if "Confirm" in each.subject)
    session.send(
        "confirm_address", alice, path=path, body={"key": LINK}, fills={**entry, "key": token_in(letter)}
    )
    WithdrawalAddress.objects.update(usable_at=timezone.now())
    session.send("list_addresses", alice)
    prove(alice)
    body = {"asset": "KRW", "amount": "100000", "address": BANK, "client_withdrawal_id": "rent-12"}
    asked = session.send("request_withdrawal", alice, body=body)
    wanted = {"withdrawal_id": asked["withdrawal"]["withdrawal_id"]}
    path = {"withdrawal_id": "<a withdrawal's id>"}
    letter = next(each for each in delivered() if "Confirm" in each.subject)
    session.send("resend_withdrawal_letter", alice, path=path, fills=wanted)
    key = {"key": token_in(letter)}
    session.send("confirm_withdrawal", alice, path=path, body={"key": LINK}, fills={**wanted, **key})
    session.send("get_withdrawal", alice, path=path, fills=wanted)
    session.send("list_withdrawals", alice, query={"asset": "KRW", "limit": 2})
    session.send("cancel_withdrawal", alice, path=path, fills=wanted)
    session.send("list_deposits", alice, query={"limit": 2})
    session.send("get_deposit_address", alice, query={"asset": "KRW"})
    prove(alice)
    session.send("set_address_lock", alice, body={"book_only": True})
    session.send("get_address_lock", alice)
    prove(alice)
    session.send("remove_address", alice, path={"address_id": "<an entry's id>"}, fills=entry)


def _make_keys(session: Session) -> None:
    trader("paul", 1020)
    browser = Browser()
    browser.log_in("paul")
    password = {"password": PASSWORD}
    body = {"label": "my bot", "scopes": ["read", "trade"], "password": "<your password>"}
    made = session.send("create_key", browser, body=body, fills=password)
    session.send("list_keys", browser)
    session.send(
        "revoke_key", browser, path={"key_id": "<a key's id>"}, fills={"key_id": made["key"]["key_id"]}
    )


def _set_up_factors(session: Session) -> None:
    trader("erin", 1021)
    browser = Browser()
    browser.log_in("erin")
    begun = session.send("begin_totp", browser)
    code = Telephone(begun["secret"]).code(-1)
    session.send("confirm_totp", browser, body={"code": "<the code of the app>"}, fills={"code": code})
    codes = session.send("renew_recovery_codes", browser)["recovery_codes"]
    options = session.send("begin_passkey", browser)["public_key"]
    passkey = SoftPasskey()
    body = {"name": "my laptop", "credential": {"id": "<what the browser made>"}}
    added = session.send("add_passkey", browser, body=body, fills={"credential": passkey.make(options)})
    path, which = {"passkey_id": "<a passkey's id>"}, {"passkey_id": added["passkey"]["passkey_id"]}
    session.send("rename_passkey", browser, path=path, body={"name": "my telephone"}, fills=which)
    session.send("get_second_factor", browser)
    session.send("step_up_options", browser)
    body = {"password": "<your password>", "otp": "<a code>"}
    session.send("step_up", browser, body=body, fills={"password": PASSWORD, "otp": codes[0]})
    other = Browser()
    other.log_in("erin")
    session.send("list_security_acts", browser)
    listed = session.send("list_sessions", browser)["sessions"]
    session.send("remove_passkey", browser, path=path, fills=which)
    session.send("remove_totp", browser)
    session.send("revoke_other_sessions", browser)
    [this] = [each["id"] for each in listed if each["is_this"]]
    session.send(
        "revoke_session", browser, path={"session_id": "<a session's id>"}, fills={"session_id": this}
    )


def _join(session: Session, anyone: APIClient, bob: Person, engine: LiveEngine) -> None:
    session.send("get_registration", anyone)
    body = {"username": "dora", "email": "dora@example.com", "password": "<a good password>"}
    session.send("sign_up", anyone, body=body, fills={"password": NEW_PASSWORD})
    session.send("resend_sign_up", anyone, body={"email": "dora@example.com"})
    letter = delivered()[-1]
    session.send("verify_sign_up", anyone, body={"token": LINK}, fills={"token": token_in(letter)})
    Dispatcher(engine.client).run_until_empty()
    engine.project()
    body = {"username": "dora", "password": "<your password>"}
    pair = session.send("create_token", anyone, body=body, fills={"password": NEW_PASSWORD})
    refresh = {"refresh": pair["refresh"]}
    pair = session.send("refresh_token", anyone, body={"refresh": "<refresh token>"}, fills=refresh)
    dora = APIClient(raise_request_exception=False)
    dora.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    code = bob.get("/v1/referral").json()["code"]
    session.send("use_referral_code", dora, body={"code": "<a referral code>"}, fills={"code": code})
    session.send("get_email", dora)
    body = {"email": "dora.new@example.com", "password": "<your password>"}
    session.send("change_email", dora, body=body, fills={"password": NEW_PASSWORD})
    letter = next(each for each in delivered() if each.to == ["dora.new@example.com"])
    session.send("verify_email", anyone, body={"token": LINK}, fills={"token": token_in(letter)})
    body = {"password": "<your password>", "new_password": "<another one>"}
    again = "nine slow tortoises"
    session.send("change_password", dora, body=body, fills={"password": NEW_PASSWORD, "new_password": again})
    delivered()
    session.send("ask_for_password_reset", anyone, body={"email": "dora.new@example.com"})
    letter = next(each for each in delivered() if "/accounts/password/reset/" in each.body)
    body = {"token": LINK, "password": "<a good password>"}
    session.send(
        "reset_password", anyone, body=body, fills={"token": token_in(letter), "password": NEW_PASSWORD}
    )
    credentials = {"username": "dora", "password": NEW_PASSWORD}
    pair = anyone.post("/api/v1/token", credentials, format="json").json()
    body = {"refresh": "<refresh token>", "everywhere": True}
    session.send("revoke_token", anyone, body=body, fills={"refresh": pair["refresh"]})


def _accept_terms(session: Session, anyone: APIClient) -> None:
    fields = {"version": 1, "text_en": "Trade fairly.", "text_ko": "공정하게 거래합니다."}
    TermsOfService.objects.create(**fields, effective_at=timezone.now() - timedelta(seconds=1))
    in_force.look()
    session.send("get_terms", anyone)
    person = make_person("tess", "trader", 1030)
    session.send("accept_terms", person, body={"version": 1})


def test_there_is_an_example_of_every_request_and_answer(session: Session) -> None:
    lacking = []
    for name, (_, _, operation) in session._operations.items():
        contents = list(operation.get("requestBody", {}).get("content", {}).values())
        successes = [answer for status, answer in operation["responses"].items() if status == "200"]
        contents += [content for answer in successes for content in answer.get("content", {}).values()]
        lacking += [name for content in contents if not content.get("examples")]
    # A new entry is answered by 201, which has the example.
    assert set(lacking) == {"add_address", "request_withdrawal"}


def test_every_operation_is_described(session: Session) -> None:
    bare = [
        name
        for name, (_, _, operation) in session._operations.items()
        if not operation.get("summary") or not operation.get("description")
    ]
    assert bare == []


__all__ = ["User", "symbols"]
