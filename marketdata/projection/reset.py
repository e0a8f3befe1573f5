"""Starting the projection over."""

from __future__ import annotations

from exchange.models import Balance, FeeOverride, Fill, Order, Projection, Transfer
from marketdata.models import CandleRow


def empty_tables() -> None:
    """Remove every row that follows from the journal alone, and the position; the projector then begins at
    the start of the journal. Call it in a transaction. What else is known of accounts, assets and symbols
    stays: the projector writes over it."""
    for model in (Fill, Order, Transfer, Balance, FeeOverride, CandleRow, Projection):
        model.objects.all().delete()
