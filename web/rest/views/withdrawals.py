"""Withdrawals over REST."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.identity import step_up
from accounts.identity.scopes import WITHDRAW
from accounts.models import User
from custody.models import Withdrawal
from custody.states import WithdrawalState
from custody.withdrawals import answering, asking, withdrawal_reads
from custody.withdrawals.withdrawal_reads import Filter
from exchange.errors import RefusedError
from exchange.link import engine_link
from exchange.wire.field_readers import read_text, refuse_unknown
from web.access.people_limits import may_mail
from web.rest import params, schema
from web.rest import withdrawal_shapes as shapes
from web.rest.base import PrivateView

_FILTERS = frozenset({"asset", "state", "cursor", "limit"})
_ASKING = (
    *("STEP_UP_REQUIRED", "ASSET_NOT_FOUND", "INVALID_NUMBER", "INVALID_AMOUNT", "WITHDRAWALS_CLOSED"),
    *("WITHDRAWAL_TOO_SMALL", "INVALID_ADDRESS", "ADDRESS_NOT_FOUND", "ADDRESS_NOT_USABLE", "BOOK_ONLY"),
    *("WITHDRAWAL_LIMIT", "EMAIL_REQUIRED", "DUPLICATE_ID", "INSUFFICIENT_BALANCE", "ACCOUNT_FROZEN"),
    *("TOO_MANY_WITHDRAWALS", "WITHDRAWAL_ID_IN_USE", "INVALID_TEXT"),
)


class MoneyView(PrivateView):
    """Changes are charged apart from reads."""

    changes_scope = WITHDRAW

    @property
    def rate_scope(self) -> str:  # type: ignore[override]
        return "reads" if self.request.method == "GET" else "withdrawals"

    @classmethod
    def owner(cls, request: Request) -> User:
        """The user, by a log-in that may withdraw. Raises as ``log_in`` and ``account``."""
        user, identity = cls.log_in(request)
        identity.account_for(WITHDRAW)
        return user

    @classmethod
    def withdrawal(cls, request: Request, withdrawal_id: str) -> Withdrawal:
        """A withdrawal of the account. Raises as ``account``, and WITHDRAWAL_NOT_FOUND."""
        return withdrawal_reads.find(cls.account(request), withdrawal_id)


class WithdrawalsView(MoneyView):
    @schema.operation(
        operation_id="list_withdrawals",
        summary="The account's withdrawals, newest first",
        description="Of one asset or state, if you name it.",
        tags=["withdrawals"],
        reply=shapes.WithdrawalPage,
        errors=("ASSET_NOT_FOUND", "INVALID_CURSOR"),
        parameters=[
            schema.query("asset", "Only this asset."),
            schema.query("state", "Only those in this state.", enum=WithdrawalState.values),
            schema.CURSOR,
            schema.LIMIT,
        ],
    )
    def get(self, request: Request) -> Response:
        query = self.query(request)
        params.refuse_unknown(query, _FILTERS)
        chosen = Filter(params.read_asset(query), params.read_choice(query, "state", WithdrawalState.values))
        cursor, limit = params.read_cursor(query), params.read_limit(query)
        rows, following = withdrawal_reads.page(self.account(request), chosen, cursor, limit)
        next_cursor = None if following is None else str(following)
        return Response({"withdrawals": rows, "next_cursor": next_cursor})

    @schema.operation(
        operation_id="request_withdrawal",
        summary="Ask for a withdrawal",
        description="Holds amount and fee at once. A log-in has to have proved lately that it is the user "
        "(POST /api/v1/step-up), and confirms by a letter where the exchange asks for one. A key needs the "
        "scope `withdraw`, and withdraws to usable entries of the address book only. Sent again with the "
        "same `client_withdrawal_id` it answers 200 with the same withdrawal.",
        tags=["withdrawals"],
        request=shapes.WithdrawalRequest,
        reply=shapes.AskedWithdrawal,
        creates=True,
        errors=_ASKING,
    )
    def post(self, request: Request) -> Response:
        identity = self.identity(request)
        if not isinstance(request.user, User):
            raise RefusedError("PERMISSION_DENIED")
        asker = asking.asker_of(request.user, identity)
        if identity.key_id is None:
            step_up.require_recent_proof(identity)
        wish = asking.parse(self.body(request), asker.user)
        asked = asking.ask(wish, asker, engine_link.submit)
        found = asked.withdrawal
        body = {"withdrawal": withdrawal_reads.render_whole(found), "sequence": found.hold_sequence}
        return Response(body, status=201 if asked.is_new else 200)


class WithdrawalView(MoneyView):
    @schema.operation(
        operation_id="get_withdrawal",
        summary="One withdrawal, with its steps",
        description="`steps` lists what happened to it, and when.",
        tags=["withdrawals"],
        reply=shapes.OneWithdrawal,
        errors=("WITHDRAWAL_NOT_FOUND",),
    )
    def get(self, request: Request, withdrawal_id: str) -> Response:
        params.refuse_unknown(self.query(request), ())
        return _one(self.withdrawal(request, withdrawal_id))


class ConfirmView(MoneyView):
    @schema.operation(
        operation_id="confirm_withdrawal",
        summary="Confirm a withdrawal by the key of its letter",
        description="Once more changes nothing. Needs a log-in.",
        tags=["withdrawals"],
        auth=list(schema.LOG_INS),
        request=shapes.KeyOfLetter,
        reply=shapes.OneWithdrawal,
        errors=("WITHDRAWAL_NOT_FOUND", "WITHDRAWAL_STATE", "INVALID_LINK"),
    )
    def post(self, request: Request, withdrawal_id: str) -> Response:
        user = self.owner(request)
        body = self.body(request)
        refuse_unknown(body, {"key"})
        key = read_text(body, "key")
        found = withdrawal_reads.find_of_user(user.pk, withdrawal_id)
        answering.confirm(found, user, key)
        return _one(found)


class CancelView(MoneyView):
    @schema.operation(
        operation_id="cancel_withdrawal",
        summary="Call a withdrawal back",
        description="Until the order to pay goes out (`can_cancel`). Once more changes nothing.",
        tags=["withdrawals"],
        request=None,
        reply=shapes.OneWithdrawal,
        errors=("WITHDRAWAL_NOT_FOUND", "WITHDRAWAL_STATE"),
    )
    def post(self, request: Request, withdrawal_id: str) -> Response:
        found = self.withdrawal(request, withdrawal_id)
        assert isinstance(request.user, User)  # of every proof
        answering.call_back(found, request.user, engine_link.submit)
        return _one(found)


class ResendView(MoneyView):
    @schema.operation(
        operation_id="resend_withdrawal_letter",
        summary="Send the letter that confirms a withdrawal once more",
        description="Few an hour; beyond that none is sent, and the answer stays the same. Needs a log-in.",
        tags=["withdrawals"],
        auth=list(schema.LOG_INS),
        request=None,
        reply=shapes.OneWithdrawal,
        errors=("WITHDRAWAL_NOT_FOUND", "WITHDRAWAL_STATE"),
    )
    def post(self, request: Request, withdrawal_id: str) -> Response:
        user = self.owner(request)
        found = withdrawal_reads.find_of_user(user.pk, withdrawal_id)
        answering.send_again(found, may_mail)
        return _one(found)


class TermsView(MoneyView):
    @schema.operation(
        operation_id="get_withdrawal_terms",
        summary="Your limits, the lock to the address book, and how each asset is withdrawn",
        description="What may still leave in a day and a month; for each asset its fee, least "
        "amount and the shape of an address.",
        tags=["withdrawals"],
        reply=shapes.WithdrawalTerms,
    )
    def get(self, request: Request) -> Response:
        params.refuse_unknown(self.query(request), ())
        self.account(request)
        return Response(withdrawal_reads.terms_json(self.identity(request).user_id))


def _one(found: Withdrawal) -> Response:
    return Response({"withdrawal": withdrawal_reads.render_whole(found)})
