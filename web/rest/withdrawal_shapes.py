"""Bodies and replies of the calls for withdrawals and the address book."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from custody.letter_keys import LONGEST_KEY
from custody.models import MAX_ADDRESS, MAX_LABEL, MAX_TAG
from custody.states import WithdrawalEnd, WithdrawalState
from exchange.wire.shape_parts import AssetName, ClientOrderId, Decimal, Id, Milliseconds, one_of, text
from web.rest.request_shapes import DecimalInput

State = Annotated[str, one_of(WithdrawalState.values)]
AddressText = Annotated[str, Meta(min_length=1, max_length=MAX_ADDRESS)]
TagText = Annotated[str, Meta(min_length=1, max_length=MAX_TAG)]
LabelText = Annotated[str, Meta(min_length=1, max_length=MAX_LABEL)]
_ADDRESS = f"1 to {MAX_ADDRESS} printable characters, as the asset's `address_pattern` has it."
_TAG = f"1 to {MAX_TAG} printable characters, where the asset has tags."


class WithdrawalRequest(msgspec.Struct):
    """A withdrawal to ask for: by `address_id`, or by `address` and perhaps `tag`."""

    asset: AssetName
    amount: Annotated[DecimalInput, text("What is paid out; the fee comes on top.")]
    address_id: Annotated[
        Id | None, text("An entry of your address book. A key's goes to usable entries only.")
    ] = None
    address: Annotated[AddressText | None, text(_ADDRESS)] = None
    tag: Annotated[TagText | None, text(_TAG)] = None
    client_withdrawal_id: Annotated[
        ClientOrderId | None, text("Your own id: sent again, it is the same withdrawal.")
    ] = None


class KeyOfLetter(msgspec.Struct):
    """What the link of a letter ends with."""

    key: Annotated[str, Meta(max_length=LONGEST_KEY)]


class Withdrawal(msgspec.Struct):
    withdrawal_id: Id
    client_withdrawal_id: str | None
    account: Id
    asset: str
    amount: Annotated[Decimal, text("What is paid out.")]
    fee: Decimal
    total: Annotated[Decimal, text("Held from the request on.")]
    address: str
    tag: str | None
    address_id: Annotated[Id | None, text("The entry of the address book it goes to, if any.")]
    state: Annotated[State, text("docs/money.md says what each means.")]
    end: Annotated[
        Annotated[str, one_of(WithdrawalEnd.values)] | None, text("Why it was given back, where it was.")
    ]
    end_reason: Annotated[str | None, text("In words, where a person or the provider gave some.")]
    refusal_code: Annotated[str | None, text("Of a `refused` one, which was never held.")]
    transaction: Annotated[str | None, text("What you can look for at your bank or on the chain.")]
    requested_at: Milliseconds
    confirm_by: Annotated[Milliseconds | None, text("Null where no letter is needed.")]
    sent_at: Milliseconds | None
    ended_at: Milliseconds | None
    can_cancel: Annotated[bool, text("Whether it can still be called back.")]


class WithdrawalStep(msgspec.Struct):
    at: Milliseconds
    state: State
    note: str | None


class WholeWithdrawal(Withdrawal):
    steps: Annotated[list[WithdrawalStep], text("From the request on.")]


class AskedWithdrawal(msgspec.Struct):
    withdrawal: WholeWithdrawal
    sequence: Annotated[
        int | None,
        text("Of the engine's hold; null until the engine has answered (`requested`): it goes on by itself."),
    ]


class OneWithdrawal(msgspec.Struct):
    withdrawal: WholeWithdrawal


class WithdrawalPage(msgspec.Struct):
    withdrawals: list[Withdrawal]
    next_cursor: Annotated[str | None, text("Null on the last page.")]


class UsedLimit(msgspec.Struct):
    limit: Decimal
    used: Decimal
    left: Decimal


class WithdrawalLimits(msgspec.Struct):
    """Of all your accounts together, by what withdrawals were worth when they were asked for."""

    currency: str
    day: Annotated[UsedLimit, text("In the last 24 hours.")]
    month: Annotated[UsedLimit, text("In the last 30 days.")]


class AssetTerms(msgspec.Struct):
    asset: str
    open: Annotated[bool, text("Whether it can be withdrawn at the moment.")]
    fee: Annotated[Decimal, text("On top of what is paid out.")]
    minimum: Annotated[Decimal, text("The least that is paid out.")]
    has_tag: bool
    address_pattern: Annotated[
        str | None, text("A regular expression that a whole address matches; null: any printable text.")
    ]
    provider_is_manual: Annotated[bool, text("Whether people pay it out.")]
    deposits_open: bool


class WithdrawalTerms(msgspec.Struct):
    level: Annotated[int, text("Your verification level.")]
    limits: WithdrawalLimits
    book_only: Annotated[bool, text("Withdrawals go to the address book only.")]
    book_only_ends_at: Milliseconds | None
    address_delay_s: Annotated[int, text("Seconds until a new address may be used.")]
    review_above: Annotated[
        Decimal, text("Withdrawals worth more, in the limits' currency, are looked at by people.")
    ]
    confirms_by_letter: Annotated[
        bool, text("Whether withdrawals asked for by log-in, and new addresses, are confirmed by a letter.")
    ]
    assets: list[AssetTerms]


class AddressRequest(msgspec.Struct):
    """An entry of the address book to add."""

    asset: AssetName
    address: Annotated[AddressText, text(_ADDRESS)]
    label: Annotated[LabelText, text(f"For you: 1 to {MAX_LABEL} characters.")]
    tag: Annotated[TagText | None, text(_TAG)] = None


class Address(msgspec.Struct):
    address_id: Id
    asset: str
    address: str
    tag: str | None
    label: str
    created_at: Milliseconds
    confirmed: Annotated[bool, text("By its letter, where one was asked for.")]
    usable_at: Milliseconds | None
    is_usable: bool


class Addresses(msgspec.Struct):
    addresses: list[Address]


class OneAddress(msgspec.Struct):
    address: Address


class RemovedAddress(msgspec.Struct):
    removed: Annotated[bool, text("Always true.")]


class AddressLock(msgspec.Struct):
    book_only: bool
    book_only_ends_at: Annotated[Milliseconds | None, text("When it ends, once you have lifted it.")]


class AddressLockRequest(msgspec.Struct):
    book_only: Annotated[bool, text("Off takes effect after the delay of new addresses.")]
