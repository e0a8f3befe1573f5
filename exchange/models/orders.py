"""Orders and fills as the projection has written them, at most three rows an order.

Accounts and symbols are plain columns: the projection copies rows in bulk, and a foreign key would
cost a look-up each for what the engine has already checked.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from exchange.models import choices
from exchange.models.fields import MinorUnitsField


class Order(models.Model):
    """An order as it stood after engine sequence ``sequence``. An order by quote amount has ``quantity_lots``
    0.

    ``extra`` holds the order options: the fields of ``messages.OrderExtra`` that are set, as a JSON object.
    Simple orders, the many, have none."""

    order_id = models.BigIntegerField(primary_key=True)
    account = models.BigIntegerField()
    client_order_id = models.CharField(max_length=36, null=True, blank=True)
    symbol = models.CharField(max_length=32)
    side = models.PositiveSmallIntegerField(choices=choices.SIDES)
    order_type = models.PositiveSmallIntegerField(choices=choices.ORDER_TYPES)
    time_in_force = models.PositiveSmallIntegerField(choices=choices.TIMES_IN_FORCE)
    post_only = models.BooleanField()
    stp = models.PositiveSmallIntegerField(choices=choices.STP_MODES)
    price_ticks = models.BigIntegerField()
    quantity_lots = models.BigIntegerField()
    quote_amount_minor = MinorUnitsField()
    filled_lots = models.BigIntegerField()
    filled_notional_minor = MinorUnitsField()
    fee_minor = MinorUnitsField()
    status = models.PositiveSmallIntegerField(choices=choices.ORDER_STATUSES)
    reason = models.PositiveSmallIntegerField(choices=choices.REASONS)
    created_ns = models.BigIntegerField()
    updated_ns = models.BigIntegerField()
    sequence = models.BigIntegerField()
    extra = models.TextField(null=True, blank=True)

    class Meta:
        ordering = ("-order_id",)
        indexes = (
            models.Index(fields=("account", "-order_id"), name="order_account"),
            models.Index(fields=("account", "symbol", "-order_id"), name="order_account_symbol"),
        )

    def __str__(self) -> str:
        return str(self.order_id)


class Fill(models.Model):
    """One side of a trade with its effect on the account's ledger.

    ``id`` is ``trade_id * 2``, plus one for the taker. Deltas are signed and include the fee (always in
    the quote asset, negative for a rebate); ``*_after`` are the account's totals, available and held. In an
    auction there is no taker: the buyer stands in the taker's place.
    """

    id = models.BigIntegerField(primary_key=True)
    trade_id = models.BigIntegerField()
    order_id = models.BigIntegerField()
    account = models.BigIntegerField()
    symbol = models.CharField(max_length=32)
    side = models.PositiveSmallIntegerField(choices=choices.SIDES)
    is_taker = models.BooleanField()
    price_ticks = models.BigIntegerField()
    quantity_lots = models.BigIntegerField()
    notional_minor = MinorUnitsField()
    fee_minor = MinorUnitsField()
    base_delta_minor = MinorUnitsField()
    quote_delta_minor = MinorUnitsField()
    base_after = MinorUnitsField()
    quote_after = MinorUnitsField()
    time_ns = models.BigIntegerField()
    sequence = models.BigIntegerField()
    is_auction = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("account", "-id"), name="fill_account"),
            # Public trades: one row a trade, the taker's.
            models.Index(fields=("symbol", "-trade_id"), condition=Q(is_taker=True), name="fill_trades"),
        )

    def __str__(self) -> str:
        return str(self.trade_id)
