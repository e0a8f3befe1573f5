"""Write the table of variables of ``docs/operations.md`` from ``xtrader/variables``.

python tools/variables.py
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

DOCUMENT = ROOT / "docs" / "operations.md"
#: The generated part stands between these lines.
BEGIN, END = "<!-- variables: python tools/variables.py -->", "<!-- end of the variables -->"


def rows() -> str:
    """The table: what each variable takes, what it is without, and what it does."""
    from xtrader.variables.variable_reader import table

    lines = ["| variable | takes | default | what it does |", "|---|---|---|---|"]
    lines += [
        f"| `{name}` | {_takes(name, each)} | {_default(each)} | {each.meaning} |"
        for name, each in table().items()
    ]
    return "\n".join(lines).replace("`0` or `1`", "`0`, `1`")


def _takes(name: str, variable: Any) -> str:
    from xtrader.variables.variable_reader import has_file

    if not variable.secret:
        return str(variable.values)
    return f"{variable.values}; a secret" + (
        f", or its file by `{name}_FILE`" if has_file(name, variable) else ""
    )


def _default(variable: Any) -> str:
    if variable.shown:
        return str(variable.shown)
    shown = f"`{variable.default}`" if variable.default else "none"
    return shown if variable.demo is None else f"{shown}, in a demo `{variable.demo}`"


def written(document: str) -> str:
    """The document with the table of today."""
    before, rest = document.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n{rows()}\n\n{END}{after}"


if __name__ == "__main__":
    DOCUMENT.write_text(written(DOCUMENT.read_text()))
