"""What the core may import, and that messages are read by names: rules that a reader of one file does not
see."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.engine import messages as m
from exchange.engine.messages import places

ROOT = Path(__file__).resolve().parents[3]
CORE = ROOT / "exchange" / "engine"
#: All that the core builds on. Nothing that reads a clock, a file, a socket or chance, and no floats'
#: company.
ALLOWED_IMPORTS = {
    "__future__",
    "bisect",
    "collections",
    "collections.abc",
    "hashlib",
    "heapq",
    "itertools",
    "json",
    "math",
    "sortedcontainers",
    "struct",
    "typing",
}
#: What modules may import that the interpreter never runs: those that take another's place in the compiled
#: core.
COMPILED_IMPORTS = {"librt.strings", "librt.vecs", "mypy_extensions"}
#: Of ``math`` only what calculates with integers.
ALLOWED_MATH = {"lcm"}

#: Where a place in a message is named once, or messages of every kind are taken apart.
MAY_COUNT = {
    "exchange/engine/messages/commands.py",
    "exchange/engine/messages/events.py",
}
#: Names under which messages go about in this code base.
MESSAGES = {
    *("event", "command", "place", "leg", "trade", "entry", "entered", "canceled", "oco", "first", "second"),
    *("events", "commands"),
}
#: Packages whose code is looked at.
PACKAGES = ("exchange", "marketdata", "web", "accounts", "ops", "replays", "demo", "xtrader")


def imported(path: Path) -> Iterator[tuple[str, str]]:
    """(module, name) of every import; the name is empty where the module itself is imported."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from ((node.module or "", alias.name) for alias in node.names)


@pytest.mark.parametrize("path", sorted(CORE.rglob("*.py")), ids=lambda path: str(path.relative_to(CORE)))
def test_the_core_imports_nothing_but_these(path: Path) -> None:
    for module, name in imported(path):
        assert name != "*", f"{path}: star import"
        own = module == "exchange.engine" or module.startswith("exchange.engine.")
        allowed = ALLOWED_IMPORTS | COMPILED_IMPORTS if path.stem.endswith("_compiled") else ALLOWED_IMPORTS
        assert own or module in allowed, f"{path} imports {module}"
        assert module != "math" or name in ALLOWED_MATH, f"{path} imports {name} of math"


# --- messages are read by names -----------------------------------------------------------------------------

#: Prefix of a constant → the views whose field it places.
VIEWS = {
    "PLACE": (m.PlaceOrder,),
    "TERMS": (m.OrderTerms,),
    "CANCEL": (m.CancelOrder,),
    "COMMAND": (
        m.PlaceOrder,
        m.CancelOrder,
        m.CancelAll,
        m.ReduceOrder,
        m.ReplaceOrder,
        m.PlaceOco,
        m.CancelAfter,
    ),
    "REJECTED": (m.RejectedEvent,),
    "ORDER": (m.OrderEvent,),
    "TRADE": (m.TradeEvent,),
    "LEVEL": (m.LevelEvent,),
    "BALANCE": (m.BalanceEvent,),
    "ASSET": (m.AssetEvent,),
    "SYMBOL": (m.SymbolEvent,),
    "INDICATIVE": (m.IndicativeEvent,),
    "ACCOUNT": (m.AccountEvent,),
    "FEES": (m.FeesEvent,),
    "TRANSFER": (m.TransferEvent,),
}
#: Constants that are not named after their field alone.
FIELDS = {
    "ORDER_ID": "order_id",
    "TRADE_ID": "trade_id",
    "COMMAND_ID": "command_id",
    "ASSET_NAME": "asset",
    "SYMBOL_NAME": "symbol",
    "ACCOUNT_NUMBER": "account",
}


@pytest.mark.parametrize("name", [name for name in vars(places) if name.isupper()])
def test_places_of_fields_are_those_of_the_views(name: str) -> None:
    prefix, _, rest = name.partition("_")
    for view in VIEWS[prefix]:
        assert view._fields.index(FIELDS.get(name, rest.lower())) == getattr(places, name), view


def places_counted(path: Path) -> Iterator[int]:
    """Lines that read a message by a number other than 0, which is the tag."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Subscript) and _is_message(node.value) and _counts(node.slice):
            yield node.lineno


def _is_message(node: ast.expr) -> bool:
    if isinstance(node, ast.Subscript):
        # ``events[0][3]``
        return _is_message(node.value)
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name in MESSAGES


def _counts(place: ast.expr) -> bool:
    return isinstance(place, ast.Constant) and isinstance(place.value, int) and place.value > 0


def test_no_message_is_read_by_counting() -> None:
    found = Counter(
        f"{path.relative_to(ROOT)}:{line}"
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if str(path.relative_to(ROOT)) not in MAY_COUNT
        for line in places_counted(path)
    )
    assert not found, (
        f"use the views, or exchange.engine.messages.places where that is measured: {sorted(found)}"
    )
