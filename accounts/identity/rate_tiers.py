"""The rate tiers of users, as one process knows them.

An ``Identity`` carries the tier of its user. A web process looks at all tiers every half second
(``web.live.user_changes``), so that a change of a tier holds for everybody in it at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from accounts.models import RateTier
from exchange import process

#: Scopes of the limiter that a tier may set, which are the columns of its row too.
TIER_SCOPES: Final = ("orders", "reads", "reports")


#: The tier of market makers that have no other; a migration makes it.
MARKET_MAKERS: Final = "market makers"


class RateTiers:
    """The rates of each tier, by its row's id."""

    def __init__(self) -> None:
        self._tiers: Mapping[int, Mapping[str, str]] = {}
        self._of_makers: int | None = None
        #: Grows with each change, so that those who keep rates know when to look again.
        self.version = 0

    def look(self) -> None:
        """Read them. Asks the database."""
        rows = list(RateTier.objects.values("pk", "name", *TIER_SCOPES))
        found = {row["pk"]: {scope: row[scope] for scope in TIER_SCOPES if row[scope]} for row in rows}
        of_makers = next((row["pk"] for row in rows if row["name"] == MARKET_MAKERS), None)
        if (found, of_makers) != (self._tiers, self._of_makers):
            self._tiers, self._of_makers = found, of_makers
            self.version += 1

    def rate(self, tier: int | None, scope: str, *, is_maker: bool = False) -> str | None:
        """The rates of a tier in a scope; None where the settings' hold. A market maker without a tier is in
        that of market makers."""
        if tier is None and is_maker:
            tier = self._of_makers
        return None if tier is None else self._tiers.get(tier, {}).get(scope)


#: Of this process.
rate_tiers: Final = process.shared(RateTiers)
