"""What marketdata keeps of its own: how far the projection has come, and candles."""

from __future__ import annotations

from django.db import models

from exchange.models import MinorUnitsField


class Projection(models.Model):
    """How far the tables have followed the journal, changed only in the transaction that writes the rows.

    ``event_hash`` is the journal's rolling hash of all events up to and including ``sequence``; a
    projector whose journal says otherwise at that sequence refuses to start.
    """

    name = models.CharField(primary_key=True, max_length=32)
    sequence = models.BigIntegerField()
    event_hash = models.CharField(max_length=64)
    #: The engine's time at ``sequence``: candles that ended before it are closed.
    now_ns = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.name} at {self.sequence}"


class CandleRow(models.Model):
    """One candle that had trades; flat ones are made on read. ``interval`` is its length in seconds."""

    pk = models.CompositePrimaryKey("symbol", "interval", "open_ns")
    symbol = models.CharField(max_length=32)
    interval = models.PositiveIntegerField()
    open_ns = models.BigIntegerField()
    open_ticks = models.BigIntegerField()
    high_ticks = models.BigIntegerField()
    low_ticks = models.BigIntegerField()
    close_ticks = models.BigIntegerField()
    volume_lots = MinorUnitsField()
    quote_volume_minor = MinorUnitsField()
    trade_count = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.symbol} {self.interval} s at {self.open_ns}"
