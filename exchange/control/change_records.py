"""The records of the audit log about change requests: who asked, who decided, what the engine answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final

from django.contrib.auth.models import AbstractUser
from django.db import DEFAULT_DB_ALIAS

from exchange import audit
from exchange.listing.terms import TERMS, SymbolTerms
from exchange.models import Account, Asset, ChangeRequest, FeeOverride, Symbol

Kind = ChangeRequest.Kind
Fields = dict[str, Any]

_RATES: Final = ("maker_ppm", "taker_ppm")
#: Terms that may change; the row has its names and assets elsewhere.
_TERMS: Final = tuple(term.name for term in TERMS if term.name not in ("symbol", "base", "quote"))


def note_request(request: ChangeRequest, by: AbstractUser | None) -> None:
    """Somebody has asked for the change, or with None the exchange itself."""
    before, asked = _difference(request.kind, request.payload)
    after = {**asked, "request": str(request.pk), "change": request.kind, "state": request.state}
    audit.record("change.requested", by, _about(request.payload), before, after, request.reason)


def note_decision(request: ChangeRequest, by: AbstractUser) -> None:
    """The second operator has decided."""
    kind = "change.declined" if request.state == ChangeRequest.State.DECLINED else "change.approved"
    before = {"state": ChangeRequest.State.WAITING}
    audit.record(kind, by, _about(request.payload), before, _outcome(request), request.decision_reason)


def note_expiry(request: ChangeRequest) -> None:
    """Nobody has decided in time."""
    before = {"state": ChangeRequest.State.WAITING}
    audit.record("change.expired", None, _about(request.payload), before, _outcome(request))


def note_answer(request_id: int, using: str = DEFAULT_DB_ALIAS) -> None:
    """The engine has answered. Call it once a request, by who wrote the answer on it."""
    request = ChangeRequest.objects.using(using).get(pk=request_id)
    is_applied = request.state == ChangeRequest.State.APPLIED
    kind = "change.applied" if is_applied else "change.refused"
    audit.record(kind, None, _about(request.payload), None, _outcome(request), using=using)


def _outcome(request: ChangeRequest) -> Fields:
    outcome: Fields = {"request": str(request.pk), "change": request.kind, "state": request.state}
    if request.sequence is not None:
        outcome["sequence"] = request.sequence
    if request.refusal_code:
        outcome |= {"refusal_code": request.refusal_code, "refusal_details": request.refusal()}
    return outcome


def _about(payload: Mapping[str, Any]) -> audit.Target:
    """What the change is about: the account before the symbol or asset it is named with."""
    for field in ("account", "symbol", "asset"):
        if field in payload:
            return audit.Target(field, str(payload[field]))
    return audit.Target("", "")


def _difference(kind: str, payload: Fields) -> tuple[Fields | None, Fields]:
    """What the change would replace, as the tables have it, and what it asks for. Of a symbol's terms those
    that would change; None before what is new, or adds up as money does."""
    if kind != Kind.SET_SYMBOL:
        return _present(kind, payload), payload
    terms = {name: _as_kept(value) for name, value in asdict(SymbolTerms.of_payload(payload)).items()}
    present = _row(Symbol.objects.filter(code=payload["symbol"]), _TERMS)
    if present is None:
        return None, terms
    changed = [name for name in _TERMS if terms[name] != present[name]]
    return {name: present[name] for name in changed}, {name: terms[name] for name in changed}


def _as_kept(value: Any) -> Any:
    """As a row has it: tick bands are lists there."""
    return [list(band) for band in value] if isinstance(value, tuple) else value


def _present(kind: str, payload: Fields) -> Fields | None:
    match kind:
        case Kind.SET_ASSET:
            return _row(Asset.objects.filter(code=payload["asset"]), ("scale",))
        case Kind.SET_SYMBOL_STATUS:
            return _row(Symbol.objects.filter(code=payload["symbol"]), ("status", "status_reason"))
        case Kind.SET_ACCOUNT:
            return _row(Account.objects.filter(number=payload["account"]), ("status",))
        case Kind.SET_GROUP:
            return _row(Account.objects.filter(number=payload["account"]), ("group",))
        case Kind.SET_FEES:
            own = FeeOverride.objects.filter(account=payload["account"], symbol=payload["symbol"])
            return _row(own, _RATES) or _row(Symbol.objects.filter(code=payload["symbol"]), _RATES)
    return None


def _row(rows: Any, names: Iterable[str]) -> Fields | None:
    found: Fields | None = rows.values(*names).first()
    return found
