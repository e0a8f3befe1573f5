"""Who asks, in which language, from where and how often: each is read in one module, and nowhere else
again."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[3]
ROOMS: Final = ("xtrader", "web", "ops", "accounts", "marketdata", "exchange")

#: Header, setting, function or class, and the modules that may name it. Names are compared without case, with
#: hyphens for underscores; calls as they are written.
OWNERS: Final[dict[str, set[str]]] = {
    # --- who ---
    "authorization": {"web/access/credentials.py", "exchange/telemetry/redaction.py"},
    "http-authorization": {"web/access/credentials.py"},
    "x-api-key": {"web/access/credentials.py", "web/rest/authentication.py"},
    "http-x-api-key": {"web/access/credentials.py"},
    "VerifiedKeys(": {"accounts/keys/verified_keys.py"},
    "session-cookie-name": {"web/access/credentials.py"},
    "accesstoken": {"accounts/identity/identities.py"},
    "jwtauthentication": set(),
    "Identity(": {"accounts/identity/identities.py"},
    "get-user": {"accounts/identity/identities.py"},
    "accounts--number": {"accounts/identity/users.py"},
    "x-account": {"web/access/credentials.py", "web/rest/schema.py", "accounts/identity/identities.py"},
    "http-x-account": {"web/access/credentials.py"},
    "VerifiedTokens(": {"accounts/identity/verified_tokens.py"},
    # --- language ---
    "accept-language": {"web/access/language.py"},
    "http-accept-language": {"web/access/language.py"},
    "language-cookie-name": {"web/access/language.py"},
    "get-language": {"web/access/language.py"},
    "get-language-from-request": {"web/access/language.py"},
    "parse-accept-lang-header": set(),
    # --- from where ---
    "x-forwarded-for": {"web/access/addresses.py"},
    "http-x-forwarded-for": {"web/access/addresses.py"},
    "remote-addr": {"web/access/addresses.py"},
    "num-proxies": {
        *("web/access/addresses.py", "xtrader/settings.py", "xtrader/variables/variable_table.py")
    },
    # --- how often ---
    "rate-limits": {"web/access/limiter.py", "xtrader/settings.py"},
    "order-rates": {"web/access/limiter.py", "xtrader/settings.py"},
    "incr": {"exchange/shared_cache.py"},
    "SharedCounts(": {"web/access/limiter.py"},
    "Limiter(": {"web/access/limiter.py"},
    "Bucket(": {"web/stream/connection.py"},
    "Counters(": {"web/access/limiter.py"},
    "simpleratethrottle": set(),
    "userratethrottle": set(),
    "anonratethrottle": set(),
    "scopedratethrottle": set(),
}


def modules() -> Iterator[str]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT).as_posix()


def names_in(source: str) -> set[str]:
    """Whole strings, names, attributes and imports of a module; of a call also the name with a bracket. Texts
    for readers are longer than a name, and so are none of them."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        found.update(_names_of(node))
    return {name if "(" in name else name.lower().replace("_", "-") for name in found}


def _names_of(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.Constant(value=bytes() as raw):
            yield raw.decode("latin-1")
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
            yield name
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            yield f"{name}("
            if len(node.args) == 1:
                yield f"{name}({ast.unparse(node.args[0])})"
        case _:
            pass


@pytest.fixture(scope="module")
def names() -> dict[str, set[str]]:
    return {module: names_in((ROOT / module).read_text()) for module in modules()}


@pytest.mark.parametrize("name, owners", OWNERS.items(), ids=OWNERS)
def test_it_is_read_in_one_place(names: dict[str, set[str]], name: str, owners: set[str]) -> None:
    assert {module for module, found in names.items() if name in found} <= owners


def test_the_owners_are_there(names: dict[str, set[str]]) -> None:
    """A module that was moved takes its entry here along."""
    for name, owners in OWNERS.items():
        for owner in owners:
            assert name in names[owner], (name, owner)


def test_a_second_reader_would_be_seen() -> None:
    source = 'header = request.META["HTTP_AUTHORIZATION"], headers.get(b"Accept-Language"), get_user(request)'
    assert {"http-authorization", "accept-language", "get-user", "get_user("} <= names_in(source)
