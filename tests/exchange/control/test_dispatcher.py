"""Change requests reach the engine exactly once, whatever dies on the way, and say what it answered."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.control import services
from exchange.control.dispatcher import Dispatcher
from exchange.control.services import pending_commands, record_outcome, request_change
from exchange.engine import messages as m
from exchange.errors import RequestError
from exchange.link.errors import CommandMalformed, EngineUnavailable
from exchange.link.protocol import Outcome
from exchange.models import ChangeRequest
from exchange.models.change_requests import next_request_id
from tests.conftest import LiveEngine, Person

Kind = ChangeRequest.Kind
State = ChangeRequest.State

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The process died here; nothing after it ran."""


class DyingClient:
    """The engine's client in a process that dies before or after the engine has the commands."""

    def __init__(self, engine: LiveEngine, *, after_submit: bool) -> None:
        self._engine, self._after_submit = engine, after_submit

    def submit(self, command: m.Command) -> Outcome:
        return self.submit_many([command])[0]

    def submit_many(self, commands: Sequence[m.Command]) -> list[Outcome]:
        if self._after_submit:
            self._engine.client.submit_many(commands)
        raise Killed


def deposit_to(person: Person, units: int = 1) -> ChangeRequest:
    return request_change(Kind.DEPOSIT, {"account": person.account, "asset": "AAPL", "amount_minor": units})


def holding(engine: LiveEngine, person: Person, asset: str = "AAPL") -> int:
    balances = engine.client.query("balances", person.account).value
    return next(available for name, available, _held in balances if name == asset)


def states() -> set[str]:
    return set(ChangeRequest.objects.values_list("state", flat=True))


def test_a_request_is_applied_and_says_where(live_engine: LiveEngine, alice: Person) -> None:
    before = holding(live_engine, alice)
    request = deposit_to(alice, 7)
    assert (request.state, request.sequence) == (State.PENDING, None)
    assert Dispatcher(live_engine.client).run_until_empty() == 1
    request.refresh_from_db()
    assert (request.state, request.sequence) == (State.APPLIED, live_engine.sequence)
    assert request.applied_at is not None
    assert holding(live_engine, alice) == before + 7


def test_a_refusal_shows_on_the_request(live_engine: LiveEngine, alice: Person) -> None:
    amount = {"account": alice.account, "asset": "BTC", "amount_minor": 10**20}
    request = request_change(Kind.WITHDRAW, amount)
    Dispatcher(live_engine.client).run_once()
    request.refresh_from_db()
    assert (request.state, request.refusal_code) == (State.REFUSED, "INSUFFICIENT_BALANCE")
    assert request.refusal()["asset"] == "BTC"
    assert int(request.refusal()["required_minor"]) == 10**20


@pytest.mark.parametrize("after_submit", [False, True])
def test_death_around_the_submit_neither_loses_nor_doubles(
    live_engine: LiveEngine, alice: Person, after_submit: bool
) -> None:
    before = holding(live_engine, alice)
    for _ in range(5):
        deposit_to(alice)
    with pytest.raises(Killed):
        Dispatcher(DyingClient(live_engine, after_submit=after_submit)).run_once()
    assert states() == {State.SUBMITTED}
    assert Dispatcher(live_engine.client).run_until_empty() == 5
    assert states() == {State.APPLIED}
    assert holding(live_engine, alice) == before + 5


@pytest.mark.parametrize("survived", range(4))
def test_death_between_two_records_is_finished_by_the_next_pass(
    live_engine: LiveEngine, alice: Person, monkeypatch: pytest.MonkeyPatch, survived: int
) -> None:
    before = holding(live_engine, alice)
    requests = [deposit_to(alice) for _ in range(4)]
    written = itertools.count()

    def dying(*outcome: Any) -> bool:
        if next(written) == survived:
            raise Killed
        return record_outcome(*outcome)

    monkeypatch.setattr(services, "record_outcome", dying)
    with pytest.raises(Killed):
        Dispatcher(live_engine.client).run_once()
    monkeypatch.undo()
    assert Dispatcher(live_engine.client).run_until_empty() == 4 - survived
    sequences = [ChangeRequest.objects.get(pk=request.pk).sequence for request in requests]
    assert sequences == sorted(set(sequences))
    assert holding(live_engine, alice) == before + 4


def test_the_second_answer_is_the_first_one(live_engine: LiveEngine, alice: Person) -> None:
    """The dispatcher and the projection may both write the outcome, in either order."""
    request = deposit_to(alice)
    outcome = live_engine.client.submit(next(iter(pending_commands()))[1])
    assert record_outcome(request.pk, *outcome) is True
    assert record_outcome(request.pk, *outcome) is False
    live_engine.project()
    request.refresh_from_db()
    assert (request.state, request.sequence) == (State.APPLIED, outcome.sequence)


def test_the_projection_alone_finishes_a_request(live_engine: LiveEngine, alice: Person) -> None:
    request = deposit_to(alice)
    refused = request_change(Kind.DEPOSIT, {"account": 4999, "asset": "AAPL", "amount_minor": 1})
    with pytest.raises(Killed):
        Dispatcher(DyingClient(live_engine, after_submit=True)).run_once()
    live_engine.project()
    request.refresh_from_db()
    refused.refresh_from_db()
    assert request.state == State.APPLIED
    assert (refused.state, refused.refusal_code) == (State.REFUSED, "ACCOUNT_NOT_FOUND")


def test_two_dispatchers_do_no_harm(live_engine: LiveEngine, alice: Person) -> None:
    before = holding(live_engine, alice)
    deposit_to(alice)
    seen = list(ChangeRequest.objects.all())
    Dispatcher(live_engine.client).run_once()
    ChangeRequest.objects.bulk_update(seen, ["state"])  # as the other one read them, before the answer
    Dispatcher(live_engine.client).run_once()
    assert holding(live_engine, alice) == before + 1


def test_requests_keep_their_order(live_engine: LiveEngine) -> None:
    """An account is opened before it is paid in to, an asset made before its symbol."""
    request_change(Kind.SET_ACCOUNT, {"account": 5000, "status": m.ACTIVE})
    request_change(Kind.SET_ASSET, {"asset": "SOL", "scale": 8})
    request_change(Kind.DEPOSIT, {"account": 5000, "asset": "SOL", "amount_minor": 5})
    Dispatcher(live_engine.client, batch=1).run_until_empty()
    assert states() == {State.APPLIED}


def test_while_the_engine_is_away_requests_wait(alice: Person, live_engine: LiveEngine) -> None:
    class Away(DyingClient):
        def submit_many(self, commands: Sequence[m.Command]) -> list[Outcome]:
            raise EngineUnavailable("no engine")

    deposit_to(alice)
    with pytest.raises(EngineUnavailable):
        Dispatcher(Away(live_engine, after_submit=False)).run_once()
    assert Dispatcher(live_engine.client).run_once() == 1


def test_a_request_that_is_no_command_does_not_hold_up_the_rest(
    live_engine: LiveEngine, alice: Person
) -> None:
    broken = ChangeRequest.objects.create(kind=Kind.DEPOSIT, payload={"account": "alice"})
    sound = deposit_to(alice)
    Dispatcher(live_engine.client).run_until_empty()
    broken.refresh_from_db()
    sound.refresh_from_db()
    assert (broken.state, sound.state) == (State.REFUSED, State.APPLIED)


def test_a_command_the_engine_cannot_read_does_not_hold_up_the_rest(
    live_engine: LiveEngine, alice: Person
) -> None:
    class Picky:
        def submit(self, command: m.Command) -> Outcome:
            if command[4] == 666:
                raise CommandMalformed("not this one")
            return live_engine.client.submit(command)

        def submit_many(self, commands: Sequence[m.Command]) -> list[Outcome]:
            return [self.submit(command) for command in commands]

    cursed, sound = deposit_to(alice, 666), deposit_to(alice)
    Dispatcher(Picky()).run_until_empty()
    cursed.refresh_from_db()
    sound.refresh_from_db()
    assert (cursed.state, cursed.refusal_code, sound.state) == (State.REFUSED, "INTERNAL", State.APPLIED)


def test_without_room_on_disk_deposits_wait_and_hold_up_nothing(
    live_engine: LiveEngine, alice: Person
) -> None:
    before = holding(live_engine, alice)
    live_engine.worker.disk.is_short = True
    waiting = deposit_to(alice, 7)
    frozen = request_change(Kind.SET_ACCOUNT, {"account": alice.account, "status": m.FROZEN})
    assert Dispatcher(live_engine.client).run_once() == 1
    waiting.refresh_from_db()
    frozen.refresh_from_db()
    assert (waiting.state, frozen.state) == (State.SUBMITTED, State.APPLIED)
    live_engine.worker.disk.is_short = False
    assert Dispatcher(live_engine.client).run_until_empty() == 1
    assert holding(live_engine, alice) == before + 7


def test_ids_rise_and_never_repeat() -> None:
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.extend(next_request_id() for _ in range(500))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 2000
    assert abs(min(found) - time.time_ns() // 1_000) < 60_000_000


def test_a_taken_id_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes may draw the same microsecond."""
    ids = iter([77, 77, 78])
    monkeypatch.setattr(ChangeRequest._meta.get_field("id"), "default", lambda: next(ids))
    monkeypatch.setattr(ChangeRequest._meta.get_field("id"), "_get_default", lambda: next(ids))
    payload = {"asset": "SOL", "scale": 8}
    assert [request_change(Kind.SET_ASSET, payload).pk, request_change(Kind.SET_ASSET, payload).pk] == [
        77,
        78,
    ]


@pytest.mark.parametrize(
    "payload, code",
    [
        ({"account": 1000, "asset": "BTC"}, "MISSING_FIELD"),
        ({"account": 1000, "asset": "BTC", "amount_minor": 1, "note": "x"}, "UNKNOWN_FIELD"),
        ({"account": 999, "asset": "BTC", "amount_minor": 1}, "INVALID_FIELD"),
        ({"account": 2**63, "asset": "BTC", "amount_minor": 1}, "INVALID_FIELD"),
        ({"account": 1000, "asset": "btc", "amount_minor": 1}, "INVALID_FIELD"),
        ({"account": 1000, "asset": "BTC", "amount_minor": 0}, "INVALID_FIELD"),
        ({"account": 1000, "asset": "BTC", "amount_minor": -1}, "INVALID_FIELD"),
        ({"account": 1000, "asset": "BTC", "amount_minor": 1.0}, "INVALID_FIELD"),
        ({"account": 1000, "asset": "BTC", "amount_minor": True}, "INVALID_FIELD"),
        ({"account": 1000, "asset": "BTC", "amount_minor": 10**38}, "INVALID_FIELD"),
    ],
)
def test_what_has_not_the_shape_is_not_saved(payload: dict[str, Any], code: str) -> None:
    with pytest.raises(RequestError) as caught:
        request_change(Kind.DEPOSIT, payload)
    assert caught.value.code == code
    assert not ChangeRequest.objects.exists()


JUNK = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.lists(st.integers(), max_size=3)
)
FIELDS = st.sampled_from(
    ["symbol", "base", "tick_bands", "lot_step", "status", "account", "amount_minor", "asset", "x"]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from([*Kind.values, "nonsense"]), payload=st.dictionaries(FIELDS, JUNK, max_size=6))
def test_nothing_but_commands_gets_through(kind: str, payload: dict[str, Any]) -> None:
    """Whatever is asked, it is refused at once or can be made a command."""
    try:
        request_change(kind, payload)
    except RequestError:
        return
    assert all(command[0] >= m.SET_ASSET for _, command in pending_commands())


def test_amounts_beyond_64_bits_reach_the_engine(live_engine: LiveEngine, alice: Person) -> None:
    wide = 10**30 + 1
    request_change(Kind.DEPOSIT, {"account": alice.account, "asset": "KRW", "amount_minor": wide})
    before = holding(live_engine, alice, "KRW")
    Dispatcher(live_engine.client).run_once()
    assert holding(live_engine, alice, "KRW") == before + wide
