"""How the tests are shared out between processes (``pytest -n 2 --dist loadfile``).

The tests of a file stay together, and so do those of files that have one running exchange between them: two
processes would each start one. What takes long begins first, so that no process is left with it at the end.
"""

from __future__ import annotations

from typing import Any, Final

import pytest

#: The exchange of a ``conftest.py`` -> the folders or files that use it.
TOGETHER: Final = {
    "browser": ("tests/browser/",),
    "stream": ("tests/web/stream/",),
    "site": ("tests/crash/test_asked_again.py", "tests/crash/test_fuzz.py", "tests/crash/test_overload.py"),
}
#: What takes long, longest first (``--durations``); all else follows in the order of the tree.
LONG: Final = ("browser", "stream", "tests/crash/test_every_write.py", "tests/ops/test_make_run.py", "site")


def share_of(nodeid: str) -> str:
    """What a test stays together with: an exchange, else its file."""
    for name, paths in TOGETHER.items():
        if nodeid.startswith(paths):
            return name
    return nodeid.partition("::")[0]


def _rank(item: pytest.Item) -> int:
    share = share_of(item.nodeid)
    return LONG.index(share) if share in LONG else len(LONG)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items.sort(key=_rank)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """In place of the one of ``--dist loadfile``; any other is xdist's own."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class Shares(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return share_of(nodeid)

    # By itself it would put the files with the most tests first.
    config.option.loadscopereorder = False
    return Shares(config, log)
