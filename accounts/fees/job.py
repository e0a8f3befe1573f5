"""The daily job: adds up the day that is over, finds every account's tier, and brings the engine there.

A run is saved whole, with every account it is going to move, before the first command leaves; the commands
are named after the run. So a job that dies anywhere is finished by the next one with the same commands, of
which the engine applies each once. Two jobs at once do no harm: one of them saves the run.

Days that nobody was there to add up are added up one by one; tiers follow from the last of them alone.
"""

from __future__ import annotations

import datetime as dt
import threading
import zlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from accounts.fee_models import FeeMove, FeeRun, FeeShare
from accounts.fees import days, fee_schedule, overrides, referrals
from accounts.fees.days import DAY
from exchange.engine import messages
from exchange.engine.messages import places
from exchange.link.errors import EngineError
from exchange.link.protocol import Answer, Outcome
from exchange.models import Account
from exchange.models.change_requests import next_request_id
from exchange.telemetry.logs import get_logger
from marketdata.selectors import projected_now_ns

logger = get_logger(__name__)

#: Commands that are sent and written down together.
BATCH: Final = 500
#: How often it looks whether something is due, and how long it waits after a failure.
LOOK_EVERY_S: Final = 5.0
_BATCH_ROWS: Final = 500


class EngineClient(Protocol):
    """What the job needs of ``BlockingEngineClient``."""

    def submit_many(self, commands: Sequence[messages.Command]) -> list[Outcome]: ...

    def query(self, kind: str, *args: object) -> Answer: ...


class FeeJob:
    """Does what is due through ``client``. Use from one thread."""

    def __init__(self, client: EngineClient, now: Callable[[], dt.datetime] = timezone.now) -> None:
        self._client = client
        self._now = now

    def run_once(self) -> bool:
        """Do everything that is due; whether there was a day to finish. Raises EngineError and DatabaseError:
        what is left is done by the next call."""
        self._end_overrides()
        run = FeeRun.objects.filter(finished_at=None).order_by("day").first() or self._begin()
        if run is None:
            return False
        self._finish(run)
        return True

    def run(self, stop: threading.Event) -> None:
        """Look again and again until ``stop`` is set. While the engine or the database is away it waits."""
        is_waiting = False
        while not stop.is_set():
            try:
                self.run_once()
            except (EngineError, DatabaseError) as error:
                if not is_waiting:
                    logger.warning("fee_job_waits", error=error)
                is_waiting = True
            else:
                is_waiting = False
            finally:
                connections.close_all()
            stop.wait(LOOK_EVERY_S)

    # --- the day ---------------------------------------------------------------------------------------

    def _begin(self) -> FeeRun | None:
        """Add up what is over and not yet added up, and save the run of the last day; None before its hour,
        or where the tables do not have the whole day yet."""
        day = _day_due(self._now())
        last = FeeRun.objects.first()
        if (last is not None and last.day >= day) or projected_now_ns() < days.start_ns(day + DAY):
            return None
        try:
            next_day = days.first_day() or day if last is None else last.day + DAY
            while next_day < day:
                self._save(next_day, is_last=False)
                next_day += DAY
            return self._save(day, is_last=True)
        except IntegrityError:
            return None  # another job has saved it

    @transaction.atomic
    def _save(self, day: dt.date, *, is_last: bool) -> FeeRun:
        before = FeeRun.objects.first()
        last_fill_id = days.last_fill_before(days.start_ns(day + DAY))
        now = self._now()
        run = FeeRun.objects.create(
            day=day,
            stamp=next_request_id(),
            last_fill_id=last_fill_id,
            began_at=now,
            finished_at=None if is_last else now,
        )
        days.add_up(day, 0 if before is None else before.last_fill_id, last_fill_id)
        referrals.save_shares(day)
        if is_last:
            moves = _moves(run)
            FeeMove.objects.bulk_create(moves, batch_size=_BATCH_ROWS)
            run.moved = len(moves)
            run.save(update_fields=["moved"])
        return run

    # --- the engine --------------------------------------------------------------------------------------

    def _finish(self, run: FeeRun) -> None:
        """Send what was not sent yet. Plans come first: an account is put only on one that is there."""
        self._submit(self._plan_commands(run))
        waiting = run.moves.filter(is_sent=False).order_by("account")
        while moves := list(waiting[:BATCH]):
            self._submit([_move_command(run, move) for move in moves])
            FeeMove.objects.filter(pk__in=[move.pk for move in moves]).update(is_sent=True)
        self._pay_shares()
        FeeRun.objects.filter(pk=run.pk).update(finished_at=self._now())
        logger.info("fee_tiers_set", day=str(run.day), moved=run.moved)

    def _plan_commands(self, run: FeeRun) -> list[messages.Command]:
        """Bring the plans to the schedule where symbols have been listed since it was made."""
        present = dict(self._client.query("fee_plans").value)
        quotes = fee_schedule.quotes_of_symbols()
        wanted = {tier.number: tier.plan_rates(quotes) for tier in fee_schedule.tiers() if tier.number}
        return [
            messages.set_fee_plan(f"fee-plan:{run.stamp}:{number}:{_mark(rates)}", number, rates)
            for number, rates in wanted.items()
            if present.get(number) != rates
        ]

    def _pay_shares(self) -> None:
        """Of this run's day and of those that were added up with it."""
        waiting = FeeShare.objects.filter(is_sent=False).order_by("day", "pk")
        while shares := list(waiting[:BATCH]):
            refusals = self._submit([referrals.command_of(share) for share in shares])
            for share, code in zip(shares, refusals, strict=True):
                FeeShare.objects.filter(pk=share.pk).update(is_sent=True, refusal_code=code)

    def _end_overrides(self) -> None:
        for grant in overrides.due(self._now()):
            command = overrides.end_command(grant)
            if command is not None:
                self._submit([command])
                logger.info("fee_grant_ended", account=grant.account)
            grant.ended_at = self._now()
            grant.save(update_fields=["ended_at"])

    def _submit(self, commands: list[messages.Command]) -> list[str]:
        """Send them; the code of each that was refused, else an empty string."""
        outcomes = self._client.submit_many(commands) if commands else []
        codes = []
        for command, outcome in zip(commands, outcomes, strict=True):
            is_refused = bool(outcome.events) and outcome.events[0][0] == messages.EV_REJECTED
            codes.append(messages.RejectedEvent(*outcome.events[0]).code if is_refused else "")
            if is_refused:
                command_id = command[places.COMMAND_ID]
                logger.error("fee_command_refused", command_id=command_id, code=codes[-1])
        return codes


def _day_due(now: dt.datetime) -> dt.date:
    """The last day that is over, from the job's hour on; before it the one before that."""
    hour = dt.timedelta(hours=settings.XTRADER["FEES"]["HOUR"])
    return (now.astimezone(dt.UTC) - hour).date() - DAY


def _moves(run: FeeRun) -> list[FeeMove]:
    """The accounts whose tier is another than the engine has them in."""
    in_all = fee_schedule.tiers()
    accounts = list(Account.objects.filter(status__isnull=False).values_list("number", "user_id", "fee_plan"))
    values = days.values_of(run.day)
    by_owner: dict[tuple[str, int], int] = defaultdict(int)
    for number, user, _ in accounts:
        by_owner[_owner(number, user)] += values.get(number, 0)
    moves = []
    for number, user, plan in accounts:
        value_minor = by_owner[_owner(number, user)]
        tier = fee_schedule.tier_for(value_minor, in_all).number
        if tier != plan:
            moves.append(
                FeeMove(run=run, account=number, tier_before=plan, tier=tier, value_minor=value_minor)
            )
    return moves


def _owner(number: int, user: int | None) -> tuple[str, int]:
    """Whose volume counts together: an account without a user stands alone."""
    return ("account", number) if user is None else ("user", user)


def _move_command(run: FeeRun, move: FeeMove) -> messages.Command:
    return messages.set_account_plan(f"fee-tier:{run.stamp}:{move.account}", move.account, move.tier)


def _mark(rates: Sequence[fee_schedule.ScopedRate]) -> str:
    """Tells rates apart: a plan may change between two tries of one run."""
    return format(zlib.crc32(repr(rates).encode()), "x")
