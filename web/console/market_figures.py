"""Market data on the operator pages: 24-hour columns of the overview, and how the projector is doing."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings

from marketdata import reads
from marketdata.feed.feed_client import read_status
from web.console import display_units
from web.console.figures import Figure

#: The projector answers between two transactions of a few tens of milliseconds.
_TIMEOUT_S: Final = 0.5


def day_of(symbol: str) -> dict[str, str]:
    """Change, volume and trades of the last 24 hours, from this process' copy of the feed. Empty while it has
    none: the tables would answer with several queries a symbol."""
    day = reads.kept_statistics(symbol)
    if day is None:
        return {}
    change = day["price_change_percent_24h"]
    symbol_units = display_units.symbol_units(symbol)
    base = symbol_units.base if symbol_units else ""
    return {
        "24 h change": "—" if change is None else f"{display_units.signed(change)} %",
        "24 h volume": f"{display_units.grouped(day['volume_24h'])} {base}",
        "24 h trades": f"{day['trade_count_24h']:,}",
    }


def projector_figures() -> list[Figure]:
    """The projector's own status, with its check of the engine's invariants."""
    status = projector_status()
    if status is None:
        return [Figure("market data", "does not answer", alarm=True)]
    breaches = status.get("breaches") or []
    checked = status.get("checked_sequence", 0)
    invariants = "; ".join(breaches) if breaches else f"hold, checked at sequence {checked:,}"
    return [
        Figure("market data", f"running, up for {display_units.duration(status.get('uptime_s', 0))}"),
        Figure("invariants of money and books", invariants, alarm=bool(breaches)),
        Figure("newest snapshot at sequence", f"{status.get('snapshot_sequence', 0):,}"),
        Figure("last transaction", f"{status.get('last_commit_ms', 0)} ms"),
    ]


def projector_status() -> dict[str, Any] | None:
    """The projector's answer to a status query; None when it does not answer in time."""
    return read_status(settings.XTRADER["MARKETDATA_SOCKET"], _TIMEOUT_S)
