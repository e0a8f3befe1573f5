"""Figures of the apps above, for the operator pages: they register here what ``exchange`` cannot import.

An app's ``admin.py`` does::

    figures.register_workers(read)      # () -> list[Figure], shown on the engine's page
    figures.register_market(read)       # (symbol) -> {label: text}, columns of the market overview
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Figure(NamedTuple):
    """One line of the engine's page. ``alarm`` marks what an operator must look at."""

    label: str
    value: str
    alarm: bool = False


_workers: list[Callable[[], list[Figure]]] = []
_markets: list[Callable[[str], dict[str, str]]] = []


def register_workers(read: Callable[[], list[Figure]]) -> None:
    if read not in _workers:
        _workers.append(read)


def register_market(read: Callable[[str], dict[str, str]]) -> None:
    if read not in _markets:
        _markets.append(read)


def of_workers() -> list[Figure]:
    """Figures of the processes that follow the engine."""
    return [figure for read in _workers for figure in read()]


def of_market(symbol: str) -> dict[str, str]:
    """What is registered about one symbol, in registration order."""
    return {label: text for read in _markets for label, text in read(symbol).items()}
