"""A market with days of trading."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.accounts.fees.market import FeeMarket


@pytest.fixture
def market(transactional_db: None, tmp_path: Path) -> Iterator[FeeMarket]:
    found = FeeMarket(tmp_path)
    try:
        yield found
    finally:
        found.close()
