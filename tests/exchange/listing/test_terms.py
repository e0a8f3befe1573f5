"""A symbol's terms: one structure and one table, from which everything that shows or takes them is made."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from exchange.control.kinds import FIELDS
from exchange.engine import Engine
from exchange.engine import messages as m
from exchange.listing import catalog
from exchange.listing.terms import (
    BOUNDS,
    PROTECTION_NAMES,
    REQUIRED_NAMES,
    TERMS,
    SymbolTerms,
    Term,
    command_fields,
)
from exchange.models import ChangeRequest, Symbol
from exchange.wire.rendering import render_symbol
from exchange.wire.shapes import Symbol as SymbolReply
from marketdata.projection.tables import SYMBOLS
from web.console.base import _flat
from web.console.forms import NewSymbolForm, SymbolTermsForm, text_of
from web.console.market import SymbolAdmin

ROOT = Path(__file__).resolve().parents[3]
FULL = replace(
    catalog.BTC_KRW,
    max_notional_minor=10**30,
    collar_ppm=50_000,
    band_ppm=100_000,
    volatility_ppm=30_000,
    volatility_ns=120 * 10**9,
    calendar="XNYS",
    collar_rests=True,
    iceberg_continues=True,
    static_ppm=100_000,
    reached=True,
    random_end_ns=30 * 10**9,
    extended_ppm=150_000,
    auction_stp=True,
)
PLAIN = catalog.BTC_KRW
#: What the database calls a term, where it is not the term's own name.
COLUMNS = {"symbol": "code", "base": "base_id", "quote": "quote_id"}


# --- the table and the engine ----------------------------------------------------------------------------


def test_every_term_of_the_engine_has_a_row() -> None:
    *rules, protection = m.SetSymbol._fields[2:]
    assert tuple(rules) == REQUIRED_NAMES, (
        "a term of SetSymbol has no row in exchange.listing.terms, or another place"
    )
    assert protection == "protection"
    assert m.Protection._fields == PROTECTION_NAMES, "so has one of Protection"


def test_terms_that_may_be_left_out_are_off_by_default() -> None:
    defaults = {name: field.default for name, field in SymbolTerms.__dataclass_fields__.items()}
    assert {name: defaults[name] for name in PROTECTION_NAMES} == m.Protection()._asdict()


@pytest.mark.parametrize("terms", [PLAIN, FULL], ids=["plain", "protected"])
def test_a_command_and_its_event_keep_the_terms(terms: SymbolTerms) -> None:
    engine = Engine()
    for asset in catalog.ASSETS:
        engine.apply(catalog.asset_command(f"asset:{asset.asset}", asset), 1)
    (event,) = engine.apply(terms.command("symbol"), 2)
    assert SymbolTerms.of_event(event).as_dict() == terms.as_dict()


@pytest.mark.parametrize("terms", [PLAIN, FULL], ids=["plain", "protected"])
def test_a_change_request_keeps_the_terms(terms: SymbolTerms) -> None:
    stored = json.loads(json.dumps(terms.payload()))
    assert ("protection" in stored) == (terms is FULL)
    assert m.set_symbol("id", **command_fields(stored)) == terms.command("id")


# --- what is made from the table --------------------------------------------------------------------------


def test_a_change_request_has_the_terms() -> None:
    assert tuple(FIELDS[ChangeRequest.Kind.SET_SYMBOL]) == (*REQUIRED_NAMES, "protection")


def test_numbers_have_bounds() -> None:
    """A number without bounds in its unit would be refused, or let through, unseen."""
    numbers = {term.unit for term in TERMS if type(getattr(FULL, term.name)) is int}
    assert numbers == set(BOUNDS)


def test_the_database_has_a_column_for_each() -> None:
    columns = {field.column for field in Symbol._meta.concrete_fields}
    named = {COLUMNS.get(term.name, term.name) for term in TERMS}
    assert named <= columns
    assert named <= set(SYMBOLS.columns)
    assert set(SYMBOLS.columns) == columns


def test_the_form_has_a_field_for_each_that_may_change() -> None:
    changeable = {text_of(term).name for term in TERMS if not term.is_fixed}
    assert set(SymbolTermsForm(row=None).fields) == changeable | {"seen_sequence", "why"}
    assert set(NewSymbolForm.terms) == {term for term in TERMS if term.form is not None}


def test_the_page_shows_each() -> None:
    shown = {name for _, options in SymbolAdmin.fieldsets for name in _flat(options["fields"])}
    assert {term.page.name for term in TERMS if term.page is not None} <= shown
    # A few need no column of their own: Django shows them, or another term's column does.
    without_column = {term.name for term in TERMS if term.page is None}
    assert without_column - shown == {"symbol", "volatility_ns"}


def test_the_api_s_symbol_has_each(spec_of_full: Any) -> None:
    rendered = render_symbol(spec_of_full)
    assert tuple(rendered) == SymbolReply.__struct_fields__
    assert {term.reply.name for term in TERMS} <= set(rendered)
    assert None not in rendered.values() or rendered["status_reason"] is None


def test_names_are_used_once() -> None:
    def names(texts: list[Any]) -> list[str]:
        return [text.name for text in texts if text is not None]

    for texts in ([t.reply for t in TERMS], [t.form for t in TERMS], [t.page for t in TERMS]):
        assert len(set(names(texts))) == len(names(texts))


@pytest.fixture
def spec_of_full() -> Any:
    from exchange.listing.symbol_table import spec_of_terms

    scales = {asset.asset: asset.scale for asset in catalog.ASSETS}
    terms = SymbolTerms(**FULL.as_dict())
    return spec_of_terms(terms, scales, status=m.TRADING, status_reason="", call_ends_ns=0)


# --- files that spell the terms
# ---------------------------------------------------------------------------------

#: Files that name this many terms spell them out. All others that show or take terms go through the table.
SPELLS = 9
#: Folders that are not looked into: tests and benches give values to the engine itself.
OUTSIDE = ("tests", "bench", "build", "data", "frontend", ".venv")
#: Files that may, and why.
SPELLERS = {
    "exchange/listing/terms.py": "the table",
    "exchange/listing/catalog.py": "values of the symbols that ship",
    "exchange/models/market.py": "columns, which Django declares one by one",
    "exchange/listing/contradictions.py": "the rules between terms, each of which names several",
    "replays/venue.py": "values of a replay's symbol",
    "xtrader_engine/trading_venue.py": "values of a symbol that another program lists",
    "exchange/orders/parsing/numbers.py": "the rules at the edge: what each bound refuses",
}


def terms_in(source: str) -> set[str]:
    """The terms a module names, as names, attributes, arguments or text."""
    names = {term.name for term in TERMS} - {"symbol", "base", "quote", "calendar"}
    found = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.keyword(arg=name) | ast.arg(arg=name):
                found.add(name)
            case ast.Constant(value=str(name)):
                found.add(name)
    return names & found


def test_terms_are_spelled_in_few_files() -> None:
    """The engine keeps its own: it imports nothing from the rest."""
    spellers = set()
    for path in ROOT.rglob("*.py"):
        place = path.relative_to(ROOT)
        if place.parts[0] in OUTSIDE or "migrations" in place.parts:
            continue
        if place.is_relative_to("exchange/engine"):
            continue
        if len(terms_in(path.read_text())) >= SPELLS:
            spellers.add(str(place))
    assert spellers == set(SPELLERS)


def test_the_count_can_fail() -> None:
    source = "\n".join(f"shown(symbol.{name})" for name in REQUIRED_NAMES[5:14])
    assert len(terms_in(source)) >= SPELLS


def test_a_term_knows_its_name() -> None:
    assert all(isinstance(term, Term) and term.name for term in TERMS)
