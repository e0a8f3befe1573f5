"""What one process keeps: a single object, made when Django starts (``exchange.apps``), whose parts are found
by class.

    process.part(EngineLink)        this process' link to the engine, made when first asked for
    process.find(MarketData)        None where nothing has put one here
    symbols = process.shared(SymbolTable)   a name for the part of the process in use, for modules to import
    with process.using(Process()):  a process of a test's own

No other module of the house holds anything that changes: a test counts (``tests/test_process.py``).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

_T = TypeVar("_T")


class Process:
    """The parts of one process, one of each class. Safe to ask from any thread."""

    def __init__(self) -> None:
        self._parts: dict[type[Any], Any] = {}
        self._lock = threading.RLock()

    def part(self, kind: type[_T], make: Callable[[], _T] | None = None) -> _T:
        """The part of a class; made by ``make``, else by the class without arguments, when first asked
        for."""
        found: _T | None = self._parts.get(kind)
        if found is not None:
            return found
        with self._lock:
            if kind not in self._parts:
                self._parts[kind] = kind() if make is None else make()
            made: _T = self._parts[kind]
            return made

    def find(self, kind: type[_T]) -> _T | None:
        """The part of a class; None where there is none."""
        return self._parts.get(kind)

    def put(self, part: object) -> None:
        """Keep a part, instead of the one of its class before."""
        self._parts[type(part)] = part

    def remove(self, kind: type[_T]) -> _T | None:
        """Keep the part of a class no longer; returns it."""
        found: _T | None = self._parts.pop(kind, None)
        return found


class _Running:
    """The process object in use."""

    process = Process()


def current() -> Process:
    """The object of this process."""
    return _Running.process


def part(kind: type[_T], make: Callable[[], _T] | None = None) -> _T:
    """``Process.part`` of this process."""
    return _Running.process.part(kind, make)


def find(kind: type[_T]) -> _T | None:
    """``Process.find`` of this process."""
    return _Running.process.find(kind)


def shared(kind: type[_T], make: Callable[[], _T] | None = None) -> _T:
    """A name for the part of a class, whichever process is in use. Only for methods and attributes: operators
    such as ``in`` and ``len`` do not reach the part."""

    class Shared:
        __slots__ = ()

        # Not __getattr__, which costs three times as much: it is called when a look-up has failed.
        def __getattribute__(self, name: str) -> Any:
            found = _Running.process.find(kind)
            return getattr(_Running.process.part(kind, make) if found is None else found, name)

        def __setattr__(self, name: str, value: Any) -> None:
            setattr(_Running.process.part(kind, make), name, value)

        def __delattr__(self, name: str) -> None:
            delattr(_Running.process.part(kind, make), name)

    return cast(_T, Shared())


@contextmanager
def using(process: Process) -> Iterator[Process]:
    """Make an object that of this process for a while: for tests."""
    before, _Running.process = _Running.process, process
    try:
        yield process
    finally:
        _Running.process = before


def begin(process: Process) -> None:
    """Make an object that of this process, from its start on."""
    _Running.process = process


def anew_after_fork(kind: type[_T]) -> type[_T]:
    """Class decorator: a forked process makes a part of its own."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: _Running.process.remove(kind))
    return kind
