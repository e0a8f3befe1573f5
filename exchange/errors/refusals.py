"""Refusals that more than one room raises."""

from __future__ import annotations

from exchange.errors.details import shown
from exchange.errors.exceptions import RefusedError


def order_not_found(order_id: int | str, client_order_id: str | None = None) -> RefusedError:
    """ORDER_NOT_FOUND with the name the requester used: the order's id, or his own where there is one."""
    if client_order_id is not None:
        return RefusedError(
            "ORDER_NOT_FOUND", {"field": "client_order_id", "client_order_id": client_order_id}
        )
    return RefusedError("ORDER_NOT_FOUND", {"field": "order_id", "order_id": shown(order_id)})
