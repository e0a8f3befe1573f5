"""Market data on the operator pages: 24-hour columns of the overview, and how the projector is doing."""

from __future__ import annotations

import socket
from typing import Any, Final

from django.conf import settings

from exchange.admin import figures, units
from exchange.admin.figures import Figure
from exchange.errors import ApiError
from exchange.worker.protocol import LENGTH_BYTES
from marketdata import reads
from marketdata.feed.frames import FrameError, decode_frame, pack_frame

#: The projector answers between two transactions of a few tens of milliseconds.
_TIMEOUT_S: Final = 0.5


def day_of(symbol: str) -> dict[str, str]:
    """Change, volume and trades of the last 24 hours."""
    try:
        day = reads.statistics(symbol)
    except ApiError:
        return {}
    change = day["price_change_percent_24h"]
    symbol_units = units.symbol_units(symbol)
    base = symbol_units.base if symbol_units else ""
    return {
        "24 h change": "—" if change is None else f"{units.signed(change)} %",
        "24 h volume": f"{units.grouped(day['volume_24h'])} {base}",
        "24 h trades": f"{day['trade_count_24h']:,}",
    }


def projector_figures() -> list[Figure]:
    """What the projector says of itself, its check of the engine's invariants among it."""
    status = projector_status()
    if status is None:
        return [Figure("market data", "does not answer", alarm=True)]
    breaches = status.get("breaches") or []
    checked = status.get("checked_sequence", 0)
    invariants = "; ".join(breaches) if breaches else f"hold, checked at sequence {checked:,}"
    return [
        Figure("market data", f"running, up for {units.duration(status.get('uptime_s', 0))}"),
        Figure("invariants of money and books", invariants, alarm=bool(breaches)),
        Figure("newest snapshot at sequence", f"{status.get('snapshot_sequence', 0):,}"),
        Figure("last transaction", f"{status.get('last_commit_ms', 0)} ms"),
    ]


def projector_status() -> dict[str, Any] | None:
    """The projector's answer to a status query; None when it does not answer in time."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_TIMEOUT_S)
            connection.connect(str(settings.XTRADER["MARKETDATA_SOCKET"]))
            connection.sendall(pack_frame([["status"]]))
            [[_word, status], *_] = decode_frame(_receive(connection))
    except (OSError, FrameError, ValueError):
        return None
    return dict(status)


def _receive(connection: socket.socket) -> bytes:
    """The body of one frame. Raises OSError when the connection ends before it is whole."""
    with connection.makefile("rb") as stream:
        length = int.from_bytes(stream.read(LENGTH_BYTES), "little")
        body = stream.read(length)
    if not length or len(body) < length:
        raise ConnectionError("the projector hung up")
    return body


figures.register_market(day_of)
figures.register_workers(projector_figures)
