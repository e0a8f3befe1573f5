"""Whether a process serves, seen from outside. Each probe answers within about a second."""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path
from typing import Final

from exchange.telemetry.process_health import LIVE, READY
from exchange.telemetry.side_door import ask

_OK: Final = 200


def unix_socket_answers(path: Path) -> bool:
    """Whether a process accepts connections at this Unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def is_ready(door: Path) -> bool:
    """Whether the process behind this side door does its work."""
    return _page(door, READY)


def is_live(door: Path) -> bool:
    """Whether the process behind this side door runs."""
    return _page(door, LIVE)


def _page(door: Path, path: str) -> bool:
    try:
        return ask(door, path, 1.0)[0] == _OK
    except OSError:
        return False


def web_answers(host: str, port: int, most_lag: int) -> bool:
    """Orders can be taken (``/health/ready``), the database answers, and every projection is at most
    ``most_lag`` commands behind the engine: pages then show the state of the journal (``/healthz``)."""
    connection = http.client.HTTPConnection(host, port, timeout=3.0)
    try:
        connection.request("GET", READY)
        response = connection.getresponse()
        response.read()
        if response.status != _OK:
            return False
        connection.request("GET", "/healthz")
        response = connection.getresponse()
        health = json.loads(response.read())
        lags = [projection["lag"] for projection in health["projections"].values()]
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return False
    finally:
        connection.close()
    return response.status == _OK and all(lag is not None and lag <= most_lag for lag in lags)


def speaks_health(host: str, port: int) -> bool:
    """Whether a venue listens there, well or not."""
    connection = http.client.HTTPConnection(host, port, timeout=5.0)
    try:
        connection.request("GET", "/healthz")
        return "projections" in json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()


def port_is_free(host: str, port: int) -> bool:
    """We could listen there. The servers set SO_REUSEADDR too, so a closing connection is no obstacle."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
