"""What a refused change request says of why: the engine's own details, and where it gives a code alone, the
field of the request that the code is about.

The engine's refusals are part of the journal's hashes and stay as they are. The field follows from the code
and the request, so it is found when it is read, the same for whoever wrote the outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from exchange.listing.contradictions import contradictions
from exchange.listing.terms import SymbolTerms
from exchange.models import Asset, ChangeRequest, Symbol

Json = dict[str, Any]
Payload = Mapping[str, Any]

#: Code -> the field it is about, of those the request has.
_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "SYMBOL_NOT_FOUND": ("symbol", "rates"),
    "ACCOUNT_NOT_FOUND": ("account",),
    "ACCOUNT_FROZEN": ("account",),
    "INVALID_ASSET": ("asset",),
    "INVALID_STATUS": ("status",),
    "INVALID_GROUP": ("group",),
    "INVALID_FEES": ("maker_ppm", "rates"),
    "INVALID_FEE_PLAN": ("plan",),
    "INVALID_AMOUNT": ("amount_minor",),
}


def details_of(request: ChangeRequest) -> Json:
    """The details of a refused request; empty for one that was not refused, or never reached the engine."""
    stored = request.refusal()
    if stored or request.state != ChangeRequest.State.REFUSED:
        return stored
    code, payload = request.refusal_code, request.payload
    if find := _FINDERS.get(code):
        return find(payload)
    field = next((name for name in _FIELDS.get(code, ()) if name in payload), None)
    if field is None:
        return {}
    if field == "amount_minor":
        # An amount is read with its asset.
        return {"asset": payload["asset"], "amount_minor": payload[field]}
    # Rates of a tier are too many to repeat.
    return {"field": field} if field == "rates" else {"field": field, field: payload[field]}


def _missing_asset(payload: Payload) -> Json:
    codes = {name: payload[name] for name in ("asset", "base", "quote") if name in payload}
    known = set(Asset.objects.filter(code__in=codes.values()).values_list("code", flat=True))
    for field, code in codes.items():
        if code not in known:
            return {"field": field, "asset": code}
    return {}


def _fixed(payload: Payload) -> Json:
    """The first term that differs from what it was made with."""
    if "symbol" not in payload:
        return {"field": "scale", "asset": payload["asset"]}
    present = Symbol.objects.filter(code=payload["symbol"]).first()
    if present is None:
        return {}
    made = {
        "base": present.base_id,
        "quote": present.quote_id,
        "price_scale": present.price_scale,
        "quantity_scale": present.quantity_scale,
    }
    return next(({"field": name, name: value} for name, value in made.items() if payload[name] != value), {})


def _contradiction(payload: Payload) -> Json:
    terms = SymbolTerms.of_payload(payload)
    scales = dict(Asset.objects.filter(code__in=(terms.base, terms.quote)).values_list("code", "scale"))
    found = next(contradictions(terms, scales), None)
    return {} if found is None else {"field": found.field, "reason": found.text}


_FINDERS: Final[dict[str, Callable[[Payload], Json]]] = {
    "ASSET_NOT_FOUND": _missing_asset,
    "SCALE_FIXED": _fixed,
    "INVALID_SYMBOL": _contradiction,
}
