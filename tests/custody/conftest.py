"""Withdrawals on a running exchange."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.identity import roles
from tests.conftest import LiveEngine, Person, make_person
from tests.custody.cast import Desk, open_desk
from tests.custody.gate import Gate, open_gate, trader


@pytest.fixture
def desk(db: None, live_engine: LiveEngine) -> Desk:
    return open_desk(live_engine)


@pytest.fixture
def gate(db: None, live_engine: LiveEngine, settings: Any, tmp_path: Path) -> Iterator[Gate]:
    with open_gate(live_engine, settings, tmp_path) as gate:
        yield gate


@pytest.fixture
def dana(gate: Gate) -> Person:
    """She begins with nothing."""
    return trader(gate.engine, "dana", 1011)


@pytest.fixture
def olga(gate: Gate) -> Person:
    return make_person("olga", roles.OPERATOR)


@pytest.fixture
def omar(gate: Gate) -> Person:
    return make_person("omar", roles.OPERATOR)


@pytest.fixture
def admin_person(gate: Gate) -> Person:
    """An administrator with an address."""
    person = make_person("root", roles.ADMINISTRATOR)
    person.user.email = "root@example.com"
    person.user.save()
    return person
