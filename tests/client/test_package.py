"""The client as its users get it: a wheel of its own, typed, documented, and without the exchange."""

from __future__ import annotations

import ast
import inspect
import json
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path
from typing import get_args

import pytest

import xtrader_client
from accounts.portfolio.selectors import RANGES
from exchange.engine import messages as m
from exchange.orders.parsing import ORDER_KIND_WORDS, POST_ONLY_MODES, TRIGGER_IF_MET
from exchange.selectors.statement import KINDS
from marketdata.intervals import INTERVALS
from web.rest.history_reads import STATUSES
from xtrader_client import _literals as literals

ROOT = Path(__file__).resolve().parents[2] / "clients" / "python"
PACKAGE = ROOT / "xtrader_client"

_REPORT = """
import importlib.metadata, importlib.util, json, sys
import xtrader_client
print(json.dumps({
    "version": xtrader_client.__version__,
    "installed": importlib.metadata.version("xtrader-client"),
    "typed": importlib.util.find_spec("xtrader_client").submodule_search_locations[0],
    "strangers": sorted(
        {name.partition(".")[0] for name in sys.modules} & {"exchange", "django", "marketdata"}
    ),
    "exchange": importlib.util.find_spec("exchange") is not None,
}))
"""


def test_a_wheel_installs_into_a_fresh_environment_and_needs_no_exchange(tmp_path: Path) -> None:
    """Without a network: the build uses what is installed here, and so do the client's own dependencies."""
    source, dist, fresh = tmp_path / "source", tmp_path / "dist", tmp_path / "fresh"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
    _pip("wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", str(dist), str(source))
    [wheel] = dist.glob("*.whl")
    assert wheel.name == f"xtrader_client-{xtrader_client.__version__}-py3-none-any.whl"

    venv.create(fresh, symlinks=True)
    python = fresh / "bin" / "python"
    _pip("--python", str(python), "install", "--no-deps", str(wheel))
    site = next((fresh / "lib").glob("python*/site-packages"))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    report = subprocess.run(
        [python, "-I", "-c", _REPORT], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout
    told = json.loads(report)
    folder = Path(told.pop("typed"))
    assert (folder / "py.typed").exists()
    assert site in folder.parents
    version = xtrader_client.__version__
    assert told == {"version": version, "installed": version, "strangers": [], "exchange": False}


def _pip(*arguments: str) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments],
        env={"PIP_NO_INDEX": "1", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_what_is_installed_here_is_within_the_ranges_it_states() -> None:
    from importlib.metadata import version

    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for text in project["dependencies"]:
        requirement = Requirement(text)
        assert len(requirement.specifier) == 2, f"{text}: a lower and an upper bound"
        assert version(requirement.name) in requirement.specifier


def test_the_client_imports_its_dependencies_and_the_standard_library_only() -> None:
    allowed = {*sys.stdlib_module_names, "httpx", "websockets", "xtrader_client"}
    for path in PACKAGE.glob("*.py"):
        # An extra of the package, imported where a private key is given.
        more = {"cryptography"} if path.name == "_keys.py" else set()
        for node in ast.walk(ast.parse(path.read_text())):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            for name in names:
                assert name.partition(".")[0] in allowed | more, f"{path.name} imports {name}"


# --- the public face -----------------------------------------------------------------------------------


def test_every_public_name_is_there_once() -> None:
    names = xtrader_client.__all__
    assert len(names) == len(set(names))
    assert [name for name in names if not hasattr(xtrader_client, name)] == []
    public = {
        name
        for name in vars(xtrader_client)
        if not name.startswith("_") and not inspect.ismodule(getattr(xtrader_client, name))
    }
    assert public <= set(names)
    modules = [path.name for path in PACKAGE.glob("*.py") if path.name != "__init__.py"]
    assert [name for name in modules if not name.startswith("_")] == []


def test_everything_public_is_documented() -> None:
    bare = []
    for name in xtrader_client.__all__:
        thing = getattr(xtrader_client, name)
        if not inspect.isclass(thing):
            continue
        if not thing.__doc__:
            bare.append(name)
        for member_name in dir(thing):
            member = inspect.getattr_static(thing, member_name)
            if member_name.startswith("_") or not _is_ours(member):
                continue
            if not getattr(member, "__doc__", None) and not inspect.getdoc(getattr(thing, member_name)):
                bare.append(f"{name}.{member_name}")
    assert bare == []


def _is_ours(member: object) -> bool:
    function = getattr(member, "fget", None) or getattr(member, "__func__", None) or member
    return str(getattr(function, "__module__", "")).startswith("xtrader_client")


def test_the_tree_of_exceptions_is_drawn_as_it_is() -> None:
    drawn = inspect.getdoc(sys.modules["xtrader_client._errors"]) or ""
    for name in xtrader_client.__all__:
        thing = getattr(xtrader_client, name)
        if inspect.isclass(thing) and issubclass(thing, xtrader_client.XTraderError):
            [line] = [line for line in drawn.splitlines() if name in line.split() and "`" not in line]
            depth = (len(line) - len(line.lstrip("│ ├└─"))) // 4
            assert depth == thing.__mro__.index(xtrader_client.XTraderError), line


# --- vocabularies --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("literal", "members"),
    [
        (literals.Side, m.SIDES),
        (literals.OrderType, ORDER_KIND_WORDS),
        (literals.TimeInForce, m.TIMES_IN_FORCE),
        (literals.SelfTradePrevention, m.STP_MODES),
        (literals.PostOnlyMode, POST_ONLY_MODES),
        (literals.TriggerSource, m.TRIGGER_SOURCES),
        (literals.TriggerIfMet, TRIGGER_IF_MET),
        (literals.CancelReplaceMode, m.CANCEL_REPLACE_MODES),
        (literals.OrderStatus, m.ORDER_STATUSES),
        (literals.EndReason, [reason for reason in m.REASONS if reason]),
        (literals.SymbolStatus, m.SYMBOL_STATUSES),
        (literals.OrderListStatus, STATUSES),
        (literals.PortfolioRange, RANGES),
        (literals.Interval, INTERVALS),
        (literals.LedgerEntryType, KINDS),
        (literals.CandleChannel, [f"klines:{interval}" for interval in INTERVALS]),
    ],
    ids=str,
)
def test_the_vocabularies_are_the_exchanges(literal: object, members: object) -> None:
    assert list(get_args(literal)) == list(members)  # type: ignore[call-overload]
