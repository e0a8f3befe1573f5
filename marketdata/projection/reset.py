"""Starting the projection over, after a restore to an earlier point."""

from __future__ import annotations

from exchange.models import Projection
from marketdata.models import CandleRow


def forget_projection() -> None:
    """Forget the position and every candle; the projector then begins at the start of the journal."""
    Projection.objects.all().delete()
    CandleRow.objects.all().delete()
