"""The judge of a rush can fail: true stories pass, and each way in which one can be untrue is noticed.

The engine is a real one, in memory; what its clients were told is written down here, then falsified.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from exchange.engine import Engine
from exchange.engine import messages as m
from exchange.listing import catalog
from tests.crash.rush.acts import LOST, NO_KEY, Act, Answer, Json, KeyLife, Story, What
from tests.crash.rush.judge import judge
from tests.crash.rush.judge_withdrawals import ENDED, PAID, REFUSED
from tests.crash.rush.plan import OPENING, PRICE, STEP, SYMBOL, decimal
from tests.crash.rush.walk import Step, Walk

MAIN, SUB, MAKER = 2001, 2002, 1004
KRW = 10**8
START_NS = 1_700_000_000_000_000_000


class World:
    """An engine, its journal, and a story in which everybody was told the truth."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.steps: list[Step] = []
        self.story = Story("r0", MAIN, SUB, [], {"k1": KeyLife("k1", MAIN)})
        self._ids = count(1)
        self._time = count(100)
        for command in catalog.setup_commands():
            self.submit(command)
        for account, party in ((MAIN, "main"), (SUB, "sub"), (MAKER, "main")):
            self.submit(m.set_account(self._id(), account))
            for asset, minor in OPENING[party].items():
                self.submit(m.deposit(self._id(), account, asset, minor))
        self.opening = len(self.steps)

    def submit(self, command: m.Command) -> Step:
        now_ns = START_NS + len(self.steps)
        step = Step(len(self.steps) + 1, now_ns, command, self.engine.apply(command, now_ns))
        self.steps.append(step)
        return step

    def order(self, side: str = "buy", price: int = PRICE, lots: int = 100_000, key: str = "") -> Act:
        name = self._id()
        body = {"side": side, "price": str(price), "quantity": decimal(lots)}
        tag = m.BUY if side == "buy" else m.SELL
        step = self.submit(
            m.place_order(
                f"c:{name}", MAIN, SYMBOL, tag, price_ticks=price, quantity_lots=lots, client_order_id=name
            )
        )
        told: Json = {}
        if not step.code:
            order = m.OrderEvent(*step.events[0])
            fills = [{"trade_id": str(event[1])} for event in step.events if event[0] == m.EV_TRADE]
            told = {"order": {**body, "symbol": SYMBOL, "order_id": str(order.order_id)}, "fills": fills}
        return self._tell(What.ORDER, MAIN, name, body, step, told, key)

    def cancel(self, order: Act) -> Act:
        step = self.submit(m.cancel_order(self._id(), MAIN, client_order_id=order.name))
        return self._tell(What.CANCEL, MAIN, order.name, {}, step, {})

    def transfer(self, amount: int) -> Act:
        name, minor = self._id(), amount * 10**8
        body = {"from": str(MAIN), "to": str(SUB), "asset": "KRW", "amount": str(amount)}
        step = self.submit(m.move(f"t:{name}", MAIN, SUB, "KRW", minor))
        return self._tell(What.TRANSFER, MAIN, name, body, step, {"transfer": body})

    def read(self) -> Act:
        rows = [
            {"asset": asset, "available": decimal(available), "held": decimal(held)}
            for asset, available, held in self.engine.balances(MAIN)
        ]
        body = {"balances": rows, "as_of_sequence": len(self.steps)}
        return self._keep(Act(What.READ, MAIN, "", {}, ("way",), answers=[self.answer(200, body)]))

    def withdraw(self, amount: int, state: str = "sent") -> Json:
        """Ask for a withdrawal, and take it to this state; its row."""
        name, number, fee = self._id(), self._id(), 1_000
        step = self.submit(
            m.hold_withdrawal(f"wd-hold:{number}", MAIN, number, "KRW", amount * KRW, fee * KRW)
        )
        row: Json = {
            "withdrawal_id": number,
            "client_withdrawal_id": name,
            "asset": "KRW",
            "address_id": "1",
            "amount": str(amount),
            "fee": str(fee),
            "total": str(amount + fee),
            "state": REFUSED if step.code else state,
            "end": None,
            "refusal_code": step.code or None,
        }
        if state == PAID:
            self.submit(m.settle_withdrawal(f"wd-settle:{number}", MAIN, number))
        elif state == ENDED:
            row["end"] = "canceled"
            self.submit(m.release_withdrawal(f"wd-release:{number}", MAIN, number))
        self.story.withdrawals.append(row)
        self._tell(What.WITHDRAWAL, MAIN, name, {"amount": str(amount)}, step, {"withdrawal": dict(row)})
        if row["end"]:
            act = Act(What.CANCEL_WITHDRAWAL, MAIN, number, {}, ("way",), answers=[self.answer(200, {})])
            self._keep(act)
        return row

    def answer(self, status: int, body: Json, key: str = "") -> Answer:
        at = next(self._time)
        return Answer("way", key, at, at + 0.5, status, body)

    def problems(self) -> list[str]:
        walk = Walk()
        for step in self.steps[: self.opening]:
            walk.take(step)
        walk.watch(MAIN, SUB)
        for step in self.steps[self.opening :]:
            walk.take(step)
        return [*walk.problems, *judge(self.story, self.steps[self.opening :], walk)]

    def _tell(
        self, what: What, account: int, name: str, body: Json, step: Step, told: Json, key: str = ""
    ) -> Act:
        answer = self.answer(200, {**told, "sequence": step.sequence}, key)
        if step.code:
            details = dict(zip(step.events[0][4][::2], step.events[0][4][1::2], strict=True))
            shown = {
                name.removesuffix("_minor"): decimal(details[name])
                for name in ("required_minor", "available_minor")
                if name in details
            }
            answer = answer._replace(status=409, body={"error": step.code, "details": shown})
        return self._keep(Act(what, account, name, body, ("way",), answers=[answer]))

    def _keep(self, act: Act) -> Act:
        self.story.acts.append(act)
        return act

    def _id(self) -> str:
        return f"n{next(self._ids)}"


@pytest.fixture
def world() -> World:
    return World()


def true_story(world: World) -> None:
    """Some of everything, to the last won and beyond."""
    away = 30 * STEP
    orders = [world.order(price=PRICE - away) for _ in range(3)]
    world.submit(m.place_order("maker", MAKER, SYMBOL, m.SELL, price_ticks=PRICE, quantity_lots=150_000))
    world.order(price=PRICE)
    world.order(price=PRICE, lots=77_777)
    world.order("sell", PRICE + away)
    world.read()
    world.cancel(orders[0])
    world.cancel(orders[0])
    world.transfer(300_000)
    for amount, state in ((50_000, PAID), (60_000, ENDED), (70_000, "sent"), (900_000, "sent")):
        world.withdraw(amount, state)
    assert world.story.withdrawals[-1]["state"] == REFUSED
    world.read()
    for lots in (600_000, 900_000, 1_400_000):
        world.order(price=PRICE - away, lots=lots)
    refused = world.order(price=PRICE - away, lots=1_800_000)
    assert refused.answers[0].code == "INSUFFICIENT_BALANCE"
    assert world.transfer(999_999).answers[0].code == "INSUFFICIENT_BALANCE"


def test_a_true_story_passes(world: World) -> None:
    true_story(world)
    assert world.problems() == []


def test_no_answer_allows_either(world: World) -> None:
    done = world.order()
    done.answers = [world.answer(LOST, {})]
    world.story.acts.append(replace(done, name="never-came", answers=[world.answer(504, {})]))
    assert world.problems() == []


# --- what was told is not what the journal has -------------------------------------------------------------


def _lost(world: World) -> None:
    world.order()
    last = world.steps[-1]
    world.steps[-1] = Step(last.sequence, last.now_ns, (m.TICK,), [])


def _carried_out_twice(world: World) -> None:
    """The journal has the command twice, as of an engine that forgot the id."""
    world.order(lots=20_000)
    command = world.steps[-1].command
    world.submit((*command[:-1], None))
    world.steps[-1] = world.steps[-1]._replace(command=command)


def _told_of_another(world: World) -> None:
    act = world.order()
    act.answers[0].body["order"]["quantity"] = "0.00100001"


def _told_of_another_sequence(world: World) -> None:
    act = world.transfer(1_000)
    act.answers[0].body["sequence"] += 1


def _refused_and_done(world: World) -> None:
    act = world.order()
    body = {"error": "INSUFFICIENT_BALANCE", "details": {"required": "1", "available": "0"}}
    act.answers = [world.answer(409, body)]


def _unavailable_and_done(world: World) -> None:
    act = world.order()
    act.answers = [world.answer(503, {"error": "ENGINE_UNAVAILABLE"})]


def _never_sent_and_done(world: World) -> None:
    world.order().answers = [world.answer(-1, {})]


def _wrong_shortfall(world: World) -> None:
    act = world.transfer(2_000_000)
    act.answers[0].body["details"]["available"] = "1"


def _canceled_twice(world: World) -> None:
    act = world.cancel(world.order())
    world.story.acts.append(replace(act, answers=[*act.answers]))


def _cancel_lost(world: World) -> None:
    world.cancel(world.order())
    last = world.steps[-1]
    world.steps[-1] = last._replace(command=(m.TICK,))


def _nobody_asked(world: World) -> None:
    world.order()
    world.story.acts.clear()


def _out_of_order(world: World) -> None:
    first, second = world.order(lots=20_000), world.order(lots=20_000)
    first.answers[0], second.answers[0] = (
        first.answers[0]._replace(sent_at=201.0, answered_at=201.5),
        second.answers[0]._replace(sent_at=200.0, answered_at=200.5),
    )


def _stale_read(world: World) -> None:
    early = world.read()
    done = world.order()
    early.answers[0] = early.answers[0]._replace(sent_at=done.answers[0].answered_at + 1)


def _wrong_read(world: World) -> None:
    world.read().answers[0].body["balances"][0]["available"] = "7"


def _server_error(world: World) -> None:
    world.order().answers.append(world.answer(500, {"error": "INTERNAL"}))


def _strange_refusal(world: World) -> None:
    world.order().answers.append(world.answer(429, {"error": "RATE_LIMITED"}))


def _withdrawn_by_nobody(world: World) -> None:
    world.withdraw(50_000)
    world.story.acts.clear()


def _withdrawn_twice(world: World) -> None:
    world.story.withdrawals.append(world.withdraw(50_000))


def _withdrawal_lost(world: World) -> None:
    world.withdraw(50_000)
    world.story.withdrawals.clear()


def _paid_and_not_settled(world: World) -> None:
    world.withdraw(50_000)["state"] = PAID


def _paid_and_given_back(world: World) -> None:
    world.withdraw(50_000, ENDED)["state"] = PAID


def _settled_twice(world: World) -> None:
    world.withdraw(50_000, PAID)
    world.steps.append(world.steps[-1]._replace(sequence=len(world.steps) + 1))


def _held_and_refused(world: World) -> None:
    act = _asked(world)
    act.answers = [world.answer(409, {"error": "INSUFFICIENT_BALANCE"})]


def _held_elsewhere(world: World) -> None:
    _asked(world).answers[0].body["sequence"] += 1


def _another_amount_withdrawn(world: World) -> None:
    world.withdraw(50_000)["amount"] = "50001"


def _called_back_and_paid(world: World) -> None:
    number = world.withdraw(50_000, PAID)["withdrawal_id"]
    answers = [world.answer(200, {})]
    world.story.acts.append(Act(What.CANCEL_WITHDRAWAL, MAIN, number, {}, ("way",), answers=answers))


def _too_late_to_call_back(world: World) -> None:
    world.withdraw(50_000, ENDED)
    world.story.acts[-1].answers = [world.answer(409, {"error": "WITHDRAWAL_STATE"})]


def _beyond_the_limit(world: World) -> None:
    for _ in range(5):
        world.withdraw(90_000)


def _asked(world: World) -> Act:
    world.withdraw(50_000)
    return world.story.of(What.WITHDRAWAL)[0]


UNTRUE: dict[str, Callable[[World], Any]] = {
    "was acknowledged at .*, the journal has": _lost,
    "carried out 2 times": _carried_out_twice,
    "was told .*, the journal has": _told_of_another,
    "was acknowledged at .* the journal has Step": _told_of_another_sequence,
    "was refused .INSUFFICIENT_BALANCE., the journal has": _refused_and_done,
    "nobody was told so": _unavailable_and_done,
    "nobody was told so: .*status=-1": _never_sent_and_done,
    "was told of .*, the journal has .*required_minor": _wrong_shortfall,
    "cancels of .* were acknowledged at .*, the journal has": _canceled_twice,
    "cancels of .* were acknowledged at .*, the journal has set": _cancel_lost,
    "nobody asked for": _nobody_asked,
    "was sent after .* was acknowledged": _out_of_order,
    "a read of .* was sent after": _stale_read,
    "was shown .* it had": _wrong_read,
    "got 500": _server_error,
    "nobody asked for the withdrawal": _withdrawn_by_nobody,
    "became 2 withdrawals": _withdrawn_twice,
    "there is no withdrawal": _withdrawal_lost,
    "was held, settled, released .1, 0, 0. times": _paid_and_not_settled,
    "was held, settled, released .1, 0, 1. times": _paid_and_given_back,
    "was held, settled, released .1, 2, 0. times": _settled_twice,
    "was refused .INSUFFICIENT_BALANCE.: .*'state': 'sent'": _held_and_refused,
    "was held at": _held_elsewhere,
    "the table has .*50001": _another_amount_withdrawn,
    "was called back, the table has": _called_back_and_paid,
    "could not be called back": _too_late_to_call_back,
    "withdrawals of a day come to": _beyond_the_limit,
    "was refused: .*RATE_LIMITED": _strange_refusal,
}


@pytest.mark.parametrize(
    ("found", "falsify"), UNTRUE.items(), ids=[each.__name__[1:] for each in UNTRUE.values()]
)
def test_an_untrue_story_is_noticed(world: World, found: str, falsify: Callable[[World], Any]) -> None:
    falsify(world)
    assert_found(world, found)


# --- keys --------------------------------------------------------------------------------------------------


def test_a_key_that_opens_after_its_end_is_noticed(world: World) -> None:
    act = world.order(key="k1")
    world.story.keys["k1"].revoking_at = 1.0
    world.story.keys["k1"].revoked_at = act.answers[0].sent_at - 1.1
    assert_found(world, "after its key had ended, and answered")
    act.answers = [act.answers[0]._replace(status=LOST)]
    assert_found(world, "after its key had ended, and is in the journal")
    world.story.keys["k1"].revoked_at = act.answers[0].sent_at - 0.9
    assert world.problems() == []


def test_a_key_that_ends_by_itself_is_noticed(world: World) -> None:
    world.order().answers.append(world.answer(401, {"error": NO_KEY}, "k1"))
    assert_found(world, "nobody had ended the key")
    world.story.keys["k1"].revoking_at = 1.0
    assert world.problems() == []


# --- the engine itself -------------------------------------------------------------------------------------


def test_an_engine_that_accepts_too_much_is_noticed(world: World) -> None:
    """Every other hold of it is beyond what there is."""
    balance = world.engine._state.ledger.accounts[MAIN].balance("KRW")
    for _ in range(3):
        balance.available += 10**14
        world.order(lots=1_800_000)
        balance.available -= 10**14
    last = world.steps[-1]
    events = [
        event if event[0] != m.EV_BALANCE else (*event[:3], event[3] - 10**14, event[4])
        for event in last.events
    ]
    world.steps[-1] = last._replace(events=events)
    assert_found(world, "below zero")


def test_an_engine_that_refuses_what_it_could_do_is_noticed(world: World) -> None:
    act = world.order()
    last = world.steps[-1]
    details = ("asset", "KRW", "required_minor", 1, "available_minor", 0)
    rejected = (m.EV_REJECTED, last.command[1], MAIN, "INSUFFICIENT_BALANCE", details)
    world.steps[-1] = last._replace(events=[rejected])
    act.answers = []
    assert_found(world, "refused .* of .* available")


@pytest.mark.parametrize(
    ("falsify", "found"),
    [
        (lambda event: (*event[:3], event[3] + 1, event[4]), "the engine has"),
        (lambda event: (*event[:3], event[3], event[4] - 1), "the engine has"),
    ],
)
def test_a_balance_that_does_not_add_up_is_noticed(
    world: World, falsify: Callable[[m.Event], m.Event], found: str
) -> None:
    world.order()
    last = world.steps[-1]
    events = [falsify(event) if event[0] == m.EV_BALANCE else event for event in last.events]
    world.steps[-1] = last._replace(events=events)
    assert_found(world, found)


def test_a_command_that_a_rush_does_not_know_is_reported(world: World) -> None:
    world.submit(m.set_fees("fees", SYMBOL, MAIN, 1, 1))
    assert_found(world, "is no command of a rush")


def assert_found(world: World, found: str) -> None:
    problems = world.problems()
    assert any(re.search(found, problem) for problem in problems), problems
