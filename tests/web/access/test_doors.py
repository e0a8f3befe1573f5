"""Every door of the exchange, tried by everybody: each address, operator page and action, and each operation
and channel of the WebSocket, by real requests of every role, of keys with each scope alone and with none, and
of a visitor.

The doors are taken from the code itself: the URL resolver, the admin site, the lanes, the desk's operations
and the hub's channels. One without a row in ``web.access.needs`` fails, and so does one that lets in others
than its row says.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts.fee_models import FeeRun
from accounts.fees.fee_schedule import Tier, change_tier, quotes_of_symbols
from accounts.identity import roles, second_factor
from accounts.identity.identities import Identity, identify_token, key_identities
from accounts.letters.posting import post
from accounts.models import ApiKey, Invitation, RateTier, TermsAcceptance, TermsOfService, User
from custody.asset_terms import seed_terms
from custody.deposits import rulings
from custody.models import CustodyStatement, Deposit, ProviderNotice, Reconciliation, Withdrawal
from exchange.control.services import request_change
from exchange.engine import messages as m
from exchange.link import engine_link
from exchange.models import AuditRecord, ChangeRequest
from marketdata.feed.cache import MarketData
from tests.accounts.test_second_factor import Telephone
from tests.conftest import FUNDS, LiveEngine, Person, make_person
from tests.exchange.orders.lanes import RecordingSocket
from tests.web.console.conftest import approvals_of
from tests.web.console.test_audit_pages import body_of
from tests.web.rest.test_fastlane import through_lane
from tests.web.rest.test_keys import Signer, changes_are_heard, own_files  # noqa: F401  # fixtures
from tools.roles import DOCUMENT, with_matrix
from web.access import needs
from web.lanes.order_lane import _ACTIONS as FAST
from web.live.account_topics import PRIVATE_CHANNELS
from web.live.hub import OWN_CHANNELS, Hub
from web.live.runtime import Connections, limits_from_settings
from web.live.turns import Turns
from web.rest.public_reads import PREFIX, READS
from web.stream.connection import Connection

pytestmark = pytest.mark.django_db

VISITOR = "a visitor"
KEYS = {
    **{f"a key to {scope}": frozenset({scope}) for scope in ("read", "trade", "transfer", "withdraw")},
    "a key to nothing": frozenset(),
}
EVERYBODY = (*roles.ROLES, *KEYS, VISITOR)
#: Of an answer that says: not you.
REFUSALS = {"NOT_AUTHENTICATED", "PERMISSION_DENIED", "SCOPE_REQUIRED"}
BODIES = {"v1/demo/deposit": {"asset": "KRW", "amount": "1"}}
#: For addresses that are regular expressions.
SAMPLES = {
    "^markets/?$": "markets",
    "^signup/?$": "signup",
    "^terms/?$": "terms",
    "^(?:portfolio|wallet|account|sub-accounts|keys|security)/?$": "wallet",
    "admin/^(?P<app_label>exchange|accounts|custody|auth)/$": "admin/exchange/",
    "admin/(?P<url>.*)$": "admin/nothing-here/",
}


def routes(patterns: list[Any] | None = None, before: str = "") -> Iterator[tuple[str, Any]]:
    """Every address there is, and what answers it."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        address = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, address)
        else:
            assert isinstance(pattern, URLPattern)
            yield address, pattern.callback


def all_needs() -> needs.Needs:
    pages = {f"admin/{address}": need for address, need in needs.page_needs().items()}
    return needs.REST | needs.PAGES | pages


# --- nothing without a row ---------------------------------------------------------------------------------


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    found = {address for address, _ in routes()}
    assert found - set(all_needs()) == set(), "these have no row"
    assert set(all_needs()) - found == set(), "these are served no more"


def test_every_method_of_rest_has_a_row() -> None:
    for address, view in routes():
        if (answers := getattr(view, "cls", None)) is not None and address in needs.REST:
            methods = {
                name.upper() for name in ("get", "post", "put", "patch", "delete") if hasattr(answers, name)
            }
            assert methods == set(needs.REST[address]), address


def test_every_table_of_the_operator_pages_has_a_row() -> None:
    tables = {f"{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry}
    assert tables == set(needs.TABLES)


def test_the_lanes_are_ways_of_addresses_that_have_rows() -> None:
    assert {path.removeprefix("/") for path in FAST} <= set(needs.REST)
    public = {address for address, methods in needs.REST.items() if methods == {"GET": needs.ANYONE}}
    for name, parts in READS:
        assert any(
            re.fullmatch(rf"{PREFIX[1:]}{name}(/<[^/]*>){{{parts}}}", address) for address in public
        ), name


def test_every_channel_has_a_row() -> None:
    hub_channels = {*OWN_CHANNELS, *PRIVATE_CHANNELS, *MarketData.topics}
    known = {re.sub(r"^klines:.*", "klines:", channel) for channel in hub_channels}
    assert known | {"statistics:all"} == set(needs.CHANNELS)


def test_every_need_is_a_permission_or_one_of_a_few() -> None:
    named = {
        *(need for methods in all_needs().values() for need in methods.values()),
        *needs.OPERATIONS.values(),
        *needs.CHANNELS.values(),
    }
    others = {needs.ANYONE, needs.LOG_IN, needs.NOBODY, needs.DECIDE}
    assert named <= set(roles.BY_NAME) | others
    # What shows in the pages' contents alone.
    assert set(roles.BY_NAME) - named == {roles.SEE_STAFF}


def test_the_document_has_the_table() -> None:
    text = DOCUMENT.read_text()
    assert text == with_matrix(text), "python tools/roles.py"


# --- everybody tries everything ----------------------------------------------------------------------------


def expected(who: str, need: str) -> bool:
    """Whether the tables say that it is let in."""
    if need == needs.ANYONE:
        return True
    if need == needs.NOBODY:
        return False
    if need == needs.LOG_IN:
        return who in roles.ROLES
    if need == needs.DECIDE:
        # The request that waits is about money.
        return who in roles.ROLES and roles.may([who], roles.MOVE_MONEY)
    if who in KEYS:
        return roles.BY_NAME[need].scope in KEYS[who] and roles.may([roles.MARKET_MAKER], need)
    return who in roles.ROLES and roles.may([who], need)


@dataclass
class Requester:
    """One who tries: by bearer token or key at the API, in a browser at the pages."""

    who: str
    identity: Identity | None
    ask: Callable[[str, str, Any], Any]
    browser: Client
    user: User | None
    token: str = ""


@pytest.fixture
def venue(live_engine: LiveEngine, alice: Person, bob: Person, settings: Any) -> dict[str, str]:
    """Something on every page; the keys of rows by table. Alice is the customer that is acted on."""
    settings.XTRADER = {
        **settings.XTRADER,
        "DEMO": True,
        "RATE_LIMITS": dict.fromkeys(settings.XTRADER["RATE_LIMITS"], "0"),
    }
    approvals_of(settings, "*=0")
    alice.user.email = "alice@example.com"
    alice.user.save(update_fields=["email"])
    alice.place()
    bob.place(side="sell")
    live_engine.submit(m.set_fees(live_engine.command_id(), "BTC-KRW", alice.account, 0, 100))
    live_engine.project()
    asker = make_person("the asker", roles.OPERATOR).user
    deposit = {"account": alice.account, "asset": "KRW", "amount_minor": 1}
    waiting = request_change(ChangeRequest.Kind.DEPOSIT, deposit, asker)
    assert waiting.state == ChangeRequest.State.WAITING
    change_tier(Tier(1, "one", 1, (("*", 0, 0),)), quotes_of_symbols())
    seed_terms()
    bank = {"asset": "KRW", "amount_minor": 1, "fee_minor": 0, "address": "Bank 123456", "provider": "manual"}
    Withdrawal.objects.create(user=alice.user, account=alice.account, state="in_review", **bank)
    told = {"provider": "gate", "asset": "KRW", "amount_minor": 1}
    disputed = {"state": "disputed", "reference": "r", "command_id": "dep:r"}
    rulings.ask(Deposit.objects.create(account=alice.account, **disputed, **told), asker, "it is hers")
    ProviderNotice.objects.create(provider="gate", notice_id="n", body={"kind": "deposit.seen"})
    Reconciliation.objects.create(sequence=1, agrees=True, rows=[])
    CustodyStatement.objects.create(by=asker, **told)
    FeeRun.objects.create(day=timezone.now().date(), stamp=1, last_fill_id=0, began_at=timezone.now())
    secret = second_factor.new_secret()
    second_factor.set_up(alice.user, secret, Telephone(secret).code())
    Signer(bob)
    Invitation.objects.create(code="CODE")
    # Not in force yet: nobody is asked for it.
    terms = TermsOfService.objects.create(
        version=1, text_en="x", text_ko="x", effective_at=timezone.now() + timedelta(days=1)
    )
    TermsAcceptance.objects.create(user=alice.user, terms=terms)
    post("password_changed", "alice@example.com", "en", user=alice.user.pk)
    RateTier.objects.get_or_create(name="fast", defaults={"orders": "9000/s"})
    keys = {}
    for model in admin.site._registry:
        row = model._default_manager.order_by("pk").first()
        assert row is not None, f"no {model._meta.model_name} to look at"
        keys[f"{model._meta.app_label}/{model._meta.model_name}/"] = str(row.pk)
    return keys | {
        "exchange/symbol/": "BTC-KRW",
        "exchange/account/": str(alice.account),
        "exchange/changerequest/": str(waiting.pk),
        "accounts/user/": str(alice.user.pk),
    }


@pytest.fixture
def requester(request: pytest.FixtureRequest, venue: dict[str, str], live_engine: LiveEngine) -> Requester:
    who: str = request.param
    if who == VISITOR:
        return Requester(who, None, lambda *sent: asked(Client(), {}, *sent), Client(), None)
    role = roles.MARKET_MAKER if who in KEYS else who
    person = make_person(f"the {who}"[:40], role, 2001)
    live_engine.open_account(2001, FUNDS)
    if who not in KEYS:
        browser = Client(raise_request_exception=False)
        browser.force_login(person.user)
        header = person.api._credentials["HTTP_AUTHORIZATION"]
        token = header.split()[1]
        identity = identify_token(token.encode(), "en")
        by_token = {"Authorization": header}
        return Requester(
            who, identity, lambda *sent: asked(Client(), by_token, *sent), browser, person.user, token
        )
    signer = Signer(person, scopes=sorted(KEYS[who]) or ["read"])
    ApiKey.objects.filter(key_id=signer.key_id).update(scopes=sorted(KEYS[who]))
    identity = key_identities(ApiKey.objects.filter(key_id=signer.key_id), "en")[signer.key_id].identity

    def ask(method: str, path: str, body: Any) -> Any:
        raw = b"" if method == "GET" else json.dumps(body).encode()
        return signer.send(method, path, signer.headers(method, path, raw), raw)

    return Requester(who, identity, ask, Client(), None)


def asked(client: Client, headers: dict[str, str], method: str, path: str, body: Any) -> Any:
    client.raise_request_exception = False
    raw = "" if method == "GET" else json.dumps(body)
    return client.generic(method, path, raw, content_type="application/json", headers=headers)


@pytest.fixture(autouse=True)
def _open_to_all(settings: Any) -> None:
    """Whom registration keeps out is another question."""
    settings.XTRADER = {**settings.XTRADER, "REGISTRATION": "open"}


each = pytest.mark.parametrize("requester", EVERYBODY, indirect=True)


@each
def test_rest(requester: Requester) -> None:
    wrong = []
    for address, methods in needs.REST.items():
        for method, need in methods.items():
            path = "/" + filled(address, {"symbol": "BTC-KRW", "interval": "1m"}, "1" * 32)
            reply = requester.ask(method, path, BODIES.get(address, {}))
            if is_let_in(reply) != expected(requester.who, need):
                wrong.append((method, address, need, reply.status_code, reply.content[:100]))
    assert wrong == []


def is_let_in(reply: Any) -> bool:
    if reply.status_code in (401, 403):
        code = reply.json()["error"]
        if code == "STEP_UP_REQUIRED":
            # The right person, who has to prove it anew.
            return True
        assert code in REFUSALS | {"NO_ACCOUNT"}, code
        return False
    assert reply.status_code < 500, reply.content
    return True


@each
def test_pages(requester: Requester) -> None:
    wrong = []
    for address, methods in needs.PAGES.items():
        for method, need in with_methods(methods):
            client = requester.browser
            if address == "accounts/logout/":
                client = Client()
            path = "/" + SAMPLES.get(address, filled(address, {}, "BTC-KRW"))
            reply = client.generic(method, path)
            let_in = reply.status_code != 403 and not (need == needs.LOG_IN and leads_to_log_in(reply))
            if let_in != expected(requester.who, need):
                wrong.append((method, address, need, reply.status_code))
    assert wrong == []


@each
def test_operator_pages(requester: Requester, venue: dict[str, str]) -> None:
    wrong = []
    before = ChangeRequest.objects.count()
    for address, methods in needs.page_needs().items():
        table = next((name for name in needs.TABLES if address.startswith(name)), "")
        path = "/" + SAMPLES.get(
            f"admin/{address}", filled(f"admin/{address}", {"name": "jsonl"}, venue.get(table, "1"))
        )
        for method, need in with_methods(methods):
            client = Client() if address == "logout/" else requester.browser
            reply = client.generic(method, path)
            let_in = is_page_let_in(reply, need)
            if let_in != expected(requester.who, need):
                wrong.append((method, address, need, reply.status_code, reply.get("Location")))
    assert wrong == []
    if not (requester.who in roles.ROLES and roles.may([requester.who], roles.FREEZE)):
        # Freezing and thawing ask for nothing more; no one else has brought anything about.
        assert ChangeRequest.objects.count() == before


def is_page_let_in(reply: Any, need: str) -> bool:
    if need in (needs.ANYONE, roles.ENTER_PAGES):
        # What is behind it may not be there, or be for others: that is for its own row to say.
        return need == needs.ANYONE or not leads_to_log_in(reply)
    if reply.status_code == 302:
        assert leads_to_log_in(reply) or "request=" in reply["Location"], reply["Location"]
    else:
        assert reply.status_code in (200, 403), reply.status_code
    if reply.status_code == 200 and reply.streaming:
        body_of(reply)
    return reply.status_code != 403 and not leads_to_log_in(reply)


def leads_to_log_in(reply: Any) -> bool:
    return reply.status_code == 302 and "/login/" in reply["Location"]


def with_methods(methods: dict[str, str]) -> list[tuple[str, str]]:
    """GET and POST stand for every method."""
    return [
        (one, need) for name, need in methods.items() for one in (("GET", "POST") if name == "*" else (name,))
    ]


def filled(address: str, values: dict[str, str], otherwise: str) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values.get(found[1], otherwise), address)


@each
def test_lane(requester: Requester) -> None:
    """The fast lane by token; a key that was seen goes the same way (``test_keys``)."""
    if not requester.token:
        return
    assert requester.ask("GET", "/v1/fees", None).status_code == 200, "verified moments ago"

    async def scenario() -> dict[str, bool]:
        let_in = {}
        async with hub():
            for path in FAST:
                status, _, body = await through_lane(path, {}, requester.token)
                let_in[path] = not (status in (401, 403) and body["error"] in REFUSALS)
        return let_in

    for path, let_in in asyncio.run(scenario()).items():
        assert let_in == expected(requester.who, needs.REST[path[1:]]["POST"]), path


@each
def test_websocket(requester: Requester) -> None:
    operations, channels = asyncio.run(try_socket(requester.identity))
    assert set(operations) == set(needs.OPERATIONS)
    wrong = [
        op for op, let_in in operations.items() if let_in != expected(requester.who, needs.OPERATIONS[op])
    ]
    assert wrong == []
    for channel, let_in in channels.items():
        need = needs.CHANNELS["klines:" if channel.startswith("klines:") else channel]
        assert let_in == expected(requester.who, need), channel


class hub:
    """A hub that is connected and fed, with the channels of market data."""

    async def __aenter__(self) -> Hub:
        client = await engine_link.start()
        await client.wait_connected()
        self._hub = Hub(client, [MarketData()], limits_from_settings())
        self._hub.start()
        await self._hub.wait_state()
        return self._hub

    async def __aexit__(self, *_: object) -> None:
        await self._hub.stop()
        await engine_link.stop()


async def try_socket(identity: Identity | None) -> tuple[dict[str, bool], dict[str, bool]]:
    """Whether each operation and each channel lets the requester in."""
    async with hub() as running:
        names = Connected(running, identity)
        operations = (*names.connection._entry._operations, *names.connection._control_ops)
        names.connection.end()
        tried = {op: await Connected(running, identity).let_in(op, {}) for op in operations}
        public = {*OWN_CHANNELS, *running.relays.channels}
        topics: dict[str, Any] = {channel: {"symbols": ["BTC-KRW"]} for channel in public}
        topics |= {channel: {} for channel in (*PRIVATE_CHANNELS, *running.gathered)}
        channels = {
            channel: await Connected(running, identity).let_in("subscribe", {"channels": [channel], **more})
            for channel, more in topics.items()
        }
        return tried, channels


class Connected:
    """A connection of its own, for one request."""

    def __init__(self, running: Hub, identity: Identity | None) -> None:
        limits, turns = limits_from_settings(), Turns(asyncio.get_running_loop())
        self.socket = RecordingSocket()
        runtime: Any = SimpleNamespace(
            hub=running, limits=limits, connections=Connections(limits), turns=turns
        )
        self.connection = Connection(runtime, self.socket, "127.0.0.1", "en")  # type: ignore[arg-type]
        self._requests = 0
        if identity is not None:
            self.connection.adopt(identity)

    async def let_in(self, op: str, fields: dict[str, Any]) -> bool:
        # A pong has no reply.
        return await self.error_of(op, fields, has_reply=op != "pong") not in REFUSALS

    async def error_of(
        self, op: str, fields: dict[str, Any], *, has_reply: bool = True, ends: bool = True
    ) -> Any:
        """The code of the reply; None for one that grants. ``ends``: it is the last request."""
        self._requests += 1
        request_id = self._requests
        try:
            waiting = self.connection.handle(json.dumps({"op": op, "id": request_id, **fields}))
            if waiting is not None:
                await waiting
            async with asyncio.timeout(10):
                while has_reply and not self._replies(request_id):
                    await asyncio.sleep(0.001)
        finally:
            if ends:
                self.connection.end()
        return self._replies(request_id)[0].get("error") if has_reply else None

    def _replies(self, request_id: int) -> list[Any]:
        return [message for message in self.socket.messages if message.get("id") == request_id]


# --- what is behind a door ---------------------------------------------------------------------------------


@pytest.mark.parametrize("role", roles.STAFF_ROLES)
def test_support_sees_customers_alone(role: str, alice: Person) -> None:
    browser = Client()
    browser.force_login(make_person("one", role).user)
    other = make_person("the other", roles.OPERATOR).user
    User.objects.filter(pk=other.pk).update(email="other@example.com")
    page = browser.get(f"/admin/accounts/user/{other.pk}/change/")
    assert (page.status_code == 200) == roles.may([role], roles.SEE_STAFF)
    for action in ("end-log-ins", "revoke-keys", "send-reset-link"):
        reply = browser.post(f"/admin/accounts/user/{other.pk}/{action}/", {"reason": "stolen"})
        assert (reply.status_code == 302) == (role == roles.ADMINISTRATOR), action
    kinds = ("log_in.all_ended", "key.all_revoked", "user.reset_link_sent")
    acts = AuditRecord.objects.filter(target=str(other.pk), kind__in=kinds)
    assert acts.count() == (len(kinds) if role == roles.ADMINISTRATOR else 0)


def test_the_groups_in_the_database_have_what_the_table_says() -> None:
    for group in Group.objects.all():
        codes = {f"{one.content_type.app_label}.{one.codename}" for one in group.permissions.all()}
        table = {code for each in roles.PERMISSIONS if group.name in each.roles for code in each.codes}
        assert codes == table, group.name
    assert {group.name for group in Group.objects.all()} == set(roles.ROLES)


def test_no_staff_trades_and_no_customer_enters_the_pages() -> None:
    """The rules that the table keeps, whatever else is changed in it."""
    customers = set(roles.TRADING_ROLES)
    assert customers.isdisjoint(roles.STAFF_ROLES) and customers | set(roles.STAFF_ROLES) == set(roles.ROLES)
    for permission in roles.PERMISSIONS:
        if permission.scope and permission.name != roles.READ_OWN:
            assert set(permission.roles) <= customers, permission.name
        if permission.codes:
            assert customers.isdisjoint(permission.roles), permission.name
    changing = {roles.CHANGE_MARKETS, roles.MOVE_MONEY, roles.FREEZE, roles.END_LOG_INS, roles.MANAGE_USERS}
    changing |= {roles.REVIEW_WITHDRAWALS, roles.SETTLE_WITHDRAWALS, roles.SET_LEVEL}
    looks_into_people = {roles.FREEZE, roles.REVIEW_WITHDRAWALS, roles.SET_LEVEL}
    assert not any(roles.may([roles.AUDITOR], name) for name in changing)
    assert not any(roles.may([roles.COMPLIANCE], name) for name in changing - looks_into_people)
    assert not any(roles.may([roles.SUPPORT], name) for name in changing - {roles.END_LOG_INS})
    not_operators = (roles.MANAGE_USERS, roles.END_LOG_INS, roles.SET_LEVEL)
    assert not any(roles.may([roles.OPERATOR], name) for name in not_operators)
    assert all(roles.may([roles.ADMINISTRATOR], each.name) for each in roles.PERMISSIONS if each.codes)
