"""Reads every variable of the table, and reports all that is wrong in one go."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured

from xtrader.variables.unknown_names import complaint, unknown
from xtrader.variables.variable_kinds import UnfitError, Variable
from xtrader.variables.variable_table import Variables, contradictions

#: A file of variables, a ``NAME=value`` a line.
ENV_FILE: Final = "XTRADER_ENV_FILE"
_LINE: Final = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)")
_FILE: Final = "_FILE"


class WrongVariablesError(ImproperlyConfigured):
    """Variables that stop the start; a line for each."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def table() -> dict[str, Variable[Any]]:
    """Every variable by its name, in the order of the documents."""
    return {name: each for name, each in vars(Variables).items() if isinstance(each, Variable)}


def known_names() -> list[str]:
    """What may stand in an environment: the variables, and the files of the secrets among them."""
    described = table()
    files = [f"{name}{_FILE}" for name, each in described.items() if has_file(name, each)]
    return [*described, *files]


def load(environment: MutableMapping[str, str]) -> Variables:
    """Read the environment. What ``XTRADER_ENV_FILE`` has beyond it is put into it, for the processes that
    this one starts. Raises WrongVariablesError."""
    from_file, wrong = read_file(environment.get(ENV_FILE, ""))
    if wrong:
        raise WrongVariablesError(wrong)
    for name, value in from_file.items():
        environment.setdefault(name, value)
    return read(environment)


def read(environment: Mapping[str, str]) -> Variables:
    """The values. An empty variable counts as not given. Raises WrongVariablesError with every mistake."""
    given = {name: value for name, value in environment.items() if value}
    reading = _Reading(given)
    values = reading.values()
    wrong = unknown(given, known_names(), ignored=values.get("IGNORED_VARIABLES", ())) + reading.wrong
    read_values = Variables()
    vars(read_values).update(values)
    if not wrong:
        wrong = list(contradictions(read_values, given))
    if wrong:
        raise WrongVariablesError(wrong)
    return read_values


def read_file(path: str) -> tuple[dict[str, str], list[str]]:
    """The variables of a file, and what is wrong with its lines: each has to be known."""
    if not path:
        return {}, []
    try:
        text = Path(path).read_text()
    except (OSError, UnicodeDecodeError) as error:
        return {}, [f"{ENV_FILE}={path}: {_reason(error)}"]
    found: dict[str, str] = {}
    wrong = []
    known = known_names()
    for number, name, value in _lines(text):
        if name is None:
            wrong.append(f"{path}, line {number}: not of the form NAME=value")
        elif name not in known:
            wrong.append(f"{path}, line {number}: {complaint(name, known)}")
        elif name == ENV_FILE:
            wrong.append(f"{path}, line {number}: a file of variables names no other")
        elif name in found:
            wrong.append(f"{path}, line {number}: {name} stands here twice")
        else:
            found[name] = value
    return found, wrong


class _Reading:
    """One pass over the table."""

    _is_demo = False

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self.wrong: list[str] = []
        self._data = str(Path(given.get("DATA") or Variables.DATA.default).resolve())
        self._is_demo = bool(self._value("DEMO", Variables.DEMO))
        # Found again with the others.
        self.wrong.clear()

    def values(self) -> dict[str, Any]:
        return {name: self._value(name, variable) for name, variable in table().items()}

    def _value(self, name: str, variable: Variable[Any]) -> Any:
        """The value of a variable; its default where what is given is wrong."""
        source, text = self._text(name, variable)
        if text is not None:
            try:
                return variable.parse(text)
            except UnfitError as error:
                shown = source if variable.secret else f"{source}={text}"
                self.wrong.append(f"{shown}: {error}")
        default = variable.default_text(is_demo=self._is_demo)
        return variable.parse(default.replace("$DATA", self._data))

    def _text(self, name: str, variable: Variable[Any]) -> tuple[str, str | None]:
        """What is given for a variable, and where: by itself or in a file; None for nothing."""
        text, path = self._given.get(name), self._given.get(f"{name}{_FILE}")
        if not has_file(name, variable) or path is None:
            return name, text
        if text is not None:
            self.wrong.append(f"{name} and {name}{_FILE}: both are given, and only one may be")
            return name, None
        try:
            content = Path(path).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            self.wrong.append(f"{name}{_FILE}={path}: {_reason(error)}")
            return name, None
        if not content:
            self.wrong.append(f"{name}{_FILE}={path}: the file is empty")
            return name, None
        return f"{name}{_FILE}={path}", content


def has_file(name: str, variable: Variable[Any]) -> bool:
    """Whether the value may be in a file. Where that file is a variable of its own, the exchange writes to
    it as well."""
    return variable.secret and f"{name}{_FILE}" not in vars(Variables)


def _lines(text: str) -> Iterator[tuple[int, str | None, str]]:
    """(number, name, value) of the lines of a file of variables; the name is None where a line has none."""
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        match = _LINE.fullmatch(stripped)
        if match is None:
            yield number, None, ""
            continue
        value = match[2].strip()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        yield number, match[1], value


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return f"cannot be read: {error.strerror if isinstance(error, OSError) else 'it is no text'}"
