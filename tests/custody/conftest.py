"""Withdrawals on a running exchange."""

from __future__ import annotations

import pytest

from tests.conftest import LiveEngine
from tests.custody.cast import Desk, open_desk


@pytest.fixture
def desk(db: None, live_engine: LiveEngine) -> Desk:
    return open_desk(live_engine)
