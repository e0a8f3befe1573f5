"""How to tell from outside that a process serves. Each probe answers within about a second."""

from __future__ import annotations

import http.client
import socket
from pathlib import Path


def unix_socket_answers(path: Path) -> bool:
    """Somebody accepts connections at this Unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def http_answers(host: str, port: int, path: str) -> bool:
    """``GET path`` is answered with 200."""
    connection = http.client.HTTPConnection(host, port, timeout=2.0)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
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
