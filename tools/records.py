"""Write the tables of ``docs/records.md`` from the description of the records.

python tools/records.py
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from exchange.engine.records.record_shapes import (  # noqa: E402  the path comes first
    COMMAND_SHAPES,
    EVENT_SHAPES,
    FLAG,
    KIND_NAMES,
    SMALLS_AT,
    Shape,
)

DOCUMENT = ROOT / "docs" / "records.md"
#: The generated part stands between these lines.
BEGIN, END = "<!-- layouts: python tools/records.py -->", "<!-- end of the layouts -->"


def layouts() -> str:
    """A table for each message that has a layout."""
    shapes = [*COMMAND_SHAPES.values(), *EVENT_SHAPES.values()]
    return "\n\n".join("\n".join(_table(shape)) for shape in shapes)


def with_layouts(document: str) -> str:
    """The document with the layouts as the code has them."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{layouts()}\n\n{END}{after}"


def _table(shape: Shape) -> Iterator[str]:
    yield f"### {shape.name}: tag {shape.tag}, {shape.words} words\n"
    yield "| field | place | kind |"
    yield "|---|---|---|"
    word, bit = 1, SMALLS_AT
    for field in shape.fields:
        if field.kind <= FLAG:
            place = f"head, bits {bit}-{bit + field.bits - 1}" if field.bits > 1 else f"head, bit {bit}"
            bit += field.bits
        else:
            place = f"word {word}"
            word += 1
        yield f"| `{field.name}` | {place} | {KIND_NAMES[field.kind]} |"


def main() -> None:
    DOCUMENT.write_text(with_layouts(DOCUMENT.read_text()))


if __name__ == "__main__":
    main()
