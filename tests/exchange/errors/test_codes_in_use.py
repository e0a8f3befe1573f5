"""No module raises a wire code that the table does not have."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from exchange.errors import ERRORS

ROOT = Path(__file__).parents[3]
RAISERS = {"ApiError", "RequestError", "RefusedError", "EngineTroubleError"}


def codes_raised() -> Iterator[tuple[str, str]]:
    """(where, code) of every error built with a literal code."""
    for app in ("exchange", "accounts", "marketdata", "ops", "web", "xtrader"):
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in RAISERS and node.args:
                    code = node.args[0]
                    if isinstance(code, ast.Constant):
                        yield f"{path.relative_to(ROOT)}:{node.lineno}", str(code.value)


def test_every_code_that_is_raised_is_in_the_table() -> None:
    raised = list(codes_raised())
    assert len(raised) > 30
    assert [(where, code) for where, code in raised if code not in ERRORS] == []
