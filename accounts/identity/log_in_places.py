"""Where a log-in comes from: the network around the address, and the browser or program in short."""

from __future__ import annotations

from typing import Final, NamedTuple

#: In the order in which they are looked for: most browsers name several.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Whale/", "Whale"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
#: Of a program: the first word of what it calls itself.
_LONGEST_PROGRAM: Final = 32


class Place(NamedTuple):
    """``network`` as limits count it, such as ``203.0.113.0/24``; ``agent`` such as ``Firefox on Linux``.
    Each may be empty."""

    network: str
    agent: str


def agent_in_short(user_agent: str) -> str:
    """The browser and its system, or a program's name; without versions, which change by themselves."""
    browser = _first(_BROWSERS, user_agent)
    system = _first(_SYSTEMS, user_agent)
    if browser:
        return f"{browser} on {system}" if system else browser
    words = user_agent.split("/", 1)[0].split()
    program = words[0] if words else ""
    return "".join(letter for letter in program if letter.isascii() and letter.isprintable())[
        :_LONGEST_PROGRAM
    ]


def _first(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for mark, name in names if mark in user_agent), "")
