"""Days of real trading with a clock of their own: sequencer, projection and the fee job, without sockets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path

from accounts.fees import fee_schedule
from accounts.fees.job import FeeJob
from accounts.models import User
from exchange.control.services import pending_commands
from exchange.engine import messages as m
from exchange.link.protocol import Answer, Outcome
from exchange.models import Account
from exchange.node.queries import ask
from marketdata.intervals import DAY, SECOND
from tests.marketdata.traffic import Traffic
from tests.marketdata.venue import Venue

HOUR_NS = 3600 * SECOND
KRW = 10**8
QUOTES = {"BTC-KRW": "KRW", "ETH-KRW": "KRW", "AAPL": "USD"}


class FeeMarket(Venue):
    """A venue whose accounts trade at random; it is also the job's client, and remembers what it was sent."""

    def __init__(self, folder: Path, seed: int = 1) -> None:
        super().__init__(folder)
        self.traffic = Traffic(seed)
        self.sent: list[m.Command] = []
        #: The client dies before it has sent so many commands; None: never.
        self.dies_after: int | None = None
        self.pass_time(0)

    # --- the client of the job ---------------------------------------------------------------------

    def submit_many(self, commands: Sequence[m.Command]) -> list[Outcome]:
        """One by one, so that it can die between any two."""
        outcomes = []
        for command in commands:
            if self.dies_after is not None and len(self.sent) >= self.dies_after:
                raise Died
            self.sent.append(command)
            outcomes += self.sequencer.submit([command])
        return outcomes

    def query(self, kind: str, *args: object) -> Answer:
        return Answer(self.sequencer.position.sequence, ask(self.sequencer.engine, kind, args))

    # --- what happens -----------------------------------------------------------------------------

    @property
    def now(self) -> dt.datetime:
        return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=self.now_ns // 1_000)

    def job(self) -> FeeJob:
        return FeeJob(self, lambda: self.now)

    def trade_for_a_day(self, batches: int) -> None:
        """Trade at even times until the next midnight, then let it and the job's hour pass."""
        left_ns = DAY - self.now_ns % DAY
        for _ in range(batches):
            self.now_ns += left_ns // (batches + 1)
            self.sequencer.submit(self.traffic.take(8))
        self.now_ns += DAY - self.now_ns % DAY
        self.pass_time(2 * HOUR_NS)

    def carry_out_requests(self) -> None:
        """What the dispatcher does."""
        for _, command in list(pending_commands()):
            self.sequencer.submit([command])
        self.pass_time(0)

    def set_tiers(self, *tiers: fee_schedule.Tier) -> None:
        for tier in tiers:
            fee_schedule.change_tier(tier, QUOTES)
        self.carry_out_requests()

    def give(self, name: str, numbers: Iterable[int]) -> User:
        user = User.objects.create_user(name)
        for position, number in enumerate(numbers):
            # One account of a user has no name.
            Account.objects.filter(number=number).update(user=user, name=f"{position}" if position else "")
        return user

    def plans(self) -> dict[int, int]:
        """The fee plan of every account, as the engine has it."""
        accounts = self.sequencer.engine._accounts.items()
        return {number: account.fee_plan for number, account in accounts if account.trades}


class Died(BaseException):
    """As by kill -9: nothing of the job catches it."""
