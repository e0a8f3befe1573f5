"""The operator pages: live rows to read, change requests to make. Nothing here writes a live row."""

from exchange.admin import accounts, control, market, orders, users

__all__ = ["accounts", "control", "market", "orders", "users"]
