"""Fold a journal in a process of its own and print the hashes: ``python -m tests.crash.fold [folder]``.

Without a folder it reads exported commands, a JSON line each, from its input and needs nothing but the core
(so that another interpreter can do it): it then prints a digest of all events in place of the event hash.
"""

from __future__ import annotations

import hashlib
import json
import sys
from typing import Any

from exchange import core
from exchange.engine import FIRST_RULES, Engine


def fold_journal(folder: str) -> dict[str, Any]:
    from pathlib import Path

    from exchange.journal.recovery import recover

    engine, position = recover(Path(folder), None)
    return {"core": core.running(), "events": position.event_hash, "state": engine.state_hash()}


def fold_lines(lines: Any) -> dict[str, Any]:
    """Rows of ``journal export``."""
    engine, digest = Engine(rules_version=FIRST_RULES), hashlib.sha256()
    for line in lines:
        row = json.loads(line)
        events = engine.apply(_frozen(row["command"]), row["now_ns"])
        digest.update(repr(events).encode())
    return {"events": digest.hexdigest(), "state": engine.state_hash()}


def _frozen(value: Any) -> Any:
    """JSON has no tuples."""
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


if __name__ == "__main__":
    print(json.dumps(fold_journal(sys.argv[1]) if len(sys.argv) > 1 else fold_lines(sys.stdin)))
