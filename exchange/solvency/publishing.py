"""Publications: made from a book, kept as rows, and read again as proofs."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from exchange.models import SolvencyAsset, SolvencyLeaf, SolvencyNodes, SolvencyReport
from exchange.solvency import tree
from exchange.solvency.liabilities import AssetBook, Book
from exchange.solvency.tree import AssetRoot, Node

#: Nodes of one row: a proof reads a row a level.
NODES_PER_ROW: Final = 256
_ROWS_AT_A_TIME: Final = 500


class AssetTree(NamedTuple):
    """One asset's tree, and at which leaf each account stands."""

    book: AssetBook
    levels: list[list[Node]]
    index_of: dict[int, int]

    @property
    def top(self) -> Node:
        return self.levels[-1][0]


class Proof(NamedTuple):
    """What an account needs to find its leaf under the root."""

    leaf: SolvencyLeaf
    salt: bytes
    path: list[Node]


def grow(book: AssetBook, secret: bytes) -> AssetTree:
    """The tree of one asset. Leaves stand by their hashes: nothing of a leaf's place tells whose it is. An
    asset that is owed to no account has one empty leaf."""
    leaves = {
        account: tree.leaf_of(tree.salt_of(secret, account, book.asset), account, book.asset, amount)
        for account, amount in book.owed.items()
    }
    accounts = sorted(leaves, key=lambda account: leaves[account].hash)
    levels = tree.levels_of([leaves[account] for account in accounts] or [tree.EMPTY])
    return AssetTree(book, levels, {account: index for index, account in enumerate(accounts)})


def root_of(sequence: int, trees: Iterable[AssetTree]) -> bytes:
    return tree.root_of(sequence, [AssetRoot(each.book.asset, each.top) for each in trees])


def publish(book: Book, keep: int) -> SolvencyReport:
    """Store a publication, all of it or nothing, and forget the leaves of all but the ``keep`` newest.
    Returns the one there is, if this sequence has been published before."""
    found = SolvencyReport.objects.filter(sequence=book.sequence).first()
    if found is not None:
        return found
    secret = secrets.token_bytes(tree.HASH_BYTES)
    trees = [grow(each, secret) for each in book.assets]
    root = root_of(book.sequence, trees)
    with transaction.atomic():
        report = SolvencyReport.objects.create(
            sequence=book.sequence,
            time_ns=book.now_ns,
            state_hash=book.state_hash,
            root=root.hex(),
            secret=secret,
        )
        for each in trees:
            _store(report, each)
        _forget_leaves(keep)
    return report


def _store(report: SolvencyReport, grown: AssetTree) -> None:
    book = grown.book
    SolvencyAsset.objects.create(
        report=report,
        asset=book.asset,
        scale=book.scale,
        hash=grown.top.hash.hex(),
        liabilities_minor=grown.top.sum_minor,
        fees_minor=book.fees_minor,
        custody_minor=book.custody_minor,
        accounts=len(book.owed),
    )
    leaves = (
        SolvencyLeaf(report=report, account=account, asset=book.asset, index=index, amount_minor=amount)
        for account, amount in book.owed.items()
        for index in (grown.index_of[account],)
    )
    SolvencyLeaf.objects.bulk_create(leaves, batch_size=_ROWS_AT_A_TIME)
    SolvencyNodes.objects.bulk_create(_rows_of(report, grown), batch_size=_ROWS_AT_A_TIME)


def _rows_of(report: SolvencyReport, grown: AssetTree) -> Iterator[SolvencyNodes]:
    for level, nodes in enumerate(grown.levels):
        for run in range(0, len(nodes), NODES_PER_ROW):
            content = b"".join(node.to_bytes() for node in nodes[run : run + NODES_PER_ROW])
            yield SolvencyNodes(
                report=report, asset=grown.book.asset, level=level, run=run // NODES_PER_ROW, nodes=content
            )


def _forget_leaves(keep: int) -> None:
    """Roots and sums stay for ever; who was owed what can be folded from the journal again."""
    kept = SolvencyReport.objects.order_by("-sequence").values_list("sequence", flat=True)[:keep]
    oldest = min(kept)
    SolvencyLeaf.objects.filter(report__lt=oldest).delete()
    SolvencyNodes.objects.filter(report__lt=oldest).delete()


# --- reading ---------------------------------------------------------------------------------------------


def reports(limit: int) -> list[SolvencyReport]:
    """The newest publications with their assets, newest first."""
    return list(SolvencyReport.objects.prefetch_related("assets")[:limit])


def report_for_proofs(sequence: int | None) -> SolvencyReport | None:
    """The publication of a sequence, or the newest; None if there is none, or its leaves are forgotten."""
    has_nodes = Exists(SolvencyNodes.objects.filter(report=OuterRef("pk")))
    found = SolvencyReport.objects.prefetch_related("assets").filter(has_nodes)
    return (found if sequence is None else found.filter(sequence=sequence)).first()


def proofs(report: SolvencyReport, account: int) -> list[Proof]:
    """The account's proofs in a publication, one an asset that it is owed."""
    secret = bytes(report.secret)
    leaves = SolvencyLeaf.objects.filter(report=report, account=account)
    return [
        Proof(leaf, tree.salt_of(secret, account, leaf.asset), _path(report, leaf.asset, leaf.index))
        for leaf in leaves
    ]


def _path(report: SolvencyReport, asset: str, index: int) -> list[Node]:
    """``tree.path_of`` from the stored levels, in one query."""
    depth = (SolvencyNodes.objects.filter(report=report, asset=asset).order_by("-level")[:1]).get().level
    places = [(level, (index >> level) ^ 1) for level in range(depth)]
    wanted = Q()
    for level, place in places:
        wanted |= Q(level=level, run=place // NODES_PER_ROW)
    rows = SolvencyNodes.objects.filter(wanted, report=report, asset=asset) if places else ()
    nodes = {row.level: bytes(row.nodes) for row in rows}
    found = []
    for level, place in places:
        at = place % NODES_PER_ROW * tree.NODE_BYTES
        found.append(Node.from_bytes(nodes[level][at : at + tree.NODE_BYTES]))
    return found
