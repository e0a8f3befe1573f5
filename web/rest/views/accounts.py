"""A user's accounts over REST, and transfers between them."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import sub_accounts
from accounts.identity.scopes import READ, TRADE, TRANSFER
from accounts.models import User
from accounts.wallet import transfers
from web.rest import own_account_shapes as shapes
from web.rest import params, schema
from web.rest.base import PrivateView

_CHANGE = ("ACCOUNT_NAME_TAKEN", "FROZEN_BY_OPERATOR", "OUTCOME_UNKNOWN", "INVALID_TEXT")


class _OwnAccountsView(PrivateView):
    @property
    def rate_scope(self) -> str:  # type: ignore[override]
        return "reads" if self.request.method == "GET" else "accounts"

    @classmethod
    def owner(cls, request: Request) -> User:
        """The user, by a log-in that may trade. Raises as ``log_in`` and ``account``."""
        user, identity = cls.log_in(request)
        identity.account_for(TRADE)
        return user


class AccountsView(_OwnAccountsView):
    @schema.operation(
        operation_id="list_accounts",
        summary="Your accounts, the main one first",
        description="A key sees its own account only.",
        tags=["accounts"],
        reply=shapes.OwnAccounts,
        engine=False,
    )
    def get(self, request: Request) -> Response:
        params.refuse_unknown(self.query(request), ())
        identity = self.identity(request)
        identity.account_for(READ)
        return Response({"accounts": sub_accounts.list_own(identity.seen_accounts)})

    @schema.operation(
        operation_id="open_account",
        summary="Open a sub-account",
        description="Answers when the account is open, or after five seconds with the status `opening`. Its "
        "orders never trade with those of your other accounts. Needs a log-in: a key opens no account.",
        tags=["accounts"],
        auth=list(schema.LOG_INS),
        request=shapes.AccountRequest,
        reply=shapes.OneOwnAccount,
        engine=False,
        errors=("ACCOUNT_NAME_TAKEN", "TOO_MANY_ACCOUNTS", "INVALID_TEXT"),
    )
    def post(self, request: Request) -> Response:
        user = self.owner(request)
        name = sub_accounts.parse_new(self.body(request))
        return Response({"account": sub_accounts.open_one(user, name)})


class AccountView(_OwnAccountsView):
    @schema.operation(
        operation_id="change_account",
        summary="Rename, freeze or thaw an account of yours",
        description="`account` is its name or number. You thaw only what you froze yourself. Needs a log-in.",
        tags=["accounts"],
        auth=list(schema.LOG_INS),
        request=shapes.AccountChange,
        reply=shapes.OneOwnAccount,
        engine=False,
        errors=_CHANGE,
    )
    def patch(self, request: Request, account: str) -> Response:
        user = self.owner(request)
        number = self.identity(request).own_number(account)
        change = sub_accounts.parse_change(self.body(request))
        return Response({"account": sub_accounts.change_one(user, number, change)})


class TransferView(PrivateView):
    rate_scope = "orders"
    changes_scope = TRANSFER

    @schema.operation(
        operation_id="transfer",
        summary="Move an amount between two accounts of yours",
        description="Both sides change in one step. Sent again with the same `client_transfer_id` it gets "
        "the first reply and moves nothing.",
        tags=["accounts"],
        request=shapes.TransferRequest,
        reply=shapes.Transferred,
        errors=(
            *("ASSET_NOT_FOUND", "INVALID_NUMBER", "INVALID_AMOUNT", "INSUFFICIENT_BALANCE"),
            *("ACCOUNT_FROZEN", "DUPLICATE_ID", "SAME_ACCOUNT"),
        ),
    )
    def post(self, request: Request) -> Response:
        self.account(request)
        return Response(transfers.transfer(transfers.parse(self.body(request), self.identity(request))))
