"""The letter to administrators: custody does not agree with the ledger, or could not be held against it."""

from __future__ import annotations

from typing import Final

from accounts.delivery.writing import Content, add_kind
from accounts.letters import links
from accounts.models import Letter
from custody.models import Reconciliation

KIND: Final = "custody_alarm"


def connect() -> None:
    """Teach the postman this letter: when Django starts."""
    add_kind(KIND, _alarm)


def _alarm(letter: Letter) -> Content | None:
    """By the last report; None where all is well again."""
    last = Reconciliation.objects.first()
    if last is not None and last.agrees and not letter.about.get("is_late"):
        return None
    rows = [] if last is None else [row for row in last.rows if row["difference"] != "0" or row["is_stale"]]
    values = {"report": last, "rows": rows, "link": links.link("admin:custody_reconciliation_changelist")}
    return Content("custody_alarm", values)
