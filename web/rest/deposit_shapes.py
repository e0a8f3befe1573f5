"""Replies of the calls for deposits."""

from __future__ import annotations

from typing import Annotated

import msgspec

from custody.states import DepositState
from exchange.wire.shape_parts import Decimal, Id, Milliseconds, one_of, text


class Deposit(msgspec.Struct):
    deposit_id: Id
    asset: str
    amount: Decimal
    state: Annotated[Annotated[str, one_of(DepositState.values)], text("docs/money.md says what each means.")]
    source: Annotated[str, text("The provider it came by, `operator` or `play money`.")]
    reference: Annotated[str | None, text("The provider's name for it.")]
    address: Annotated[str | None, text("Where it came in, by a provider.")]
    seen_at: Milliseconds
    credited_at: Milliseconds | None
    sequence: Annotated[int | None, text("Of the engine's credit.")]


class DepositPage(msgspec.Struct):
    deposits: list[Deposit]
    next_cursor: Annotated[str | None, text("Null on the last page.")]


class DepositAddress(msgspec.Struct):
    asset: str
    open: Annotated[bool, text("Whether the asset comes in at the moment.")]
    address: Annotated[
        str | None,
        text("Where to send to: the same each time, and your account's alone. Null: ask operators."),
    ]
    tag: Annotated[str | None, text("Goes with the address, where the asset has tags.")]
