"""What happens to processes in production, at random: killed, stopped, cut off, short of descriptors,
misled by their clock, flooded while they start."""

from __future__ import annotations

import os
import random
import re
import resource
import select
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from exchange.engine import messages as m
from exchange.link.protocol import COMMANDS, frame
from tests.crash.power import Kept
from tests.crash.site import RECOVERY_S, Site
from tests.crash.traders import Notes

#: A removed socket is to be back after this long, however slow the machine.
_HEALED_S = 30


class Killer:
    """Ends one process after another and starts it again, every other time before it was up."""

    def __init__(self, site: Site, seed: int, notes: Notes) -> None:
        self._site = site
        self._notes = notes
        self._luck = random.Random(f"{seed}:killer")
        #: What has been done so often.
        self.done: Counter[str] = Counter()

    def kill(self, times: int) -> None:
        for _ in range(times):
            if self._luck.random() < 0.5:
                self._wait_for_trade()
            time.sleep(self._luck.uniform(0.05, 0.9))
            self._act()

    def _act(self) -> None:
        self._kill(self._luck.choice(("engine", "engine", "market", "market", "web")))

    def _kill(self, name: str) -> None:
        process = self._process(name)
        if not name.startswith("web") and process.poll() is not None:
            raise AssertionError(f"{name} ended by itself: {process.returncode}\n{self._site.log_tail()}")
        self._site.kill(process, signal.SIGKILL)
        self.done[f"kill {name}"] += 1
        self._start(name)

    def _process(self, name: str) -> subprocess.Popen[bytes]:
        if name.startswith("web"):
            return self._site.webs[int(name[3:] or 0)]
        process: subprocess.Popen[bytes] = getattr(self._site, name)
        return process

    def _start(self, name: str) -> None:
        if name.startswith("web"):
            self._site.restart_web(int(name[3:] or 0))
        else:
            getattr(self._site, f"start_{name}")()

    def _wait_for_trade(self) -> None:
        """Until some more orders have been acknowledged, however slow the machine."""
        site, wanted = self._site, len(self._notes.placed) + 5
        deadline = time.monotonic() + RECOVERY_S
        while len(self._notes.placed) < wanted and site.engine.poll() is None and site.market.poll() is None:
            assert time.monotonic() < deadline, f"nothing is traded any more\n{site.log_tail()}"
            time.sleep(0.05)


#: By how much the clock is wrong, one time after another.
_WRONG_S = (40_000_000, -4, 3_600, -40_000_000, 4, -3_600)
#: Nobody has an account of this number or a later one.
_NOBODY = 10_000
#: The id of an order in the journal, as its trader made it; so many unanswered ones are worth a kill.
_CLIENT_ORDER = re.compile(rb"c:((?:alice|bob|carol)-\d+)")
_UNTOLD = 3
#: What a nemesis does.
KINDS = ("kill", "kill", "stop", "unlink", "descriptors", "clock", "busy", "power")


class Nemesis(Killer):
    """Does everything, to any process."""

    def __init__(self, site: Site, seed: int, notes: Notes, kinds: tuple[str, ...] = KINDS) -> None:
        super().__init__(site, seed, notes)
        self._kinds = kinds
        webs = (f"web{number}" for number in range(len(site.webs)))
        self._names = ("engine", "market", "dispatcher", *webs)
        self._plan: list[str] = []
        #: Written and not synced when the power failed.
        self.lost_bytes = 0

    def _act(self) -> None:
        if not self._plan:
            # Each kind comes up before one comes again.
            self._plan = list(self._kinds)
            self._luck.shuffle(self._plan)
        what = self._plan.pop()
        if what == "kill":
            self._kill(self._luck.choice(self._names))
        else:
            getattr(self, f"_{what}")()

    def _stop(self) -> None:
        """A process that gets no processor time for a while: swapped out, its machine suspended."""
        name = self._luck.choice(self._names)
        process = self._process(name)
        process.send_signal(signal.SIGSTOP)
        time.sleep(self._luck.uniform(0.2, 3))
        process.send_signal(signal.SIGCONT)
        self.done[f"stop {name}"] += 1

    def _unlink(self) -> None:
        """Somebody cleans up a socket's file; then one who needs it is started."""
        unlinked = self.done["unlink engine"] + self.done["unlink marketdata"]
        name = ("engine", "marketdata")[unlinked % 2]
        path = self._site.data / f"{name}.sock"
        path.unlink(missing_ok=True)
        self.done[f"unlink {name}"] += 1
        deadline = time.monotonic() + _HEALED_S
        while not _answers(path):
            assert time.monotonic() < deadline, f"{path} does not come back\n{self._site.log_tail()}"
            time.sleep(0.05)
        if self._luck.random() < 0.5:
            self._kill(self._names[-1])

    def _descriptors(self) -> None:
        """No descriptor is left for a while, and clients connect. An engine that then cannot begin a
        segment stops, as with a full disk, and is started again."""
        # The dispatcher takes no connection.
        name = self._luck.choice([name for name in self._names if name != "dispatcher"])
        process = self._process(name)
        with suppress(ProcessLookupError, FileNotFoundError):
            limits = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
            held = len(list(Path(f"/proc/{process.pid}/fd").iterdir()))
            resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (held, limits[1]))
            knocking = [_knock(self._site.data / f"{which}.sock") for which in ("engine", "marketdata")]
            time.sleep(self._luck.uniform(0.5, 2))
            resource.prlimit(process.pid, resource.RLIMIT_NOFILE, limits)
            for each in knocking:
                each.close()
        self.done[f"descriptors {name}"] += 1
        time.sleep(0.2)
        if process.poll() is not None:
            assert name in ("engine", "market"), (
                f"{name} ended: {process.returncode}\n{self._site.log_tail()}"
            )
            assert "Too many open files" in self._site.log_tail(20_000), self._site.log_tail()
            self._start(name)

    def _clock(self) -> None:
        """The machine's time of day is wrong for a while. The engine is not started meanwhile: it would have
        nothing to compare with."""
        path = Path(self._site.environment["CRASH_CLOCK"])
        wrong_s = _WRONG_S[self.done["clock"] % len(_WRONG_S)]
        path.write_text(str(wrong_s))
        time.sleep(self._luck.uniform(0.3, 2))
        path.write_text("0")
        self.done["clock"] += 1

    def _power(self) -> None:
        """The power of engine and projector fails: of the journal only what was synced is left."""
        site = self._site
        self._wait_for_trade()
        for process in (site.engine, site.market):
            assert process.poll() is None, site.log_tail()
            site.kill(process, signal.SIGKILL)
        self.lost_bytes += Kept(Path(site.environment["CRASH_KEPT"])).cut(site.data / "journal")
        site.start_engine()
        site.start_market()
        self.done["power"] += 1

    def _wait_for_untold(self) -> None:
        """Until orders are in the journal of which nobody was told yet: the engine is amid a turn."""
        deadline = time.monotonic() + RECOVERY_S
        while len(self._untold()) < _UNTOLD:
            assert time.monotonic() < deadline, f"nothing is traded any more\n{self._site.log_tail()}"
            time.sleep(0.01)

    def _untold(self) -> set[str]:
        """Client order ids of the newest segment whose traders wait for an answer."""
        segment = max((self._site.data / "journal").glob("*.segment"))
        written = {found.decode() for found in _CLIENT_ORDER.findall(segment.read_bytes())}
        notes = self._notes
        told = [*notes.placed.copy(), *notes.refused.copy(), *notes.unknown.copy()]
        return written - {client_order_id for _, client_order_id in told}

    def _busy(self) -> None:
        """The engine dies with commands of two web processes on their way, and is full when they are back."""
        site, stop = self._site, threading.Event()
        self._wait_for_untold()
        assert site.engine.poll() is None, site.log_tail()
        site.kill(site.engine, signal.SIGKILL)
        for web in site.webs:
            web.send_signal(signal.SIGSTOP)
        number = self.done["busy"]
        flooding = [
            threading.Thread(
                target=_flood,
                args=(site, f"flood:{number}:{each}", _NOBODY + 1_000 * each, stop),
                daemon=True,
            )
            for each in range(3)
        ]
        for thread in flooding:
            thread.start()
        site.start_engine()
        site.admin.wait_connected(RECOVERY_S)
        time.sleep(0.3)
        for web in site.webs:
            web.send_signal(signal.SIGCONT)
        time.sleep(3)
        stop.set()
        for thread in flooding:
            thread.join(60)
        self.done["busy"] += 1


def _flood(site: Site, name: str, first_account: int, stop: threading.Event) -> None:
    """Fill the engine's queue again as soon as there is room: cancels of orders that are not there, many at a
    time, without waiting for answers. Each is of another account: a full queue still takes what is within an
    account's share, and where every command is of another account nobody has one."""
    path, count = os.fspath(site.data / "engine.sock"), 0
    while not stop.is_set():
        with socket.socket(socket.AF_UNIX) as connection, suppress(OSError):
            connection.settimeout(2)
            connection.connect(path)
            while not stop.is_set():
                commands = [
                    m.cancel_order(f"{name}:{number}", first_account + number % 1_000, order_id=10**9)
                    for number in range(count, count + 60)
                ]
                connection.sendall(frame([(COMMANDS, count, commands)]))
                count += len(commands)
                time.sleep(0.005)
                # A socket with a time-out would wait for it even where it is told not to.
                while select.select([connection], [], [], 0)[0]:
                    if not connection.recv(1 << 16):
                        raise ConnectionResetError
        time.sleep(0.01)


def _answers(path: Path) -> bool:
    """Whether somebody takes connections there."""
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(2)
            probe.connect(os.fspath(path))
    except OSError:
        return False
    return True


def _knock(path: Path) -> socket.socket:
    """A connection that may never be taken in."""
    knocking = socket.socket(socket.AF_UNIX)
    knocking.setblocking(False)
    with suppress(OSError):
        knocking.connect(os.fspath(path))
    return knocking
