"""Turns of the engine's loop, one at a time: what is in a turn when it ends, and who is told of what."""

from __future__ import annotations

import random
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.engine import messages as m
from exchange.journal.tools import export
from exchange.link.protocol import (
    COMMANDS,
    SUBSCRIBE,
    FeedBatch,
    FrameBuffer,
    Outcomes,
    Reply,
    Sequenced,
    decode_replies,
    frame,
)
from exchange.node.sequencer import open_sequencer
from exchange.node.server import EngineServer, Limits
from tests.exchange.journal.flow import ACCOUNTS, NOW_NS, market

LIMITS = Limits(max_batch_commands=4, max_share_commands=3)


class Asker:
    """A client that keeps account: which command it sent under which request id, and what it was answered."""

    def __init__(self, path: Path, *, subscribes: bool = False) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(str(path))
        self.sent: list[str] = []
        self.answered: dict[int, int] = {}
        self._frames = FrameBuffer(1 << 26)
        if subscribes:
            self.socket.sendall(frame([(SUBSCRIBE, "")]))

    def send(self, *commands: m.Command) -> None:
        self.socket.sendall(frame([(COMMANDS, len(self.sent), commands)]))
        self.sent += [command[1] for command in commands]

    def read(self) -> None:
        """All that is there."""
        self.socket.setblocking(False)
        try:
            while data := self.socket.recv(1 << 20):
                for body in self._frames.feed(data):
                    for reply in decode_replies(body):
                        self._take(reply)
        except BlockingIOError:
            pass
        finally:
            self.socket.setblocking(True)

    def _take(self, reply: Reply) -> None:
        if isinstance(reply, Outcomes):
            for request_id, sequence, _, _ in reply.rows:
                self._note(request_id, sequence)
        elif isinstance(reply, Sequenced):
            for first_id, first_sequence, count in reply.runs:
                for number in range(count):
                    self._note(first_id + number, first_sequence + number)
        else:
            assert not isinstance(reply, FeedBatch) or reply.first_sequence

    def _note(self, request_id: int, sequence: int) -> None:
        assert request_id not in self.answered, f"request {request_id} was answered twice"
        self.answered[request_id] = sequence


class Node:
    """An engine whose turns the test makes."""

    def __init__(self, folder: Path) -> None:
        self.journal, self.socket = folder / "journal", folder / "e.sock"
        self.sequencer = open_sequencer(self.journal, folder / "snapshots", clock=lambda: NOW_NS)
        self.sequencer.submit(market())
        self.server = EngineServer(self.sequencer, self.socket, LIMITS)
        self._count = 0

    def commands(self, number: int, account: int | None = None) -> list[m.Command]:
        """Of one account, or of three in turn."""
        found = []
        for _ in range(number):
            self._count += 1
            found.append(m.cancel_all(f"c{self._count}", account or ACCOUNTS[self._count % 3]))
        return found

    def sequences(self) -> dict[str, int]:
        """Command id → where the journal has it."""
        return {row["command"][1]: row["sequence"] for row in export(self.journal)}

    def stop(self) -> None:
        """As SIGTERM does, between two turns."""
        self.server.stop()
        self.server.run()


@pytest.fixture
def node() -> Iterator[Node]:
    with tempfile.TemporaryDirectory(prefix="xt", dir="/tmp") as folder:
        node = Node(Path(folder))
        try:
            yield node
        finally:
            node.sequencer.close()


def check(node: Node, askers: list[Asker]) -> None:
    """Every command was carried out, and its asker told of its own sequence."""
    found = node.sequences()
    for asker in askers:
        asker.read()
        assert asker.answered == {number: found[command_id] for number, command_id in enumerate(asker.sent)}


def test_a_stopping_engine_carries_out_what_it_has_read(node: Node) -> None:
    asker = Asker(node.socket)
    node.server.turn(0)
    asker.send(*node.commands(11))
    node.server.turn(1)
    asker.read()
    assert len(asker.answered) == 4, "the rest was to wait"
    node.stop()
    check(node, [asker])


@pytest.mark.attack("A8")
def test_whoever_comes_beside_a_flood_is_answered_in_the_next_turn(node: Node) -> None:
    flooding, other = Asker(node.socket), Asker(node.socket)
    node.server.turn(0)
    flooding.send(*node.commands(30, ACCOUNTS[0]))
    node.server.turn(1)
    flooding.read()
    assert len(flooding.answered) == LIMITS.max_share_commands, "though nobody else waited"
    other.send(*node.commands(1, ACCOUNTS[1]))
    node.server.turn(1)
    for asker in (flooding, other):
        asker.read()
    assert len(other.answered) == 1
    assert len(flooding.answered) == 2 * LIMITS.max_share_commands
    node.stop()
    check(node, [flooding, other])


def test_ids_that_follow_each_other_at_sequences_that_do_not(node: Node) -> None:
    """One turn: the end of alice's commands, one of bob's, one more of alice's."""
    alice, bob = Asker(node.socket, subscribes=True), Asker(node.socket, subscribes=True)
    for _ in range(3):
        node.server.turn(0)
    for asker, number in ((alice, 10), (bob, 1), (alice, 1)):
        asker.send(*node.commands(number))
        node.server.turn(1)
    node.stop()
    check(node, [alice, bob])


@pytest.mark.parametrize("seed", range(6))
def test_everybody_is_told_of_their_own_however_turns_are_cut(node: Node, seed: int) -> None:
    luck = random.Random(seed)
    askers = [Asker(node.socket, subscribes=luck.random() < 0.8) for _ in range(3)]
    for _ in range(60):
        for asker in askers:
            if luck.random() < 0.5:
                asker.send(*node.commands(luck.randint(1, 5)))
            asker.read()
        node.server.turn(0)
    node.stop()
    check(node, askers)
