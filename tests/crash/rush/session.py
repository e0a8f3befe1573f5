"""Rounds at one venue: two web processes, dispatcher and projector, on SQLite or on PostgreSQL, with or
without a Redis."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from exchange.engine import messages as m
from exchange.journal.tools import verify
from exchange.link.follower import Follower
from tests.crash.rush.acts import Story
from tests.crash.rush.crowd import Crowd, Gauge
from tests.crash.rush.judge import judge
from tests.crash.rush.judge_withdrawals import DAY_LIMIT
from tests.crash.rush.plan import MAKER_LOTS, MAKER_STEPS, PRICE, STEP, SYMBOL
from tests.crash.rush.teller import OPERATORS
from tests.crash.rush.walk import Step, Walk, steps_of
from tests.crash.rush.wave import Wave
from tests.crash.site import RECOVERY_S, Site
from tests.marketdata import postgres
from tests.web.stream.venue import PASSWORD, PEOPLE, ROOT

Tell = Callable[[Counter[str]], None]
_FIRST_ACCOUNT: Final = 2001
#: Nothing in the way but what is under test.
_LIMITS: Final = ("READS", "PUBLIC", "ADDRESS", "ACCOUNTS", "MAIL", "MAILBOX", "REPORTS", "WITHDRAWALS")
#: No letters and no delay; about half of the withdrawals wait for operators.
_CUSTODY: Final = {
    "CUSTODY_MAIL": "never",
    "CUSTODY_ADDRESS_DELAY_S": "0",
    "CUSTODY_REVIEW_ABOVE": "55000",
    "CUSTODY_LIMITS": f"0=0/0,1={DAY_LIMIT}/{10 * DAY_LIMIT}",
}

_MAKE_USERS: Final = """
import django; django.setup()
import json, sys
from accounts.identity import roles
from accounts.models import User
from custody import asset_terms
from exchange.models import Account
asset_terms.seed_terms()
for name in json.loads(sys.argv[3]):
    roles.assign_role(User.objects.create_user(name, password=sys.argv[2]), roles.OPERATOR)
for name, number in json.loads(sys.argv[1]):
    user = User.objects.create_user(name, password=sys.argv[2])
    roles.assign_role(user, roles.TRADER)
    Account.objects.create(number=number, user=user)
"""


class Session:
    """``run`` it once: a wave of ``together`` rounds for each list of victims; ``first`` is the number of the
    first. ``counts`` has the figures."""

    def __init__(
        self, site: Site, seed: int, first: int, victims: Sequence[Sequence[str]], together: int, tell: Tell
    ) -> None:
        self._site = site
        self._seed = seed
        self._tell = tell
        self._gauge = Gauge()
        numbers = range(first, first + len(victims) * together)
        self._who = {number: (f"rush{number}", _FIRST_ACCOUNT + at) for at, number in enumerate(numbers)}
        starts = range(first, first + len(victims) * together, together)
        self._waves = [(range(at, at + together), each) for at, each in zip(starts, victims, strict=True)]
        self.walk = Walk()
        self.counts: Counter[str] = Counter()
        self.stories: list[tuple[Story, list[Step]]] = []

    def run(self) -> None:
        """Raises AssertionError for anything amiss."""
        site = self._site
        _make_users(site, list(self._who.values()))
        self._stand_in_the_market()
        teller = site._start("-m", "tests.crash.rush.teller")
        with Follower(
            site.data / "journal", site.data / "nowhere", socket_path=site.data / "engine.sock"
        ) as follower:
            self._fold(follower)
            for numbers, victims in self._waves:
                self._wave(follower, numbers, victims)
        assert site.kill(teller, signal.SIGTERM) == 0, site.log_tail()
        self._reckon()

    def _wave(self, follower: Follower, numbers: range, victims: Sequence[str]) -> None:
        site, walk, counts = self._site, self.walk, self.counts
        self._fold(follower)
        crowds = [Crowd(site, number, self._seed, self._who[number], self._gauge) for number in numbers]
        luck = random.Random(f"rush:{self._seed}:{numbers.start}:wave")
        asyncio.run(Wave(site, crowds, victims, luck, counts).roll())
        stories = [crowd.story for crowd in crowds]
        for story in stories:
            # The walk stands where it stood before the wave.
            walk.watch(*story.accounts)
        steps = self._fold(follower)
        problems = [*walk.problems, *follower.engine.check()]
        for story in stories:
            problems += [*judge(story, steps, walk), *self._compare(story)]
        assert not problems, _told(site, numbers, victims, problems)
        self.stories += [(story, steps) for story in stories]
        counts.update({"waves": 1, "waves with kills": int(bool(victims)), "commands": len(steps)})
        for crowd in crowds:
            counts.update(crowd.count())
            self._clear(crowd.story)
        counts["most at once"] = self._gauge.most
        self._tell(counts)

    def _fold(self, follower: Follower) -> list[Step]:
        """Take everything up to where the engine is now."""
        sequence = self._site.admin.query("status").value["sequence"]
        taken: list[Step] = []
        deadline = time.monotonic() + RECOVERY_S
        while follower.position.sequence < sequence:
            assert time.monotonic() < deadline, f"the journal does not reach {sequence}"
            for step in steps_of(follower.poll(0.2)):
                self.walk.take(step)
                taken.append(step)
        return taken

    def _compare(self, story: Story) -> Iterator[str]:
        """The running engine against the walk."""
        ask, walk = self._site.admin.query, self.walk
        for account in story.accounts:
            rows = ask("balances", account).value
            has = {asset: (available, held) for asset, available, held in rows if available or held}
            if has != walk.balances(account):
                yield f"account {account}: the engine has {has}, the journal {walk.balances(account)}"
            opened = sorted(event[1] for event in ask("open_orders", account, None).value)
            if opened != walk.open_orders(account):
                yield f"account {account}: open are {opened}, by the journal {walk.open_orders(account)}"
            held = {row[0]: (row[1], row[2] + row[3]) for row in ask("withdrawals", account).value}
            noted = {name: row for (owner, name), row in walk.withdrawals.items() if owner == account}
            if held != noted:
                yield f"account {account}: withdrawals are {held}, by the journal {noted}"

    def _clear(self, story: Story) -> None:
        """Take the round's orders off the books: the next one is about another user."""
        for account in story.accounts:
            self._site.submit(m.cancel_all(self._site.next_id(), account))

    def _stand_in_the_market(self) -> None:
        """Somebody to trade with on either side, for as long as the session lasts."""
        for side, away in ((m.BUY, -MAKER_STEPS), (m.SELL, MAKER_STEPS)):
            self._site.submit(
                m.place_order(
                    self._site.next_id(),
                    PEOPLE["mina"],
                    SYMBOL,
                    side,
                    price_ticks=PRICE + STEP * away,
                    quantity_lots=10 * MAKER_LOTS,
                )
            )

    def _reckon(self) -> None:
        """The tables say what the journal implies, row by row."""
        site = self._site
        site.wait_for_market(site.admin.query("status").value["sequence"])
        breaches = site.market_status()["breaches"]
        assert not breaches, breaches
        # The engine first: a tick may come at any moment, and the tables are to have all of the journal.
        assert site.kill(site.engine, signal.SIGTERM) == 0, site.log_tail()
        site.wait_for_market(verify(site.data / "journal").last_sequence)
        assert site.kill(site.market, signal.SIGTERM) == 0, site.log_tail()
        tables = site.disagreements()
        assert not tables, tables


def rush(
    seed: int,
    victims: Sequence[Sequence[str]],
    *,
    first: int = 0,
    together: int = 1,
    vendor: str = "sqlite",
    redis_url: str = "",
    tell: Tell = lambda _: None,
) -> Session:
    """A venue, and a wave of rounds at it for each list of victims; ``tell`` takes the figures after each.
    Raises AssertionError for anything amiss."""
    with _site(vendor, redis_url) as site:
        session = Session(site, seed, first, victims, together, tell)
        try:
            session.run()
        except BaseException:
            print(site.log_tail(6_000), file=sys.stderr)
            raise
    return session


@contextmanager
def _site(vendor: str, redis_url: str) -> Iterator[Site]:
    with postgres.url_for(vendor) as url:
        more = {"DATABASE_URL": url} if url else {}
        if redis_url:
            more["REDIS_URL"] = redis_url
        more |= _CUSTODY | {f"RATE_LIMIT_{name}": "0" for name in _LIMITS}
        site = Site(webs=2, **more)  # type: ignore[arg-type]
        try:
            site.start_dispatcher()
            yield site
        finally:
            site.close()


def _make_users(site: Site, who: list[tuple[str, int]]) -> None:
    subprocess.run(
        [sys.executable, "-c", _MAKE_USERS, json.dumps(who), PASSWORD, json.dumps(OPERATORS)],
        cwd=ROOT,
        env=site.environment,
        check=True,
        timeout=300,
    )
    site.submit(*(m.set_account(site.next_id(), number) for _, number in who))


def _told(site: Site, numbers: range, victims: Sequence[str], problems: list[str]) -> str:
    which = f"rounds {numbers.start} to {numbers[-1]}, killed {list(victims) or 'nobody'}"
    return "\n".join((f"{which}: {len(problems)} violations", *problems[:20], f"(data: {site.data})"))
