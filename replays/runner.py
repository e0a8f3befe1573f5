"""A running engine on a data folder of its own, and order flow fed through it.

Replays need to know what became of one message to make the command for a later one (a modify gives the
open quantity, a replace the total). Waiting for each reply would measure round trips, so the same core
folds the commands here as well, a little ahead, and only large batches go to the engine. What is judged
are the engine's replies alone.
"""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from exchange.engine import Engine
from exchange.engine import messages as m
from exchange.link.blocking import BlockingEngineClient
from exchange.link.protocol import Outcome
from exchange.telemetry.progress import step

ROOT = Path(__file__).resolve().parents[1]
#: Commands of one frame, and how many frames are made ahead. A frame, the commands of its last message
#: included, is within the share of one account in a batch of the engine (``exchange.node.server.Limits``):
#: beyond it the accounts take turns, and the flow would lose its order.
BATCH_COMMANDS = 200
BATCHES_UNDER_WAY = 4
_START_TIMEOUT_S = 30.0
_STOP_TIMEOUT_S = 30.0


class Flow(Protocol):
    """Order flow to replay: translates its messages, learns from a fold, judges the engine's replies."""

    def opening(self) -> list[m.Command]:
        """What makes the venue; none of it may be refused."""
        ...

    def messages(self) -> Iterable[Any]: ...

    def translate(self, index: int, message: Any) -> list[m.Command]: ...

    def learn(self, message: Any, command: m.Command, events: Sequence[m.Event]) -> None: ...

    def judge(self, index: int, message: Any, events: list[m.Event]) -> None: ...


@dataclass
class Pace:
    """What a replay sent and how long it took, the opening left out."""

    messages: int = 0
    commands: int = 0
    seconds: float = 0.0


@dataclass
class _Batch:
    #: index, message, how many commands it became
    steps: list[tuple[int, Any, int]]
    commands: list[m.Command]


@dataclass(frozen=True)
class RunningEngine:
    client: BlockingEngineClient
    socket_path: Path
    pid: int


@contextmanager
def running_engine(data_dir: Path) -> Iterator[RunningEngine]:
    """``manage.py runengine`` with its journal under ``data_dir``, and a client of it; stopped cleanly
    afterwards. Raises EngineUnavailable if it does not come up."""
    with tempfile.TemporaryDirectory(prefix="xt") as folder:
        socket_path = Path(folder) / "engine.sock"
        process = subprocess.Popen(
            [
                *(sys.executable, str(ROOT / "manage.py"), "runengine", "--socket", str(socket_path)),
                *("--journal", str(data_dir / "journal"), "--snapshots", str(data_dir / "snapshots")),
            ],
            env=os.environ | {"DATA": str(data_dir)},
        )
        try:
            patience = int(_START_TIMEOUT_S * 1000)
            with BlockingEngineClient(socket_path, timeout_ms=60_000, connect_grace_ms=patience) as client:
                client.wait_connected(_START_TIMEOUT_S)
                yield RunningEngine(client, socket_path, process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_STOP_TIMEOUT_S)


def replay(flow: Flow, client: BlockingEngineClient) -> Pace:
    """Send a whole flow through the engine behind ``client``, whose journal must be empty."""
    ahead = Engine()
    _open(flow, client, ahead)
    with _collector_off():
        return _send_all(flow, client, ahead)


@contextmanager
def _collector_off() -> Iterator[None]:
    """Millions of remembered ids and no cycles: collections would only walk them, over and over."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _send_all(flow: Flow, client: BlockingEngineClient, ahead: Engine) -> Pace:
    pace = Pace()
    began = time.perf_counter()
    under_way: deque[tuple[_Batch, Future[list[Outcome]]]] = deque()
    with ThreadPoolExecutor(max_workers=1) as sender, step("replaying", unit="messages") as advance:
        for batch in _batches(flow, ahead):
            pace.messages += len(batch.steps)
            pace.commands += len(batch.commands)
            advance(len(batch.steps))
            under_way.append((batch, sender.submit(client.submit_many, batch.commands)))
            if len(under_way) >= BATCHES_UNDER_WAY:
                _judge(flow, *under_way.popleft())
        while under_way:
            _judge(flow, *under_way.popleft())
    pace.seconds = time.perf_counter() - began
    return pace


def _open(flow: Flow, client: BlockingEngineClient, ahead: Engine) -> None:
    commands = flow.opening()
    for command, outcome in zip(commands, client.submit_many(commands), strict=True):
        if outcome.events[0][0] == m.EV_REJECTED:
            raise ValueError(f"{command} was refused: {outcome.events[0]}")
        ahead.apply(command, ahead.now_ns + 1)


def _batches(flow: Flow, ahead: Engine) -> Iterator[_Batch]:
    """The flow's commands in batches, folded by ``ahead`` as they are made."""
    batch = _Batch([], [])
    for index, message in enumerate(flow.messages()):
        commands = flow.translate(index, message)
        for command in commands:
            flow.learn(message, command, ahead.apply(command, ahead.now_ns + 1))
        batch.steps.append((index, message, len(commands)))
        batch.commands += commands
        if len(batch.commands) >= BATCH_COMMANDS:
            yield batch
            batch = _Batch([], [])
    if batch.steps:
        yield batch


def _judge(flow: Flow, batch: _Batch, reply: Future[list[Outcome]]) -> None:
    outcomes = iter(reply.result())
    for index, message, count in batch.steps:
        events = [event for _ in range(count) for event in next(outcomes).events]
        flow.judge(index, message, events)
