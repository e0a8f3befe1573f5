"""``docs/metrics.md``, the rules of Prometheus, the dashboards of Grafana and the runbook name metrics that
there are, and each other."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from exchange.telemetry.metric_table import TABLE
from tests.docs.documents import Document
from tools import metric_docs

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "ops" / "prometheus"
DASHBOARDS = sorted((ROOT / "ops" / "grafana").glob("*.json"))
#: Names that only look like a metric's.
PACKAGES = {"xtrader_client", "xtrader_engine"}
_NAME = re.compile(r"\bxtrader[_:][a-z0-9_:]+")


def rules(name: str) -> list[dict[str, Any]]:
    groups = yaml.safe_load((RULES / name).read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


ALERTS = rules("alerts.yml")
RECORDED = {rule["record"] for rule in rules("recording.yml")}


def is_known(name: str) -> bool:
    """A metric, a part of a histogram, or what a rule records."""
    bare = re.sub(r"_(bucket|sum|count)$", "", name)
    return name in TABLE or name in RECORDED or (bare in TABLE and TABLE[bare].kind == "histogram")


def test_the_document_has_every_metric_as_the_code_has_it() -> None:
    document = metric_docs.DOCUMENT.read_text()
    assert document == metric_docs.with_tables(document), "run `python -m tools.metric_docs`"


def test_documents_rules_and_dashboards_name_metrics_that_there_are() -> None:
    files = [*RULES.glob("*.yml"), *DASHBOARDS, *(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
    unknown = {
        f"{path.name}: {name}"
        for path in files
        for name in _NAME.findall(path.read_text())
        if not is_known(name) and not name.endswith("_") and name not in PACKAGES
    }
    assert unknown == set()


def test_each_alert_leads_to_its_paragraph_and_each_paragraph_is_of_an_alert() -> None:
    anchors = Document(ROOT / "docs" / "operations.md").anchors()
    for rule in ALERTS:
        path, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert path == "docs/operations.md" and anchor == rule["alert"].lower()
        assert anchor in anchors, f"{rule['alert']} has no paragraph"
        assert rule["labels"]["severity"] in {"critical", "warning"}
    text = (ROOT / "docs" / "operations.md").read_text()
    section = text[text.index("### Alerts") :]
    section = section[: section.index("\n## ")]
    assert re.findall(r"^#### (\w+)$", section, re.M) == sorted(
        [rule["alert"] for rule in ALERTS], key=lambda name: section.index(f"#### {name}\n")
    )


def test_each_alert_is_seen_quiet_firing_and_clear_again_in_its_own_test() -> None:
    seen: dict[str, list[bool]] = {}
    for test in yaml.safe_load((RULES / "alerts_test.yml").read_text())["tests"]:
        for case in test["alert_rule_test"]:
            seen.setdefault(case["alertname"], []).append(bool(case["exp_alerts"]))
    assert set(seen) == {rule["alert"] for rule in ALERTS}
    for alert, fired in seen.items():
        assert fired[:3] == [False, True, False], alert


def test_the_rules_do_what_their_tests_say() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: prometheus)")
    for arguments in (("check", "config", "prometheus.yml"), ("test", "rules", "alerts_test.yml")):
        done = subprocess.run(
            [promtool, *arguments], cwd=RULES, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_whole(path: Path) -> None:
    board = json.loads(path.read_text())
    panels = board["panels"]
    assert board["uid"] == f"xtrader-{path.stem}" and len({panel["id"] for panel in panels}) == len(panels)
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels]
    assert len(set(places)) == len(places)
    for panel in panels:
        assert panel["title"] and panel["description"] and panel["fieldConfig"]["defaults"]["unit"]
        assert all(target["expr"] for target in panel["targets"])
