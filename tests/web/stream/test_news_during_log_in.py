"""A user who changes while somebody logs in with what was his: the news finds no connection of his yet."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from web.live.runtime import Connections
from web.live.socket_limits import Limits
from web.stream import proofs

IDENTITY: Any = SimpleNamespace(user_id=7, key_id="k")


class Database:
    """What it answers to the second look, and how often it was asked for one."""

    def __init__(self, found: Any, then: Any = None) -> None:
        self.found = found
        self.then = then
        self.looks = 0

    def still_in_use(self, identity: Any) -> Any:
        self.looks += 1
        if self.then is not None:
            self.then()
            self.then = None
        return self.found


def log_in(monkeypatch: pytest.MonkeyPatch, database: Database, *changed: int) -> Any:
    """Who is logged in where these users change after the proof was read."""
    monkeypatch.setattr(proofs, "still_in_use", database.still_in_use)
    connections = Connections(Limits())

    def identify() -> Any:
        for user_id in changed:
            connections.recheck(user_id)
        return IDENTITY

    return asyncio.run(proofs.prove(identify, connections))


def test_who_is_out_by_the_end_of_it_is_not_logged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    assert log_in(monkeypatch, Database(None), 7) is None


def test_whose_role_has_changed_has_the_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = SimpleNamespace(user_id=7, key_id="k", roles=("auditor",))
    assert log_in(monkeypatch, Database(changed), 7) is changed


@pytest.mark.parametrize("others", [(), (8, 9)])
def test_nobody_is_looked_at_twice_without_news(
    monkeypatch: pytest.MonkeyPatch, others: tuple[int, ...]
) -> None:
    database = Database(None)
    assert log_in(monkeypatch, database, *others) is IDENTITY
    assert database.looks == 0


def test_news_during_the_second_look_takes_a_third(monkeypatch: pytest.MonkeyPatch) -> None:
    connections = Connections(Limits())
    database = Database(IDENTITY, then=lambda: connections.recheck(7))
    monkeypatch.setattr(proofs, "still_in_use", database.still_in_use)

    def identify() -> Any:
        connections.recheck(7)
        return IDENTITY

    assert asyncio.run(proofs.prove(identify, connections)) is IDENTITY
    assert database.looks == 2
    # Nothing is kept of it.
    assert not connections._changed
