"""The core as it was before records: frozen, and what the present one is held to
(``tests.exchange.engine.equality``).

Nothing is changed here. Commands, events and their constants are those of ``exchange.engine.messages``.
"""

from exchange.engine.messages.version_numbers import FIRST_RULES, RULES_VERSION
from tests.exchange.engine.reference_core.engine import Engine
from tests.exchange.engine.reference_core.snapshot import SnapshotError
from tests.exchange.engine.reference_core.state.memory import Limits, Recalled

__all__ = ["FIRST_RULES", "RULES_VERSION", "Engine", "Limits", "Recalled", "SnapshotError"]
