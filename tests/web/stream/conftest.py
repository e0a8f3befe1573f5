"""One exchange for most tests of the folder; tests that kill processes or set limits make their own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "clients" / "python"))

from tests.web.stream.venue import Venue


@pytest.fixture(scope="package")
def shared_venue() -> Iterator[Venue]:
    venue = Venue()
    yield venue
    venue.close()


@pytest.fixture
def venue(shared_venue: Venue) -> Venue:
    """The shared exchange with empty books."""
    shared_venue.clear_orders()
    return shared_venue
