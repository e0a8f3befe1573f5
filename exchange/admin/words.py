"""Change requests in words: what was asked, and why it was refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from exchange.admin import units
from exchange.engine import messages
from exchange.errors import ERRORS, message_of
from exchange.models import ChangeRequest

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
    return f"{_STATUS_VERBS[payload['status']]} {payload['symbol']}{reason}"


def _rates(payload: Payload) -> str:
    return f"maker {units.rate(payload['maker_ppm'])}, taker {units.rate(payload['taker_ppm'])}"


def _transfer(verb: str, preposition: str) -> Callable[[Payload], str]:
    return lambda payload: (
        f"{verb} {units.amount(payload['asset'], payload['amount_minor'])} {preposition} "
        f"account {payload['account']}"
    )


_DESCRIBE: Final[dict[str, Callable[[Payload], str]]] = {
    Kind.SET_ASSET: lambda payload: f"Asset {payload['asset']} with {payload['scale']} decimals",
    Kind.SET_SYMBOL: lambda payload: f"Rules of {payload['symbol']} ({_rates(payload)})",
    Kind.SET_SYMBOL_STATUS: _symbol_status,
    Kind.SET_ACCOUNT: lambda payload: f"{_ACCOUNT_VERBS[payload['status']]} account {payload['account']}",
    Kind.SET_FEES: lambda payload: (
        f"Fees of account {payload['account']} in {payload['symbol']}: {_rates(payload)}"
    ),
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
    """Why the engine said no, with the amounts it named; empty when it did not."""
    if request.state != ChangeRequest.State.REFUSED:
        return ""
    code = request.refusal_code
    sentence = message_of(code) if code in ERRORS else code
    details = request.refusal()
    # Amounts bring their asset with them.
    shown = [
        name for name in details if name != "asset" or not any(other.endswith("_minor") for other in details)
    ]
    text = ", ".join(_detail(name, details[name], details) for name in shown)
    return f"{sentence} ({text})" if text else sentence


def _detail(name: str, value: Any, details: Payload) -> str:
    """One detail; an amount in minor units becomes a decimal of the asset named beside it."""
    if name.endswith("_minor") and isinstance(details.get("asset"), str):
        return f"{name.removesuffix('_minor')} {units.amount(details['asset'], int(value))}"
    return f"{name.replace('_', ' ')} {value}"


def state(request: ChangeRequest) -> str:
    """The state with what it means, as one sentence."""
    if request.state == ChangeRequest.State.APPLIED:
        return f"Applied by the engine at sequence {request.sequence:,}."
    if request.state == ChangeRequest.State.REFUSED:
        return f"Refused. {refusal(request)}"
    return "Waiting for the engine."
