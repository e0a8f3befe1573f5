"""The tree of sums, and that the stand-alone verifier takes what it proves and nothing else."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.solvency import tree
from exchange.solvency.liabilities import AssetBook
from exchange.solvency.publishing import AssetTree, grow, root_of
from tools import verify_solvency as verifier

ROOT = Path(__file__).resolve().parents[3]
SECRET = bytes(range(32))
owed_amounts = st.dictionaries(
    st.integers(1_000, 1 << 40), st.one_of(st.integers(1, 50), st.integers(1, 10**36)), max_size=40
)
books = st.dictionaries(st.sampled_from(("BTC", "KRW", "X" * 16)), owed_amounts, min_size=1)


def proof_of(trees: list[AssetTree], sequence: int, account: int) -> dict[str, Any]:
    """What the API answers, made from the trees alone."""
    assets, leaves = [], []
    for each in trees:
        book = each.book
        assets.append(
            {
                "asset": book.asset,
                "hash": each.top.hash.hex(),
                "liabilities_minor": str(each.top.sum_minor),
                "fees_minor": str(book.fees_minor),
                "custody_minor": str(book.custody_minor),
            }
        )
        if account not in book.owed:
            continue
        index = each.index_of[account]
        leaves.append(
            {
                "account": str(account),
                "asset": book.asset,
                "amount_minor": str(book.owed[account]),
                "salt": tree.salt_of(SECRET, account, book.asset).hex(),
                "index": index,
                "path": [
                    {"hash": node.hash.hex(), "sum_minor": str(node.sum_minor)}
                    for node in tree.path_of(each.levels, index)
                ],
            }
        )
    return {"report": {"sequence": sequence, "assets": assets}, "leaves": leaves}


def grown(owed: dict[str, dict[int, int]], fees: int = 3) -> list[AssetTree]:
    return [
        grow(AssetBook(asset, 0, of, fees, sum(of.values()) + fees), SECRET) for asset, of in owed.items()
    ]


@given(books, st.integers(1, 10**15))
@settings(deadline=None)
def test_every_account_finds_its_balances(owed: dict[str, dict[int, int]], sequence: int) -> None:
    trees = grown(owed)
    root = root_of(sequence, trees).hex()
    for each in trees:
        assert each.top.sum_minor == sum(each.book.owed.values())
        for account, index in each.index_of.items():
            leaf = each.levels[0][index]
            assert tree.climb(leaf, index, tree.path_of(each.levels, index)) == each.top
            found = verifier.verify(proof_of(trees, sequence, account), root)
            mine = [(str(account), asset, of[account]) for asset, of in owed.items() if account in of]
            assert found == mine


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where in a proof the numbers and hashes stand that must not change."""
    if isinstance(value, dict):
        return [place for key, each in value.items() for place in places(each, (*path, key))]
    if isinstance(value, list):
        return [place for at, each in enumerate(value) for place in places(each, (*path, at))]
    return [path]


def altered(value: Any, by: int) -> Any:
    """Another value of the same form: a hash with another bit, a number that is larger or smaller."""
    if isinstance(value, int):
        return max(0, value + by) if value + by != value and value + by >= 0 else value + 1
    if len(value) == 64:
        return f"{int(value, 16) ^ (1 << (by % 256)):064x}"
    if value.isdigit():
        return str(int(value) + by) if int(value) + by >= 0 else str(int(value) + 1)
    return value[:-1] + ("Z" if value[-1] != "Z" else "Y")


@given(books, st.data())
@settings(deadline=None, max_examples=200)
def test_whatever_is_altered_proves_nothing(owed: dict[str, dict[int, int]], data: st.DataObject) -> None:
    trees = grown(owed)
    accounts = sorted({account for of in owed.values() for account in of})
    if not accounts:
        return
    root = root_of(7, trees).hex()
    proof = proof_of(trees, 7, data.draw(st.sampled_from(accounts)))
    assert verifier.verify(proof, root)
    *path, last = data.draw(st.sampled_from(places(proof)))
    spoiled = copy.deepcopy(proof)
    target = spoiled
    for step in path:
        target = target[step]
    target[last] = altered(target[last], data.draw(st.sampled_from((1, -1, 255, 10**20))))
    with pytest.raises((verifier.NotProven, verifier.NotAProof)):
        verifier.verify(spoiled, root)


@given(books, st.data())
@settings(deadline=None)
def test_a_sum_shifted_between_two_children_does_not_verify(
    owed: dict[str, dict[int, int]], data: st.DataObject
) -> None:
    """What broke trees that hash the total alone: one child less, its sibling more, the same total."""
    trees = grown(owed)
    deep = [each for each in trees if len(each.levels) > 1]
    if not deep:
        return
    each = data.draw(st.sampled_from(deep))
    account = data.draw(st.sampled_from(sorted(each.book.owed)))
    proof = proof_of(trees, 7, account)
    (leaf,) = [leaf for leaf in proof["leaves"] if leaf["asset"] == each.book.asset]
    step = leaf["path"][0]
    leaf["amount_minor"] = str(int(leaf["amount_minor"]) + 1)
    step["sum_minor"] = str(max(0, int(step["sum_minor"]) - 1))
    with pytest.raises(verifier.NotProven):
        verifier.verify(proof, root_of(7, trees).hex())


@pytest.mark.parametrize("amount", [-1, 1 << 128])
def test_a_sum_that_is_negative_or_too_large_cannot_be_written(amount: int) -> None:
    with pytest.raises(OverflowError):
        tree.leaf_of(SECRET, 1_000, "KRW", amount)
    with pytest.raises(OverflowError):
        tree.parent_of(tree.Node(SECRET, amount), tree.EMPTY)


@pytest.mark.parametrize(
    "text", ["-1", "+1", "01", "1.0", "1e3", " 1", "", "\u0661", str(1 << 128), 1, None, True]
)
def test_the_verifier_takes_no_other_amounts(text: Any) -> None:
    with pytest.raises(verifier.NotAProof):
        verifier.minor_of(text)


def test_a_leaf_beyond_the_tree_is_none() -> None:
    trees = grown({"KRW": {1_000: 5, 1_001: 6}})
    proof = proof_of(trees, 7, 1_000)
    proof["leaves"][0]["index"] += 2
    with pytest.raises(verifier.NotProven, match="no leaf"):
        verifier.verify(proof, root_of(7, trees).hex())


def test_liabilities_and_fees_are_custody() -> None:
    trees = grown({"KRW": {1_000: 5}})
    proof = proof_of(trees, 7, 1_000)
    proof["report"]["assets"][0]["custody_minor"] = "9"
    with pytest.raises(verifier.NotProven, match="are not 9"):
        verifier.verify(proof, root_of(7, trees).hex())


def test_the_script_by_itself(tmp_path: Path) -> None:
    trees = grown({"KRW": {1_000: 5, 1_001: 6, 1_002: 7}})
    file, root = tmp_path / "proof.json", root_of(7, trees).hex()
    file.write_text(json.dumps(proof_of(trees, 7, 1_001)))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        script = [sys.executable, "-I", str(ROOT / "tools" / "verify_solvency.py"), str(file)]
        return subprocess.run([*script, *arguments], capture_output=True, text=True, check=False)

    good = run("--root", root)
    assert (good.returncode, "account 1001: 6 minor units of KRW" in good.stdout) == (0, True), good
    assert run("--root", "0" * 64).returncode == 1
    assert run("--root", "nonsense").returncode == 2
    file.write_text("{}")
    assert run("--root", root).returncode == 2


def test_salts_tell_nothing_of_one_another() -> None:
    salts = {tree.salt_of(SECRET, account, asset) for account in range(1_000, 1_050) for asset in ("A", "B")}
    assert len(salts) == 100
    assert tree.salt_of(bytes(32), 1_000, "A") not in salts


def test_the_example_of_the_front_end_is_ours() -> None:
    """To make it again: write what is compared here to the file."""
    trees = grown({"BTC": {1_000: 5}, "KRW": {number: number**9 for number in range(1_000, 1_011)}})
    proof = proof_of(trees, 7, 1_003)
    file = ROOT / "frontend" / "src" / "features" / "solvency" / "example.json"
    assert json.loads(file.read_text()) == {"root": root_of(7, trees).hex(), "proof": proof}
