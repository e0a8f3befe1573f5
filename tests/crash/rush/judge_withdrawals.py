"""Withdrawals as they were asked for and answered, as the table has them, and as the journal has them.

Each is held once or refused once, and ends once: what was paid was settled, what ended otherwise was given
back, what is still open is held. Nobody was paid what was called back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from exchange.engine import messages as m
from tests.crash.rush.acts import Act, Answer, Json, Story, Verdict, What
from tests.crash.rush.plan import SCALE
from tests.crash.rush.walk import Step

#: What one user's withdrawals may come to in a day, KRW: less than they ask for.
DAY_LIMIT: Final = 450_000
NOT_HELD: Final = "INSUFFICIENT_BALANCE"
BEYOND_LIMIT: Final = "WITHDRAWAL_LIMIT"
TOO_LATE: Final = "WITHDRAWAL_STATE"
#: States in which the engine holds it and nothing is under way, and the ends.
HELD: Final = frozenset({"in_review", "sent"})
REFUSED, PAID, ENDED = "refused", "paid", "ended"

#: Of a withdrawal's id: the commands that held it, settled it and released it.
Commands = dict[str, list[Step]]


def judge_withdrawals(story: Story, steps: Sequence[Step]) -> Iterator[str]:
    """Everything that is not as it should be; ``story.withdrawals`` has the rows when all was quiet."""
    commands = _commands(story, steps)
    rows: dict[str, list[Json]] = defaultdict(list)
    for row in story.withdrawals:
        rows[row["client_withdrawal_id"]].append(row)
    for act in story.of(What.WITHDRAWAL):
        found = rows.pop(act.name, [])
        if len(found) > 1:
            yield f"{act.name} became {len(found)} withdrawals"
        yield from _asked(act, found[0] if found else None, commands)
    for name in rows:
        yield f"nobody asked for the withdrawal {name}"
    for row in story.withdrawals:
        yield from _carried_out(row, commands.pop(row["withdrawal_id"], []))
    for withdrawal_id, strange in commands.items():
        yield f"there is no withdrawal {withdrawal_id} of {strange}"
    yield from _called_back(story)
    counted = [row for row in story.withdrawals if row["state"] not in (REFUSED, ENDED, "releasing")]
    if (whole := sum(Decimal(row["total"]) for row in counted)) > DAY_LIMIT:
        yield f"withdrawals of a day come to {whole}, allowed are {DAY_LIMIT}"


def _commands(story: Story, steps: Sequence[Step]) -> Commands:
    found: Commands = defaultdict(list)
    for step in steps:
        command = step.command
        is_of_withdrawal = command[0] in (m.HOLD_WITHDRAWAL, m.SETTLE_WITHDRAWAL, m.RELEASE_WITHDRAWAL)
        if is_of_withdrawal and command[2] in story.accounts:
            found[command[3]].append(step)
    return found


def _asked(act: Act, row: Json | None, commands: Commands) -> Iterator[str]:
    """What its asker was told."""
    here = [] if row is None else commands.get(row["withdrawal_id"], [])
    hold = next((step for step in here if step.command[0] == m.HOLD_WITHDRAWAL), None)
    for answer in act.of(Verdict.DONE):
        yield from _acknowledged(act, answer, row, hold)
    for answer in act.of(Verdict.REFUSED):
        if answer.code == NOT_HELD and (row is None or row["state"] != REFUSED or hold is None):
            yield f"{act.name} was refused ({answer.code}): {row}, {hold}"
    is_told = any(
        answer.verdict in (Verdict.DONE, Verdict.UNKNOWN) or answer.code == NOT_HELD for answer in act.answers
    )
    if row is not None and not is_told:
        yield f"{act.name} is withdrawal {row}, nobody was told so: {act.answers}"


def _acknowledged(act: Act, answer: Answer, row: Json | None, hold: Step | None) -> Iterator[str]:
    told = answer.body["withdrawal"]
    names = ("withdrawal_id", "asset", "amount", "fee", "address_id")
    if row is None or any(told[name] != row[name] for name in names):
        yield f"{act.name} was acknowledged as {told}, the table has {row}"
        return
    if Decimal(told["amount"]) != Decimal(act.body["amount"]):
        yield f"{act.name} asked for {act.body}, was told {told}"
    # Without a sequence the engine had not answered yet.
    sequence = answer.body["sequence"]
    if sequence is not None and (hold is None or hold.code or hold.sequence != sequence):
        yield f"{act.name} was held at {sequence}, the journal has {hold}"


def _carried_out(row: Json, steps: list[Step]) -> Iterator[str]:
    """What the journal has of it is what its state says."""
    by_kind: dict[int, list[Step]] = defaultdict(list)
    for step in steps:
        by_kind[step.command[0]].append(step)
    counts = tuple(
        len([step for step in by_kind[kind] if not step.code])
        for kind in (m.HOLD_WITHDRAWAL, m.SETTLE_WITHDRAWAL, m.RELEASE_WITHDRAWAL)
    )
    expected = {REFUSED: (0, 0, 0), PAID: (1, 1, 0), ENDED: (1, 0, 1)}
    expected |= dict.fromkeys(HELD, (1, 0, 0))
    if counts != expected.get(row["state"]) or len(steps) != max(1, sum(counts)):
        yield f"withdrawal {row} was held, settled, released {counts} times: {steps}"
    for step in by_kind[m.HOLD_WITHDRAWAL]:
        hold = m.HoldWithdrawal(*step.command)
        amounts = tuple(int(Decimal(row[name]).scaleb(SCALE)) for name in ("amount", "fee"))
        if (hold.asset, hold.amount_minor, hold.fee_minor) != (row["asset"], *amounts):
            yield f"withdrawal {row} is in the journal as {hold}"
        if row["state"] == REFUSED and step.code != row["refusal_code"]:
            yield f"withdrawal {row} was refused by the engine: {step.code}"


def _called_back(story: Story) -> Iterator[str]:
    rows = {row["withdrawal_id"]: row for row in story.withdrawals}
    for act in story.of(What.CANCEL_WITHDRAWAL):
        row = rows.get(act.name)
        is_canceled = row is not None and (row["state"], row["end"]) == (ENDED, "canceled")
        if any(act.of(Verdict.DONE)) and not is_canceled:
            yield f"withdrawal {act.name} was called back, the table has {row}"
        only = {answer.code for answer in act.answers} == {TOO_LATE}
        alone = [each for each in story.of(What.CANCEL_WITHDRAWAL) if each.name == act.name] == [act]
        if only and alone and is_canceled:
            yield f"withdrawal {act.name} could not be called back ({act.answers}), the table has {row}"
