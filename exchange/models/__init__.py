"""The exchange's tables. All but ``ChangeRequest`` and the opening of an ``Account`` are projections
of the journal: the engine is the authority and these rows follow it."""

from exchange.models.accounts import Account, Balance, Transfer
from exchange.models.control import ChangeRequest
from exchange.models.fields import MinorUnitsField
from exchange.models.market import Asset, FeeOverride, Symbol
from exchange.models.orders import Fill, Order

__all__ = [
    "Account",
    "Asset",
    "Balance",
    "ChangeRequest",
    "FeeOverride",
    "Fill",
    "MinorUnitsField",
    "Order",
    "Symbol",
    "Transfer",
]
