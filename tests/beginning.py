"""How a new journal begins: before its first batch the sequencer states the rules it is folded by."""

from __future__ import annotations

from typing import Final

from exchange.engine import FIRST_RULES, RULES_VERSION, Engine
from exchange.engine.messages import Command, set_rules

#: The sequencer's own commands at the head of a new journal.
BEGINNING: Final[tuple[Command, ...]] = (set_rules(f"rules:{RULES_VERSION}", RULES_VERSION),)


def engine_before_journal() -> Engine:
    """The engine that the whole of a journal is folded into."""
    return Engine(rules_version=FIRST_RULES)
