"""A small world for withdrawals: a provider that keeps the truth about what it paid, processes that die, and
what must hold after every act."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.utils import timezone

from custody.custody_job import CustodyJob
from custody.models import Withdrawal, WithdrawalStep
from custody.providers.interface import (
    Accepted,
    Answer,
    Failed,
    Found,
    IncomingDeposit,
    NeverSeen,
    NotSent,
    Paid,
    Payout,
    Unknown,
)
from custody.states import ENDS, OPEN_STATES, STEPS, WithdrawalState
from custody.withdrawals import steps, withdrawal_limits
from exchange.engine.messages import Command
from exchange.link.protocol import Answer as EngineAnswer
from exchange.link.protocol import Outcome
from tests.conftest import LiveEngine, Person
from tests.custody.cast import job_of

State = WithdrawalState
ASSETS = ("KRW", "BTC")


class Died(BaseException):
    """As by kill -9: nothing of ours catches it."""


@dataclass
class Truth:
    """What the provider knows of a payout."""

    arrived: int = 0
    #: Minor units that it has paid; None: nothing.
    paid: int | None = None
    #: It will never pay.
    is_dead: bool = False


class Chance:
    """Whether something happens, by one seed; with ``is_calm`` nothing does."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.is_calm = False

    def __call__(self, share: float) -> bool:
        return not self.is_calm and self.random.random() < share


@dataclass
class WildProvider:
    """Accepts, pays, fails, forgets to answer, pays another amount; and takes its caller with it."""

    chance: Chance
    name: str = "wild"
    is_manual: bool = False
    truths: dict[str, Truth] = field(default_factory=dict)

    def of(self, payout_id: str) -> Truth:
        return self.truths.setdefault(payout_id, Truth())

    def send(self, payout: Payout) -> Answer:
        if self.chance(0.1):
            raise Died("before the order went out")
        if self.chance(0.15):
            return NotSent("connection refused")
        if self.chance(0.15):
            return Unknown("the order was lost, and so was the answer")
        truth = self.of(payout.payout_id)
        truth.arrived += 1
        if self.chance(0.15):
            raise Died("the order was out, the answer was not in")
        if self.chance(0.2):
            return Unknown("no answer in time")
        return self._answer(payout, truth)

    def look_up(self, payout: Payout) -> Found:
        if self.chance(0.1):
            raise Died("while it asked")
        if self.chance(0.2):
            return Unknown("the provider is away")
        truth = self.of(payout.payout_id)
        return self._answer(payout, truth) if truth.arrived else NeverSeen()

    def _answer(self, payout: Payout, truth: Truth) -> Answer:
        if truth.paid is None and not truth.is_dead:
            self._go_on(payout, truth)
        if truth.is_dead:
            return Failed("no such bank")
        if truth.paid is None:
            return Accepted(f"ref-{payout.payout_id}")
        return Paid("", f"tx-{payout.payout_id}", truth.paid)

    def _go_on(self, payout: Payout, truth: Truth) -> None:
        if self.chance.is_calm or self.chance(0.3):
            truth.paid = payout.amount_minor
        elif self.chance(0.15):
            truth.is_dead = True
        elif self.chance(0.1):
            truth.paid = payout.amount_minor + 1

    def stop(self, payout_id: str) -> Truth:
        """What an operator does who finds out: it is paid by now, or never will be."""
        truth = self.of(payout_id)
        truth.is_dead = truth.paid is None
        return truth

    def find_deposit(self, reference: str) -> IncomingDeposit | Unknown | NeverSeen:
        return NeverSeen()

    def deposit_address(self, account: int, asset: str) -> tuple[str, str] | None:
        return None

    def holdings(self) -> dict[str, int] | Unknown:
        return {}


@dataclass
class DyingClient:
    """The engine's client of a process that may die before it has sent a command, or before it hears what
    became of it."""

    engine: LiveEngine
    chance: Chance

    def submit(self, command: Command) -> Outcome:
        if self.chance(0.08):
            raise Died("before the command went out")
        outcome = self.engine.client.submit(command)
        if self.chance(0.08):
            raise Died("the command was applied, the answer was not read")
        return outcome

    def query(self, kind: str, *args: object) -> EngineAnswer:
        return self.engine.client.query(kind, *args)


class Clock:
    """Time that passes when a test says so."""

    def __init__(self, monkeypatch: Any) -> None:
        self.ahead = timedelta()
        monkeypatch.setattr(timezone, "now", self.now)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def pass_time(self, **length: float) -> None:
        self.ahead += timedelta(**length)


@dataclass
class World:
    engine: LiveEngine
    people: list[Person]
    provider: WildProvider
    chance: Chance
    start: dict[tuple[int, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for person in self.people:
            for asset in ASSETS:
                self.start[person.account, asset] = sum(self.balance(person.account, asset))

    @property
    def client(self) -> DyingClient:
        return DyingClient(self.engine, self.chance)

    @property
    def job(self) -> CustodyJob:
        return job_of(self.client)

    def balance(self, account: int, asset: str) -> tuple[int, int]:
        """Available and held, of the engine itself."""
        rows = self.engine.client.query("balances", account).value
        return next(((free, held) for code, free, held in rows if code == asset), (0, 0))

    def open_in_engine(self, account: int) -> dict[str, tuple[str, int, int]]:
        rows = self.engine.worker._sequencer.engine.withdrawals(account)
        return {withdrawal_id: (asset, amount, fee) for withdrawal_id, asset, amount, fee in rows}

    def attempt(self, act: Callable[[], Any]) -> Any:
        """One act of one process, which may die in it."""
        try:
            return act()
        except Died:
            return None

    # --- what must hold ----------------------------------------------------------------------------------

    def check(self) -> None:
        self.check_engine()
        for row in Withdrawal.objects.all():
            self.check_row(row)
        self.check_limits()

    def check_engine(self) -> None:
        """What the engine holds is the sum of the open withdrawals, and each of these is a row of ours."""
        assert self.engine.worker._sequencer.engine.check() == []
        for person in self.people:
            in_engine = self.open_in_engine(person.account)
            rows = {str(row.pk): row for row in Withdrawal.objects.filter(account=person.account)}
            assert set(in_engine) <= set(rows)
            held = Counter()
            for withdrawal_id, (asset, amount, fee) in in_engine.items():
                row = rows[withdrawal_id]
                assert (row.asset, row.amount_minor, row.fee_minor) == (asset, amount, fee)
                assert row.state in OPEN_STATES
                held[asset] += amount + fee
            for row in rows.values():
                if row.state in OPEN_STATES - {State.REQUESTED, State.SETTLING, State.RELEASING}:
                    assert str(row.pk) in in_engine, f"{row} is {row.state} and not held"
            for asset in ASSETS:
                assert self.balance(person.account, asset)[1] == held[asset]

    def check_row(self, row: Withdrawal) -> None:
        truth = self.provider.of(str(row.pk))
        assert truth.arrived <= 1, f"{row} was sent {truth.arrived} times"
        if truth.arrived:
            assert row.sent_at is not None, f"{row} went out and nobody wrote it down"
        if row.state in (State.SETTLING, State.PAID):
            assert truth.paid is not None, f"{row} is settled and was not paid"
        if row.state in (State.RELEASING, State.ENDED):
            assert truth.paid is None, f"{row} was paid, and its money goes back"
            assert truth.is_dead or not truth.arrived, f"{row} may still be paid, and its money goes back"
        self.check_steps(row)

    def check_steps(self, row: Withdrawal) -> None:
        """They lead one from the other to the state there is; what had to be approved was."""
        found = list(WithdrawalStep.objects.filter(withdrawal=row).order_by("id"))
        assert found[0].from_state == "" and found[-1].to_state == row.state
        for before, after in pairwise(found):
            assert before.to_state == after.from_state and after.to_state in STEPS[after.from_state]
        states = [step.to_state for step in found]
        assert sum(state in ENDS for state in states) <= 1
        assert not {State.SETTLING, State.RELEASING} <= set(states), "both settled and released"
        if row.approvals_needed and State.SENDING in states:
            approvers = set(row.approvals.values_list("by", flat=True))
            assert len(approvers) >= 2 and row.user_id not in approvers
        if row.confirm_by is not None and State.SENDING in states:
            assert State.UNCONFIRMED in states, "it was never confirmed"

    def check_limits(self) -> None:
        for person in self.people:
            standing = withdrawal_limits.standing_of(person.user.pk)
            assert standing.day.used_minor <= standing.day.limit_minor
            assert standing.month.used_minor <= standing.month.limit_minor

    def check_end(self) -> None:
        """Every withdrawal has ended, nothing is held, and what is gone is what was paid, to the unit."""
        for row in Withdrawal.objects.all():
            assert row.state in ENDS, f"{row} is {row.state}: {row.trouble}"
        gone = Counter()
        for row in Withdrawal.objects.filter(state=State.PAID):
            gone[row.account, row.asset] += row.amount_minor + row.fee_minor
        for (account, asset), before in self.start.items():
            free, held = self.balance(account, asset)
            assert held == 0 and free == before - gone[account, asset]


def dying_steps(chance: Chance, monkeypatch: Any) -> None:
    """Processes die before a step is written, and after it has been committed."""
    true_step = steps.step

    def step(*args: Any, **kwargs: Any) -> None:
        if chance(0.05):
            raise Died("before the step")
        true_step(*args, **kwargs)
        if chance(0.05):
            raise Died("after the step")

    for module in ("answering", "engine_steps", "payouts", "reviewing"):
        monkeypatch.setattr(f"custody.withdrawals.{module}.step", step)
