"""Change requests in words: what was asked, and why it was refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from exchange.control import approvals
from exchange.control.request_refusals import details_of
from exchange.engine import messages
from exchange.errors import ERRORS, message_of
from exchange.models import ChangeRequest
from web.console import display_units
from web.console.languages import said

Kind = ChangeRequest.Kind
Payload = Mapping[str, Any]

_STATUS_VERBS: Final = {
    messages.TRADING: "Resume",
    messages.HALTED: "Halt",
    messages.CANCEL_ONLY: "Set to cancel only:",
    messages.PRE_OPEN: "Let orders gather for",
    messages.OPENING_AUCTION: "Opening auction of",
    messages.CLOSING_AUCTION: "Closing auction of",
    messages.VOLATILITY_AUCTION: "Volatility auction of",
    messages.POST_ONLY: "Set to post only:",
    messages.CLOSED: "Close",
}
_ACCOUNT_VERBS: Final = {messages.ACTIVE: "Activate", messages.FROZEN: "Freeze"}


def _symbol_status(payload: Payload) -> str:
    reason = f" ({payload['reason']})" if payload["reason"] else ""
    at_once = " at once" if payload.get("direct") else ""
    return f"{_STATUS_VERBS[payload['status']]} {payload['symbol']}{at_once}{reason}"


def _rates(payload: Payload) -> str:
    return (
        f"maker {display_units.rate(payload['maker_ppm'])}, taker {display_units.rate(payload['taker_ppm'])}"
    )


def _own_fees(payload: Payload) -> str:
    where = payload["symbol"] or "all symbols"
    if payload.get("clear"):
        return f"Take back the fees of account {payload['account']} in {where}"
    return f"Fees of account {payload['account']} in {where}: {_rates(payload)}"


def _transfer(verb: str, preposition: str) -> Callable[[Payload], str]:
    return lambda payload: (
        f"{verb} {display_units.amount(payload['asset'], payload['amount_minor'])} {preposition} "
        f"account {payload['account']}"
    )


_DESCRIBE: Final[dict[str, Callable[[Payload], str]]] = {
    Kind.SET_ASSET: lambda payload: f"Asset {payload['asset']} with {payload['scale']} decimals",
    Kind.SET_SYMBOL: lambda payload: f"Rules of {payload['symbol']} ({_rates(payload)})",
    Kind.SET_SYMBOL_STATUS: _symbol_status,
    Kind.SET_ACCOUNT: lambda payload: f"{_ACCOUNT_VERBS[payload['status']]} account {payload['account']}",
    Kind.SET_FEES: _own_fees,
    Kind.SET_FEE_PLAN: lambda payload: f"Fee tier {payload['plan']} on {len(payload['rates'])} symbols",
    Kind.SET_GROUP: lambda payload: (
        f"Put account {payload['account']} into group {payload['group']}"
        if payload["group"]
        else f"Take account {payload['account']} out of its group"
    ),
    Kind.DEPOSIT: _transfer("Deposit", "to"),
    Kind.WITHDRAW: _transfer("Withdraw", "from"),
}


def describe(request: ChangeRequest) -> str:
    """What was asked for; a row that has not the shape of its kind is described by its kind alone."""
    try:
        return _DESCRIBE[request.kind](request.payload)
    except (KeyError, TypeError):
        return request.get_kind_display()


def refusal(request: ChangeRequest) -> str:
    """Why the engine refused, with the amounts it named; empty when it did not."""
    if request.state != ChangeRequest.State.REFUSED:
        return ""
    code = request.refusal_code
    sentence = message_of(code) if code in ERRORS else code
    details = details_of(request)
    # Amounts bring their asset with them.
    shown = [
        name for name in details if name != "asset" or not any(other.endswith("_minor") for other in details)
    ]
    text = ", ".join(_detail(name, details[name], details) for name in shown)
    return f"{sentence} ({text})" if text else sentence


def _detail(name: str, value: Any, details: Payload) -> str:
    """One detail; an amount in minor units becomes a decimal of the asset named beside it."""
    if name.endswith("_minor") and isinstance(details.get("asset"), str):
        return f"{name.removesuffix('_minor')} {display_units.amount(details['asset'], int(value))}"
    return f"{name.replace('_', ' ')} {value}"


def requester(request: ChangeRequest) -> str:
    return request.requested_by.get_username() if request.requested_by else "the system"


def decision(request: ChangeRequest) -> str:
    """Who approved or declined the request and why; empty where no one has."""
    if request.decided_by is None:
        return ""
    name, reason = request.decided_by.get_username(), request.decision_reason
    if request.state == ChangeRequest.State.DECLINED:
        return said(f"Declined by {name}: {reason}", f"{name} 거절: {reason}")
    return said(f"Approved by {name}: {reason}", f"{name} 승인: {reason}")


def state(request: ChangeRequest) -> str:
    """The state with what it means, as one sentence."""
    if request.state == ChangeRequest.State.WAITING:
        until = f"{approvals.expires_at(request):%Y-%m-%d %H:%M:%S}"
        return said(
            f"Waiting until {until} UTC for another operator to approve it.",
            f"다른 운영자의 승인을 기다리는 중입니다 (만료 {until} UTC).",
        )
    if request.state == ChangeRequest.State.DECLINED:
        return decision(request)
    if request.state == ChangeRequest.State.EXPIRED:
        return said("Expired: no operator approved it in time.", "만료됨: 제때 승인한 운영자가 없습니다.")
    if request.state == ChangeRequest.State.APPLIED:
        return f"Applied by the engine at sequence {request.sequence:,}."
    if request.state == ChangeRequest.State.REFUSED:
        return f"Refused. {refusal(request)}"
    return "Waiting for the engine."
