"""``make rush ROUNDS=n SEED=n``: round after round, each from the seed and its number alone; the first
violation ends it. ``make rush ROUNDS=1 SEED=<seed> ARGS="--first <round>"`` draws that round again; in what
order its acts arrive is the machine's affair.

``ARGS="--database postgresql"`` takes a database of its own on the server that ``TEST_POSTGRES_URL`` names,
``ARGS="--redis <url>"`` puts a Redis between the web processes.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "clients" / "python"))

#: Rounds at one venue: its tables are compared at the end of them.
_ROUNDS_A_VENUE = 24


def main() -> int:
    options = _options()
    import django

    django.setup()
    logging.disable(logging.CRITICAL)
    from tests.crash.rush.session import rush
    from tests.crash.rush.wave import victims_of

    print(f"seed {options.seed}, {options.rounds} rounds from {options.first}", flush=True)
    counts: Counter[str] = Counter()
    began, together = time.monotonic(), options.together
    waves = -(-options.rounds // together)
    a_venue = max(1, _ROUNDS_A_VENUE // together)
    for at in range(0, waves, a_venue):
        first = options.first + at * together
        numbers = range(first, first + min(a_venue, waves - at) * together, together)
        victims = [victims_of(options.seed, number, options.kills) for number in numbers]
        try:
            session = rush(
                options.seed,
                victims,
                first=first,
                together=together,
                vendor=options.database,
                redis_url=options.redis,
                tell=lambda told: print(f"  {_summary(told)}", flush=True),
            )
        except BaseException:
            traceback.print_exc()
            print(f"FAILED from round {first} on, seed {options.seed}", file=sys.stderr)
            return 1
        most = max(counts["most at once"], session.counts["most at once"])
        counts.update(session.counts)
        counts["most at once"] = most
        print(f"{time.monotonic() - began:.0f} s: {_summary(counts)}", flush=True)
    return 0


def _summary(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make rush", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="number of the first round")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 10**9))
    parser.add_argument("--kills", type=float, default=0.5, help="share of waves with kills")
    parser.add_argument("--together", type=int, default=4, help="rounds of a wave: users who rush together")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--redis", default="", metavar="URL", help="with a Redis between the web processes")
    return parser.parse_args()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xtrader.settings")
    sys.exit(main())
