"""``/health/detail``: everything an operator asks when something is wrong, in one answer.

Every dependency and breaker of this web process, followers, journal, snapshots, disks, clock, certificate,
versions. What cannot be known just now is null rather than invented.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from django.conf import settings
from django.db import connection

from exchange.telemetry import breakers, retries
from ops.health import Report, as_json

_NS_PER_S: Final = 1_000_000_000
_SNAPSHOTS: Final = "*.snapshot*"


def detail(report: Report) -> dict[str, Any]:
    """The body. Reads some files; asks nobody."""
    engine, marketdata = report.engine, report.marketdata
    return {
        **as_json(report),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "cancel_only": engine.get("cancel_only"),
        "breakers": {name: _breaker(state) for name, state in breakers.states().items()},
        "retries": {
            name: {"spent": budget.spent, "denied": budget.denied}
            for name, budget in retries.budgets().items()
        },
        "followers": {"marketdata": _lag(engine, marketdata)},
        "journal": {
            "sequence": engine.get("sequence"),
            "durable": engine.get("durable"),
            "epoch": engine.get("epoch"),
            "event_hash": engine.get("event_hash"),
        },
        "snapshot": {"sequence": marketdata.get("snapshot_sequence"), "age_s": _snapshot_age_s()},
        "disk": engine.get("disk") or None,
        "certificate": _certificate(settings.XTRADER["TLS_CERTIFICATE_FILE"]),
        "versions": {
            "xtrader": settings.SPECTACULAR_SETTINGS["VERSION"],
            "python": platform.python_version(),
            "database": connection.vendor,
            "rules": engine.get("rules_version"),
            "core": engine.get("core"),
        },
        "processes": {
            "engine": {"pid": engine.get("pid"), "up_s": _up_s(engine)},
            "marketdata": {"pid": marketdata.get("pid"), "up_s": marketdata.get("uptime_s")},
        },
    }


def _breaker(state: breakers.BreakerState) -> dict[str, Any]:
    return {**state._asdict(), "since_s": round(state.since_s, 1)}


def _lag(engine: Mapping[str, Any], marketdata: Mapping[str, Any]) -> dict[str, Any]:
    """How far the tables are behind: in commands, and in seconds between the last command and the last that
    they have."""
    if not engine or not marketdata:
        return {"sequences": None, "seconds": None}
    sequences = max(0, engine["sequence"] - marketdata["sequence"])
    behind_ns = max(0, engine["now_ns"] - marketdata["now_ns"]) if sequences else 0
    return {"sequences": sequences, "seconds": round(behind_ns / _NS_PER_S, 3)}


def _up_s(engine: Mapping[str, Any]) -> int | None:
    started_ns = engine.get("started_ns")
    return None if started_ns is None else max(0, int((time.time_ns() - started_ns) // _NS_PER_S))


def _snapshot_age_s() -> int | None:
    """Age of the newest snapshot; None where there is none here."""
    folder = Path(settings.XTRADER["SNAPSHOT_DIR"])
    try:
        newest = max((path.stat().st_mtime for path in folder.glob(_SNAPSHOTS)), default=None)
    except OSError:
        return None
    return None if newest is None else max(0, int(time.time() - newest))


def certificate_days() -> float | None:
    """Days until the site's certificate ends; None where none is known."""
    found = _certificate(settings.XTRADER["TLS_CERTIFICATE_FILE"])
    return None if found is None else found["days_left"]


def _certificate(file: str) -> dict[str, Any] | None:
    """Until when the site's certificate is good; None where no file is named. A file with several counts by
    the one that ends first."""
    if not file:
        return None
    try:
        found = x509.load_pem_x509_certificates(Path(file).read_bytes())
        ends = min(certificate.not_valid_after_utc for certificate in found)
    except (OSError, ValueError) as error:
        return {"file": file, "error": type(error).__name__, "days_left": None}
    days = (ends - datetime.now(UTC)).total_seconds() / 86_400
    return {"file": file, "ends": ends.isoformat(), "days_left": round(days, 1)}
