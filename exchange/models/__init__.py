"""The exchange's tables. All but ``ChangeRequest``, ``AuditRecord`` and the opening of an ``Account`` are
projections of the journal: the engine is the authority and these rows follow it."""

from exchange.models.accounts import Account, Balance, FrozenBy, Transfer
from exchange.models.audit_records import AuditRecord
from exchange.models.change_requests import ChangeRequest
from exchange.models.fields import MinorUnitsField
from exchange.models.market import Asset, FeeOverride, Symbol
from exchange.models.orders import Fill, Order
from exchange.models.projection import Projection
from exchange.models.solvency import SolvencyAsset, SolvencyLeaf, SolvencyNodes, SolvencyReport

__all__ = [
    "Account",
    "Asset",
    "AuditRecord",
    "Balance",
    "ChangeRequest",
    "FeeOverride",
    "Fill",
    "FrozenBy",
    "MinorUnitsField",
    "Order",
    "Projection",
    "SolvencyAsset",
    "SolvencyLeaf",
    "SolvencyNodes",
    "SolvencyReport",
    "Symbol",
    "Transfer",
]
