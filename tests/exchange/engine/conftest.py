"""An exchange for the scripted rules of docs/orders.md."""

from __future__ import annotations

import pytest

from tests.exchange.engine.stage import Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def last_price_of_100(stage: Stage) -> None:
    stage.trade_at(100)
