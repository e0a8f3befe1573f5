"""Publications of what is owed, and proofs in them, as the wire has them. Amounts are whole minor units as
text: they are what is hashed."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from exchange.wire.shape_parts import Id, Milliseconds, text

#: A whole amount of minor units, not negative.
MinorUnits = Annotated[str, Meta(pattern="^(0|[1-9][0-9]*)$", max_length=39)]
#: SHA-256 or 32 random bytes in lower hex.
Hash = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class SolvencyAsset(msgspec.Struct):
    """What is owed of one asset: liabilities and fees are what custody has by the books."""

    asset: str
    scale: Annotated[int, text("Decimals of a minor unit.")]
    hash: Annotated[Hash, text("Of the top of the asset's tree, whose sum is liabilities_minor.")]
    liabilities_minor: MinorUnits
    fees_minor: Annotated[MinorUnits, text("Earned by the venue.")]
    custody_minor: MinorUnits
    accounts: Annotated[int, text("How many are owed some of it.")]


class SolvencyReport(msgspec.Struct):
    """One publication."""

    sequence: Annotated[int, text("The engine's, after which this was owed.")]
    timestamp: Milliseconds
    root: Annotated[Hash, text("Binds every asset's hash and sum to the sequence.")]
    state_hash: Annotated[Hash, text("Of the engine's whole state at the sequence.")]
    assets: list[SolvencyAsset]


class SolvencyReports(msgspec.Struct):
    reports: list[SolvencyReport]


class SolvencyStep(msgspec.Struct):
    """The other child on the way from a leaf to the top."""

    hash: Hash
    sum_minor: MinorUnits


class SolvencyLeaf(msgspec.Struct):
    """What the account was owed of one asset, and its way to the top of the asset's tree."""

    account: Id
    asset: str
    amount_minor: Annotated[MinorUnits, text("Available and held together.")]
    salt: Annotated[Hash, text("Keep it to yourself: with it others can see that this leaf is yours.")]
    index: int
    path: list[SolvencyStep]


class SolvencyProof(msgspec.Struct):
    report: SolvencyReport
    leaves: list[SolvencyLeaf]
