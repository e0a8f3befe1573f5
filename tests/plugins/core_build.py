"""The build of the core the tests run on: the Python sources unless ``XTRADER_CORE`` says otherwise.

With ``XTRADER_CORE=compiled`` (``make test-compiled``) the tests marked ``python_core`` are left out: they
put faults into the core or inherit from its classes, which compiled code does not let anybody do.
"""

from __future__ import annotations

import os

import pytest

# Before anything imports the core: a build that happens to be there must not be what `pytest` tests.
os.environ.setdefault("XTRADER_CORE", "python")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "python_core: changes the core's code, which only Python sources allow"
    )


def pytest_report_header() -> str:
    from exchange import core

    return f"core: {core.running()}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    from exchange import core

    if core.running() == "python":
        return
    left_out = [item for item in items if item.get_closest_marker("python_core")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)
