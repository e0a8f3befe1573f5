"""What a variable is: how its text becomes a typed value, and what it may hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar, overload

T = TypeVar("T")

_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "off"})
_WHOLE: Final = re.compile(r"-?[0-9]{1,18}")
_MISSING: Final = object()


class UnfitError(ValueError):
    """A text that is no value of its variable; the message says what would be."""


@dataclass(frozen=True)
class Variable(Generic[T]):
    """One variable. On a ``Variables`` that was read, its name gives the value."""

    parse: Callable[[str], T]
    #: As one would write it; ``$DATA`` stands for the data folder.
    default: str
    #: Markdown, for docs/operations.md.
    meaning: str
    #: What it may hold, for the documents.
    values: str
    #: The default in a demo, where it is another one.
    demo: str | None = None
    #: The default in words, where its text says little.
    shown: str = ""
    #: It is never printed, and may come from a file: ``<name>_FILE``.
    secret: bool = False

    @overload
    def __get__(self, instance: None, owner: Any) -> Variable[T]: ...
    @overload
    def __get__(self, instance: object, owner: Any) -> T: ...
    def __get__(self, instance: object | None, owner: Any) -> Variable[T] | T:
        if instance is None:
            return self
        # A value that was read is found on the instance before this is asked.
        raise AttributeError("this variable was not read")

    def default_text(self, *, is_demo: bool) -> str:
        return self.default if self.demo is None or not is_demo else self.demo


def flag(default: str, meaning: str, *, demo: str | None = None, shown: str = "") -> Variable[bool]:
    def parse(text: str) -> bool:
        if text.lower() in _TRUE | _FALSE:
            return text.lower() in _TRUE
        raise UnfitError("0 or 1")

    return Variable(parse, default, meaning, "`0` or `1`", demo, shown)


def whole(
    default: str, meaning: str, *, least: int, most: int, demo: str | None = None, shown: str = ""
) -> Variable[int]:
    """A whole number within bounds, both included."""

    def parse(text: str) -> int:
        number = int(text) if _WHOLE.fullmatch(text) else None
        if number is None or not least <= number <= most:
            raise UnfitError(f"a whole number from {least} to {most}")
        return number

    return Variable(parse, default, meaning, f"{least} to {most}", demo, shown)


def whole_or_off(default: str, meaning: str, *, least: int, most: int) -> Variable[int]:
    """A whole number, or ``off``, which is 0."""

    def parse(text: str) -> int:
        if text == "off":
            return 0
        if not _WHOLE.fullmatch(text) or not least <= int(text) <= most:
            raise UnfitError(f"a whole number from {least} to {most}, or off")
        return int(text)

    return Variable(parse, default, meaning, f"{least} to {most}, `off`")


def choice(default: str, meaning: str, *allowed: str, demo: str | None = None) -> Variable[str]:
    def parse(text: str) -> str:
        if text not in allowed:
            raise UnfitError(f"one of {', '.join(allowed)}")
        return text

    return Variable(parse, default, meaning, ", ".join(f"`{each}`" for each in allowed), demo)


def text(
    default: str, meaning: str, *, values: str = "text", shown: str = "", secret: bool = False
) -> Variable[str]:
    """Any text of one line."""
    return Variable(one_line, default, meaning, values, None, shown, secret)


def names(default: str, meaning: str, *, values: str = "names, with commas between") -> Variable[list[str]]:
    return Variable(split_names, default, meaning, values)


def parsed(
    parse: Callable[[str], T],
    default: str,
    meaning: str,
    *,
    values: str,
    demo: str | None = None,
    shown: str = "",
    secret: bool = False,
) -> Variable[T]:
    """A variable of a kind of its own. ``parse`` raises UnfitError."""
    return Variable(parse, default, meaning, values, demo, shown, secret)


def one_line(given: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in given):
        raise UnfitError("one line of text without control characters")
    return given


def split_names(given: str) -> list[str]:
    return [part.strip() for part in one_line(given).split(",") if part.strip()]
