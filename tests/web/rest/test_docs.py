"""``docs/rest.md`` says what the code does."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

from accounts.identity.recent_proofs import REMEMBER_S
from exchange.engine.state import memory
from exchange.link.async_client import AsyncEngineClient
from exchange.node import server
from exchange.orders.parsing import MAX_BATCH, ORDER_FIELDS
from exchange.selectors.position import WAIT_S
from tests.web.rest.test_schema import PATHS_OF_THE_CONTRACT
from web.rest import params
from web.rest.views.market import DEFAULT_DEPTH, MAX_DEPTH


@pytest.fixture(scope="module")
def guide() -> str:
    return (Path(__file__).parents[3] / "docs" / "rest.md").read_text()


def test_every_call_of_the_contract_is_in_it(guide: str) -> None:
    for method, path in PATHS_OF_THE_CONTRACT:
        assert path in guide, f"{method} {path}"


def test_every_order_field_is_in_it(guide: str) -> None:
    for field in ORDER_FIELDS:
        assert f"`{field}`" in guide


def test_its_figures_are_those_of_the_code(guide: str, settings: Any) -> None:
    assert f"1 to {params.MAX_LIMIT}, {params.DEFAULT_LIMIT} by default" in guide
    assert f"1 to {MAX_DEPTH:,} levels" in guide
    assert f"depth={DEFAULT_DEPTH}" in guide
    assert f"1 to {MAX_BATCH} …" in guide
    assert f"up to {WAIT_S} s" in guide
    assert REMEMBER_S == 5.0, "the guide says five seconds"
    for scope, rate in settings.XTRADER["RATE_LIMITS"].items():
        assert f"| {rate} | `RATE_LIMIT_{scope.upper()}` |" in guide
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE == 64 * 1024


def test_its_bounds_of_memory_are_those_of_the_code(guide: str) -> None:
    text = " ".join(guide.split())
    remembered, options = memory.Limits(), inspect.signature(AsyncEngineClient).parameters
    assert f"latest {remembered.ids_per_account:,} commands" in text
    assert f"latest {remembered.ids_total:,} of all accounts" in text
    assert remembered.retention_ns == 24 * 3600 * 10**9, "the guide says 24 hours"
    of_account, of_all = options["max_waiting_per_account"].default, options["max_waiting"].default
    assert f"{of_account:,} of an account and {of_all:,} of all in one web process" in text
    assert f"{server.Limits().max_waiting_commands:,} in the engine" in text
