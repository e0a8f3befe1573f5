"""Same commands, same stamps: same events and same state, in any process and under any hash seed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

from exchange.engine import Engine
from exchange.engine.snapshot import line_of
from tests.exchange.engine.pair import START_NS
from tests.exchange.engine.worlds import World

ROOT = Path(__file__).resolve().parents[3]
SEED, COMMANDS = 20_120_621, 3_000
#: For each run of the fold: the interpreter's hash seed.
HASH_SEEDS = ("0", "1", "4242")


def fold(seed: int, commands: int) -> dict[str, str | int]:
    """Hashes of the events and of the state after a world's whole stream."""
    engine, world, digest = Engine(), World(seed, commands), hashlib.sha256()
    now_ns, trades = START_NS, 0
    for command in world:
        now_ns += world.pause_ns
        if engine.recall(command) is not None:
            continue
        events = engine.apply(command, now_ns)
        world.observe(events)
        digest.update(repr(events).encode())
        trades += sum(event[0] == 3 for event in events)
    return {"events": digest.hexdigest(), "state": engine.state_hash(), "trades": trades}


def test_same_hashes_in_other_processes_under_other_hash_seeds() -> None:
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.exchange.engine.test_determinism"],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            stdout=subprocess.PIPE,
        )
        for hash_seed in HASH_SEEDS
    ]
    results = [json.loads(run.communicate(timeout=60)[0]) for run in runs]
    here = fold(SEED, COMMANDS)
    assert results == [here] * len(runs)
    assert int(here["trades"]) > 100


def test_one_other_command_gives_another_hash() -> None:
    """The canary: the hashes do depend on what happened."""
    assert fold(SEED, COMMANDS)["state"] != fold(SEED, COMMANDS - 1)["state"]
    assert fold(SEED, 50)["events"] != fold(SEED + 1, 50)["events"]


def test_a_core_loaded_anywhere_goes_on_to_the_same_state() -> None:
    """Snapshot + tail = the whole journal, wherever the snapshot was taken."""
    original, copies, images, world = Engine(), [], [], World(7, 1_200)
    now_ns = START_NS
    for step, command in enumerate(world):
        now_ns += world.pause_ns
        if original.recall(command) is not None:
            continue
        events = original.apply(command, now_ns)
        world.observe(events)
        for copy in copies:
            assert copy.apply(command, now_ns) == events
        if step % 300 == 150:
            images.append((original.sections(), original.dump()))
            copies.append(Engine.load(original.dump()))
    # What has been applied since shows in none of the images, whenever they become bytes.
    assert all(b"\n".join(map(line_of, sections)) == dumped for sections, dumped in images)
    assert len(copies) == 4
    assert {copy.state_hash() for copy in copies} == {original.state_hash()}


if __name__ == "__main__":
    print(json.dumps(fold(SEED, COMMANDS)))
