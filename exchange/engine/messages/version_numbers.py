"""The rules versions there are. A journal is folded by the version it was written under; ``rules.versions``
holds what differs."""

from __future__ import annotations

from typing import Final

#: A journal without a version command was written under these.
FIRST_RULES: Final = 1
#: The newest rules this code can fold.
RULES_VERSION: Final = 4
#: From these on a command's work is bounded and an iceberg shows a part worth naming (rules X and I1).
BOUNDED_RULES: Final = 3
#: From these on the rules are those of established venues where they used to differ: auctions with market
#: orders and the last price as reference, lowered orders end, stops enter in the order of their triggers.
VENUE_RULES: Final = 4
