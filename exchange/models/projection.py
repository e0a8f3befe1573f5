"""How far a follower's tables have come."""

from __future__ import annotations

from typing import Final

from django.db import models


class Projection(models.Model):
    """How far the tables have followed the journal, changed only in the transaction that writes the rows.

    ``event_hash`` is the journal's rolling hash of all events up to and including ``sequence``; a
    projector whose journal has another hash at that sequence refuses to start.
    """

    #: The name of the projection of orders, fills, balances and candles.
    MARKET_DATA: Final = "main"

    name = models.CharField(primary_key=True, max_length=32)
    sequence = models.BigIntegerField()
    event_hash = models.CharField(max_length=64)
    #: The engine's time at ``sequence``: candles that ended before it are closed.
    now_ns = models.BigIntegerField()

    class Meta:
        # The table was marketdata's own once.
        db_table = "marketdata_projection"

    def __str__(self) -> str:
        return f"{self.name} at {self.sequence}"
