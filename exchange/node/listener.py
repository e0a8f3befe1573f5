"""The engine's listening socket: heals when its file is removed, pauses when no descriptor is left."""

from __future__ import annotations

import os
import selectors
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from exchange.telemetry.logs import get_logger

log = get_logger(__name__)

#: How often the file is looked for.
CHECK_EVERY_S: Final = 1.0
#: How long no connection is accepted after one could not be: descriptors come back slowly.
PAUSE_S: Final = 1.0
_BACKLOG: Final = 128


class Listener:
    """Listens on a Unix socket within a selector. ``on_accept`` gets each accepted socket."""

    def __init__(
        self, path: str, selector: selectors.BaseSelector, on_accept: Callable[[socket.socket], None]
    ) -> None:
        self._path = path
        self._selector = selector
        self._on_accept = on_accept
        self._socket, self._file = _listen(path)
        self._check_at = time.monotonic() + CHECK_EVERY_S
        self._is_paused = False
        self._is_short_of_descriptors = False
        self._register()

    def tend(self) -> None:
        """Look after the socket: call it every turn, at least once in ``CHECK_EVERY_S``."""
        now = time.monotonic()
        if now < self._check_at:
            return
        self._check_at = now + CHECK_EVERY_S
        if _file_of(self._path) != self._file:
            self._listen_anew()
        elif self._is_paused:
            self._register()

    def next_due_s(self) -> float:
        """When ``tend`` has something to do, in monotonic seconds."""
        return self._check_at

    def close(self) -> None:
        """Stop listening and remove the file."""
        self._socket.close()
        if _file_of(self._path) == self._file:
            Path(self._path).unlink(missing_ok=True)

    def _accept(self) -> None:
        try:
            sock, _ = self._socket.accept()
        except BlockingIOError:
            return
        except OSError as error:
            self._pause(error)
            return
        if self._is_short_of_descriptors:
            self._is_short_of_descriptors = False
            log.warning("connections_accepted_again")
        self._on_accept(sock)

    def _pause(self, error: OSError) -> None:
        """Leave those who wait alone for a moment: the selector would report them at once, and for ever."""
        if not self._is_short_of_descriptors:
            self._is_short_of_descriptors = True
            log.error("connection_not_accepted", error=error)
        self._selector.unregister(self._socket)
        self._is_paused = True
        self._check_at = time.monotonic() + PAUSE_S

    def _listen_anew(self) -> None:
        """The file was removed or replaced, though not by another engine: this one holds the journal's
        lock."""
        try:
            listener, file = _listen(self._path)
        except OSError as error:
            # The folder is gone, or no descriptor is left: those who are connected stay.
            log.error("socket_not_made_again", path=str(self._path), error=error)
            return
        if not self._is_paused:
            self._selector.unregister(self._socket)
        self._socket.close()
        self._socket, self._file = listener, file
        self._register()
        log.warning("socket_made_again", path=str(self._path))

    def _register(self) -> None:
        self._selector.register(self._socket, selectors.EVENT_READ, self._accept)
        self._is_paused = False


def _listen(path: str) -> tuple[socket.socket, tuple[int, int] | None]:
    """A listening socket and its file. An old file there is in the way: its engine is gone."""
    Path(path).unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    os.chmod(path, 0o600)
    listener.listen(_BACKLOG)
    listener.setblocking(False)
    return listener, _file_of(path)


def _file_of(path: str) -> tuple[int, int] | None:
    """What names the file at a path; None where there is none."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
