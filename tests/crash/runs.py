"""Runs by number: everything about a run follows from its seed, so that a failure is seen again."""

from __future__ import annotations

import errno
import random
from functools import cache
from typing import Any

from tests.crash.script import Script
from tests.crash.world import World

#: Scripts in use; more of them cost time and find nothing.
_SCRIPTS = 16
_BATCHES = 24
#: About as many disk operations as one undisturbed life of a script has.
OPERATIONS = 140


@cache
def script(seed: int, batches: int = _BATCHES) -> Script:
    return Script(seed % _SCRIPTS, batches)


def random_run(seed: int, **options: Any) -> World:
    """Up to six lives that end by power cut, kill or a failing disk, wherever the seed says."""
    luck = random.Random(f"run:{seed}")
    world = World(script(seed), seed, **options)
    # The first operations of a life are recovery: crash there as often as anywhere.
    lives = [
        luck.choice((luck.randint(1, 10), luck.randint(1, OPERATIONS))) for _ in range(luck.randint(1, 6))
    ]
    faults = {}
    if luck.random() < 0.4:
        lives[0] = 0
        faults[luck.randint(1, OPERATIONS)] = luck.choice((errno.EIO, errno.ENOSPC))
    try:
        world.run(cuts=lives, faults=faults)
    except BaseException as error:
        error.add_note(f"seed {seed}: lives {lives}, faults {faults}; {world.disk.last}")
        raise
    return world
