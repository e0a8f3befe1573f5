"""Write what is made from the table of errors: the tables of ``docs/errors.md``, and what the Python client
knows of each code.

python tools/error_pages.py
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from exchange.errors import BANDS, ERRORS, RETRY_MEANINGS, ErrorKind  # noqa: E402  # run as a script too

DOCUMENT: Final = ROOT / "docs" / "errors.md"
CLIENT: Final = ROOT / "clients" / "python" / "xtrader_client" / "_error_codes.py"
#: The generated part of the document stands between these lines.
BEGIN, END = "<!-- codes: python tools/error_pages.py -->", "<!-- end of the codes -->"


def with_codes(document: str) -> str:
    """The document with the codes as the table has them."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{_codes()}\n\n{END}{after}"


def client_module() -> str:
    """The module of the Python client: code -> number and retry."""
    rows = "\n".join(
        f'    "{code}": ({kind.number}, "{kind.retry}"),'
        for code, kind in sorted(ERRORS.items(), key=_number)
    )
    return f"{_CLIENT_HEAD}{rows}\n}}\n"


def _codes() -> str:
    return "\n".join(
        (
            "## May it be sent again?\n",
            "| `retry` | |",
            "|---|---|",
            *(f"| `{word}` | {meaning} |" for word, meaning in RETRY_MEANINGS.items()),
            "\n## The codes",
            *(line for first in BANDS for line in _band(first)),
        )
    )


def _band(first: int) -> Iterator[str]:
    yield f"\n### {first} to {first + 999}: {_lowered(BANDS[first])}\n"
    yield "| number | code | status | retry | message | |"
    yield "|---:|---|---|---|---|---|"
    for code, kind in sorted(ERRORS.items(), key=_number):
        if first <= kind.number < first + 1000:
            yield (f"| {kind.number} | `{code}` | {kind.status} | `{kind.retry}` | {kind.en} | {kind.doc} |")


def _number(item: tuple[str, ErrorKind]) -> int:
    return item[1].number


def _lowered(text: str) -> str:
    return text[0].lower() + text[1:]


_CLIENT_HEAD: Final = '''"""Number and retry of each code: written by tools/error_pages.py of the exchange."""

from __future__ import annotations

from typing import Final, Literal

#: Whether a request may be sent again as it is: ``never``; only ``when_changed`` is what stood against it;
#: ``later``, after a pause; or with the ``same_id`` only, since it may have been carried out.
Retry = Literal["never", "when_changed", "later", "same_id"]

CODES: Final[dict[str, tuple[int, Retry]]] = {
'''


def main() -> None:
    DOCUMENT.write_text(with_codes(DOCUMENT.read_text()))
    CLIENT.write_text(client_module())


if __name__ == "__main__":
    main()
