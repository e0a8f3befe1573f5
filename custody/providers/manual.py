"""The provider that is our own operators: they pay by hand, and say on the operator pages what became of
each payout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from custody.models import CustodyStatement
from custody.providers.interface import (
    Accepted,
    Answer,
    Found,
    IncomingDeposit,
    NeverSeen,
    Payout,
    Unknown,
)


class ManualProvider:
    """Takes every order: it is on the operators' list of what is to be paid."""

    is_manual = True

    def __init__(self, name: str, options: Mapping[str, Any]) -> None:
        self.name = name

    def send(self, payout: Payout) -> Answer:
        return Accepted("")

    def look_up(self, payout: Payout) -> Found:
        """An order was taken at the moment it was sent."""
        return Accepted("")

    def find_deposit(self, reference: str) -> IncomingDeposit | Unknown | NeverSeen:
        """Operators credit what came in by hand, on the account's page."""
        return NeverSeen()

    def deposit_address(self, account: int, asset: str) -> tuple[str, str] | None:
        return None

    def holdings(self) -> dict[str, int] | Unknown:
        """What operators counted last of each asset."""
        counted: dict[str, int] = {}
        statements = CustodyStatement.objects.filter(provider=self.name).order_by("id")
        for asset, amount_minor in statements.values_list("asset", "amount_minor"):
            counted[asset] = amount_minor
        return counted
