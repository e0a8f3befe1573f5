"""An auction as the book stands."""

from __future__ import annotations

from typing import NamedTuple


class Cross(NamedTuple):
    """Its price, what trades there, and what is left over of one side."""

    price_ticks: int
    quantity_lots: int
    surplus_side: int
    surplus_lots: int
