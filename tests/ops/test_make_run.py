"""``make run``, the command itself: everything starts, dies, comes back, stops and resumes.

The tests share one data folder and run in the order in which they stand: each start is the next
chapter of the same exchange.
"""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.ops.running import (
    ROOT,
    RunningExchange,
    free_port,
    is_running,
    processes_of,
    running_exchange,
    wait_until,
)

SYMBOLS = ("BTC-KRW", "ETH-KRW", "AAPL")
PEOPLE = {"alice", "bob", "carol", "oscar", "audrey", "admin", "mina", "sam", "clara"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="class")
def exchange(folder: Path) -> Iterator[RunningExchange]:
    # A day of history at its first start: of two hours of the night a share has hardly a trade.
    with running_exchange(folder, DEMO_HISTORY_HOURS="24") as exchange:
        yield exchange


def manage(exchange: RunningExchange, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A management command of the exchange's operator, from another terminal."""
    environment = {**os.environ, "DATA": str(exchange.folder), "DEMO": "1", "COLUMNS": "200"}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def engine_is_up(exchange: RunningExchange) -> bool:
    text = httpx.get(f"{exchange.url}/metrics", timeout=20).text
    return "\nxtrader_engine_up 1.0\n" in text


class TestFirstRun:
    def test_demo_json_names_the_address_and_log_ins_that_work(self, exchange: RunningExchange) -> None:
        demo = exchange.demo()
        assert demo["url"] == exchange.url
        assert set(demo["users"]) == PEOPLE
        for name in ("alice", "admin"):
            reply = httpx.post(
                f"{exchange.url}/api/v1/token",
                json={"username": name, "password": demo["users"][name]},
                timeout=20,
            )
            assert reply.status_code == 200, reply.text
            assert demo["users"][name] in exchange.output

    def test_passwords_are_for_their_owner_only(self, exchange: RunningExchange) -> None:
        for name in ("demo.json", "credentials.json", "secret_key"):
            assert stat.S_IMODE((exchange.folder / name).stat().st_mode) == 0o600

    def test_there_is_history_made_by_the_engine(self, exchange: RunningExchange) -> None:
        for symbol in SYMBOLS:
            candles = exchange.get(f"/api/v1/klines/{symbol}/1m?limit=100")["candles"]
            assert len(candles) >= 90
            hours = exchange.get(f"/api/v1/klines/{symbol}/1h?limit=24")["candles"]
            assert sum(candle["trade_count"] for candle in hours) > 1_000

    def test_the_demo_market_quotes_both_sides_and_trades(self, exchange: RunningExchange) -> None:
        def two_sided(symbol: str) -> bool:
            book = exchange.get(f"/api/v1/orderbook/{symbol}")
            return len(book["bids"]) >= 5 and len(book["asks"]) >= 5

        for symbol in SYMBOLS:
            wait_until(lambda symbol=symbol: two_sided(symbol), 60, f"{symbol} is quoted on both sides")
            newest = exchange.get(f"/api/v1/executions/{symbol}?limit=1")["executions"][0]["execution_id"]

            def traded(symbol: str = symbol, newest: str = newest) -> bool:
                rows = exchange.get(f"/api/v1/executions/{symbol}?limit=1")["executions"]
                return bool(rows[0]["execution_id"] != newest)

            wait_until(traded, 60, f"{symbol} trades")

    def test_status_and_doctor_find_it_well(self, exchange: RunningExchange) -> None:
        status = manage(exchange, "status", "--json")
        found = json.loads(status.stdout)
        assert (status.returncode, found["problems"], found["status"]) == (0, [], "ok"), status.stdout
        assert found["rates"]["commands"] >= 0
        assert {market["symbol"] for market in found["markets"]} == set(SYMBOLS)
        assert {process["name"] for process in found["processes"]} == {
            "supervisor", "engine", "marketdata", "dispatcher", "web", "demo",
        }  # fmt: skip
        doctor = manage(exchange, "doctor", "--port", str(exchange.port))
        assert doctor.returncode == 0, doctor.stdout
        assert f"the venue answers on 127.0.0.1:{exchange.port}" in doctor.stdout

    def test_status_and_doctor_name_an_engine_that_hangs(self, exchange: RunningExchange) -> None:
        pid = exchange.pids()["engine"]
        os.kill(pid, signal.SIGSTOP)
        try:
            status = manage(exchange, "status", "--once")
            doctor = manage(exchange, "doctor", "--port", str(exchange.port))
        finally:
            os.kill(pid, signal.SIGCONT)
        wait_until(lambda: engine_is_up(exchange), 60, "web has heard the engine again")
        assert status.returncode == doctor.returncode == 1
        for output in (status.stdout, doctor.stdout):
            assert "the engine does not answer" in " ".join(output.split())

    def test_a_user_has_balances_to_trade_with(self, exchange: RunningExchange) -> None:
        credentials = {"username": "bob", "password": exchange.demo()["users"]["bob"]}
        token = httpx.post(f"{exchange.url}/api/v1/token", json=credentials, timeout=20).json()["access"]
        headers = {"Authorization": f"Bearer {token}"}
        rows = exchange.get("/v1/balances", headers=headers)["balances"]
        assert {row["asset"] for row in rows if row["available"] != "0"} == {
            "KRW",
            "USD",
            "BTC",
            "ETH",
            "AAPL",
        }

    def test_metrics_report_the_real_engine(self, exchange: RunningExchange) -> None:
        values = {}
        for path in ("/metrics", "/metrics/engine"):
            text = httpx.get(f"{exchange.url}{path}", timeout=20).text
            values |= dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        assert values["xtrader_engine_up"] == "1.0"
        assert float(values["xtrader_engine_sequence"]) > 100
        assert float(values["xtrader_engine_commands_total"]) > 0

    def test_a_second_one_is_told_that_the_port_or_the_folder_is_taken(
        self, exchange: RunningExchange, tmp_path: Path
    ) -> None:
        for port, folder, words in (
            (exchange.port, tmp_path, "is in use; choose another"),
            (free_port(), exchange.folder, "is in use by pid"),
        ):
            result = subprocess.run(
                ["make", "--silent", "run", f"PORT={port}", f"DATA={folder}"],
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert result.returncode != 0
            assert words in result.stderr

    @pytest.mark.parametrize("name", ["engine", "marketdata", "dispatcher", "web", "demo"])
    def test_a_killed_process_is_restarted(self, exchange: RunningExchange, name: str) -> None:
        before, killed = exchange.sequence(), exchange.pids()[name]
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: exchange.pids()[name] != killed, 60, f"{name} is started again")
        assert f"{name} (pid {killed}) was killed by SIGKILL; restart" in exchange.output
        # What /healthz answers may be a second old.
        time.sleep(1.5)
        wait_until(exchange.is_healthy, 60, "the exchange is healthy again")
        wait_until(lambda: exchange.sequence() > before, 60, "orders are sequenced again")

    def test_sigterm_stops_everything_in_order(self, exchange: RunningExchange) -> None:
        pids = exchange.pids()
        exchange.stop(signal.SIGTERM)
        assert not any(is_running(pid) for pid in pids.values())
        stopped = [line.split()[1] for line in exchange.output.splitlines() if line.endswith(" stopped")]
        assert stopped == ["demo", "web", "dispatcher", "marketdata", "engine"]


class TestSecondRun:
    def test_it_resumes_from_the_journal(self, folder: Path) -> None:
        first_users = (folder / "credentials.json").read_text()
        with running_exchange(folder) as exchange:
            assert "hours of demo history" not in exchange.output
            assert (folder / "credentials.json").read_text() == first_users
            resumed = exchange.sequence()
            assert resumed > 1_000
            wait_until(lambda: exchange.sequence() > resumed, 60, "sequences go on")

    def test_a_killed_supervisor_leaves_nobody_behind(self, folder: Path) -> None:
        with running_exchange(folder) as exchange:
            pids = exchange.pids()
            os.kill(exchange.supervisor_pid(), signal.SIGKILL)
            wait_until(lambda: not any(map(is_running, pids.values())), 10, "the children are gone")

    def test_ctrl_c_stops_it_too(self, folder: Path) -> None:
        with running_exchange(folder) as exchange:
            pids = exchange.pids()
            # A terminal sends SIGINT to every process of the foreground group.
            os.killpg(exchange.process.pid, signal.SIGINT)
            wait_until(lambda: not any(map(is_running, pids.values())), 45, "everything has stopped")
            assert "killed" not in exchange.output
            assert exchange.process.wait(30) != 0
            assert not processes_of(folder)


def test_without_the_demo_market_the_exchange_is_clean(tmp_path: Path) -> None:
    # The folder's path is longer than a Unix socket's may be.
    folder = tmp_path / ("a folder with a long name " * 4).strip()
    with running_exchange(folder, DEMO="0") as exchange:
        assert not list(folder.glob("*.sock"))
        assert "demo" not in exchange.pids()
        assert set(exchange.demo()["users"]) == {"admin"}
        credentials = folder / "credentials.json"
        assert set(json.loads(credentials.read_text())) == {"admin"}
        # What is printed ends in a log: it names the file, and no password.
        assert f"admin: passwords in {credentials}" in exchange.output
        assert exchange.demo()["users"]["admin"] not in exchange.output
        assert not httpx.get(f"{exchange.url}/healthz", timeout=20).is_error
        for symbol in SYMBOLS:
            book = exchange.get(f"/api/v1/orderbook/{symbol}")
            assert (book["bids"], book["asks"]) == ([], [])
            assert exchange.get(f"/api/v1/executions/{symbol}")["executions"] == []
