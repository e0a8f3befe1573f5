"""What the venue owes at one sequence, taken from the engine's state that the journal folds to."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from exchange.engine import Engine
from exchange.engine.messages import CUSTODY_ACCOUNT, FEE_ACCOUNT, FIRST_TRADER_ACCOUNT, AssetEvent
from exchange.link.follower import Follower, Position


class InsolvencyError(Exception):
    """What must never be: a debt of a trader, or assets that do not add up. The message says what."""


class AssetBook(NamedTuple):
    """One asset: what each account is owed, available and held together (so with what orders and withdrawals
    under way hold), what of it the venue has earned in fees, and what is in custody by the books."""

    asset: str
    scale: int
    #: account -> amount, of those that are owed anything
    owed: dict[int, int]
    fees_minor: int
    custody_minor: int

    @property
    def liabilities_minor(self) -> int:
        return sum(self.owed.values())


class Book(NamedTuple):
    """All assets at a sequence, by name."""

    sequence: int
    now_ns: int
    state_hash: str
    assets: list[AssetBook]


def read_book(engine: Engine) -> Book:
    """What is owed as the engine stands. Raises InsolvencyError if anything is broken."""
    if problems := engine.check():
        raise InsolvencyError("; ".join(problems[:5]))
    owed: dict[str, dict[int, int]] = {}
    venue: dict[tuple[int, str], int] = {}
    for account, _ in engine.accounts():
        for asset, available, held in engine.balances(account):
            if account < FIRST_TRADER_ACCOUNT:
                venue[account, asset] = available + held
            elif available < 0 or held < 0:
                raise InsolvencyError(f"account {account} {asset}: available {available}, held {held}")
            elif available or held:
                owed.setdefault(asset, {})[account] = available + held
    books = [
        AssetBook(
            asset.asset,
            asset.scale,
            owed.get(asset.asset, {}),
            venue.get((FEE_ACCOUNT, asset.asset), 0),
            -venue.get((CUSTODY_ACCOUNT, asset.asset), 0),
        )
        for asset in (AssetEvent(*event) for event in engine.assets())
    ]
    for book in books:
        if book.fees_minor < 0 or book.liabilities_minor + book.fees_minor != book.custody_minor:
            raise InsolvencyError(
                f"{book.asset}: {book.liabilities_minor} owed and {book.fees_minor} of fees, "
                f"{book.custody_minor} in custody"
            )
    return Book(engine.sequence, engine.now_ns, engine.state_hash(), books)


def engine_at(journal: Path, snapshots: Path, position: Position) -> Engine:
    """The engine at a position that the tables have reached, by way of the newest snapshot before it. Raises
    JournalError and FollowerError where the journal is damaged, or not the one of the tables."""
    with Follower(journal, snapshots, position=position) as follower:
        return follower.engine


def engine_from_start(journal: Path, sequence: int) -> Engine:
    """The engine at the end of the batch with this sequence, folded from the very first command. Raises as
    ``engine_at``."""
    with Follower(journal, journal / "no-snapshots") as follower:
        while follower.position.sequence < sequence and follower.poll(0, max_commands=1):
            pass
        return follower.engine
