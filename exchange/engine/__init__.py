"""The deterministic core: books and ledger, folded from commands.

Pure Python on the standard library and sortedcontainers: no Django, no sockets, no files, no clock,
no randomness, no floats. Read ``messages`` for what goes in and comes out, ``engine`` for the fold,
then ``trading`` and ``matching`` for what an order does.
"""

from exchange.engine.engine import Engine
from exchange.engine.memory import Limits, Recalled
from exchange.engine.rules import FIRST_RULES, RULES_VERSION
from exchange.engine.snapshot import SnapshotError

__all__ = ["FIRST_RULES", "RULES_VERSION", "Engine", "Limits", "Recalled", "SnapshotError"]
