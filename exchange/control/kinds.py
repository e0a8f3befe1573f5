"""The shape of change requests: which fields each kind has, and the command it becomes.

Only shape is checked here, so that what is saved can always be turned into a command and written to
the journal. The engine decides whether the change is allowed, and its refusal shows on the request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from exchange.control.given_reasons import MAX_REASON
from exchange.engine import messages
from exchange.errors import RequestError
from exchange.listing.terms import (
    BOUNDS,
    MAX_ASSET,
    MAX_SYMBOL,
    PROTECTION_TERMS,
    REQUIRED_TERMS,
    Term,
    Unit,
    command_fields,
)
from exchange.models.change_requests import ChangeRequest
from exchange.models.fields import MAX_DIGITS
from exchange.wire.people_text import unseen_in

Kind = ChangeRequest.Kind
Check = Callable[[Any], bool]

_MAX_BIGINT: Final = 2**63 - 1
_MAX_AMOUNT: Final = 10**MAX_DIGITS - 1
_MAX_BANDS: Final = 64
#: As many as the engine takes.
MAX_FEE_PLANS: Final = 1_000
_MAX_PLAN_RATES: Final = 2_000
_ASSET = re.compile(rf"[A-Z0-9]{{1,{MAX_ASSET}}}")
_CALENDAR = re.compile(r"[A-Za-z0-9_]{0,16}")
_SYMBOL = re.compile(rf"[A-Z0-9](?:[A-Z0-9-]{{0,{MAX_SYMBOL - 2}}}[A-Z0-9])?")


def _integer(low: int, high: int) -> Check:
    return lambda value: type(value) is int and low <= value <= high


def _matching(pattern: re.Pattern[str]) -> Check:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_reason(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MAX_REASON and unseen_in(value) is None


def _is_bool(value: Any) -> bool:
    return type(value) is bool


def _is_tick_bands(value: Any) -> bool:
    """A list of (from price ticks, step ticks); the engine judges order and coverage."""
    if not isinstance(value, (list, tuple)) or not 1 <= len(value) <= _MAX_BANDS:
        return False
    return all(
        isinstance(band, (list, tuple)) and len(band) == 2 and all(map(_bigint, band)) for band in value
    )


def _symbol_or_every(value: Any) -> bool:
    return bool(value == messages.EVERY_SYMBOL or _symbol(value))


def _is_plan_rates(value: Any) -> bool:
    """A list of (symbol, maker ppm, taker ppm); the engine judges whether they are allowed."""
    if not isinstance(value, (list, tuple)) or len(value) > _MAX_PLAN_RATES:
        return False
    return all(
        isinstance(row, (list, tuple)) and len(row) == 3 and _symbol(row[0]) and all(map(_rate, row[1:]))
        for row in value
    )


def _is_protection(value: Any) -> bool:
    """Fields of ``messages.Protection`` by name, all that there have always been among them, or None."""
    if value is None:
        return True
    return (
        isinstance(value, Mapping)
        and _OLDEST_PROTECTION <= value.keys() <= _PROTECTION.keys()
        and all(_PROTECTION[name](rule) for name, rule in value.items())
    )


_asset: Final = _matching(_ASSET)
_symbol: Final = _matching(_SYMBOL)
_bigint: Final = _integer(0, _MAX_BIGINT)
_scale: Final = _integer(*BOUNDS[Unit.SCALE])
_rate: Final = _integer(*BOUNDS[Unit.FEE_PPM])
_account: Final = _integer(messages.FIRST_TRADER_ACCOUNT, _MAX_BIGINT)
_amount: Final = _integer(1, _MAX_AMOUNT)

#: Terms of a symbol that are no numbers; numbers keep to the bounds of their unit.
_TERM_CHECKS: Final[dict[Unit, Check]] = {
    Unit.SYMBOL: _symbol,
    Unit.ASSET: _asset,
    Unit.TICK_BANDS: _is_tick_bands,
    Unit.CALENDAR: _matching(_CALENDAR),
    Unit.SWITCH: _is_bool,
}


def _checks_of(terms: Iterable[Term]) -> dict[str, Check]:
    return {term.name: _TERM_CHECKS.get(term.unit) or _integer(*BOUNDS[term.unit]) for term in terms}


_PROTECTION: Final = _checks_of(PROTECTION_TERMS)
#: What a protection had before more was added to it; requests saved then have no more.
_OLDEST_PROTECTION: Final = frozenset(
    ("max_notional_minor", "collar_ppm", "band_ppm", "volatility_ppm", "volatility_ns", "calendar")
)
_TRANSFER: Final[dict[str, Check]] = {"account": _account, "asset": _asset, "amount_minor": _amount}

FIELDS: Final[dict[str, dict[str, Check]]] = {
    Kind.SET_ASSET: {"asset": _asset, "scale": _scale},
    Kind.SET_SYMBOL: {**_checks_of(REQUIRED_TERMS), "protection": _is_protection},
    Kind.SET_SYMBOL_STATUS: {
        "symbol": _symbol,
        "status": _integer(0, len(messages.SYMBOL_STATUSES) - 1),
        "reason": _is_reason,
        "direct": _is_bool,
    },
    Kind.SET_ACCOUNT: {"account": _account, "status": _integer(0, len(messages.ACCOUNT_STATUSES) - 1)},
    Kind.SET_FEES: {
        "symbol": _symbol_or_every,
        "account": _account,
        "maker_ppm": _rate,
        "taker_ppm": _rate,
        "clear": _is_bool,
    },
    Kind.SET_FEE_PLAN: {"plan": _integer(1, MAX_FEE_PLANS), "rates": _is_plan_rates},
    Kind.SET_GROUP: {"account": _account, "group": _integer(0, 2**31 - 1)},
    Kind.DEPOSIT: _TRANSFER,
    Kind.WITHDRAW: _TRANSFER,
}
#: Fields that a request may leave out, as those did that were saved before there were such fields.
OPTIONAL: Final = frozenset({"protection", "direct", "clear"})


def _fees_command(
    command_id: str, symbol: str, account: int, maker_ppm: int, taker_ppm: int, clear: bool = False
) -> messages.Command:
    if clear:
        return messages.clear_fees(command_id, symbol, account)
    return messages.set_fees(command_id, symbol, account, maker_ppm, taker_ppm)


def _plan_command(command_id: str, plan: int, rates: Iterable[Iterable[Any]]) -> messages.Command:
    rows = tuple((symbol, maker_ppm, taker_ppm) for symbol, maker_ppm, taker_ppm in rates)
    return messages.set_fee_plan(command_id, plan, rows)


_CONSTRUCTORS: Final[dict[str, Callable[..., messages.Command]]] = {
    Kind.SET_ASSET: messages.set_asset,
    Kind.SET_SYMBOL: messages.set_symbol,
    Kind.SET_SYMBOL_STATUS: messages.set_symbol_status,
    Kind.SET_ACCOUNT: messages.set_account,
    Kind.SET_FEES: _fees_command,
    Kind.SET_FEE_PLAN: _plan_command,
    Kind.SET_GROUP: messages.set_group,
    Kind.DEPOSIT: messages.deposit,
    Kind.WITHDRAW: messages.withdraw,
}


def check_shape(kind: str, payload: Mapping[str, Any]) -> None:
    """Raises RequestError naming the first field that is missing, unknown or not of its type and range."""
    fields = FIELDS.get(kind)
    if fields is None:
        raise RequestError("INVALID_FIELD", {"field": "kind", "value": str(kind)[:40]})
    for name in payload:
        if name not in fields:
            raise RequestError("UNKNOWN_FIELD", {"field": name})
    for name, is_valid in fields.items():
        if name not in payload:
            if name in OPTIONAL:
                continue
            raise RequestError("MISSING_FIELD", {"field": name})
        if not is_valid(payload[name]):
            raise RequestError("INVALID_FIELD", {"field": _wrong_part(name, payload[name])})


def _wrong_part(name: str, value: Any) -> str:
    """The field to name: of a protection the rule that is wrong, if it is one."""
    if name == "protection" and isinstance(value, Mapping):
        wrong = (
            rule for rule, is_valid in _PROTECTION.items() if rule in value and not is_valid(value[rule])
        )
        return next(wrong, name)
    return name


def command_of(request: ChangeRequest) -> messages.Command:
    """The command a request becomes, the same one every time. Raises RequestError when its row was
    written by other means and has not the shape of its kind."""
    check_shape(request.kind, request.payload)
    fields = request.payload
    if request.kind == Kind.SET_SYMBOL:
        fields = command_fields(fields)
    return _CONSTRUCTORS[request.kind](request.command_id, **fields)
