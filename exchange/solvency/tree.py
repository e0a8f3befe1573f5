"""A Merkle tree of sums: each node has a hash and the sum of what is owed below it.

    leaf   SHA-256(0x00, salt, account, asset, amount)            sum: the amount
    node   SHA-256(0x01, left hash, left sum, right hash, right sum)   sum: left + right
    root   SHA-256(0x02, sequence, and of each asset by name: its name, hash and sum)

Both children's sums are hashed, not their total alone: with the total a prover could shift amounts between
the two and show each owner a path to a smaller sum. Sums are written as 16 bytes without a sign, so none is
negative and none overflows: 10^36, the most there can be of an asset, needs 15. The first byte keeps leaves,
nodes and roots apart. Accounts are 8 bytes, sequences 8, names their length in a byte and ASCII; all numbers
begin with the highest byte. A level of an odd number ends with ``EMPTY``.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

HASH_BYTES: Final = 32
SUM_BYTES: Final = 16
NODE_BYTES: Final = HASH_BYTES + SUM_BYTES


class Node(NamedTuple):
    """A hash, and the sum below it in minor units."""

    hash: bytes
    sum_minor: int

    def to_bytes(self) -> bytes:
        """OverflowError for a sum that is negative or too large."""
        return self.hash + self.sum_minor.to_bytes(SUM_BYTES, "big")

    @classmethod
    def from_bytes(cls, data: bytes) -> Node:
        return cls(data[:HASH_BYTES], int.from_bytes(data[HASH_BYTES:NODE_BYTES], "big"))


EMPTY: Final = Node(bytes(HASH_BYTES), 0)


class AssetRoot(NamedTuple):
    """The top of one asset's tree."""

    asset: str
    node: Node


def salt_of(secret: bytes, account: int, asset: str) -> bytes:
    """The salt of a leaf: without ``secret`` it tells nothing about another leaf's."""
    return hmac.digest(secret, account.to_bytes(8, "big") + _named(asset), "sha256")


def leaf_of(salt: bytes, account: int, asset: str, amount_minor: int) -> Node:
    amount = amount_minor.to_bytes(SUM_BYTES, "big")
    content = b"\x00" + salt + account.to_bytes(8, "big") + _named(asset) + amount
    return Node(hashlib.sha256(content).digest(), amount_minor)


def parent_of(left: Node, right: Node) -> Node:
    content = b"\x01" + left.to_bytes() + right.to_bytes()
    return Node(hashlib.sha256(content).digest(), left.sum_minor + right.sum_minor)


def root_of(sequence: int, assets: Iterable[AssetRoot]) -> bytes:
    """What is published: it binds every asset's hash and sum to the sequence."""
    content = b"\x02" + sequence.to_bytes(8, "big")
    for root in sorted(assets):
        content += _named(root.asset) + root.node.to_bytes()
    return hashlib.sha256(content).digest()


def levels_of(leaves: Sequence[Node]) -> list[list[Node]]:
    """The tree from the leaves up; the last level has the one top node. At least one leaf."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        if len(below) % 2:
            below.append(EMPTY)
        levels.append([parent_of(*below[at : at + 2]) for at in range(0, len(below), 2)])
    return levels


def path_of(levels: Sequence[Sequence[Node]], index: int) -> list[Node]:
    """The other child at every level on the way from a leaf to the top."""
    return [level[(index >> depth) ^ 1] for depth, level in enumerate(levels[:-1])]


def climb(leaf: Node, index: int, path: Iterable[Node]) -> Node:
    """The top node that a leaf and its path lead to."""
    node = leaf
    for other in path:
        node = parent_of(other, node) if index & 1 else parent_of(node, other)
        index >>= 1
    return node


def _named(asset: str) -> bytes:
    name = asset.encode("ascii")
    return bytes((len(name),)) + name
