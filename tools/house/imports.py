"""Which rooms there are and which of them imports which, from the syntax trees of the sources alone.

A **room** is a package of the house (``xtrader``), or, where that has packages of its own, each of these
(``web.rest``) and each file that lies loose beside them (``marketdata.candles``). The engine is a house in
the house: its packages are rooms, too. An **arrow** says that a file of one room imports from another room.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

#: The packages of the house. Demo market, clients and benchmarks are guests: they come in by the front door.
PACKAGES = (
    "xtrader", "web", "ops", "replays", "xtrader_engine", "custody", "accounts", "marketdata", "exchange",
)  # fmt: skip
#: A package inside another whose own packages are rooms.
INNER_HOUSES = ("exchange.engine",)
#: Left out: what Django asks for, and the commands, which are doors of their own into rooms of any floor.
NOT_ROOMS = ("admin", "apps", "migrations", "management")

Arrow = tuple[str, str]


@dataclass
class Source:
    """A Python file: its dotted name, its tree, how many lines it has."""

    module: str
    tree: ast.Module
    lines: int
    is_package: bool


@dataclass
class Room:
    """``name`` is dotted, ``house`` the package it is in (itself, where that is one room)."""

    name: str
    house: str
    sources: list[Source] = field(default_factory=list)

    @property
    def title(self) -> str:
        return self.name.rpartition(".")[2]

    @property
    def is_loose(self) -> bool:
        """One file beside packages."""
        return all(source.module == self.name and not source.is_package for source in self.sources)

    @property
    def lines(self) -> int:
        return sum(source.lines for source in self.sources)

    @property
    def purpose(self) -> str:
        """The first sentence of its docstring."""
        own = [source for source in self.sources if source.module == self.name]
        text = (ast.get_docstring(own[0].tree) or "") if own else ""
        return " ".join(text.split("\n\n")[0].split()).split(". ")[0].removesuffix(".")


class House:
    """Everything below ``root`` that belongs to the house."""

    def __init__(self, root: Path) -> None:
        self.sources = {source.module: source for source in read_sources(root)}
        self._split = set(self._houses())
        self.rooms: dict[str, Room] = {}
        for source in self.sources.values():
            name = self.room_of(source.module)
            if name:
                house = name.rpartition(".")[0] or name
                self.rooms.setdefault(name, Room(name, house)).sources.append(source)

    @cached_property
    def arrows(self) -> dict[Arrow, list[Arrow]]:
        """(from, to) of rooms → the imports (from, to) of files that make it."""
        arrows: dict[Arrow, list[Arrow]] = {}
        for room in self.rooms.values():
            for source in room.sources:
                for imported in sorted(set(self.imports(source))):
                    target = self.room_of(imported)
                    if target and target != room.name:
                        arrows.setdefault((room.name, target), []).append((source.module, imported))
        return arrows

    def room_of(self, module: str) -> str:
        """The room a file is in; empty for what is left out and for the ``__init__`` of a split package."""
        parts = module.split(".")
        depth = 1
        while depth < len(parts) and ".".join(parts[:depth]) in self._split:
            depth += 1
        name = ".".join(parts[:depth])
        return "" if name in self._split or parts[depth - 1] in NOT_ROOMS else name

    def imports(self, source: Source) -> Iterator[str]:
        """The house's modules that ``source`` imports, wherever in the file."""
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Import):
                yield from filter(None, (self._known(alias.name) for alias in node.names))
            elif isinstance(node, ast.ImportFrom):
                base = absolute(source, node)
                for alias in node.names:
                    known = self._known(f"{base}.{alias.name}") or self._known(base)
                    if known:
                        yield known

    def _known(self, name: str) -> str:
        return name if name in self.sources else ""

    def _houses(self) -> Iterator[str]:
        """The packages that have packages of their own."""
        for name in (*PACKAGES, *INNER_HOUSES):
            inner = {
                module.split(".")[name.count(".") + 1]
                for module, source in self.sources.items()
                if source.is_package and module.startswith(f"{name}.")
            }
            if inner.difference(NOT_ROOMS):
                yield name


def read_sources(root: Path) -> Iterator[Source]:
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            parts = list(path.relative_to(root).with_suffix("").parts)
            is_package = parts[-1] == "__init__"
            text = path.read_text()
            module = ".".join(parts[:-1] if is_package else parts)
            yield Source(module, ast.parse(text), text.count("\n"), is_package)


def absolute(source: Source, node: ast.ImportFrom) -> str:
    """The module that ``from … import`` names, without leading dots."""
    if not node.level:
        return node.module or ""
    parts = source.module.split(".")
    kept = parts[: len(parts) - node.level + source.is_package]
    return ".".join([*kept, *([node.module] if node.module else [])])


def circles(nodes: Iterable[str], arrows: Iterable[Arrow]) -> list[list[str]]:
    """The groups of rooms that import one another round about; none where imports go one way."""
    reach = reachable(nodes, arrows)
    found = {tuple(sorted(b for b in reach[a] if a in reach[b])) for a in reach if a in reach[a]}
    return sorted(map(list, found))


def reachable(nodes: Iterable[str], arrows: Iterable[Arrow]) -> dict[str, set[str]]:
    """Node → every node that a path of arrows leads to."""
    following: dict[str, set[str]] = {node: set() for node in nodes}
    for origin, target in arrows:
        following[origin].add(target)
    reach: dict[str, set[str]] = {}
    for node in following:
        seen: set[str] = set()
        waiting = list(following[node])
        while waiting:
            here = waiting.pop()
            if here not in seen:
                seen.add(here)
                waiting += following[here]
        reach[node] = seen
    return reach


def needed(nodes: Iterable[str], arrows: Iterable[Arrow]) -> list[Arrow]:
    """The arrows that do not follow from others: what is left says who may reach whom just as well."""
    arrows = sorted(set(arrows))
    reach = reachable(nodes, arrows)
    in_circle = {node for node, reached in reach.items() if node in reached}
    following: dict[str, set[str]] = {}
    for origin, target in arrows:
        following.setdefault(origin, set()).add(target)
    return [
        (origin, target)
        for origin, target in arrows
        if {origin, target} <= in_circle
        or not any(
            target in reach[other] for other in following[origin] - {target} if origin not in reach[other]
        )
    ]
