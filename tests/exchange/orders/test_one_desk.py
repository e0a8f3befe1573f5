"""Orders are entered and changed in one place. Whoever adds another has to meet this test first."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from exchange.engine import messages
from exchange.engine.messages import TRADER_COMMANDS

ROOT = Path(__file__).parents[3]
VENUE = ("exchange", "marketdata", "accounts", "ops", "web", "xtrader")
#: The rooms below the desk that carry commands of every kind, and what folds them.
CARRIERS = ("exchange/engine/", "exchange/journal/", "exchange/link/", "exchange/node/")
#: How the engine's clients are given commands, and what such a client is called.
METHODS = {"send", "submit", "submit_all", "submit_many", "asubmit", "asubmit_all"}
CLIENTS = {"client", "_client", "engine_link", "link"}
#: Commands of the venue, which are no trader's.
CONTROL = {
    "accounts/fees/job.py",
    "accounts/wallet/play_money.py",
    "exchange/control/calendars/driver.py",
    "exchange/control/calendars/hourly.py",
    "exchange/control/dispatcher.py",
    "marketdata/projection/alarm.py",
}
#: Where money moves between accounts of one user.
TRANSFERS = "accounts/wallet/transfers.py"
#: The commands of traders, by the functions that make them.
MAKERS = {
    "place_order",
    "place_oco",
    "place_oto",
    "place_quotes",
    "cancel_quotes",
    "protect_quotes",
    "place_bracket",
    "cancel_order",
    "cancel_all",
    "cancel_after",
    "cancel_replace",
    "reduce_order",
    "replace_order",
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for app in VENUE:
        for path in sorted((ROOT / app).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(CARRIERS):
                yield name, ast.parse(path.read_text())


def name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def submits(tree: ast.Module) -> bool:
    """Whether it gives commands to a client of the engine."""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in METHODS
        and name_of(node.func.value) in CLIENTS
        for node in ast.walk(tree)
    )


def makes_commands(tree: ast.Module) -> bool:
    """Whether it calls what makes a trader's command, from the engine's messages."""
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("exchange.engine")
        for alias in node.names
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or name_of(node.func) not in MAKERS:
            continue
        if isinstance(node.func, ast.Name) and node.func.id in imported:
            return True
        if isinstance(node.func, ast.Attribute) and name_of(node.func.value) in imported:
            return True
    return False


def test_the_commands_of_traders_are_all_here() -> None:
    assert all(hasattr(messages, name) for name in MAKERS)
    # A move between own accounts is not an order: ``accounts.wallet.transfers`` makes it.
    assert len(MAKERS) == len(set(TRADER_COMMANDS) - {messages.MOVE})


def test_one_module_submits_what_traders_ask() -> None:
    assert {name for name, tree in modules() if submits(tree)} - CONTROL == {"exchange/orders/submission.py"}


def test_only_the_desk_makes_the_commands_of_traders() -> None:
    found = {name for name, tree in modules() if makes_commands(tree)}
    assert found == {
        "exchange/orders/desk.py",
        "exchange/orders/parsing/amendments.py",
        "exchange/orders/parsing/linked.py",
        "exchange/orders/parsing/orders.py",
        "exchange/orders/parsing/quotes.py",
    }


def test_surfaces_know_the_desk_and_none_of_its_parts() -> None:
    """Readers of single fields are everybody's."""
    parts = {}
    for name, tree in modules():
        if name.startswith("exchange/orders/"):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("exchange.orders"):
                parts[name] = {*parts.get(name, set()), node.module}
    # The transfer of money is a desk of its own, with the parsing and the submission of orders.
    assert parts.pop(TRANSFERS) == {"exchange.orders.parsing", "exchange.orders.submission"}
    assert {module for found in parts.values() for module in found} == {"exchange.orders.desk"}, parts
