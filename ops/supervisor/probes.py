"""Whether a process serves, seen from outside. Each probe answers within about a second."""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path


def unix_socket_answers(path: Path) -> bool:
    """Whether a process accepts connections at this Unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def web_answers(host: str, port: int, most_lag: int) -> bool:
    """``GET /healthz`` is answered with 200, and every projection is at most ``most_lag`` commands behind
    the engine: pages then show the state of the journal."""
    connection = http.client.HTTPConnection(host, port, timeout=3.0)
    try:
        connection.request("GET", "/healthz")
        response = connection.getresponse()
        health = json.loads(response.read())
        lags = [projection["lag"] for projection in health["projections"].values()]
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return False
    finally:
        connection.close()
    return response.status == 200 and all(lag is not None and lag <= most_lag for lag in lags)


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
