"""``make crash MINUTES=n SEED=n``: crash runs one after another, each from a seed of its own.

Every fifth run is one with the real projector on a database, every fiftieth kills real processes under load,
and every fiftieth does to two web processes and the rest whatever else happens to processes, every other time
on PostgreSQL if ``TEST_POSTGRES_URL`` names a server. Every hundredth ill-treats the supervisor. What a run
does follows from its seed alone. The first
failure ends it; ``make crash MINUTES=0 SEED=<seed of the failure>`` is that run again. ``CRASH_CANARY`` names
something to break on purpose.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "clients" / "python"))

_DATABASE_EVERY = 5
_PROCESSES_EVERY = 50
_SUPERVISOR_EVERY = 100
_OF_PROCESSES = ("processes", "nemesis", "supervisor")
#: How often something is killed in one of those.
_KILLS = 12


def kind_of(seed: int) -> str:
    if seed % _PROCESSES_EVERY == 0:
        return "processes"
    if seed % _PROCESSES_EVERY == _PROCESSES_EVERY // 2:
        return "nemesis"
    if seed % _SUPERVISOR_EVERY == _SUPERVISOR_EVERY - 10:
        return "supervisor"
    return "tables" if seed % _DATABASE_EVERY == 0 else "disk"


def run(seed: int) -> int:
    """One run; returns how many crashes it had. Raises what it found."""
    from tests.crash import runs
    from tests.crash.canaries import CANARIES
    from tests.crash.killing import annoy_the_supervisor, annoy_under_load, kill_under_load

    # Those of processes are no business of the simulated disk.
    broken = CANARIES.get(os.environ.get("CRASH_CANARY", ""), {})
    kind = kind_of(seed)
    if kind == "processes":
        return kill_under_load(seed, kills=_KILLS)
    if kind == "supervisor":
        return annoy_the_supervisor(seed, _KILLS // 2)
    if kind == "nemesis":
        has_server = "TEST_POSTGRES_URL" in os.environ and seed // _PROCESSES_EVERY % 2
        return annoy_under_load(seed, _KILLS, "postgresql" if has_server else "sqlite")
    return runs.random_run(seed, has_tables=kind == "tables", **broken).crashes


def main() -> int:
    parser = argparse.ArgumentParser(prog="make crash", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 10**9))
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.minutes:g} minutes", flush=True)
    end = told = time.monotonic()
    end += options.minutes * 60
    done: Counter[str] = Counter()
    seed = options.seed
    while True:
        try:
            crashes = run(seed)
        except BaseException:
            traceback.print_exc()
            print(f"FAILED ({kind_of(seed)}): make crash MINUTES=0 SEED={seed}", file=sys.stderr)
            return 1
        kind = kind_of(seed)
        done[kind] += 1
        done["kills" if kind in _OF_PROCESSES else "crashes"] += crashes
        if time.monotonic() >= end:
            break
        if time.monotonic() - told > 60:
            told = time.monotonic()
            print(_summary(done, seed), flush=True)
        seed += 1
    print(_summary(done, seed))
    return 0


def _summary(done: Counter[str], seed: int) -> str:
    runs = " ".join(f"{kind}={done[kind]}" for kind in ("disk", "tables", *_OF_PROCESSES))
    survived = f"{done['crashes']} crashes and {done['kills']} kills and the like"
    return f"up to seed {seed}: {survived} survived in runs {runs}"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="xt") as folder:
        os.environ.update(DATA=str(Path(folder)), DATABASE_URL="sqlite://:memory:")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xtrader.settings")
        import django
        from django.core.management import call_command

        django.setup()
        logging.disable(logging.CRITICAL)
        call_command("migrate", verbosity=0)
        sys.exit(main())
