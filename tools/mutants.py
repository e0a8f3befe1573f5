"""Breaks the product in each way of ``tests/mutants/mutants.py`` and sees whether a test notices.

    make mutants                 all of them
    make mutants COUNT=6         six, others every day
    make mutants ARGS="--changed main"        those whose file differs from a commit's
    make mutants ARGS="snapshot-not-synced"   those named

Each works on copies of the tree, so that the tree itself is never touched. The tests must pass on the
unbroken copy first. Exits 1 if one survives, if its snippet is not found exactly once, or if its tests do
not run.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.mutants.mutants import MUTANTS, Mutant  # noqa: E402  the tree is not installed

#: What the product is made of; where a snippet that has moved is looked for.
PRODUCT = ("exchange", "marketdata", "custody", "accounts", "ops", "web", "xtrader")
#: Folders and files the tests need beside it.
_NEEDED = (*PRODUCT, "bench", "clients", "demo", "replays", "templates", "tests", "tools")
_FILES = ("manage.py", "pyproject.toml")
_IGNORED = shutil.ignore_patterns("__pycache__", "*.so", "node_modules", "build")
_TIMEOUT_S = 180
_JOBS = 2


class NotFound(Exception):
    """The snippet is nowhere, or in several places."""


def locate(mutant: Mutant, root: Path = ROOT) -> Path:
    """The file of the mutant's snippet, relative to ``root``: where it was, or where it has moved. Raises
    NotFound."""
    named = root / mutant.path
    if named.is_file() and named.read_text().count(mutant.original) == 1:
        return Path(mutant.path)
    places = [
        path.relative_to(root)
        for folder in PRODUCT
        for path in (root / folder).rglob("*.py")
        if mutant.original in (text := path.read_text()) and text.count(mutant.original) == 1
    ]
    if len(places) != 1:
        raise NotFound(f"{mutant.name}: its snippet is in {[str(place) for place in places] or 'no file'}")
    return places[0]


def main() -> int:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="only these")
    parser.add_argument("--count", type=int, default=0, help="so many, drawn by the seed")
    parser.add_argument("--seed", type=int, default=int(time.time()) // 86_400, help="default: the day's")
    parser.add_argument(
        "--changed", default="", metavar="COMMIT", help="only those whose file differs from it"
    )
    options = parser.parse_args()
    try:
        chosen = choose(options)
    except NotFound as error:
        print(error, file=sys.stderr)
        return 1
    started = time.monotonic()
    print(f"{len(chosen)} of {len(MUTANTS)} mutants, seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        results = list(judge(chosen, Path(folder)))
    survived = [name for name, result in results if result != "killed"]
    print(f"{len(results) - len(survived)} killed in {time.monotonic() - started:.0f} s", flush=True)
    if survived:
        print(f"not killed: {', '.join(survived)}", file=sys.stderr)
    return 1 if survived else 0


def choose(options: argparse.Namespace) -> list[tuple[Mutant, Path]]:
    """The mutants asked for with their files. Raises NotFound if any of all has no file."""
    placed = [(mutant, locate(mutant)) for mutant in MUTANTS]
    if options.names:
        placed = [(mutant, path) for mutant, path in placed if mutant.name in options.names]
    if options.changed:
        command = ("git", "diff", "--name-only", options.changed)
        changed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
        placed = [(mutant, path) for mutant, path in placed if str(path) in changed]
    if options.count:
        placed = random.Random(options.seed).sample(placed, min(options.count, len(placed)))
    return placed


def judge(chosen: list[tuple[Mutant, Path]], folder: Path) -> Iterator[tuple[str, str]]:
    """(name, what became of it) of each, printed as it comes."""
    copies: SimpleQueue[Path] = SimpleQueue()
    for number in range(min(_JOBS, max(1, len(chosen)))):
        copies.put(copy_tree(folder / str(number)))
    tests = sorted({test for mutant, _ in chosen for test in mutant.tests})
    first = copies.get()
    sound = run(first, tests) if tests else 0
    copies.put(first)
    if sound:
        yield "no mutant", f"the tests fail on the unbroken tree (pytest's status {sound})"
        print("the tests fail without any mutant", file=sys.stderr)
        return

    def one(pair: tuple[Mutant, Path]) -> tuple[str, str]:
        mutant, path = pair
        copy = copies.get()
        started = time.monotonic()
        try:
            result = judge_one(mutant, copy / path, copy)
        finally:
            copies.put(copy)
        print(f"{result:<10} {mutant.name:<45} {path} ({time.monotonic() - started:.1f} s)", flush=True)
        return mutant.name, result

    with ThreadPoolExecutor(_JOBS) as pool:
        yield from pool.map(one, chosen)


def judge_one(mutant: Mutant, path: Path, copy: Path) -> str:
    sound = path.read_text()
    path.write_text(sound.replace(mutant.original, mutant.mutated))
    try:
        status = run(copy, mutant.tests)
    finally:
        path.write_text(sound)
    # 1: tests failed. 2: they could not be collected, or were interrupted; 3 to 5: they did not run.
    return {0: "SURVIVED", 1: "killed"}.get(status, f"NOT RUN ({status})")


def run(copy: Path, tests: Iterable[str]) -> int:
    """pytest's status; 1 if it does not end."""
    environment = {**os.environ, "XTRADER_CORE": "python", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    try:
        result = subprocess.run(
            command,
            cwd=copy,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return 1
    if result.returncode not in (0, 1):
        print(result.stdout[-2_000:] + result.stderr[-2_000:], file=sys.stderr)
    return result.returncode


def copy_tree(target: Path) -> Path:
    target.mkdir()
    for name in _NEEDED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=_IGNORED)
    for name in _FILES:
        shutil.copy(ROOT / name, target / name)
    (target / "frontend").mkdir()
    if (ROOT / "frontend" / "dist").is_dir():
        (target / "frontend" / "dist").symlink_to(ROOT / "frontend" / "dist")
    return target


if __name__ == "__main__":
    sys.exit(main())
