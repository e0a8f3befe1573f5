"""Which build of the core runs: its Python sources, or the same sources compiled by ``make compile``.

``tools/compile_core.py`` puts the compiled modules into a folder named after the interpreter and the hash of
the sources, so a build of other sources or for another Python is never found. Both builds are the same code:
the core's tests run on both. ``XTRADER_CORE`` chooses:

``auto``      the compiled build if there is one of exactly these sources, else Python (the default)
``python``    the Python sources
``compiled``  the compiled build; an ImportError where there is none
"""

from __future__ import annotations

import hashlib
import importlib
import logging
import os
import sys
import sysconfig
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCES: Final = ROOT / "exchange" / "engine"
PACKAGE: Final = "exchange.engine"
#: mypyc keeps the code of all modules in one library; each module is a stub that enters it.
GROUP: Final = "exchange_engine"
LIBRARY: Final = f"{GROUP}__mypyc"
#: Raise it when the recipe of ``tools/compile_core.py`` changes.
_RECIPE: Final = 2
_CHOICES: Final = ("auto", "python", "compiled")


def source_files() -> list[Path]:
    """The core's modules, in an order of their own."""
    return sorted(SOURCES.rglob("*.py"))


def build_folder() -> Path:
    """Where a build of exactly these sources for exactly this interpreter is, or would be."""
    total = hashlib.sha256(f"{_RECIPE}".encode())
    for path in source_files():
        total.update(f"\0{path.relative_to(SOURCES)}\0".encode())
        total.update(path.read_bytes())
    return builds() / total.hexdigest()[:16]


def builds() -> Path:
    """Where builds for this interpreter are."""
    return (
        ROOT / "build" / "compiled" / str(sysconfig.get_config_var("SOABI") or sys.implementation.cache_tag)
    )


def choose() -> None:
    """Make imports of the core take the build that ``XTRADER_CORE`` asks for. To be called before the first.
    Raises ImportError if it is not to be had."""
    choice = os.environ.get("XTRADER_CORE") or "auto"
    if choice not in _CHOICES:
        raise ImportError(f"XTRADER_CORE is {choice!r}; it may be one of {', '.join(_CHOICES)}")
    if choice == "python":
        return
    folder = build_folder()
    if not folder.is_dir():
        if choice == "compiled":
            raise ImportError(
                "XTRADER_CORE asks for the compiled core, and these sources have no build: make compile"
            )
        return
    finder = _Compiled(folder)
    sys.meta_path.insert(0, finder)
    try:
        importlib.import_module(LIBRARY)
    except ImportError as error:
        sys.meta_path.remove(finder)
        if choice == "compiled":
            raise
        # A build that another system left in the tree. The sources do the same, only slower.
        logging.getLogger(__name__).warning("compiled_core_not_loaded: %s", error)


def running() -> str:
    """``python`` or ``compiled``."""
    file = importlib.import_module(f"{PACKAGE}.engine").__file__
    return "python" if file is None or file.endswith(".py") else "compiled"


class _Compiled:
    """Finds the core's modules in a build's folder; what it does not have is found as ever."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != LIBRARY and not name.startswith(f"{PACKAGE}."):
            return None
        parent = self._folder.joinpath(*name.split(".")[:-1])
        spec = PathFinder.find_spec(name, [str(parent)], target)
        # A room's folder is there as well, without the ``__init__`` that stays Python: that is no module.
        return None if spec is None or spec.loader is None else spec
