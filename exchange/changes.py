"""The shape of change requests: which fields each kind has, and the command it becomes.

Only shape is checked here, so that what is saved can always be turned into a command and written to
the journal. Whether the change is allowed is the engine's to say, and its refusal shows on the request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from exchange.engine import messages
from exchange.errors import InputError
from exchange.models.control import ChangeRequest
from exchange.models.fields import MAX_DIGITS

Kind = ChangeRequest.Kind
Check = Callable[[Any], bool]

_MAX_BIGINT: Final = 2**63 - 1
_MAX_AMOUNT: Final = 10**MAX_DIGITS - 1
_MAX_PPM: Final = 1_000_000
_MAX_BANDS: Final = 64
_MAX_REASON: Final = 200
_ASSET = re.compile(r"[A-Z0-9]{1,16}")
_CALENDAR = re.compile(r"[A-Za-z0-9_]{0,16}")
_SYMBOL = re.compile(r"[A-Z0-9](?:[A-Z0-9-]{0,22}[A-Z0-9])?")


def _integer(low: int, high: int) -> Check:
    return lambda value: type(value) is int and low <= value <= high


def _matching(pattern: re.Pattern[str]) -> Check:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_reason(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _MAX_REASON and value.isprintable()


def _is_tick_bands(value: Any) -> bool:
    """A list of (from price ticks, step ticks); order and coverage are the engine's to judge."""
    if not isinstance(value, (list, tuple)) or not 1 <= len(value) <= _MAX_BANDS:
        return False
    return all(
        isinstance(band, (list, tuple)) and len(band) == 2 and all(map(_bigint, band)) for band in value
    )


def _is_protection(value: Any) -> bool:
    """All fields of ``messages.Protection`` by name, or None."""
    if value is None:
        return True
    return (
        isinstance(value, Mapping)
        and value.keys() == _PROTECTION.keys()
        and all(is_valid(value[name]) for name, is_valid in _PROTECTION.items())
    )


_asset: Final = _matching(_ASSET)
_symbol: Final = _matching(_SYMBOL)
_bigint: Final = _integer(0, _MAX_BIGINT)
_scale: Final = _integer(0, 18)
_rate: Final = _integer(-_MAX_PPM, _MAX_PPM)
_account: Final = _integer(messages.FIRST_TRADER_ACCOUNT, _MAX_BIGINT)
_amount: Final = _integer(1, _MAX_AMOUNT)

_PROTECTION: Final[dict[str, Check]] = {
    "max_notional_minor": _integer(0, _MAX_AMOUNT),
    "collar_ppm": _integer(0, _MAX_PPM),
    "band_ppm": _integer(0, _MAX_PPM),
    "volatility_ppm": _integer(0, _MAX_PPM),
    "volatility_ns": _integer(0, _MAX_BIGINT),
    "calendar": _matching(_CALENDAR),
}
_TRANSFER: Final[dict[str, Check]] = {"account": _account, "asset": _asset, "amount_minor": _amount}

FIELDS: Final[dict[str, dict[str, Check]]] = {
    Kind.SET_ASSET: {"asset": _asset, "scale": _scale},
    Kind.SET_SYMBOL: {
        "symbol": _symbol,
        "base": _asset,
        "quote": _asset,
        "price_scale": _scale,
        "quantity_scale": _scale,
        "tick_bands": _is_tick_bands,
        "lot_step": _bigint,
        "min_quantity_lots": _bigint,
        "max_quantity_lots": _bigint,
        "min_price_ticks": _bigint,
        "max_price_ticks": _bigint,
        "min_notional_minor": _integer(0, _MAX_AMOUNT),
        "maker_ppm": _rate,
        "taker_ppm": _rate,
        "max_open_orders": _integer(0, 2**31 - 1),
        "protection": _is_protection,
    },
    Kind.SET_SYMBOL_STATUS: {
        "symbol": _symbol,
        "status": _integer(0, len(messages.SYMBOL_STATUSES) - 1),
        "reason": _is_reason,
    },
    Kind.SET_ACCOUNT: {"account": _account, "status": _integer(0, len(messages.ACCOUNT_STATUSES) - 1)},
    Kind.SET_FEES: {"symbol": _symbol, "account": _account, "maker_ppm": _rate, "taker_ppm": _rate},
    Kind.SET_GROUP: {"account": _account, "group": _integer(0, 2**31 - 1)},
    Kind.DEPOSIT: _TRANSFER,
    Kind.WITHDRAW: _TRANSFER,
}
#: Fields that a request may leave out, as those did that were saved before there were such fields.
OPTIONAL: Final = frozenset({"protection"})

_CONSTRUCTORS: Final[dict[str, Callable[..., messages.Command]]] = {
    Kind.SET_ASSET: messages.set_asset,
    Kind.SET_SYMBOL: messages.set_symbol,
    Kind.SET_SYMBOL_STATUS: messages.set_symbol_status,
    Kind.SET_ACCOUNT: messages.set_account,
    Kind.SET_FEES: messages.set_fees,
    Kind.SET_GROUP: messages.set_group,
    Kind.DEPOSIT: messages.deposit,
    Kind.WITHDRAW: messages.withdraw,
}


def check_shape(kind: str, payload: Mapping[str, Any]) -> None:
    """Raises InputError naming the first field that is missing, unknown or not of its type and range."""
    fields = FIELDS.get(kind)
    if fields is None:
        raise InputError("INVALID_FIELD", {"field": "kind", "value": str(kind)[:40]})
    for name in payload:
        if name not in fields:
            raise InputError("UNKNOWN_FIELD", {"field": name})
    for name, is_valid in fields.items():
        if name not in payload:
            if name in OPTIONAL:
                continue
            raise InputError("MISSING_FIELD", {"field": name})
        if not is_valid(payload[name]):
            raise InputError("INVALID_FIELD", {"field": name})


def command_of(request: ChangeRequest) -> messages.Command:
    """The command a request becomes, the same one every time. Raises InputError when its row was
    written by other means and has not the shape of its kind."""
    check_shape(request.kind, request.payload)
    fields = dict(request.payload)
    if "tick_bands" in fields:
        fields["tick_bands"] = tuple((start, step) for start, step in fields["tick_bands"])
    if fields.get("protection") is not None:
        fields["protection"] = messages.Protection(**fields["protection"])
    return _CONSTRUCTORS[request.kind](request.command_id, **fields)
