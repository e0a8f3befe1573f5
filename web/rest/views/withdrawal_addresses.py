"""The address book over REST. A log-in keeps it, never a key."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.identity import step_up
from custody.addresses import address_book, book_lock
from exchange.wire.field_readers import read_bool, read_text, refuse_unknown, required
from web.access.language import active_language
from web.rest import params, schema
from web.rest import withdrawal_shapes as shapes
from web.rest.views.withdrawals import MoneyView


class AddressesView(MoneyView):
    @schema.operation(
        operation_id="list_addresses",
        summary="Your withdrawal addresses, newest first",
        description="`is_usable` is true of an entry that was confirmed by its letter and whose "
        "delay is over.",
        tags=["withdrawals"],
        reply=shapes.Addresses,
        engine=False,
    )
    def get(self, request: Request) -> Response:
        params.refuse_unknown(self.query(request), ())
        self.account(request)
        entries = address_book.entries_of(self.identity(request).user_id)
        return Response({"addresses": [address_book.render(entry) for entry in entries]})

    @schema.operation(
        operation_id="add_address",
        summary="Add a withdrawal address",
        description="Needs a log-in that has proved lately that it is the user (POST /api/v1/step-up). It is "
        "confirmed by a letter, where the exchange asks for one, and usable after the delay.",
        tags=["withdrawals"],
        auth=list(schema.LOG_INS),
        request=shapes.AddressRequest,
        reply=shapes.OneAddress,
        creates=True,
        errors=(
            "INVALID_TEXT",
            *("STEP_UP_REQUIRED", "ASSET_NOT_FOUND", "WITHDRAWALS_CLOSED", "INVALID_ADDRESS"),
            *("ADDRESS_EXISTS", "TOO_MANY_ADDRESSES", "EMAIL_REQUIRED"),
        ),
    )
    def post(self, request: Request) -> Response:
        user = self.owner(request)
        step_up.require_recent_proof(self.identity(request))
        entry = address_book.add(user, address_book.parse(self.body(request)), active_language()[:2])
        return Response({"address": address_book.render(entry)}, status=201)


class AddressView(MoneyView):
    @schema.operation(
        operation_id="remove_address",
        summary="Remove a withdrawal address",
        description="The entry is gone at once; the same address, added again, starts over.",
        tags=["withdrawals"],
        auth=list(schema.LOG_INS),
        reply=shapes.RemovedAddress,
        engine=False,
        errors=("ADDRESS_NOT_FOUND",),
    )
    def delete(self, request: Request, address_id: str) -> Response:
        params.refuse_unknown(self.query(request), ())
        address_book.remove(self.owner(request), address_id)
        return Response({"removed": True})


class ConfirmView(MoneyView):
    @schema.operation(
        operation_id="confirm_address",
        summary="Confirm a withdrawal address by the key of its letter",
        description="Once more changes nothing.",
        tags=["withdrawals"],
        auth=list(schema.LOG_INS),
        request=shapes.KeyOfLetter,
        reply=shapes.OneAddress,
        engine=False,
        errors=("ADDRESS_NOT_FOUND", "INVALID_LINK"),
    )
    def post(self, request: Request, address_id: str) -> Response:
        user = self.owner(request)
        body = self.body(request)
        refuse_unknown(body, {"key"})
        entry = address_book.confirm(user, address_id, read_text(body, "key"))
        return Response({"address": address_book.render(entry)})


class LockView(MoneyView):
    @schema.operation(
        operation_id="get_address_lock",
        summary="Whether withdrawals go to the address book only",
        description="With `book_only` withdrawals go to usable entries of the address book alone.",
        tags=["withdrawals"],
        reply=shapes.AddressLock,
        engine=False,
    )
    def get(self, request: Request) -> Response:
        params.refuse_unknown(self.query(request), ())
        self.account(request)
        return Response(book_lock.render(self.identity(request).user_id))

    @schema.operation(
        operation_id="set_address_lock",
        summary="Limit withdrawals to the address book, or lift that",
        description="The limit holds at once. It ends after the delay of new addresses; lifting it needs a "
        "log-in that has proved lately that it is the user (POST /api/v1/step-up).",
        tags=["withdrawals"],
        auth=list(schema.LOG_INS),
        request=shapes.AddressLockRequest,
        reply=shapes.AddressLock,
        engine=False,
        errors=("STEP_UP_REQUIRED",),
    )
    def put(self, request: Request) -> Response:
        user = self.owner(request)
        body = self.body(request)
        refuse_unknown(body, {"book_only"})
        required(body, "book_only")
        if read_bool(body, "book_only"):
            book_lock.close(user)
        else:
            step_up.require_recent_proof(self.identity(request))
            book_lock.lift(user)
        return Response(book_lock.render(user.pk))
