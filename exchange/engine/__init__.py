"""The deterministic core: books and ledger, folded from commands.

Pure Python on the standard library and sortedcontainers (compiled also on librt): no Django, no sockets, no
files, no clock, no randomness, no floats. Read ``messages`` for what goes in and comes out, ``records`` for
the same as words,
``engine`` for the fold,
``rules`` for what a command does, ``state`` for what it does it to. Others use this face, ``messages`` and
``snapshot``; what is in ``state`` and ``rules`` is the core's own.
"""

from exchange.engine.engine import Engine
from exchange.engine.messages.version_numbers import FIRST_RULES, RULES_VERSION
from exchange.engine.snapshot import SnapshotError
from exchange.engine.state.recall import Limits, Recalled

__all__ = ["FIRST_RULES", "RULES_VERSION", "Engine", "Limits", "Recalled", "SnapshotError"]
