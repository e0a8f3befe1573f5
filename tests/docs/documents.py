"""What the documents say that can be checked, and where they say it.

A document is README, CONTRIBUTING, everything under ``docs`` and the Python client's README. Two kinds of
text in it are claims: **spans**, the text between single backticks outside fenced blocks, and **lines** of
fenced blocks without a language or marked ``sh``. In a line, what follows two spaces and a ``#`` is a remark,
and a final backslash goes on in the next line.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHELL_BLOCKS = ("", "sh")
_SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?: \"[^\"]*\")?\)")
_HEADING = re.compile(r"^#{1,6} +(.+?)\s*#*$")


@dataclass(frozen=True)
class Claim:
    """A piece of a document: ``text`` as it stands there."""

    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{os.path.relpath(self.path, ROOT)}:{self.line}: {self.text}"


@dataclass(frozen=True)
class Document:
    path: Path

    def prose(self) -> Iterator[tuple[int, str]]:
        """(number, line) of what is in no fenced block."""
        for number, line, block in self._lines():
            if block is None:
                yield number, line

    def spans(self) -> list[Claim]:
        # A span may run over the end of a line.
        rows = list(self.prose())
        text = "\n".join(line for _number, line in rows)
        return [
            Claim(self.path, rows[text.count("\n", 0, match.start())][0], " ".join(match[1].split()))
            for match in _SPAN.finditer(text)
        ]

    def shell_lines(self) -> list[Claim]:
        """Commands of fenced blocks, without prompts, remarks and what a backslash continues."""
        found: list[Claim] = []
        open_line = False
        for number, line, block in self._lines():
            if block in SHELL_BLOCKS:
                text = line.strip().removeprefix("$ ").split("  #")[0].split(" # ")[0].strip()
                if open_line:
                    found[-1] = Claim(self.path, found[-1].line, f"{found[-1].text[:-1].strip()} {text}")
                elif text:
                    found.append(Claim(self.path, number, text))
                open_line = text.endswith("\\")
        return found

    def links(self) -> list[Claim]:
        return [
            Claim(self.path, number, match[1])
            for number, line in self.prose()
            for match in _LINK.finditer(_SPAN.sub("", line) if "](`" not in line else line)
        ]

    def anchors(self) -> set[str]:
        """The names GitHub gives to the headings."""
        found: set[str] = set()
        for _number, line in self.prose():
            if heading := _HEADING.match(line):
                words = re.sub(r"[^\w\- ]", "", heading[1].replace("`", "").lower())
                name = words.strip().replace(" ", "-")
                again = sum(
                    other == name or re.fullmatch(rf"{re.escape(name)}-\d+", other) is not None
                    for other in found
                )
                found.add(f"{name}-{again}" if again else name)
        return found

    def table_column(self, heading: str) -> list[Claim]:
        """The spans in the first cell of each row of the tables whose first column is called ``heading``."""
        found, inside = [], False
        for number, line in self.prose():
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if not line.strip().startswith("|"):
                inside = False
            elif cells[0] == heading:
                inside = True
            elif inside:
                found += [Claim(self.path, number, match[1]) for match in _SPAN.finditer(cells[0])]
        return found

    def _lines(self) -> Iterator[tuple[int, str, str | None]]:
        """(number, line, language of the fenced block it is in, or None)."""
        block: str | None = None
        for number, line in enumerate(self.path.read_text().splitlines(), 1):
            if line.lstrip().startswith("```"):
                block = line.strip().removeprefix("```").strip() if block is None else None
            else:
                yield number, line, block


@cache
def documents() -> tuple[Document, ...]:
    paths = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "clients" / "python" / "README.md"]
    return tuple(map(Document, [*paths, *sorted((ROOT / "docs").rglob("*.md"))]))


def spans() -> list[Claim]:
    return [claim for document in documents() for claim in document.spans()]


def shell_lines() -> list[Claim]:
    return [claim for document in documents() for claim in document.shell_lines()]


def commands(program: str) -> list[Claim]:
    """Spans and lines that are a call of ``program``, whatever stands before it: variables, a path to
    Python."""
    call = re.compile(rf"^(?:[A-Z][A-Z0-9_]*=\S+ )*(?:\S*python3? )?{program}(?= |$)")
    return [claim for claim in spans() + shell_lines() if call.match(claim.text)]
