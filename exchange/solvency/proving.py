"""Is a publication what journal and ledger say? Every function gives what is wrong, in words; nothing when
all agrees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from django.db import connection, transaction

from exchange.engine.messages import FIRST_TRADER_ACCOUNT
from exchange.link.follower import Position
from exchange.listing.symbol_table import symbols
from exchange.models import Balance, Fill, Projection, SolvencyLeaf, SolvencyReport, Transfer
from exchange.solvency.liabilities import AssetBook, Book, engine_at, engine_from_start, read_book
from exchange.solvency.publishing import grow, root_of

Owed = dict[tuple[int, str], int]


def book_of_tables(journal: Path, snapshots: Path) -> tuple[Book, list[str]]:
    """What is owed at the position of the tables, and where their balances differ from the engine's.

    Raises InsolvencyError, JournalError, FollowerError, and Projection.DoesNotExist before anything is
    projected.
    """
    begins = not connection.in_atomic_block
    with transaction.atomic():
        if begins and connection.vendor == "postgresql":
            # Position and balances are of one moment; on SQLite every transaction sees but one.
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        projection = Projection.objects.get(name=Projection.MARKET_DATA)
        rows = Balance.objects.values_list("account", "asset", "available_minor", "held_minor")
        stored = {(account, asset): available + held for account, asset, available, held in rows.iterator()}
    position = Position(projection.sequence, projection.event_hash)
    book = read_book(engine_at(journal, snapshots, position))
    return book, list(_differences("tables", stored, _owed(book)))


def stored_problems(report: SolvencyReport) -> Iterator[str]:
    """Whether the leaves that are kept lead to the root and the sums."""
    leaves: dict[str, dict[int, int]] = defaultdict(dict)
    for leaf in SolvencyLeaf.objects.filter(report=report).iterator():
        leaves[leaf.asset][leaf.account] = leaf.amount_minor
    trees = []
    for row in report.assets.all():
        owed = leaves.get(row.asset, {})
        if len(owed) != row.accounts:
            yield f"{row.asset}: {len(owed)} leaves are kept of {row.accounts}"
        if row.liabilities_minor + row.fees_minor != row.custody_minor:
            yield (
                f"{row.asset}: {row.liabilities_minor} owed and {row.fees_minor} of fees, "
                f"{row.custody_minor} in custody"
            )
        book = AssetBook(row.asset, row.scale, owed, row.fees_minor, row.custody_minor)
        grown = grow(book, bytes(report.secret))
        if (grown.top.hash.hex(), grown.top.sum_minor) != (row.hash, row.liabilities_minor):
            yield f"{row.asset}: the leaves lead to {grown.top.hash.hex()} and {grown.top.sum_minor}"
        trees.append(grown)
    if root_of(report.sequence, trees).hex() != report.root:
        yield f"the leaves do not lead to the root {report.root}"


def journal_problems(journal: Path, report: SolvencyReport) -> Iterator[str]:
    """Fold the whole journal up to the publication and make its tree again; add up the ledger as well. Raises
    InsolvencyError, JournalError and FollowerError."""
    engine = engine_from_start(journal, report.sequence)
    if engine.sequence != report.sequence:
        yield f"the journal comes to sequence {engine.sequence}, the publication is of {report.sequence}"
        return
    book = read_book(engine)
    if book.state_hash != report.state_hash:
        yield f"the journal folds to state {book.state_hash}, the publication is of {report.state_hash}"
    secret = bytes(report.secret)
    root = root_of(report.sequence, [grow(each, secret) for each in book.assets]).hex()
    if root != report.root:
        yield f"the journal leads to root {root}, published is {report.root}"
    told = {row.asset: row for row in report.assets.all()}
    for each in book.assets:
        row = told.get(each.asset)
        published = None if row is None else (row.liabilities_minor, row.fees_minor, row.custody_minor)
        if published != (each.liabilities_minor, each.fees_minor, each.custody_minor):
            yield f"{each.asset}: published {published}, the journal folds to {each[3:]}"
    yield from _differences("ledger", _ledger_until(report.sequence), _owed(book))


def _owed(book: Book) -> Owed:
    return {(account, each.asset): amount for each in book.assets for account, amount in each.owed.items()}


def _ledger_until(sequence: int) -> Owed:
    """What every account has by adding up its fills and transfers."""
    sums: Owed = defaultdict(int)
    fills = Fill.objects.filter(sequence__lte=sequence)
    fields = ("account", "symbol", "base_delta_minor", "quote_delta_minor")
    for account, symbol, base, quote in fills.values_list(*fields).iterator():
        spec = symbols.known(symbol)
        sums[account, spec.base] += base
        sums[account, spec.quote] += quote
    for transfer in Transfer.objects.filter(sequence__lte=sequence).iterator():
        sums[transfer.account, transfer.asset] += transfer.change_minor
    return sums


def _differences(name: str, stored: Mapping[tuple[int, str], int], owed: Owed) -> Iterator[str]:
    for account, asset in sorted(stored.keys() | owed.keys()):
        found, expected = stored.get((account, asset), 0), owed.get((account, asset), 0)
        if found != expected and account >= FIRST_TRADER_ACCOUNT:
            yield f"account {account} {asset}: {name} {found}, engine {expected}"
