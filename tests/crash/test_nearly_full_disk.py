"""A real engine on a small real file system that fills up: it takes cancels only before a write can fail,
loses nothing, and trades again by itself when there is room.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.engine import messages as m
from exchange.journal.recovery import recover
from exchange.link.blocking import BlockingEngineClient
from exchange.link.errors import VenueCancelOnly
from exchange.node.disk_room import BACK_AT_PERCENT, SEGMENTS, free_bytes_of
from tests.exchange.node.conftest import EngineProcess
from tests.marketdata.traffic import ACCOUNTS, opening
from tests.ops.running import wait_until

DISK_BYTES = 24 << 20
RESERVE_MB = 4
SEGMENT_BYTES = 64 << 10
#: Of each account; so many cancels need several new segments.
ORDERS = 400
PATIENCE_S = 60.0


@pytest.fixture
def small_disk() -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    with tempfile.TemporaryDirectory(prefix="xt", dir="/tmp") as folder:
        options = ["-t", "tmpfs", "-o", f"size={DISK_BYTES}", "xt", folder]
        mounted = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
        if mounted.returncode:
            pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def engine(small_disk: Path) -> Iterator[EngineProcess]:
    engine = EngineProcess(small_disk)
    try:
        yield engine.start(
            "--disk-reserve-mb", str(RESERVE_MB), "--segment-bytes", str(SEGMENT_BYTES), wait=False
        )
    finally:
        engine.end()


class Ballast:
    """A file that takes room on the disk."""

    def __init__(self, disk: Path) -> None:
        self._disk = disk
        self._path = disk / "ballast"

    def leave(self, free_bytes: int) -> None:
        """Grow until only so much is free."""
        with self._path.open("ab") as file:
            file.write(bytes(max(0, free_bytes_of(self._disk) - free_bytes)))

    def go(self) -> None:
        self._path.unlink()


def test_a_disk_that_fills_up(engine: EngineProcess, small_disk: Path) -> None:
    client, ballast = engine.client(), Ballast(small_disk)
    client.wait_connected(PATIENCE_S)
    assert not is_cancel_only(client)
    client.submit_many(opening())
    client.submit(m.hold_withdrawal("h:1", ACCOUNTS[0], "w1", "KRW", 1_000))
    placed = [client.submit_many(orders_of(account)) for account in ACCOUNTS]
    rested = [outcome.sequence for outcomes in placed for outcome in outcomes]

    ballast.leave((RESERVE_MB << 20) - 4096)
    wait_until(lambda: is_cancel_only(client), PATIENCE_S, "cancel-only")
    for command in (orders_of(ACCOUNTS[0], "late")[0], m.deposit("d:late", ACCOUNTS[0], "KRW", 1)):
        with pytest.raises(VenueCancelOnly):
            client.submit(command)
    # What was taken before is answered as it was.
    again = client.submit(orders_of(ACCOUNTS[0])[0])
    assert again.sequence == rested[0]

    # Hardly anything is left, and still each of these gets its new segments.
    ballast.leave((SEGMENTS + 4) * SEGMENT_BYTES)
    segments = len(list(engine.journal.glob("*.segment")))
    last = 0
    for account in ACCOUNTS:
        canceled = client.submit_many(cancels_of(account))
        assert all(outcome.events[0][0] == m.EV_ORDER for outcome in canceled)
        last = canceled[-1].sequence
    released = client.submit(m.release_withdrawal("r:1", ACCOUNTS[0], "w1"))
    assert released.events[0][0] == m.EV_TRANSFER and released.sequence > last
    assert len(list(engine.journal.glob("*.segment"))) > segments
    assert client.query("status").value["no_room"] == 2

    ballast.go()
    wait_until(lambda: not is_cancel_only(client), PATIENCE_S, "trading again")
    last = client.submit(orders_of(ACCOUNTS[0], "after")[0]).sequence
    engine.kill()
    assert recover(engine.journal, None)[1].sequence >= last
    log = engine.log()
    assert log.count("venue_cancel_only") == 1 and log.count("venue_trading_again") == 1
    assert "the engine stops" not in log


def test_at_the_edge_of_the_reserve_it_does_not_flutter(engine: EngineProcess, small_disk: Path) -> None:
    client, ballast = engine.client(), Ballast(small_disk)
    client.wait_connected(PATIENCE_S)
    ballast.leave((RESERVE_MB << 20) - 4096)
    wait_until(lambda: is_cancel_only(client), PATIENCE_S, "cancel-only")
    between = (RESERVE_MB << 20) * (100 + BACK_AT_PERCENT) // 200
    ballast.go()
    ballast.leave(between)
    wait_until(lambda: free_bytes(client) >= between - 8192, PATIENCE_S, "seen")
    assert is_cancel_only(client)
    ballast.go()
    wait_until(lambda: not is_cancel_only(client), PATIENCE_S, "trading again")


def is_cancel_only(client: BlockingEngineClient) -> bool:
    return bool(client.query("status").value["cancel_only"])


def free_bytes(client: BlockingEngineClient) -> int:
    return int(client.query("status").value["disk"]["free_bytes"])


def orders_of(account: int, run: str = "o") -> list[m.Command]:
    """Bids far below the market."""
    return [
        m.place_order(
            f"{run}:{account}:{number}",
            account,
            "AAPL",
            m.BUY,
            price_ticks=19_000 - number,
            quantity_lots=10,
            client_order_id=f"{run}{number}",
        )
        for number in range(ORDERS)
    ]


def cancels_of(account: int) -> list[m.Command]:
    return [
        m.cancel_order(f"c:{account}:{number}", account, 0, client_order_id=f"o{number}")
        for number in range(ORDERS)
    ]
