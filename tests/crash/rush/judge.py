"""What the clients of a round were told, against what the journal has.

An act that was acknowledged is in the journal once, as it was told; one that was refused is not, or was
refused there for the same reason; one without an answer is there at most once. Nothing else is there. Who
asks after an answer is served after it. A key that has ended opens nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from exchange.engine import messages as m
from tests.crash.rush.acts import NO_KEY, NO_SUCH_KEY, Act, Answer, Story, Verdict, What
from tests.crash.rush.judge_withdrawals import BEYOND_LIMIT, NOT_HELD, TOO_LATE, judge_withdrawals
from tests.crash.rush.plan import SCALE, SYMBOL
from tests.crash.rush.walk import Step, Walk

#: A key's end is known everywhere after this long.
KEY_ENDS_WITHIN_S: Final = 1.0
#: Refusals without the engine: nothing of these is in the journal.
_BEFORE_THE_ENGINE: Final = frozenset(
    {NO_KEY, NO_SUCH_KEY, "ENGINE_UNAVAILABLE", "ENGINE_BUSY", "DATABASE_UNAVAILABLE"}
)
#: Refusals by the engine that a round may bring about.
_BY_THE_ENGINE: Final = {
    What.ORDER: {"INSUFFICIENT_BALANCE"},
    What.CANCEL: {"ORDER_NOT_FOUND", "ORDER_NOT_OPEN"},
    What.TRANSFER: {"INSUFFICIENT_BALANCE"},
    What.WITHDRAWAL: {NOT_HELD, BEYOND_LIMIT},
    What.CANCEL_WITHDRAWAL: {TOO_LATE},
    What.READ: set[str](),
    What.REVOKE: set[str](),
}
_SIDES: Final = {"buy": m.BUY, "sell": m.SELL}

Found = dict[tuple[int, str], list[Step]]


def judge(story: Story, steps: Sequence[Step], walk: Walk) -> list[str]:
    """Everything that is not as it was told; empty is well. ``steps``: those while the round lasted, which
    ``walk`` has taken; other users' may be among them."""
    steps = [step for step in steps if len(step.command) > 2 and step.command[2] in story.accounts]
    return [
        *_named(story, steps),
        *_cancels(story, steps),
        *_strangers(story, steps),
        *_codes(story),
        *_one_after_the_other(story, steps),
        *_reads(story, walk),
        *_keys(story, steps),
        *judge_withdrawals(story, steps),
    ]


# --- acts with an id of their own ------------------------------------------------------------------------


def command_id(act: Act) -> str:
    """Of the command that carries out a named act."""
    return f"{'c' if act.what is What.ORDER else 't'}:{act.name}"


def _by_name(steps: Sequence[Step]) -> Found:
    found: Found = defaultdict(list)
    for step in steps:
        if step.command[0] in (m.PLACE, m.MOVE):
            found[step.command[2], step.command[1]].append(step)
    return found


def _named(story: Story, steps: Sequence[Step]) -> Iterator[str]:
    found = _by_name(steps)
    for act in story.of(What.ORDER, What.TRANSFER):
        here = found[act.account, command_id(act)]
        if len(here) > 1:
            yield f"{act.name} was carried out {len(here)} times: {[step.sequence for step in here]}"
        step = here[0] if here else None
        for answer in act.of(Verdict.DONE):
            yield from _done(act, answer, step)
        for answer in act.of(Verdict.REFUSED):
            yield from _refused(act, answer, step)
        if step is not None and not _explained(act, step):
            yield f"{act.name} is at {step.sequence} ({step.code}), nobody was told so: {act.answers}"


def _done(act: Act, answer: Answer, step: Step | None) -> Iterator[str]:
    if step is None or step.code or step.sequence != answer.sequence:
        yield f"{act.name} was acknowledged at {answer.sequence}, the journal has {step}"
    elif act.what is What.ORDER:
        yield from _order(act, answer, step)
    else:
        told, move = answer.body["transfer"], m.Move(*step.command)
        asked = (act.body["from"], act.body["to"], act.body["asset"], _minor(act.body["amount"]))
        answered = (told["from"], told["to"], told["asset"], _minor(told["amount"]))
        moved = (str(move.account), str(move.to_account), move.asset, move.amount_minor)
        if not asked == answered == moved:
            yield f"{act.name} asked {asked}, was told {answered}, the journal has {moved}"


def _order(act: Act, answer: Answer, step: Step) -> Iterator[str]:
    """The order as it was asked for, as it was answered, and as the journal has it; and its fills."""
    told, place = answer.body["order"], m.PlaceOrder(*step.command)
    order = m.OrderEvent(*next(event for event in step.events if event[0] == m.EV_ORDER))
    asked = (SYMBOL, _SIDES[act.body["side"]], int(act.body["price"]), _minor(act.body["quantity"]))
    answered = (told["symbol"], _SIDES[told["side"]], int(told["price"]), _minor(told["quantity"]))
    placed = (place.symbol, place.side, place.price_ticks, place.quantity_lots)
    if not asked == answered == placed or int(told["order_id"]) != order.order_id:
        yield f"{act.name} asked {asked}, was told {told}, the journal has {order}"
    fills = [int(fill["trade_id"]) for fill in answer.body["fills"]]
    trades = [event[1] for event in step.events if event[0] == m.EV_TRADE]
    if fills != trades:
        yield f"{act.name} was told of the trades {fills}, the journal has {trades}"


def _refused(act: Act, answer: Answer, step: Step | None) -> Iterator[str]:
    if answer.code not in _BY_THE_ENGINE[act.what]:
        return
    if step is None or step.code != answer.code:
        yield f"{act.name} was refused ({answer.code}), the journal has {step}"
    elif answer.code == "INSUFFICIENT_BALANCE":
        details = dict(zip(step.events[0][4][::2], step.events[0][4][1::2], strict=True))
        told = (_minor(answer.body["details"]["required"]), _minor(answer.body["details"]["available"]))
        if told != (details["required_minor"], details["available_minor"]):
            yield f"{act.name} was told of {told}, the journal has {details}"


def _explained(act: Act, step: Step) -> bool:
    """Whether an answer to the act tells of this step, or none could."""
    return any(
        answer.verdict is Verdict.UNKNOWN
        or (answer.verdict is Verdict.DONE and not step.code)
        or (answer.verdict is Verdict.REFUSED and answer.code == step.code)
        for answer in act.answers
    )


# --- cancels, which go by the order's name ---------------------------------------------------------------


def _cancels(story: Story, steps: Sequence[Step]) -> Iterator[str]:
    asked: dict[tuple[int, str], list[Answer]] = defaultdict(list)
    for act in story.of(What.CANCEL):
        asked[act.account, act.name] += act.answers
    carried_out: Found = defaultdict(list)
    for step in steps:
        if step.command[0] == m.CANCEL:
            carried_out[step.command[2], step.command[4]].append(step)
    for key in {*asked, *carried_out}:
        yield from _canceled(key, asked[key], carried_out[key])


def _canceled(key: tuple[int, str], answers: list[Answer], steps: list[Step]) -> Iterator[str]:
    accepted = {step.sequence for step in steps if not step.code}
    told = [answer.sequence for answer in answers if answer.verdict is Verdict.DONE]
    unknown = sum(answer.verdict is Verdict.UNKNOWN for answer in answers)
    if len(accepted) > 1:
        yield f"{key} was canceled {len(accepted)} times: {accepted}"
    if len(set(told)) < len(told) or not set(told) <= accepted:
        yield f"cancels of {key} were acknowledged at {told}, the journal has {accepted}"
    if len(accepted - set(told)) > unknown:
        yield f"{key} was canceled at {accepted}, told were {told} and {unknown} had no answer"
    refusals = [step.code for step in steps if step.code]
    answered = [answer.code for answer in answers if answer.code in _BY_THE_ENGINE[What.CANCEL]]
    for code in {*refusals, *answered}:
        if not answered.count(code) <= refusals.count(code) <= answered.count(code) + unknown:
            yield f"cancels of {key}: {code} {refusals.count(code)} times, told {answered.count(code)} times"


# --- everything together ---------------------------------------------------------------------------------


def _strangers(story: Story, steps: Sequence[Step]) -> Iterator[str]:
    """Nothing is in the journal that nobody asked for."""
    names = {(act.account, command_id(act)) for act in story.of(What.ORDER, What.TRANSFER)}
    targets = {(act.account, act.name) for act in story.of(What.CANCEL)}
    for step in steps:
        command = step.command
        if command[0] not in m.TRADER_COMMANDS or command[2] not in story.accounts:
            continue
        if (command[2], command[1]) in names:
            continue
        if command[0] != m.CANCEL or (command[2], command[4]) not in targets:
            yield f"nobody asked for {command} at {step.sequence}"


def _codes(story: Story) -> Iterator[str]:
    """Every refusal is one that a round can bring about."""
    for act in story.acts:
        for answer in act.answers:
            is_known = answer.code in _BEFORE_THE_ENGINE | _BY_THE_ENGINE[act.what]
            if answer.code == NO_SUCH_KEY and not _was_perhaps_done(act, answer):
                is_known = False
            if answer.verdict is Verdict.REFUSED and not is_known:
                yield f"{act.what} {act.name} was refused: {answer.body}"
            if answer.status >= 500 and answer.status not in (503, 504):
                yield f"{act.what} {act.name} got {answer.status}: {answer.body}"


def _was_perhaps_done(act: Act, answer: Answer) -> bool:
    """Whether a revocation was sent before this answer, and had none that tells."""
    earlier = [each for each in act.of(Verdict.UNKNOWN) if each.answered_at <= answer.sent_at]
    return act.what is What.REVOKE and bool(earlier)


def _one_after_the_other(story: Story, steps: Sequence[Step]) -> Iterator[str]:
    """Whoever asks after an answer was given comes after it in the journal, and reads no less than it."""
    found = _by_name(steps)
    #: (time, sequence, act): when it was known to have been done, and when it was first asked for.
    told: list[tuple[float, int, str]] = []
    asked: list[tuple[float, int, str]] = []
    for act in story.acts:
        for answer in act.answers:
            at = _sequence(act, answer, found)
            if at is None:
                continue
            # A read shows what was done; it does nothing itself.
            if act.what is What.READ:
                asked.append((answer.sent_at, at + 1, f"a read of {act.account}"))
            else:
                asked.append((act.first_sent_at, at, f"{act.what} {act.name}"))
                told.append((answer.answered_at, at, act.name))
    told.sort()
    latest, name, place = 0, "", 0
    for sent_at, sequence, what in sorted(asked):
        while place < len(told) and told[place][0] < sent_at:
            if told[place][1] > latest:
                _, latest, name = told[place]
            place += 1
        if sequence <= latest:
            yield f"{what} at {sequence} was sent after {name} was acknowledged at {latest}"


def _sequence(act: Act, answer: Answer, found: Found) -> int | None:
    """Where in the journal this answer came about; None if it does not tell."""
    if act.what is What.READ:
        return int(answer.body["as_of_sequence"]) if answer.verdict is Verdict.DONE else None
    if act.what not in (What.ORDER, What.TRANSFER, What.CANCEL, What.WITHDRAWAL):
        return None
    if answer.verdict is Verdict.DONE:
        # The engine may not have answered a withdrawal yet.
        return None if answer.body["sequence"] is None else answer.sequence
    here = found[act.account, command_id(act)] if act.what in (What.ORDER, What.TRANSFER) else []
    return here[0].sequence if here and here[0].code and here[0].code == answer.code else None


def _reads(story: Story, walk: Walk) -> Iterator[str]:
    """What was read is what there was at the sequence it was read as of."""
    for act in story.of(What.READ):
        for answer in act.of(Verdict.DONE):
            rows = ((row["asset"], row["available"], row["held"]) for row in answer.body["balances"])
            amounts = {
                asset: tuple(_minor(text, walk.scales[asset]) for text in (available, held))
                for asset, available, held in rows
            }
            shown = {asset: row for asset, row in amounts.items() if any(row)}
            sequence = int(answer.body["as_of_sequence"])
            had = walk.balances_at(act.account, sequence)
            if shown != had:
                yield f"account {act.account} was shown {shown} as of {sequence}, it had {had}"


def _keys(story: Story, steps: Sequence[Step]) -> Iterator[str]:
    """A key is good until it is ended, and not a second longer."""
    found = _by_name(steps)
    for act in story.acts:
        late = [answer for answer in act.answers if _is_late(answer, story)]
        for answer in act.answers:
            life = story.keys.get(answer.key)
            if answer.code == NO_KEY and (life is None or (life.revoking_at or 1e18) > answer.answered_at):
                yield f"{act.name} was refused: {answer.code}, and nobody had ended the key"
        for answer in late:
            is_refused = answer.verdict is Verdict.REFUSED and answer.code in _BEFORE_THE_ENGINE
            if answer.verdict is Verdict.DONE or (answer.verdict is Verdict.REFUSED and not is_refused):
                ended = answer.sent_at - (story.keys[answer.key].revoked_at or 0)
                yield f"{act.name} was sent {ended:.3f} s after its key had ended, and answered {answer}"
        if late and len(late) == len(act.answers) and found.get((act.account, command_id(act))):
            yield f"{act.name} was sent after its key had ended, and is in the journal"


def _is_late(answer: Answer, story: Story) -> bool:
    life = story.keys.get(answer.key)
    if life is None or life.revoked_at is None:
        return False
    return answer.sent_at > life.revoked_at + KEY_ENDS_WITHIN_S


def _minor(text: str, scale: int = SCALE) -> int:
    amount = Decimal(text).scaleb(scale)
    assert amount == int(amount), f"{text} has more decimals than it may"
    return int(amount)
