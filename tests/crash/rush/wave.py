"""Rounds at the same time at one venue, each with a user of its own, and what is killed amid them."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from typing import Final

from tests.crash.rush.crowd import Crowd
from tests.crash.site import Site

#: Whom the kills hit.
VICTIMS: Final = ("engine", "engine", "web0", "web1", "dispatcher", "market")
#: When after the first blow, or after the kill before, something is killed.
_KILLED_WITHIN_S: Final = (0.01, 0.5)


def victims_of(seed: int, wave: int, share: float) -> list[str]:
    """Who is killed in a wave: nobody, or (in this ``share`` of waves) one or two processes."""
    luck = random.Random(f"rush:{seed}:{wave}:victims")
    if luck.random() >= share:
        return []
    return [luck.choice(VICTIMS) for _ in range(luck.choice((1, 1, 2)))]


class Wave:
    """``crowds`` rush together; ``victims`` die amid them. ``counts`` takes the kills."""

    def __init__(
        self,
        site: Site,
        crowds: Sequence[Crowd],
        victims: Sequence[str],
        luck: random.Random,
        counts: Counter[str],
    ) -> None:
        self._site = site
        self._crowds = crowds
        self._victims = victims
        self._luck = luck
        self._counts = counts

    async def roll(self) -> None:
        """All rounds, to the quiet after them."""
        quiet = asyncio.Event()
        try:
            await asyncio.gather(*(crowd.open() for crowd in self._crowds))
            rushing = asyncio.gather(*(crowd.rush(quiet) for crowd in self._crowds))
            await self._kill()
            await asyncio.to_thread(self._site.wait_serving)
            quiet.set()
            await rushing
        finally:
            await asyncio.gather(*(crowd.close() for crowd in self._crowds))

    async def _kill(self) -> None:
        for victim in self._victims:
            await asyncio.sleep(self._luck.uniform(*_KILLED_WITHIN_S))
            await asyncio.to_thread(self._kill_one, victim)
            self._counts[f"kill {victim}"] += 1

    def _kill_one(self, victim: str) -> None:
        """Kill a process and start it again."""
        site = self._site
        number = int(victim[3:]) if victim.startswith("web") else None
        process = getattr(site, victim) if number is None else site.webs[number]
        assert process.poll() is None, f"{victim} has ended by itself\n{site.log_tail()}"
        site.kill(process)
        if number is None:
            getattr(site, f"start_{victim}")()
        else:
            site.restart_web(number)
