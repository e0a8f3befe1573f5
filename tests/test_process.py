"""One object per process: its parts, and that no module keeps anything beside it."""

from __future__ import annotations

import ast
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

from exchange import process
from exchange.link.engine_link import EngineLink
from exchange.orders.parsing import new_command_id
from exchange.process import Process

ROOT = Path(__file__).resolve().parent.parent
HOUSE = ("exchange", "marketdata", "custody", "accounts", "web", "ops", "xtrader", "replays")
#: Made from these at a module's level, a value would be shared by all that import the module.
CHANGING = {
    *("dict", "list", "set", "defaultdict", "deque", "Counter", "OrderedDict", "count", "cycle", "local"),
    *(
        "Lock",
        "RLock",
        "Event",
        "Condition",
        "Semaphore",
        "WeakSet",
        "WeakKeyDictionary",
        "WeakValueDictionary",
    ),
}
#: What modules may hold, and why.
ALLOWED = {
    "exchange/journal/files.py:OS_FILES": "the file system: no state of its own",
}
#: Classes that only describe: made once, read ever after.
DESCRIPTIONS = {"Table"}


class Part:
    made = 0

    def __init__(self) -> None:
        type(self).made += 1


def test_a_part_is_made_once_and_belongs_to_its_process() -> None:
    own, other = Process(), Process()
    Part.made = 0
    found: list[Part] = []
    threads = [threading.Thread(target=lambda: found.append(own.part(Part))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == Part.made == 1
    assert other.find(Part) is None
    assert other.part(Part) is not found[0]
    put = Part()
    own.put(put)
    assert own.part(Part) is put
    assert own.remove(Part) is put and own.remove(Part) is None


def test_a_process_is_used_for_a_while() -> None:
    before = process.current()
    with pytest.raises(KeyError), process.using(Process()) as own:
        assert process.current() is own
        assert process.part(Part) is own.part(Part)
        raise KeyError
    assert process.current() is before


def test_a_shared_name_stands_for_the_part_of_the_process_in_use() -> None:
    class Counter:
        def __init__(self) -> None:
            self.count = 0

        def add(self) -> int:
            self.count += 1
            return self.count

    counter = process.shared(Counter)
    with process.using(Process()):
        assert (counter.add(), counter.add(), counter.count) == (1, 2, 2)
        with process.using(Process()):
            assert counter.add() == 1
        assert counter.add() == 3
    named = process.shared(dict, lambda: {"a": 1})  # type: ignore[arg-type]
    with process.using(Process()):
        assert named.get("a") == 1


def test_every_process_of_the_site_makes_its_object_when_django_starts() -> None:
    with process.using(Process()) as before:
        apps.get_app_config("exchange").ready()
        assert process.current() is not before
        assert process.find(EngineLink) is not None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_copy_of_a_process_draws_other_command_ids() -> None:
    with process.using(Process()):
        mine = new_command_id().rpartition(":")[0]
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            os.write(writer, new_command_id().encode())
            os._exit(0)
        os.waitpid(child, 0)
        os.close(writer)
        theirs = os.read(reader, 200).decode().rpartition(":")[0]
        os.close(reader)
        assert theirs and theirs != mine
        assert new_command_id().rpartition(":")[0] == mine


# --- the sources -------------------------------------------------------------------------------------


def modules() -> Iterator[tuple[str, ast.Module]]:
    for room in HOUSE:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def called(node: ast.expr) -> str:
    """The last name of what is called: ``Lock`` of ``threading.Lock()``."""
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def is_frozen(node: ast.ClassDef) -> bool:
    described = [ast.unparse(part) for part in (*node.decorator_list, *node.bases, *node.keywords)]
    marks = ("NamedTuple", "frozen=True", "Enum", "TypedDict", "Protocol", "Exception")
    return any(mark in text for text in described for mark in marks)


def assigned(module: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in module.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        for target in targets:
            if isinstance(target, ast.Name) and value is not None:
                yield target.id, value


def test_no_module_changes_a_global() -> None:
    found = [path for path, module in modules() for node in ast.walk(module) if isinstance(node, ast.Global)]
    assert found == []


def test_no_module_holds_what_changes() -> None:
    sources = list(modules())
    classes = [node for _, module in sources for node in ast.walk(module) if isinstance(node, ast.ClassDef)]
    anywhere = CHANGING | {node.name for node in classes if not is_frozen(node)} - DESCRIPTIONS
    found = set()
    for path, module in sources:
        if path == "xtrader/settings.py":
            continue
        own = {node.name for node in module.body if isinstance(node, ast.ClassDef) and is_frozen(node)}
        changing = anywhere - own
        for name, value in assigned(module):
            is_empty = (isinstance(value, ast.Dict) and not value.keys) or (
                isinstance(value, ast.List | ast.Set) and not value.elts
            )
            if is_empty or called(value) in changing:
                found.add(f"{path}:{name}")
    assert found == set(ALLOWED), "let it be a part: process.part or process.shared"
