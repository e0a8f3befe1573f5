"""Play money on a demo exchange: a bounded deposit a user gives himself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from exchange.control import services
from exchange.control.kinds import command_of
from exchange.engine.messages import EV_BALANCE
from exchange.errors import RequestError
from exchange.link import engine_link
from exchange.listing.symbol_table import symbols
from exchange.models import ChangeRequest
from exchange.wire.field_readers import read_amount, read_text, refuse_unknown
from exchange.wire.rendering import Json, format_units, raise_if_rejected, render_balance

#: The most one deposit may be, in whole units; assets that are not named get the last.
MAX_UNITS: Final[dict[str, int]] = {
    "KRW": 1_000_000_000,
    "USD": 1_000_000,
    "BTC": 100,
    "ETH": 1_000,
    "AAPL": 10_000,
}
MAX_UNITS_OTHERWISE: Final = 1_000


def parse_deposit(data: Mapping[str, Any]) -> tuple[str, int]:
    """The asset and the amount in minor units. Raises ASSET_NOT_FOUND, INVALID_NUMBER, INVALID_AMOUNT."""
    refuse_unknown(data, {"asset", "amount"})
    asset = read_text(data, "asset")
    scale = symbols.asset_scale(asset)
    amount_minor = read_amount(data, "amount", scale)
    maximum_minor = MAX_UNITS.get(asset, MAX_UNITS_OTHERWISE) * 10**scale
    if amount_minor > maximum_minor:
        details = {"field": "amount", "maximum": format_units(maximum_minor, scale), "asset": asset}
        raise RequestError("INVALID_AMOUNT", details)
    return asset, amount_minor


def deposit(user: Any, account: int, asset: str, amount_minor: int) -> Json:
    """Deposit now and answer the balance after it.

    The change request is saved first and its outcome written on it, as for an operator's deposit: should
    this process die between, the dispatcher finishes the same request, once.
    """
    payload = {"account": account, "asset": asset, "amount_minor": amount_minor}
    request = services.request_change(ChangeRequest.Kind.DEPOSIT, payload, user, may_be_own=True)
    sequence, now_ns, events = engine_link.submit(command_of(request))
    services.record_outcome(request.pk, sequence, now_ns, events)
    raise_if_rejected(events)
    balance = next(event for event in events if event[0] == EV_BALANCE)
    return {"balance": render_balance(balance, symbols.asset_scale(asset)), "sequence": sequence}
