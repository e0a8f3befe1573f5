"""Write the matrix of ``docs/roles.md`` from the table of roles and what each address needs.

python tools/roles.py
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xtrader.settings")

DOCUMENT = ROOT / "docs" / "roles.md"
#: The generated part stands between these lines.
BEGIN, END = "<!-- matrix: python tools/roles.py -->", "<!-- end of the matrix -->"

Row = tuple[str, ...]


def matrix() -> str:
    """The tables: what each role may do, and what everything needs."""
    from accounts.identity.roles import BY_NAME, PERMISSIONS, ROLES
    from web.access import needs

    may = [
        (each.name, each.scope or "–", *("●" if r in each.roles else "" for r in ROLES))
        for each in PERMISSIONS
    ]
    rest = [
        (f"`{method} {_shown(address)}`", need, BY_NAME[need].scope or "no key" if need in BY_NAME else "–")
        for address, methods in needs.REST.items()
        for method, need in methods.items()
    ]
    tables = [(f"`{_shown(f'admin/{address}')}`", need) for address, need in needs.TABLES.items()]
    actions = [(f"`{_shown(f'admin/{address}')}`", need) for address, need in needs.ACTIONS.items()]
    messages = [
        *((f"operation `{name}`", need) for name, need in needs.OPERATIONS.items()),
        *((f"channel `{name}`", need) for name, need in needs.CHANNELS.items()),
    ]
    parts = (
        "## What each role may do\n",
        *_table(("permission", "scope of a key", *ROLES), may),
        "\n## What each address needs\n",
        *_table(("address", "needs", "scope of a key"), rest),
        "\n## What each operator page needs\n",
        *_table(("list, and the pages of its rows", "needs"), tables),
        "",
        *_table(("action", "needs"), actions),
        "\n## What each message of the WebSocket needs\n",
        *_table(("message", "needs"), messages),
    )
    return "\n".join(parts)


def with_matrix(document: str) -> str:
    """The document with the matrix as the code has it."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{matrix()}\n\n{END}{after}"


def _shown(address: str) -> str:
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", address)


def _table(head: Row, rows: Iterable[Row]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(row)} |"


def main() -> None:
    import django

    django.setup()
    DOCUMENT.write_text(with_matrix(DOCUMENT.read_text()))


if __name__ == "__main__":
    main()
