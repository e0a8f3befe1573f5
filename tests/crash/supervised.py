"""A site whose processes a supervisor keeps running, and what happens to the supervisor itself."""

from __future__ import annotations

import re
import signal
import subprocess
import time

import httpx

from tests.crash.nemesis import Killer
from tests.crash.site import RECOVERY_S, Site
from tests.ops.running import is_running, wait_until

#: A process whose supervisor was killed is gone after this long, however slow the machine.
_GONE_S = 30


class SupervisedSite(Site):
    """Its processes are started singly, then handed over to ``manage.py up``, and in the end taken back to be
    asked one by one."""

    supervisor: subprocess.Popen[bytes]

    def hand_over(self) -> None:
        for process in (*self.webs, self.market, self.engine):
            self.kill(process, signal.SIGTERM)
        self.start_supervisor()

    def start_supervisor(self) -> None:
        """Returns once everything serves."""
        ready = self._log_text().count("xTrader is ready")
        self.supervisor = self._start(
            *("manage.py", "up", "--host", "127.0.0.1", "--port", str(self.port)),
        )

        def is_ready() -> bool:
            assert self.supervisor.poll() is None, self.log_tail()
            return self._log_text().count("xTrader is ready") > ready

        wait_until(is_ready, RECOVERY_S, "the supervisor has started everything")

    def children(self) -> dict[str, int]:
        """Name -> pid of each process, as last announced."""
        found = re.findall(r"(\w+) (?:re)?started \(pid (\d+)\)", self._log_text())
        return {name: int(pid) for name, pid in found}

    def kill_supervisor(self) -> None:
        """Nothing it started outlives it: two engines on one journal would be the end of it."""
        children = self.children()
        self.kill(self.supervisor, signal.SIGKILL)
        wait_until(
            lambda: not any(map(is_running, children.values())),
            _GONE_S,
            f"nobody is left behind of {children}",
        )

    def take_back(self) -> None:
        self.kill_supervisor()
        self.start_engine()
        self.start_market()
        self.restart_web(0)

    def _log_text(self) -> str:
        return (self.data / "log").read_text(errors="replace")


class SupervisorsNemesis(Killer):
    """Kills the supervisor, or stops it and kills what it watches."""

    _site: SupervisedSite

    def kill(self, times: int) -> None:
        self._site.hand_over()
        super().kill(times)
        self._site.take_back()

    def _act(self) -> None:
        if sum(self.done.values()) % 2:
            self._site.kill_supervisor()
            self._site.start_supervisor()
            self.done["kill supervisor"] += 1
        else:
            self._stop()

    def _stop(self) -> None:
        """It gets no processor time while a process dies; later it notices."""
        site = self._site
        name = self._luck.choice(("engine", "marketdata", "dispatcher", "web"))
        pid = site.children()[name]
        site.supervisor.send_signal(signal.SIGSTOP)
        subprocess.run(["kill", "-9", str(pid)], check=True)
        time.sleep(self._luck.uniform(0.5, 2))
        site.supervisor.send_signal(signal.SIGCONT)
        wait_until(lambda: site.children()[name] != pid, RECOVERY_S, f"{name} is started again")
        wait_until(self._is_healthy, RECOVERY_S, f"all is well after {name} died")
        self.done[f"stop supervisor, kill {name}"] += 1

    def _is_healthy(self) -> bool:
        try:
            return httpx.get(f"{self._site.url}/healthz", timeout=20).status_code == 200
        except httpx.HTTPError:
            return False

    def _wait_for_trade(self) -> None:
        """Until some more orders have been acknowledged, however slow the machine."""
        wanted = len(self._notes.placed) + 5
        wait_until(lambda: len(self._notes.placed) >= wanted, RECOVERY_S, "something is traded")
