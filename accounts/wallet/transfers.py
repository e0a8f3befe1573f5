"""Transfers between accounts of one user: one command of the engine, so both sides change in one step.

A transfer goes by the id that the client gave it, like an order: sent again, it gets the first reply and
moves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from accounts.identity.identities import Identity
from exchange.engine.messages import EV_TRANSFER, MOVED_OUT, Command, TransferEvent, move
from exchange.errors import RefusedError
from exchange.link.protocol import Outcome
from exchange.listing.symbol_table import symbols
from exchange.orders.parsing import new_command_id
from exchange.orders.submission import Submission
from exchange.wire.field_readers import read_amount, read_client_id, read_text, refuse_unknown
from exchange.wire.rendering import Json, format_units, milliseconds, raise_if_rejected

#: Keeps ids of transfers apart from an account's ids of orders.
_ID_PREFIX: Final = "t:"
_ID_FIELD: Final = "client_transfer_id"


class Wish(NamedTuple):
    """A transfer that is asked for, between accounts of the requester."""

    account: int
    to_account: int
    asset: str
    amount_minor: int
    client_transfer_id: str | None

    def command(self) -> Command:
        named = self.client_transfer_id
        command_id = new_command_id() if named is None else f"{_ID_PREFIX}{named}"
        return move(command_id, self.account, self.to_account, self.asset, self.amount_minor)


def parse(data: Mapping[str, Any], identity: Identity) -> Wish:
    """The body of a transfer. Raises ACCOUNT_NOT_FOUND for an account that is not the requester's (of a key:
    a source that is not the key's account), SAME_ACCOUNT, ASSET_NOT_FOUND, INVALID_NUMBER, INVALID_AMOUNT,
    MISSING_FIELD, UNKNOWN_FIELD, INVALID_FIELD."""
    refuse_unknown(data, {"from", "to", "asset", "amount", _ID_FIELD})
    account = identity.choosing(read_text(data, "from"), "from").account
    to_account = identity.own_number(read_text(data, "to"), "to")
    if account is None:
        raise RefusedError("NO_ACCOUNT")
    if account == to_account:
        raise RefusedError("SAME_ACCOUNT", {"field": "to"})
    asset = read_text(data, "asset")
    amount_minor = read_amount(data, "amount", symbols.asset_scale(asset))
    return Wish(account, to_account, asset, amount_minor, read_client_id(data, _ID_FIELD))


def transfer(wish: Wish) -> Json:
    """Move the amount now. Raises INSUFFICIENT_BALANCE, ACCOUNT_FROZEN, DUPLICATE_ID, and
    ACCOUNT_NOT_FOUND for an account that is not open yet."""
    scale = symbols.asset_scale(wish.asset)

    def render(outcome: Outcome) -> Json:
        try:
            raise_if_rejected(outcome.events)
        except RefusedError as refused:
            raise _explained(refused, scale) from None
        return _reply(wish, outcome, scale)

    return Submission(wish.command(), render).wait()


def _reply(wish: Wish, outcome: Outcome, scale: int) -> Json:
    """To a transfer, the same however often it is sent."""
    moves = (TransferEvent(*event) for event in outcome.events if event[0] == EV_TRANSFER)
    moved = next(event for event in moves if event.kind == MOVED_OUT)
    return {
        "transfer": {
            "transfer_id": str(outcome.sequence),
            "client_transfer_id": wish.client_transfer_id,
            "from": str(moved.account),
            "to": str(moved.counter_account),
            "asset": moved.asset,
            "amount": format_units(moved.amount_minor, scale),
            "timestamp": milliseconds(outcome.now_ns),
        },
        "sequence": outcome.sequence,
    }


def _explained(refused: RefusedError, scale: int) -> RefusedError:
    """The engine's refusal in the words of a transfer: amounts as decimals, its own field for the id."""
    details: Json = {}
    for name, value in refused.details.items():
        is_amount = name.endswith("_minor")
        details[name.removesuffix("_minor")] = format_units(int(value), scale) if is_amount else value
    if refused.code == "DUPLICATE_ID":
        details["field"] = _ID_FIELD
    return RefusedError(refused.code, details)
