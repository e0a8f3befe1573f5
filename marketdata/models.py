"""What marketdata keeps of its own: candles."""

from __future__ import annotations

from django.db import models

from exchange.models import MinorUnitsField


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
