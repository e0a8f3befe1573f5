"""What can be counted in the house: the same measures before and after a change."""

from __future__ import annotations

import ast

from tools.house.imports import House, circles
from tools.house.layout import house_floors

LONG_FILE = 300
LONG_FUNCTION = 40


def figures(house: House) -> dict[str, int]:
    """Name → count, over everything but Django's migrations."""
    levels, floor, climbing = house_floors(house)
    tallest = {
        level: max(floor[room.name] + 1 for room in house.rooms.values() if levels[room.house] == level)
        for level in levels.values()
    }
    sources = [source for source in house.sources.values() if ".migrations" not in source.module]
    functions = [
        node
        for source in sources
        for node in ast.walk(source.tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    return {
        "rooms": len(house.rooms),
        "of these single files": sum(room.is_loose for room in house.rooms.values()),
        "floors": sum(tallest.values()),
        "arrows": len(house.arrows),
        "upward arrows": len(climbing),
        "circles": len(circles(house.rooms, house.arrows)),
        "files": len(sources),
        "lines": sum(source.lines for source in sources),
        f"files over {LONG_FILE} lines": sum(source.lines > LONG_FILE for source in sources),
        "functions": len(functions),
        f"functions over {LONG_FUNCTION} lines": sum(length(node) > LONG_FUNCTION for node in functions),
        "global statements": sum(
            isinstance(node, ast.Global) for source in sources for node in ast.walk(source.tree)
        ),
    }


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from ``def`` to the end."""
    return (function.end_lineno or function.lineno) - function.lineno + 1
