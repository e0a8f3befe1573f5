"""Bodies and replies of the calls for a user's accounts, and for transfers between them."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from accounts.identity.own_accounts import MAX_NAME_CHARS
from accounts.sub_accounts import STATUSES
from exchange.engine.messages import ACCOUNT_STATUSES
from exchange.models import FrozenBy
from exchange.wire.shape_parts import AssetName, ClientOrderId, Decimal, Id, Milliseconds, one_of, text
from web.rest.request_shapes import DecimalInput

#: The name of an account, or its number.
AccountWord = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_CHARS)]
_NAME = f"1 to {MAX_NAME_CHARS} characters, unique among your accounts; not digits alone, and not `main`."


class OwnAccount(msgspec.Struct):
    """An account of yours."""

    account: Annotated[Id, text("Its number.")]
    name: Annotated[str, text("`main` of the main account.")]
    is_main: Annotated[bool, text("Requests without `X-Account` are for it.")]
    status: Annotated[str, one_of(STATUSES), text("`opening` until the engine has opened it.")]
    frozen_by: Annotated[
        Annotated[str, one_of(FrozenBy.values)] | None, text("You thaw only what you froze yourself.")
    ]
    created_at: Milliseconds


class OwnAccounts(msgspec.Struct):
    accounts: list[OwnAccount]


class OneOwnAccount(msgspec.Struct):
    account: OwnAccount


class AccountRequest(msgspec.Struct):
    """An account to open."""

    name: Annotated[AccountWord, text(_NAME)]


class AccountChange(msgspec.Struct):
    """What to change of an account; at least one."""

    name: Annotated[AccountWord | None, text(f"{_NAME} The main account keeps its name.")] = None
    status: Annotated[
        Annotated[str, one_of(ACCOUNT_STATUSES)] | None,
        text("`frozen`: no new orders and no transfers out of it, until it is `active` again."),
    ] = None


class TransferRequest(msgspec.Struct, rename={"from_": "from"}):
    """An amount to move between two accounts of yours."""

    from_: Annotated[AccountWord, text("Name or number of an account of yours; of a key its own.")]
    to: Annotated[AccountWord, text("Name or number of another account of yours.")]
    asset: AssetName
    amount: Annotated[DecimalInput, text("Above zero.")]
    client_transfer_id: Annotated[
        ClientOrderId | None, text("Your own id: sent again, the transfer gets the first reply.")
    ] = None


class Transfer(msgspec.Struct, rename={"from_": "from"}):
    transfer_id: Id
    client_transfer_id: str | None
    from_: Annotated[Id, text("The number of the account.")]
    to: Id
    asset: str
    amount: Decimal
    timestamp: Milliseconds


class Transferred(msgspec.Struct):
    transfer: Transfer
    sequence: int
