"""Withdrawals under everything at once: customers, operators, two jobs, a provider that lies and goes away,
processes that die between any two steps. After every act the books are held against the truth."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from accounts.identity import roles
from custody import letter_keys
from custody.models import AssetTerms, Withdrawal
from custody.providers.registry import Providers
from custody.states import OPEN_STATES, WithdrawalState
from custody.withdrawals import answering, asking, payouts, reviewing, steps
from custody.withdrawals.asking import Asker
from exchange import process
from exchange.errors import ApiError
from tests.conftest import LiveEngine, Person, make_person
from tests.custody.cast import BANK, BITCOIN, custody_settings, open_desk
from tests.custody.withdrawals.world import Chance, Clock, Died, WildProvider, World, dying_steps

pytestmark = pytest.mark.django_db
State = WithdrawalState
ACTS = 200
AMOUNTS = {
    "KRW": ("6000", "40000", "40000", "400000", "12000000", "20000000"),
    "BTC": ("0.001", "0.2", "3"),
}


class Play:
    """Acts of people and processes, chosen by a seed."""

    def __init__(self, world: World, clock: Clock, operators: list[Person]) -> None:
        self.world, self.clock, self.operators = world, clock, operators
        self.pick = world.chance.random
        #: Rows as processes have read them a while ago.
        self.stale: list[Withdrawal] = []

    def act(self) -> None:
        acts: list[tuple[int, Callable[[], Any]]] = [
            (4, self.ask),
            (4, self.confirm),
            (1, self.call_back),
            (4, self.review),
            (2, self.find_out),
            (9, self.job_part),
            (2, self.job_on_stale),
            (2, self.pass_time),
        ]
        weights, choices = zip(*acts, strict=True)
        [chosen] = self.pick.choices(choices, weights)
        with suppress(ApiError, steps.MovedOnError):
            self.world.attempt(chosen)

    def ask(self) -> None:
        person = self.pick.choice(self.world.people)
        asset = self.pick.choice(("KRW", "KRW", "KRW", "BTC"))
        body: dict[str, Any] = {
            "asset": asset,
            "amount": self.pick.choice(AMOUNTS[asset]),
            "address": BANK if asset == "KRW" else BITCOIN,
        }
        if self.pick.random() < 0.5:
            # Few ids: many are sent again, and some with other fields.
            body["client_withdrawal_id"] = f"id-{self.pick.randrange(4)}"
        asker = Asker(person.user, person.account, "", "en")
        wish = asking.parse(body, person.user)
        asking.ask(wish, asker, self.world.client.submit)

    def some_row(self, *states: str) -> Withdrawal | None:
        rows = list(Withdrawal.objects.filter(state__in=states or OPEN_STATES))
        if not rows:
            return None
        row = self.pick.choice(rows)
        self.stale.append(Withdrawal.objects.get(pk=row.pk))
        return row

    def confirm(self) -> None:
        row = self.some_row(State.UNCONFIRMED)
        if row is not None:
            key = letter_keys.key_of(letter_keys.WITHDRAWAL, row.pk)
            answering.confirm(row, row.user, key)

    def call_back(self) -> None:
        row = self.some_row()
        if row is not None:
            answering.call_back(row, row.user, self.world.client.submit)

    def review(self) -> None:
        row = self.some_row(State.IN_REVIEW, State.APPROVED)
        if row is None:
            return
        # Customers try it, too: some of them are operators.
        who = self.pick.choice([*self.operators, *self.world.people]).user
        if self.pick.random() < 0.1:
            reviewing.decline(row, who, "no")
        else:
            reviewing.approve(row, who, "fine")

    def find_out(self) -> None:
        """An operator asks the provider by telephone and says what it is."""
        row = self.some_row(State.UNCLEAR)
        if row is None:
            return
        truth = self.world.provider.stop(str(row.pk))
        who = self.pick.choice(self.operators).user
        if truth.paid is not None:
            reviewing.say_paid(row, who, f"tx-{row.pk}", "seen on the statement")
        else:
            reviewing.say_failed(row, who, "it never arrived")

    def job_part(self) -> None:
        self.pick.choice(self.world.job.parts)()

    def job_on_stale(self) -> None:
        """A process goes on with what it read a while ago."""
        if not self.stale:
            return
        row = self.pick.choice(self.stale)
        for state, act in ((State.APPROVED, payouts.send), (State.UNCONFIRMED, answering.expire)):
            if row.state == state and (state != State.UNCONFIRMED or row.confirm_by < self.clock.now()):
                act(row)
                return
        if row.state in (State.SENDING, State.SENT):
            payouts.look_up(row)

    def pass_time(self) -> None:
        self.clock.pass_time(seconds=self.pick.choice((1, 40, 700, 4_000, 30_000)))

    def end(self) -> None:
        """All is calm again: processes run, the provider answers, operators find out the rest."""
        self.world.chance.is_calm = True
        first, second = (operator.user for operator in self.operators[:2])
        for _ in range(12):
            self.clock.pass_time(hours=30)
            self.world.job.run_once()
            for row in Withdrawal.objects.filter(state=State.IN_REVIEW):
                reviewing.decline(row, first, "it is late")
            for row in Withdrawal.objects.filter(state=State.UNCLEAR):
                truth = self.world.provider.stop(str(row.pk))
                for who in (first, second):
                    # The first may agree with what another has said before.
                    with suppress(ApiError):
                        if truth.paid is None:
                            reviewing.say_failed(row, who, "it never arrived")
                        else:
                            reviewing.say_paid(row, who, f"tx-{row.pk}", "seen")


@pytest.fixture
def play(
    request: pytest.FixtureRequest,
    live_engine: LiveEngine,
    alice: Person,
    bob: Person,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Play:
    open_desk(live_engine)
    providers = {"manual": {"kind": "manual"}, "wild": {"kind": "manual"}}
    custody_settings(settings, PROVIDERS=providers, LEVEL=2, MAIL="if_known")
    AssetTerms.objects.update(provider="wild")
    chance = Chance(request.param)
    provider = WildProvider(chance)
    process.part(Providers).put(provider)
    # Bob has an address, so he has to confirm; and he is an operator with an account of his own.
    bob.user.email = "bob@example.com"
    bob.user.save()
    operators = [make_person(name, roles.OPERATOR) for name in ("olga", "otto", "oona")]
    bob.user.groups.add(operators[0].user.groups.get())
    dying_steps(chance, monkeypatch)
    world = World(live_engine, [alice, bob], provider, chance)
    return Play(world, Clock(monkeypatch), operators)


@pytest.mark.parametrize("play", range(4), indirect=True)
def test_whatever_happens_nothing_is_paid_twice_or_given_back_as_well(play: Play) -> None:
    for _ in range(ACTS):
        play.act()
        play.world.check()
    play.end()
    play.world.check()
    play.world.check_end()
    seen = set(Withdrawal.objects.values_list("state", "end"))
    assert (State.PAID, "") in seen and len(seen) > 2, "the play went somewhere"


@pytest.mark.parametrize("play", [1], indirect=True)
def test_it_would_notice_a_step_without_its_compare(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """The canary: with steps that do not compare, a stale process sends again, or more is wrong."""

    def careless(row: Withdrawal, to_state: str, **fields: Any) -> None:
        fresh = Withdrawal.objects.get(pk=row.pk)
        known = {name: value for name, value in fields.items() if name not in ("by", "note")}
        Withdrawal.objects.filter(pk=fresh.pk).update(state=to_state, **known)
        steps.WithdrawalStep.objects.create(
            withdrawal=row, from_state=fresh.state, to_state=to_state, note=fields.get("note", "")
        )
        row.state = to_state

    for module in ("answering", "engine_steps", "payouts", "reviewing"):
        monkeypatch.setattr(f"custody.withdrawals.{module}.step", careless)
    with pytest.raises((AssertionError, Died)):
        for _ in range(4 * ACTS):
            play.act()
            play.world.check()
