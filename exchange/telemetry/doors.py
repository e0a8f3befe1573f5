"""The side doors of a process: each opens its own with one call, ``/metrics`` included.

    with open_side_door("engine", folder, {"/health/live": live}, addresses):

The socket is ``<name>.side.sock`` in the folder. Where a process of that name runs already, as with several
web processes on one machine, the next is ``web-2``, and so on; a lock beside the socket tells who is there.
With ``SIDE_DOORS`` a process listens at an address as well.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, TextIO

from exchange.telemetry.logs import get_logger
from exchange.telemetry.measures import own
from exchange.telemetry.process_figures import describe_process
from exchange.telemetry.side_door import Page, Pages, SideDoor

log = get_logger(__name__)

#: Processes of one name that have a side door each; further ones have none.
MOST_OF_A_NAME: Final = 32

Address = tuple[str, int]


class SideDoors:
    """The open doors of a process, until ``close``. ``name``: which process it turned out to be."""

    def __init__(self, name: str = "", doors: tuple[SideDoor, ...] = (), lock: TextIO | None = None) -> None:
        self.name = name
        self.doors = doors
        self._lock = lock

    def close(self) -> None:
        """Answer no more."""
        for door in self.doors:
            door.close()
        if self._lock is not None:
            self._lock.close()

    def __enter__(self) -> SideDoors:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_side_door(
    name: str, folder: Path, pages: Pages, addresses: Mapping[str, Address] | None = None, **build: str
) -> SideDoors:
    """Serve ``pages`` and ``/metrics`` of this process. ``addresses``: as ``read_addresses`` gives them, by
    name; ``build``: further words of ``xtrader_build_info``.

    A process does its work also where its door cannot be opened: that is a line in the log, and the target
    is down for who scrapes it.
    """
    taken = _take_name(name, folder)
    if taken is None:
        return SideDoors()
    name, lock = taken
    figures = own()
    describe_process(figures, name, **build)
    served: Pages = {"/metrics": figures.page, **pages}
    places: list[Path | Address] = [folder / f"{name}.side.sock"]
    if addresses and name in addresses:
        places.append(addresses[name])
    doors = [_opened(place, served) for place in places]
    return SideDoors(name, tuple(door for door in doors if door is not None), lock)


def socket_of(folder: Path, name: str) -> Path | None:
    """Where the process of that name answers; None for what is no name of a process."""
    kind, dash, number = name.partition("-")
    if not kind.isalpha() or (dash and not number.isdecimal()) or len(name) > 32:
        return None
    return folder / f"{name}.side.sock"


def read_addresses(given: str) -> dict[str, Address]:
    """``engine=9101,web=127.0.0.1:9105`` as addresses by name; a port alone is on this machine. Raises
    ValueError."""
    addresses = {}
    for part in filter(None, (part.strip() for part in given.split(","))):
        name, found, address = part.partition("=")
        host, _, port = address.rpartition(":")
        if not (found and name and port.isdecimal() and 0 < int(port) < 65_536):
            raise ValueError(f"{part!r}: a process and its port, such as engine=9101 or web=10.0.0.5:9105")
        addresses[name.strip()] = (host.strip("[]") or "127.0.0.1", int(port))
    return addresses


def _take_name(name: str, folder: Path) -> tuple[str, TextIO] | None:
    """The first of ``name``, ``name-2``, … that no process has, and the lock that keeps it."""
    try:
        for number in range(1, MOST_OF_A_NAME + 1):
            candidate = name if number == 1 else f"{name}-{number}"
            lock = open(folder / f"{candidate}.side.lock", "a", opener=_private)  # noqa: SIM115  kept open
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return candidate, lock
            except BlockingIOError:
                lock.close()
    except OSError as error:
        log.error("side_door_not_opened", process=name, error=error)
        return None
    log.error("side_door_not_opened", process=name, most=MOST_OF_A_NAME)
    return None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _opened(place: Path | Address, pages: Pages) -> SideDoor | None:
    try:
        door = SideDoor(place, pages)
    except OSError as error:
        log.error("side_door_not_opened", place=str(place), error=error)
        return None
    door.start()
    return door


__all__ = ["Page", "SideDoors", "open_side_door", "read_addresses", "socket_of"]
