"""Which processes an exchange on one machine consists of, in the order they start.

engine first (it owns the journal), then marketdata (it follows the journal), the dispatcher (it brings
operators' changes to the engine), with CALENDARS=1 the sessions of trading calendars, then web (it serves
what engine and marketdata publish), last the demo market (a client like any other).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from ops.supervisor.child import ProcessSpec
from ops.supervisor.probes import is_live, is_ready, unix_socket_answers, web_answers

#: The exchange counts as up once the database is at most this many commands behind the engine.
MOST_LAG = 200
#: How every web process is served: uvicorn with protocols of our own, which bound what a connection may cost.
UVICORN: Final = (
    *("--loop", "uvloop"),
    *("--http", "web.server.http_protocol:HttpProtocol"),
    *("--ws", "web.server.websocket_protocol:WebSocketProtocol"),
    *("--ws-max-size", str(256 * 1024), "--ws-ping-interval", "0"),
    # Compression is agreed by the protocol itself, without a context for each socket.
    *("--ws-per-message-deflate", "false"),
    # NUM_PROXIES alone decides what is believed about a client.
    "--no-proxy-headers",
    *("--no-access-log", "--log-level", "warning", "--no-server-header"),
    *("--timeout-keep-alive", "5", "--timeout-graceful-shutdown", "3"),
)


@dataclass(frozen=True)
class Layout:
    """Where one exchange keeps its things and listens."""

    base_dir: Path
    data_dir: Path
    engine_socket: Path
    marketdata_socket: Path
    #: Where processes have their side doors.
    door_folder: Path
    host: str
    port: int

    @property
    def url(self) -> str:
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def door(self, name: str) -> Path:
        """The side door of a process."""
        return self.door_folder / f"{name}.side.sock"

    @property
    def log_folder(self) -> Path:
        return self.data_dir / "logs"

    @property
    def credentials_file(self) -> Path:
        """Name → password of every user the seed made, the bots among them."""
        return self.data_dir / "credentials.json"

    @property
    def demo_file(self) -> Path:
        return self.data_dir / "demo.json"


def engine(layout: Layout) -> ProcessSpec:
    """Recovery folds the journal's tail before the socket opens, hence the long patience."""
    return ProcessSpec(
        name="engine",
        command=_manage(layout, "runengine"),
        ready=partial(is_ready, layout.door("engine")),
        ready_timeout_s=300.0,
        grace_s=15.0,
    )


def marketdata(layout: Layout) -> ProcessSpec:
    return ProcessSpec(
        name="marketdata",
        command=_manage(layout, "runmarketdata"),
        ready=partial(unix_socket_answers, layout.marketdata_socket),
        ready_timeout_s=300.0,
        grace_s=15.0,
    )


def dispatcher(layout: Layout) -> ProcessSpec:
    return ProcessSpec(
        name="dispatcher",
        command=_manage(layout, "rundispatcher"),
        ready=partial(is_live, layout.door("dispatcher")),
        ready_timeout_s=120.0,
        grace_s=5.0,
    )


def sessions(layout: Layout) -> ProcessSpec:
    """Only where ``CALENDARS`` or ``DEMO_AUCTIONS`` is set."""
    return ProcessSpec(
        name="sessions",
        command=_manage(layout, "runcalendars"),
        ready=partial(is_live, layout.door("sessions")),
        ready_timeout_s=120.0,
        grace_s=5.0,
    )


def web(layout: Layout) -> ProcessSpec:
    """uvicorn as measured fastest for this load; daphne stays the development server."""
    address = "127.0.0.1" if layout.host == "0.0.0.0" else "::1" if layout.host == "::" else layout.host
    return ProcessSpec(
        name="web",
        command=[
            *(sys.executable, "-m", "uvicorn", "xtrader.asgi:application"),
            *("--app-dir", str(layout.base_dir)),
            *("--host", layout.host, "--port", str(layout.port)),
            *UVICORN,
        ],
        ready=partial(web_answers, address, layout.port, MOST_LAG),
        # A new venue's history is written to the database meanwhile.
        ready_timeout_s=300.0,
        grace_s=10.0,
    )


def demo_market(layout: Layout) -> ProcessSpec:
    return ProcessSpec(
        name="demo",
        command=[
            sys.executable,
            "-m",
            "demo",
            "--url",
            layout.url,
            "--credentials",
            str(layout.credentials_file),
        ],
        ready=lambda: True,
        grace_s=5.0,
    )


def _manage(layout: Layout, *arguments: str) -> list[str]:
    return [sys.executable, str(layout.base_dir / "manage.py"), *arguments]
