"""A real Prometheus beside a running exchange: it finds every process, knows every metric, answers every
panel of the dashboards, and its alerts fire and clear.

The rules are those that ship, with one parameter changed: how long a state must last before an alert fires
(``for``), and how often Prometheus looks.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from exchange.telemetry.metric_table import PROCESSES, TABLE, VENUE, names_of
from tests.ops.running import ROOT, RunningExchange, free_port, running_exchange, wait_until

pytestmark = pytest.mark.proof

RULES = ROOT / "ops" / "prometheus"
DASHBOARDS = sorted((ROOT / "ops" / "grafana").glob("*.json"))
PATIENCE_S = 120.0


def copied_rules(folder: Path, port: int, patience_s: int = 2) -> Path:
    """The configuration that ships, for an exchange on another port, with the rules; ``patience_s`` stands
    for each ``for`` and for both intervals."""
    for path in RULES.glob("*.yml"):
        text = re.sub(r"^(\s+for:) .*$", rf"\1 {patience_s}s", path.read_text(), flags=re.M)
        text = re.sub(r"_interval: 5s", f"_interval: {patience_s}s", text).replace(":8000", f":{port}")
        # The sessions run here.
        text = re.sub(r"^( +)# (- targets|  labels: \{process: sessions)", r"\1\2", text, flags=re.M)
        (folder / path.name).write_text(text)
    return folder / "prometheus.yml"


def by_addresses(configuration: Path, doors: Mapping[str, int]) -> None:
    """Scrape each process at an address of its own, instead of all by the public port."""
    before, _, _ = configuration.read_text().partition("    static_configs:")
    targets = [
        f'      - targets: ["127.0.0.1:{port}"]\n        labels: {{process: {name}}}\n'
        for name, port in doors.items()
    ]
    configuration.write_text(f"{before}    static_configs:\n{''.join(targets)}")


class Prometheus:
    """A server on the loopback interface."""

    def __init__(
        self, folder: Path, exchange: RunningExchange, doors: Mapping[str, int] | None = None
    ) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        configuration = copied_rules(folder, exchange.port)
        if doors:
            by_addresses(configuration, doors)
        command = [
            *("prometheus", f"--config.file={configuration}"),
            *(f"--storage.tsdb.path={folder / 'tsdb'}", f"--web.listen-address={self.url[7:]}"),
        ]
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(30)

    def ask(self, path: str, **parameters: str) -> Any:
        reply = httpx.get(f"{self.url}/api/v1/{path}", params=parameters, timeout=30)
        assert reply.status_code == 200, reply.text
        return reply.json()["data"]

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/-/ready", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def unhealthy(self) -> dict[str, str]:
        """Processes that are not up, and why."""
        targets = {one["labels"]["process"]: one for one in self.ask("targets")["activeTargets"]}
        states = {name: targets.get(name, {"health": "not found yet", "lastError": ""}) for name in PROCESSES}
        return {
            name: state["lastError"] or state["health"]
            for name, state in states.items()
            if state["health"] != "up"
        }

    def samples(self, query: str) -> list[Any]:
        return list(self.ask("query", query=query)["result"])

    def state(self, alert: str) -> str:
        """inactive, pending or firing."""
        rules = [rule for group in self.ask("rules", type="alert")["groups"] for rule in group["rules"]]
        return str(next(rule["state"] for rule in rules if rule["name"] == alert))


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningExchange]:
    if shutil.which("prometheus") is None or shutil.which("promtool") is None:
        pytest.skip("Prometheus is not installed (Debian: prometheus)")
    folder = tmp_path_factory.mktemp("watched")
    with running_exchange(folder, DEMO="1", DEMO_AUCTIONS="1", COMPILE="0") as running:
        yield running


@pytest.fixture(scope="module")
def prometheus(exchange: RunningExchange, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    server = Prometheus(tmp_path_factory.mktemp("prometheus"), exchange)
    try:
        wait_until(server.is_ready, PATIENCE_S, "Prometheus is ready")
        wait_until(lambda: not server.unhealthy(), PATIENCE_S, "every target is up")
        yield server
    finally:
        server.close()


def page_of(exchange: RunningExchange, process: str) -> bytes:
    path = "/metrics" if process == VENUE else f"/metrics/{process}"
    reply = httpx.get(exchange.url + path, timeout=30)
    assert reply.status_code == 200, reply.text
    return reply.content


@pytest.mark.parametrize("process", [*PROCESSES, VENUE])
def test_each_page_is_clean_and_has_what_the_document_says(exchange: RunningExchange, process: str) -> None:
    page = page_of(exchange, process)
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=page, capture_output=True, timeout=60, check=False
    )
    assert checked.returncode == 0 and not checked.stdout + checked.stderr, checked.stderr.decode()
    types = dict(re.findall(r"^# TYPE (xtrader_\S+) (\S+)$", page.decode(), re.M))
    expected = names_of(process) | (names_of("web") if process == VENUE else set())
    assert types == {name: TABLE[name].kind.replace("info", "gauge") for name in expected}


def test_prometheus_knows_every_metric_with_its_type(prometheus: Prometheus) -> None:
    known = prometheus.ask("metadata")
    for name, defined in TABLE.items():
        assert known[name][0]["type"] == defined.kind.replace("info", "gauge"), name
        assert known[name][0]["help"] == defined.help


def test_there_is_no_page_of_a_process_that_is_not_there(exchange: RunningExchange) -> None:
    assert httpx.get(f"{exchange.url}/metrics/web-2", timeout=30).status_code == 502
    assert httpx.get(f"{exchange.url}/metrics/..%2Fkeys", timeout=30).status_code == 404


def make_trouble(exchange: RunningExchange) -> None:
    """What people get wrong, so that there is something to see."""
    password = exchange.demo()["users"]["alice"]
    with httpx.Client(base_url=exchange.url, timeout=30) as client:
        wrong = {"username": "alice", "password": "wrong"}
        assert client.post("/api/v1/token", json=wrong).status_code == 401
        right = {"username": "alice", "password": password}
        token = client.post("/api/v1/token", json=right).json()["access"]
        client.headers["Authorization"] = f"Bearer {token}"
        order = {"symbol": "BTC-KRW", "side": "up", "order_type": "limit", "price": "1", "quantity": "1"}
        assert client.post("/v1/order", json=order).status_code == 400
        refused = client.post("/v1/order/cancel", json={"order_id": "999999999"})
        assert refused.json()["error"] == "ORDER_NOT_FOUND"
        assert client.get("/v1/balances").status_code == 200
        assert client.get("/").status_code in {200, 302}


@pytest.fixture(scope="module")
def troubled(exchange: RunningExchange, prometheus: Prometheus) -> Prometheus:
    """Trouble is seen as a rate: two scrapes before it, and two after."""
    wait_until(lambda: prometheus.samples("xtrader:orders:rate1m > 0"), PATIENCE_S, "orders flow")
    make_trouble(exchange)
    return prometheus


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_every_panel_has_data_while_orders_flow(troubled: Prometheus, path: Path) -> None:
    queries = {
        (panel["title"], target["expr"].replace("$symbol", ".*"))
        for panel in json.loads(path.read_text())["panels"]
        for target in panel["targets"]
    }
    empty = set(queries)

    def all_answered() -> bool:
        empty.difference_update([query for query in empty if troubled.samples(query[1])])
        return not empty

    try:
        wait_until(all_answered, PATIENCE_S, "every panel has data")
    except AssertionError:
        pytest.fail(f"no data: {sorted(empty)}")


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A process that hangs: it holds its sockets and answers nothing."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("process", ["dispatcher", "marketdata", "engine", "web"])
def test_an_alert_fires_and_clears(prometheus: Prometheus, exchange: RunningExchange, process: str) -> None:
    alert = f"{process.capitalize()}Down"
    wait_until(lambda: prometheus.state(alert) == "inactive", PATIENCE_S, f"{alert} is quiet")
    with stopped(exchange.pids()[process]):
        wait_until(lambda: prometheus.state(alert) == "firing", PATIENCE_S, f"{alert} fires")
    wait_until(lambda: prometheus.state(alert) == "inactive", PATIENCE_S, f"{alert} clears")
    wait_until(lambda: not prometheus.unhealthy(), PATIENCE_S, "every target is up again")
