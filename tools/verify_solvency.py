"""Verify a proof of solvency without trusting the venue that made it.

    python verify_solvency.py proof.json --root 64_HEX_DIGITS
    python verify_solvency.py proof.json --url https://xtrader.example

Needs nothing but Python. ``proof.json`` is what ``GET /v1/solvency/proof`` answers, or the file that the
terminal saves. The root has to come from elsewhere than the proof: from a friend, a newspaper, an archive, or
(``--url``) from the venue's public list; all of them must have the same one. Exit status 0: the balances
named are in the sums that the root binds. 1: they are not. 2: the file is no proof.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import urllib.request
from pathlib import Path
from typing import Any

HASH = re.compile(r"[0-9a-f]{64}")
MINOR = re.compile(r"0|[1-9][0-9]{0,38}")
#: More levels than a tree of every atom's balance would have.
MAX_PATH = 64


class NotProven(Exception):
    """The proof does not lead to the root."""


class NotAProof(Exception):
    """The file has not the form of a proof."""


def hash_of(value: Any) -> bytes:
    """64 lower hex digits as bytes."""
    if not isinstance(value, str) or not HASH.fullmatch(value):
        raise NotAProof(f"{value!r} is not 64 hex digits")
    return bytes.fromhex(value)


def minor_of(value: Any) -> int:
    """A whole amount, not negative, of at most 16 bytes."""
    if not isinstance(value, str) or not MINOR.fullmatch(value) or int(value) >= 1 << 128:
        raise NotAProof(f"{value!r} is not an amount of minor units")
    return int(value)


def number_of(value: Any, most: int = (1 << 64) - 1) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if type(value) is not int or not 0 <= value <= most:
        raise NotAProof(f"{value!r} is not a number from 0 to {most}")
    return value


def named(asset: Any) -> bytes:
    if not isinstance(asset, str) or not asset.isascii() or not 1 <= len(asset) <= 255:
        raise NotAProof(f"{asset!r} is not an asset")
    return bytes((len(asset),)) + asset.encode()


def amount_bytes(amount: int) -> bytes:
    if amount >= 1 << 128:
        raise NotProven("a sum is larger than 16 bytes")
    return amount.to_bytes(16, "big")


def top_of(leaf: dict[str, Any]) -> tuple[bytes, int]:
    """Hash and sum that a leaf and its path lead to."""
    total = minor_of(leaf["amount_minor"])
    content = b"\x00" + hash_of(leaf["salt"]) + number_of(leaf["account"]).to_bytes(8, "big")
    digest = hashlib.sha256(content + named(leaf["asset"]) + amount_bytes(total)).digest()
    index, path = number_of(leaf["index"]), leaf["path"]
    if not isinstance(path, list) or len(path) > MAX_PATH:
        raise NotAProof("a path is a list of at most 64 steps")
    if index >> len(path):
        raise NotProven(f"{leaf['asset']}: no leaf {index} in a tree of {len(path)} levels")
    for step in path:
        own = digest + amount_bytes(total)
        other = minor_of(step["sum_minor"])
        beside = hash_of(step["hash"]) + amount_bytes(other)
        digest = hashlib.sha256(b"\x01" + (beside + own if index & 1 else own + beside)).digest()
        total += other
        index >>= 1
    return digest, total


def root_of(report: dict[str, Any]) -> str:
    """The root that a publication's sequence, hashes and sums make."""
    content = b"\x02" + number_of(report["sequence"]).to_bytes(8, "big")
    for row in sorted(report["assets"], key=lambda row: str(row["asset"])):
        content += (
            named(row["asset"]) + hash_of(row["hash"]) + amount_bytes(minor_of(row["liabilities_minor"]))
        )
    return hashlib.sha256(content).hexdigest()


def verify(proof: dict[str, Any], root: str) -> list[tuple[str, str, int]]:
    """(account, asset, amount in minor units) of every balance that is in the sums under ``root``. Raises
    NotProven and NotAProof."""
    try:
        report, leaves = proof["report"], proof["leaves"]
        hash_of(root)
        if root_of(report) != root:
            raise NotProven(f"hashes and sums of the publication make {root_of(report)}, not {root}")
        tops = {row["asset"]: row for row in report["assets"]}
        if len(tops) != len(report["assets"]):
            raise NotProven("an asset stands twice")
        for row in report["assets"]:
            owed, fees, custody = (
                minor_of(row[name]) for name in ("liabilities_minor", "fees_minor", "custody_minor")
            )
            if owed + fees != custody:
                raise NotProven(f"{row['asset']}: {owed} owed and {fees} of fees are not {custody}")
        for leaf in leaves:
            top = tops.get(leaf["asset"])
            if top is None or top_of(leaf) != (hash_of(top["hash"]), minor_of(top["liabilities_minor"])):
                raise NotProven(f"{leaf['asset']}: the path leads elsewhere")
        return [(str(leaf["account"]), leaf["asset"], minor_of(leaf["amount_minor"])) for leaf in leaves]
    except (KeyError, TypeError, AttributeError) as error:
        raise NotAProof(f"something is missing or of another kind: {error}") from error


def published_root(url: str, sequence: int) -> str:
    """The root that the venue shows everyone for this sequence."""
    with urllib.request.urlopen(f"{url.rstrip('/')}/api/v1/solvency?limit=100", timeout=30) as answer:
        reports = json.load(answer)["reports"]
    for report in reports:
        if report["sequence"] == sequence:
            return str(report["root"])
    raise NotProven(f"{url} has published nothing for sequence {sequence}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Verify a proof of solvency.")
    parser.add_argument("proof", type=Path)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--root", help="the published root, from a source that you trust")
    source.add_argument("--url", help="address of the venue, whose public list has the root")
    asked = parser.parse_args()
    try:
        proof = json.loads(asked.proof.read_text())
        root = asked.root or published_root(asked.url, number_of(proof["report"]["sequence"]))
        found = verify(proof, root)
    except NotProven as error:
        print(f"NOT PROVEN: {error}", file=sys.stderr)
        return 1
    except (NotAProof, OSError, ValueError, KeyError, TypeError) as error:
        print(f"not a proof: {error}", file=sys.stderr)
        return 2
    for account, asset, amount in found:
        print(f"account {account}: {amount} minor units of {asset} are in the sums")
    print(f"root {root} of sequence {proof['report']['sequence']}: proven")
    return 0


if __name__ == "__main__":
    sys.exit(main())
