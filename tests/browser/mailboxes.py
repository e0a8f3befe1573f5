"""The letters that an exchange under test has written: files in its folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

from tests.ops.running import wait_until

#: What Django writes between two letters.
_BETWEEN = b"-" * 79 + b"\n"


def link_to(folder: Path, address: str, since_s: float, within: str = "") -> str:
    """The first link of the newest letter to an address that was written since then; with ``within`` of those
    links that contain it."""

    def found() -> str | None:
        return next((link for link in _links(folder, address, since_s) if within in link), None)

    return str(wait_until(found, 30, f"a letter to {address}"))


def _links(folder: Path, address: str, since_s: float) -> Iterator[str]:
    """Of the newest file first; in a file of the newest letter."""
    files = sorted((folder / "mail").glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files:
        if path.stat().st_mtime < since_s:
            return
        for part in reversed(path.read_bytes().split(_BETWEEN)):
            message = message_from_bytes(part, policy=policy.default)
            body = message.get_body(("plain",))
            if message["To"] == address and body is not None:
                yield from re.findall(r"^http\S+$", body.get_content(), re.MULTILINE)
