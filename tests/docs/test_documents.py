"""The documents are true: what they name exists, what they tell the reader to type is understood.

The rules, one test each. Each lists every claim that does not hold, as ``file:line: text``.

links       A relative link leads to a file; ``#anchor`` is a heading of it. Links to other sites are left
            alone.
paths       A span that looks like a path (it has a slash or ends in a known suffix, and no space) exists:
            from the root, beside the document, or as the end of some file's or folder's path. ``*`` may stand
            for anything; what is in <angle brackets> or begins with ``$`` or ``~``, and what only a run makes
            (``MADE``), is left alone.
make        ``make TARGET NAME=VALUE``: the Makefile has the target and reads the variable, itself or what it
            starts.
manage.py   ``manage.py NAME --option``: the command exists and knows the option; where it has subcommands,
            these too.
python      ``python -m MODULE`` and ``python FILE``: they exist; options of ``bench`` are its own.
options     A span that is an option alone (``--force``) is one of some command or tool of ours.
variables   A name in capitals in a span, and each of a table whose first column is called *variable*, is a
            word of the code; where it is given a value or stands in such a table, something reads it from the
            environment.
addresses   ``GET /path`` or ``/path`` is an address of the site, with as many placeholders as its route has,
            and the view takes the method.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Callable, Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands, load_command_class
from django.urls import Resolver404, resolve

from tests.docs.documents import ROOT, Claim, Document, commands, documents, shell_lines, spans
from xtrader.variables.variable_reader import known_names

SUFFIXES = [
    "py",
    "md",
    "toml",
    "txt",
    "json",
    "svg",
    "png",
    "html",
    "ts",
    "tsx",
    "css",
    "yml",
    "yaml",
    "sh",
    "conf",
]
#: Made by a run, so not in a clone.
MADE = (
    "build/",
    "data/",
    "archive/",
    "./data",
    "artifacts/",
    "frontend/dist",
    ".venv",
    "bench/results/latest.json",
)
#: Look like paths and are something else.
NOT_PATHS = re.compile(
    r"^(?:[\w.+-]+://.*|/.*|[\d/]+|\d+(\.\d+)?/\w+|\S*[=(){}\[\]\"'`|,;:]\S*|application/\w+|text/\w+)$"
)
#: Searched for words and for reads of the environment.
CODE = ("*.py", "Makefile", "*.ts", "*.tsx", "*.toml", ".ci/run", "*.yml")
#: Addresses that Django's routes do not hold: the WebSocket, and what a web server serves as files.
OTHER_ADDRESSES = ("/ws", "/static/")


def check(failures: Iterable[tuple[Claim, str]]) -> None:
    lines = sorted({f"{claim}\n    {reason}" for claim, reason in failures})
    if lines:
        pytest.fail(f"{len(lines)} untrue:\n" + "\n".join(lines), pytrace=False)


@cache
def files() -> tuple[str, ...]:
    """Every file of the checkout as git lists it, or, without git, as it lies there."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode == 0:
        return tuple(name for name in result.stdout.splitlines() if (ROOT / name).is_file())
    left_out = {".venv", "node_modules", "dist", "build", "data", "__pycache__"}
    paths = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return tuple(str(path) for path in paths if not left_out & set(path.parts))


@cache
def folders() -> frozenset[str]:
    return frozenset(str(parent) for name in files() for parent in Path(name).parents)


@cache
def code() -> str:
    """All code as one text; the tests of the documents are not code that reads a variable."""
    names = [name for name in files() if any(Path(name).match(pattern) for pattern in CODE)]
    return "\n".join(
        (ROOT / name).read_text(errors="replace") for name in names if not name.startswith("tests/docs/")
    )


# --- links ----------------------------------------------------------------------------------------


def test_relative_links_lead_somewhere() -> None:
    failures = []
    for document in documents():
        for link in document.links():
            if re.match(r"[a-z]+:", link.text):
                continue
            name, _, anchor = link.text.partition("#")
            target = (document.path.parent / name).resolve() if name else document.path
            if not target.exists():
                failures.append((link, f"there is no {name}"))
            elif anchor and anchor not in Document(target).anchors():
                failures.append((link, f"{target.name} has no heading #{anchor}"))
    check(failures)


# --- paths ----------------------------------------------------------------------------------------


def is_path(text: str) -> bool:
    if " " in text or any(mark in text for mark in "$<>~") or NOT_PATHS.match(text) or text.startswith(MADE):
        return False
    if "/" in text:
        first = text.split("/")[0]
        # `bid/ask` is no path, `web/live` is one: its beginning or its end says so.
        return (
            text.endswith("/") or first in folders() or text.rpartition(".")[2] in SUFFIXES or first.islower()
        )
    return text.rpartition(".")[2] in SUFFIXES and text.rpartition(".")[0] != ""


def exists(text: str, document: Path) -> bool:
    wanted = text.rstrip("/")
    if "*" in wanted:
        return any(Path(name).match(wanted) for name in [*files(), *folders()])
    if (document.parent / wanted).exists():
        return True
    pool = folders() if text.endswith("/") else {*files(), *folders()}
    return any(name == wanted or name.endswith(f"/{wanted}") for name in pool)


def test_paths_exist() -> None:
    check(
        (claim, "there is no such file or folder")
        for claim in spans()
        if is_path(claim.text) and not exists(claim.text, claim.path)
    )


# --- commands -------------------------------------------------------------------------------------


@cache
def make_targets() -> frozenset[str]:
    text = (ROOT / "Makefile").read_text()
    return frozenset(re.findall(r"^([a-z][\w-]*):(?!=)", text, re.MULTILINE))


def test_make_targets_exist_and_read_their_variables() -> None:
    failures = []
    for claim in commands("make"):
        for word in claim.text.partition("make")[2].split():
            name, is_variable, _value = word.partition("=")
            if is_variable:
                if not is_read(name):
                    failures.append((claim, f"nothing reads {name}"))
            elif word not in make_targets():
                failures.append((claim, f"the Makefile has no target {word}"))
    check(failures)


def test_make_understands_every_target() -> None:
    """A dry run: make reads the whole Makefile and finds everything the target depends on."""
    for target in sorted(make_targets()):
        command = ["make", "--dry-run", "--silent", f"PYTHON={sys.executable}", target]
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
        assert result.returncode == 0, result.stderr


def test_the_makefiles_help_lists_every_target() -> None:
    helped = set(re.findall(r"^#   make ([\w-]+)", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert helped == make_targets() - {"help"}
    phony = re.search(r"\.PHONY:((?:.*\\\n)*.*)", (ROOT / "Makefile").read_text())
    assert phony is not None
    assert set(phony[1].replace("\\", " ").split()) == make_targets()


@cache
def parser_of(command: str) -> ArgumentParser:
    return load_command_class(get_commands()[command], command).create_parser("manage.py", command)


def options_of(parser: ArgumentParser) -> set[str]:
    found = set()
    for action in parser._actions:
        found |= set(action.option_strings)
        if isinstance(action, _SubParsersAction):
            for inner in action.choices.values():
                found |= options_of(inner)
    return found


def subcommands_of(parser: ArgumentParser) -> set[str] | None:
    """The words that may come first; None where anything may."""
    for action in parser._actions:
        if not action.option_strings:
            return set(action.choices) if action.choices is not None else None
    return set()


def complaints(words: list[str]) -> Iterable[str]:
    """What the command would not understand in ``words``: its name, options and subcommands."""
    name, *rest = words
    if name not in get_commands():
        yield f"manage.py has no command {name}"
        return
    parser = parser_of(name)
    unknown = {word.partition("=")[0] for word in rest if word.startswith("--")} - options_of(parser)
    yield from (f"{name} has no option {option}" for option in sorted(unknown))
    positional = [word for word in rest if re.fullmatch(r"[a-z][\w-]*", word)]
    choices = subcommands_of(parser)
    if choices is not None and positional and not rest[0].startswith("-"):
        # `verify | export | repair` names several.
        alternatives = " ".join(rest).split(" | ") if "|" in rest else [rest[0]]
        for word in (alternative.split()[0] for alternative in alternatives):
            if word not in choices:
                yield f"{name} does not take {word}"


def test_management_commands_understand_what_is_typed() -> None:
    check(
        (claim, complaint)
        for claim in commands(r"(?:\S*/)?manage\.py")
        if claim.text.partition("manage.py")[2].strip()
        for complaint in complaints(claim.text.partition("manage.py")[2].split())
    )


def test_python_modules_and_scripts_exist() -> None:
    failures = []
    for claim in spans() + shell_lines():
        call = re.match(r"(?:[A-Z_]+=\S+ )*\S*python3? (?:-m )?(\S+)(.*)", claim.text)
        if not call or "…" in call[1]:
            continue
        if " -m " in claim.text:
            if find_spec(call[1]) is None:
                failures.append((claim, f"there is no module {call[1]}"))
            elif call[1] == "bench":
                failures += [
                    (claim, f"bench has no option {word}") for word in unknown_options("bench", call[2])
                ]
        elif not (ROOT / call[1]).exists():
            failures.append((claim, f"there is no {call[1]}"))
    check(failures)


def unknown_options(package: str, text: str) -> list[str]:
    text_of = "\n".join(path.read_text() for path in (ROOT / package).rglob("*.py"))
    return [word for word in text.split() if word.startswith("--") and f'"{word}"' not in text_of]


def test_options_named_alone_belong_to_something() -> None:
    known = {option for name in ours() for option in options_of(parser_of(name))}
    check(
        (claim, "no command of ours has this option")
        for claim in spans()
        if (option := claim.text.split()[0]).startswith("--")
        and option not in known
        and f'"{option}"' not in code()
    )


@cache
def ours() -> tuple[str, ...]:
    """The management commands of this repository."""
    return tuple(name for name, app in get_commands().items() if (ROOT / str(app).replace(".", "/")).is_dir())


def test_shell_lines_are_shell() -> None:
    failures = []
    for claim in shell_lines():
        if re.match(r"(make|pip|curl|python|\.venv|[A-Z_]+=)", claim.text):
            try:
                shlex.split(claim.text)
            except ValueError as error:
                failures.append((claim, str(error)))
    check(failures)


# --- variables ------------------------------------------------------------------------------------


def is_read(name: str) -> bool:
    """It is described, or something takes it from the environment or, in the Makefile, from the command
    line."""
    if name in known_names():
        return True
    call = r"(?:environ(?:\.get|\.setdefault|\.pop)?[\[(]|getenv\(|[eE]nv(?:\(\))?(?:\.\w+)?\()"
    reads = rf"""{call}\s*["']{name}["']"""
    shell = rf"\$[({{]?(?:or \$\()?{name}\b|^{name} \?="
    return re.search(rf"{reads}|{shell}", code(), re.MULTILINE) is not None


def test_variables_are_words_of_the_code() -> None:
    names = [claim for claim in spans() if re.fullmatch(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+", claim.text)]
    check(
        (claim, "this word is not in the code")
        for claim in names
        if not re.search(rf"\b{claim.text}\b", code())
    )


def test_variables_with_values_are_read() -> None:
    failures = []
    for claim in spans() + shell_lines():
        for name in re.findall(r"(?:^|(?<= ))([A-Z][A-Z0-9_]+)=", claim.text):
            if not is_read(name):
                failures.append((claim, f"nothing reads {name}"))
    for document in documents():
        for claim in document.table_column("variable"):
            if not is_read(claim.text):
                failures.append((claim, f"nothing reads {claim.text}"))
    check(failures)


# --- addresses ------------------------------------------------------------------------------------


def test_addresses_are_served() -> None:
    failures = []
    for claim in spans():
        match = re.fullmatch(r"(?:(GET|POST|PUT|PATCH|DELETE) )?(/[^\s<>*…]*)(?: .*)?", claim.text)
        if match and (complaint := unserved(match[1], match[2].partition("?")[0])):
            failures.append((claim, complaint))
    check(failures)


def unserved(method: str | None, path: str) -> str:
    """Why a request to ``path`` would not arrive; empty where it does."""
    if path.startswith(OTHER_ADDRESSES):
        return ""
    try:
        found = resolve(re.sub(r"\{\w+\}", "1", path))
    except Resolver404:
        # Of a group of addresses the documents name the beginning.
        return "" if path.endswith("/") and f'path("{path[1:]}' in code() else "no such address"
    if len(re.findall(r"\{\w+\}", path)) != found.route.count("<") and not found.route.startswith("^"):
        return f"no such address; {found.route} takes what is meant as a name for a value"
    view: Any = getattr(found.func, "cls", getattr(found.func, "view_class", None))
    if method and view and not hasattr(view, method.lower()):
        return f"this address does not take {method}"
    return ""


# --- the rules themselves -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, rule, reason",
    [
        ("see [here](docs/nothing.md)", test_relative_links_lead_somewhere, "there is no docs/nothing.md"),
        ("see [here](#nowhere)", test_relative_links_lead_somewhere, "no heading #nowhere"),
        ("`exchange/nothing.py`", test_paths_exist, "no such file"),
        ("`nothing.py` and `exchange/engine`", test_paths_exist, "no such file"),
        ("`exchange/nothing/`", test_paths_exist, "no such file"),
        ("`make nothing`", test_make_targets_exist_and_read_their_variables, "no target nothing"),
        (
            "```\nA=1 make run NOTHING=1  # fast\n```",
            test_make_targets_exist_and_read_their_variables,
            "NOTHING",
        ),
        ("`manage.py nothing`", test_management_commands_understand_what_is_typed, "no command nothing"),
        (
            "`manage.py up --nothing`",
            test_management_commands_understand_what_is_typed,
            "no option --nothing",
        ),
        (
            "`manage.py journal verify | nothing`",
            test_management_commands_understand_what_is_typed,
            "does not take nothing",
        ),
        (
            "```sh\n.venv/bin/python -m nothing\n```",
            test_python_modules_and_scripts_exist,
            "no module nothing",
        ),
        ("`python tools/nothing.py`", test_python_modules_and_scripts_exist, "no tools/nothing.py"),
        ("`--nothing`", test_options_named_alone_belong_to_something, "no command of ours"),
        ("`NOTHING_AT_ALL`", test_variables_are_words_of_the_code, "not in the code"),
        ("`NOTHING=1`", test_variables_with_values_are_read, "nothing reads NOTHING"),
        (
            "| variable | |\n|---|---|\n| `NOTHING` | |",
            test_variables_with_values_are_read,
            "nothing reads NOTHING",
        ),
        ("`GET /v1/nothing`", test_addresses_are_served, "no such address"),
        ("`DELETE /v1/order`", test_addresses_are_served, "does not take DELETE"),
        ("`GET /v1/order/nothing`", test_addresses_are_served, "a name for a value"),
    ],
)
def test_each_rule_finds_what_it_is_for(
    text: str, rule: Callable[[], None], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "page.md").write_text(f"# A page\n\n{text}\n")
    for module in ("tests.docs.documents", "tests.docs.test_documents"):
        monkeypatch.setattr(f"{module}.documents", lambda: (Document(tmp_path / "page.md"),))
    with pytest.raises(pytest.fail.Exception, match=re.escape(reason)) as failure:
        rule()
    assert str(failure.value).startswith("1 untrue:")
