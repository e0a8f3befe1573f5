"""A hundred acts at once that exceed the balance, at a real venue: never over-accepted, sums exact; and the
true stories of these rounds, falsified, are not believed. More of it: ``make rush``."""

from __future__ import annotations

from copy import deepcopy

import pytest

from tests.crash.rush.acts import Verdict, What
from tests.crash.rush.judge import judge
from tests.crash.rush.session import Session, rush

pytestmark = pytest.mark.proof

#: Two users rush together, once undisturbed and once while these die.
VICTIMS = ((), ("web0", "engine"))
TOGETHER = 2


@pytest.fixture(scope="module")
def session() -> Session:
    return rush(seed=4, victims=VICTIMS, together=TOGETHER)


def test_never_over_accepted_whatever_dies(session: Session) -> None:
    counts = session.counts
    assert counts["rounds"] == TOGETHER * len(VICTIMS)
    assert counts["refused INSUFFICIENT_BALANCE"] > 40, "hardly anything was too much: this proves nothing"
    assert counts["done order"] > 40
    assert counts["late"] > 0


def test_an_acknowledged_order_that_is_not_in_the_journal_is_noticed(session: Session) -> None:
    for story, steps in session.stories:
        act = next(act for act in story.of(What.ORDER) if any(act.of(Verdict.DONE)))
        lost = [step for step in steps if step.command[1:2] != (f"c:{act.name}",)]
        assert any(act.name in problem for problem in judge(story, lost, session.walk))


def test_an_order_that_is_there_twice_is_noticed(session: Session) -> None:
    for story, steps in session.stories:
        act = next(act for act in story.of(What.ORDER) if any(act.of(Verdict.DONE)))
        again = [step for step in steps if step.command[1:2] == (f"c:{act.name}",)]
        assert any("carried out 2 times" in problem for problem in judge(story, steps + again, session.walk))


def test_a_refusal_of_what_was_done_is_noticed(session: Session) -> None:
    for story, steps in session.stories:
        false = deepcopy(story)
        act = next(act for act in false.of(What.TRANSFER) if any(act.of(Verdict.DONE)))
        body = {"error": "INSUFFICIENT_BALANCE"}
        act.answers = [answer._replace(status=409, body=body) for answer in act.answers]
        assert any("was refused" in problem for problem in judge(false, steps, session.walk))
