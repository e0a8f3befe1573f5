"""Logs the robots in and keeps them going: through restarts of the web server and of the engine."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from demo.maker import Maker
from demo.markets import MARKETS, SEED, Market
from demo.pauses import RestartPauses, asked_pause_s, leaves
from demo.quotes import Style
from demo.taker import Taker
from demo.walk import Walk
from xtrader_client import Client, NotAuthenticated, XTraderError

logger = logging.getLogger("demo")

MAKERS = ("maker1", "maker2", "maker3")
TAKERS = ("taker1", "taker2", "taker3")
#: One tight maker with little depth, two wider ones with more.
STYLES = (
    Style(half_spread=1, spacing=1, levels=5, phase=0),
    Style(half_spread=3, spacing=3, levels=8, phase=1),
    Style(half_spread=6, spacing=5, levels=10, phase=2),
)
#: On average one taker order per symbol and taker in this time.
TAKER_PAUSE_MS = 2_500
WALK_EVERY_S = 0.5
REPORT_EVERY_S = 60.0
TREASURY_EVERY_S = 60.0
#: An account that has less than this of an asset asks for as much again, in whole units: the most that the
#: exchange gives at a time.
REFILL = {"KRW": 1_000_000_000, "BTC": 100, "ETH": 1_000, "USD": 1_000_000, "AAPL": 10_000}


@dataclass
class Demo:
    """What the robots share: where the exchange is, the walks, and how many orders they sent."""

    url: str
    passwords: Mapping[str, str]
    seed: int = SEED
    walks: dict[str, Walk] = field(default_factory=dict)
    orders_sent: int = 0

    def count(self, orders: int) -> None:
        self.orders_sent += orders

    async def run(self) -> None:
        """Trade until cancelled."""
        await self._start_walks()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._walk())
            tasks.create_task(self._report())
            for index, name in enumerate(MAKERS):
                tasks.create_task(self._keep_going(name, self._maker_jobs(name, STYLES[index])))
            for name in TAKERS:
                tasks.create_task(self._keep_going(name, self._taker_jobs(name)))

    # --- the reference prices ----------------------------------------------------------------------

    async def _start_walks(self) -> None:
        """Each walk goes on from the symbol's last trade; without one, from the reference price."""
        for market in MARKETS:
            last_ticks = await self._last_price_ticks(market)
            # The start is part of the seed: a second start does not repeat the first one's moves.
            rng = Random(f"{self.seed}:live:{market.symbol}:{last_ticks}")
            self.walks[market.symbol] = Walk(market, rng, last_ticks)

    async def _last_price_ticks(self, market: Market) -> int | None:
        """Of the symbol's last trade; None if there is none. Waits for the exchange as long as it takes."""
        pauses = RestartPauses()
        while True:
            # One call over HTTP: the client's socket is never started.
            client = Client(self.url)
            try:
                trades = await client.get_trades(market.symbol, limit=1)
                return int(trades[0].price.scaleb(market.price_scale)) if trades else None
            except (XTraderError, OSError) as error:
                logger.info("waiting for the exchange: %s", error)
                pause_s = pauses.next_s(error.retry_after_s if isinstance(error, XTraderError) else None)
            finally:
                await client.close()
            await asyncio.sleep(pause_s)

    async def _walk(self) -> None:
        while True:
            await asyncio.sleep(WALK_EVERY_S)
            for walk in self.walks.values():
                walk.advance(int(WALK_EVERY_S * 1_000))

    async def _report(self) -> None:
        while True:
            before, since = self.orders_sent, time.monotonic()
            await asyncio.sleep(REPORT_EVERY_S)
            rate = (self.orders_sent - before) / (time.monotonic() - since)
            logger.info("%.0f orders a second", rate)

    # --- the robots ----------------------------------------------------------------------------------

    async def _keep_going(self, name: str, jobs: Callable[[Client], list[Awaitable[None]]]) -> None:
        """Log in and run the jobs; whatever ends them, start over. Every start costs the exchange a log-in,
        so the pauses grow until one was of use."""
        pauses = RestartPauses()
        while True:
            asked_s = None
            try:
                await self._trade(name, jobs, pauses)
            except* (XTraderError, OSError, TimeoutError) as group:
                asked_s = asked_pause_s(group)
                first = next(leaves(group))
                level = logging.ERROR if isinstance(first, NotAuthenticated) else logging.WARNING
                logger.log(level, "%s starts over: %s", name, first)
            await asyncio.sleep(pauses.next_s(asked_s))

    async def _trade(
        self, name: str, jobs: Callable[[Client], list[Awaitable[None]]], pauses: RestartPauses
    ) -> None:
        """Trade under one log-in until a job fails. The client is closed by then, however far it came."""
        async with Client(self.url, name, self.passwords[name]) as client:
            await client.account()
            pauses.logged_in()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_treasurer(client))
                for job in jobs(client):
                    tasks.create_task(_awaited(job))

    def _maker_jobs(self, name: str, style: Style) -> Callable[[Client], list[Awaitable[None]]]:
        def jobs(client: Client) -> list[Awaitable[None]]:
            return [
                Maker(client, market, style, self._rng(name, market), self._price(market), self.count).run()
                for market in MARKETS
            ]

        return jobs

    def _taker_jobs(self, name: str) -> Callable[[Client], list[Awaitable[None]]]:
        def jobs(client: Client) -> list[Awaitable[None]]:
            return [
                Taker(
                    client,
                    market,
                    self.walks[market.symbol],
                    self._rng(name, market),
                    TAKER_PAUSE_MS,
                    self.count,
                ).run()
                for market in MARKETS
            ]

        return jobs

    def _price(self, market: Market) -> Callable[[], int]:
        return lambda: self.walks[market.symbol].price_ticks

    def _rng(self, name: str, market: Market) -> Random:
        return Random(f"{self.seed}:{name}:{market.symbol}")


async def _treasurer(client: Client) -> None:
    """Brings play money to an account that runs low, the way any demo user can ask for it."""
    while True:
        account = await client.account()
        for asset, amount in REFILL.items():
            balance = account.balances.get(asset)
            if balance is None or balance.available < amount:
                try:
                    await client.demo_deposit(asset, amount)
                except XTraderError as error:
                    logger.info("no deposit of %s: %s", asset, error)
        await asyncio.sleep(TREASURY_EVERY_S)


async def _awaited(job: Awaitable[None]) -> None:
    await job
