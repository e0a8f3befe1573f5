"""While its user has new terms of service to accept, a requester reads and cancels, and does no more:
whatever it proves itself with, at every address, lane and operation.

The doors are those of ``web.access.needs``, so a new one is tried here, too.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import pytest
from django.test import Client
from django.utils import timezone

from accounts.identity import roles
from accounts.identity import terms_of_service as terms
from accounts.identity.identities import Identity, identify_session, identify_token, key_identities
from accounts.identity.scopes import ALL_SCOPES
from accounts.identity.verified_tokens import verified_tokens
from accounts.keys.verified_keys import verified_keys
from accounts.models import ApiKey, TermsOfService
from tests.conftest import FUNDS, LiveEngine, Person, make_person
from tests.web.access.test_doors import BODIES, Connected, asked, filled, hub
from tests.web.rest.test_fastlane import through_lane
from tests.web.rest.test_keys import Signer, own_files  # noqa: F401  # a fixture
from web.access import needs
from web.lanes.order_lane import _ACTIONS as FAST
from web.stream.order_entry import CANCELING

pytestmark = pytest.mark.django_db

#: What is done by scopes that do more than read, and by owners of accounts.
ACTING: Final = {
    *(roles.TRADE_OWN, roles.QUOTE, roles.MOVE_OWN, roles.WITHDRAW_OWN),
    *(roles.MANAGE_ACCOUNTS, roles.CONFIRM_OWN),
}
#: A key does these in no case.
BY_LOG_IN: Final = {roles.MANAGE_ACCOUNTS, roles.CONFIRM_OWN}
#: What stays possible.
CANCELS: Final = {
    ("POST", "v1/order/cancel"),
    ("POST", "v1/orders/cancel-all"),
    ("POST", "v1/orders/cancel-after"),
    ("DELETE", "v1/quotes"),
}
DUE: Final = "TERMS_NOT_ACCEPTED"
ORDER: Final = {
    "symbol": "BTC-KRW",
    "side": "buy",
    "order_type": "limit",
    "price": "95000000",
    "quantity": "0.01",
}


class Asker(NamedTuple):
    """A market maker, by one of the three proofs, known to the process before the terms came."""

    proof: str
    person: Person
    ask: Callable[[str, str, Any], Any]
    identity: Callable[[], Identity]


@pytest.fixture(params=["session", "token", "key"])
def asker(request: pytest.FixtureRequest, live_engine: LiveEngine, settings: Any) -> Asker:
    limits = dict.fromkeys(settings.XTRADER["RATE_LIMITS"], "0")
    settings.XTRADER = {**settings.XTRADER, "DEMO": True, "RATE_LIMITS": limits}
    mina = make_person("mina", roles.MARKET_MAKER, 2001)
    live_engine.open_account(2001, FUNDS)
    made = {"session": by_session, "token": by_token, "key": by_key}[request.param](mina)
    assert made.ask("POST", "/v1/order", ORDER).status_code == 200
    return made


def by_session(mina: Person) -> Asker:
    browser = Client(raise_request_exception=False)
    browser.force_login(mina.user)

    def identity() -> Identity:
        found = identify_session(str(browser.session.session_key), "en")
        assert found is not None
        return found

    return Asker("session", mina, lambda *sent: asked(browser, {}, *sent), identity)


def by_token(mina: Person) -> Asker:
    header = mina.api._credentials["HTTP_AUTHORIZATION"]
    headers = {"Authorization": header}
    raw_token = header.split()[1].encode()
    return Asker(
        "token", mina, lambda *sent: asked(Client(), headers, *sent), lambda: identify_token(raw_token, "en")
    )


def by_key(mina: Person) -> Asker:
    signer = Signer(mina, scopes=sorted(ALL_SCOPES))

    def ask(method: str, path: str, body: Any) -> Any:
        raw = b"" if method == "GET" else json.dumps(body).encode()
        return signer.send(method, path, signer.headers(method, path, raw), raw)

    def identity() -> Identity:
        return key_identities(ApiKey.objects.filter(key_id=signer.key_id), "en")[signer.key_id].identity

    return Asker("key", mina, ask, identity)


def new_terms() -> TermsOfService:
    """They are in force, and this process looks, as it does twice a second."""
    published = TermsOfService.objects.create(
        version=1, text_en="x", text_ko="x", effective_at=timezone.now()
    )
    terms.in_force.look()
    return published


def accept(asker: Asker, published: TermsOfService) -> None:
    """And what follows in every web process."""
    terms.accept(asker.person.user, published)
    verified_tokens.forget_user(asker.person.user.pk)
    verified_keys.forget_user(asker.person.user.pk)


def code(reply: Any) -> Any:
    return reply.json().get("error") if reply["Content-Type"] == "application/json" else None


def test_every_address(asker: Asker) -> None:
    new_terms()
    wrong = []
    for address, methods in needs.REST.items():
        for method, need in methods.items():
            path = "/" + filled(address, {"symbol": "BTC-KRW", "interval": "1m"}, "1")
            reply = asker.ask(method, path, BODIES.get(address, {}))
            acts = need in ACTING and (method, address) not in CANCELS
            held_up = acts and not (need in BY_LOG_IN and asker.proof == "key")
            if (code(reply) == DUE) != held_up:
                wrong.append((method, address, reply.status_code, reply.content[:100]))
    assert wrong == [], "\n".join(map(str, wrong))


def test_own_orders_can_be_canceled_and_everything_goes_on_after_acceptance(asker: Asker) -> None:
    open_order = asker.ask("GET", "/v1/orders", None).json()["orders"][0]["order_id"]
    published = new_terms()
    refused = asker.ask("POST", "/v1/order", ORDER)
    assert (refused.status_code, code(refused), refused.json()["details"]["version"]) == (403, DUE, 1)
    assert asker.ask("GET", "/v1/balances", None).status_code == 200
    canceled = asker.ask("POST", "/v1/order/cancel", {"order_id": open_order})
    assert canceled.json()["order"]["status"] == "canceled"
    assert asker.ask("POST", "/v1/orders/cancel-all", {}).status_code == 200
    accept(asker, published)
    assert asker.ask("POST", "/v1/order", ORDER).status_code == 200


def test_every_operation(asker: Asker) -> None:
    """Of a socket that was open when the terms came into force."""
    identity = asker.identity()
    new_terms()

    async def scenario() -> dict[str, Any]:
        async with hub() as running:
            return {
                op: await Connected(running, identity).error_of(op, {})
                for op in needs.OPERATIONS
                if op != "pong"
            }

    for op, error in asyncio.run(scenario()).items():
        held_up = needs.OPERATIONS[op] in ACTING and op not in CANCELING
        assert (error == DUE) == held_up, (op, error)


def test_orders_of_the_usual_form_over_an_open_socket(asker: Asker) -> None:
    """They go a shorter way."""
    identity = asker.identity()
    open_order = asker.ask("GET", "/v1/orders", None).json()["orders"][0]["order_id"]

    async def scenario() -> list[Any]:
        async with hub() as running:
            connected = Connected(running, identity)
            found = [await connected.error_of("order.place", ORDER, ends=False)]
            terms.in_force.note(1)
            found.append(await connected.error_of("order.place", ORDER, ends=False))
            found.append(await connected.error_of("order.cancel", {"order_id": open_order}))
            return found

    assert asyncio.run(scenario()) == [None, DUE, None]


@pytest.mark.parametrize("path", FAST)
def test_the_fast_lane(path: str, live_engine: LiveEngine, alice: Person) -> None:
    token = alice.api._credentials["HTTP_AUTHORIZATION"].split()[1]
    assert alice.get("/v1/fees").status_code == 200, "verified moments ago"
    terms.in_force.note(1)

    async def scenario() -> Any:
        async with hub():
            return (await through_lane(path, ORDER, token))[2].get("error")

    is_cancel = ("POST", path.removeprefix("/")) in CANCELS
    assert (asyncio.run(scenario()) == DUE) == (not is_cancel)


@pytest.mark.parametrize("scopes", [["read"], ["read", "trade"], ["withdraw"]])
def test_only_keys_to_read_are_made(scopes: list[str], alice: Person) -> None:
    new_terms()
    reply = alice.post(
        "/api/v1/keys", {"label": "bot", "scopes": scopes, "password": "correct horse battery staple"}
    )
    assert code(reply) == (None if scopes == ["read"] else DUE)
