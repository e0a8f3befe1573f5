"""Assets and symbols as the engine has them. Only the projection writes these rows."""

from __future__ import annotations

from django.db import models

from exchange.engine import messages
from exchange.models import choices
from exchange.models.fields import MinorUnitsField


class Asset(models.Model):
    """Something accounts hold. ``scale`` is the number of decimals of its minor unit; it never changes."""

    code = models.CharField(primary_key=True, max_length=16)
    name = models.CharField(max_length=80, blank=True)
    scale = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.code


class Symbol(models.Model):
    """A market with its rules, as they stand after engine sequence ``sequence``.

    Prices are in ticks of ``10**-price_scale`` quote units, quantities in lots of
    ``10**-quantity_scale`` base units. ``tick_bands`` is ``[[from_price_ticks, step_ticks], ...]``.
    """

    code = models.CharField(primary_key=True, max_length=32)
    name = models.CharField(max_length=80, blank=True)
    base = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+")
    quote = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+")
    price_scale = models.PositiveSmallIntegerField()
    quantity_scale = models.PositiveSmallIntegerField()
    tick_bands = models.JSONField()
    lot_step = models.BigIntegerField()
    min_quantity_lots = models.BigIntegerField()
    max_quantity_lots = models.BigIntegerField()
    min_price_ticks = models.BigIntegerField()
    max_price_ticks = models.BigIntegerField()
    min_notional_minor = MinorUnitsField()
    maker_ppm = models.IntegerField()
    taker_ppm = models.IntegerField()
    max_open_orders = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(choices=choices.SYMBOL_STATUSES, default=messages.TRADING)
    status_reason = models.CharField(max_length=200, blank=True)
    # Protection of traders; 0 and empty turn a rule off. See ``messages.Protection``.
    max_notional_minor = MinorUnitsField(default=0)
    collar_ppm = models.IntegerField(default=0)
    band_ppm = models.IntegerField(default=0)
    volatility_ppm = models.IntegerField(default=0)
    volatility_ns = models.BigIntegerField(default=0)
    calendar = models.CharField(max_length=16, blank=True, default="")
    collar_rests = models.BooleanField(default=False)
    iceberg_continues = models.BooleanField(default=False)
    static_ppm = models.IntegerField(default=0)
    reached = models.BooleanField(default=False)
    random_end_ns = models.BigIntegerField(default=0)
    extended_ppm = models.IntegerField(default=0)
    auction_stp = models.BooleanField(default=False)
    call_ends_ns = models.BigIntegerField(default=0)
    sequence = models.BigIntegerField(default=0)

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.code


class FeeOverride(models.Model):
    """Fee rates of one account on one symbol, or with an empty ``symbol`` on all, over its plan's and the
    symbol's."""

    symbol = models.CharField(max_length=32)
    account = models.BigIntegerField()
    maker_ppm = models.IntegerField()
    taker_ppm = models.IntegerField()

    class Meta:
        ordering = ("symbol", "account")
        constraints = (models.UniqueConstraint(fields=("symbol", "account"), name="fee_override_unique"),)

    def __str__(self) -> str:
        return f"{self.symbol} of account {self.account}"
