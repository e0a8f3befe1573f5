"""Watches that the tests named in ``tests/exchange/errors/reached.py`` meet the codes they are named for.

A code counts where an answer to a request carries it: where a surface of this process writes it while it
answers (Django's handler, the fast lanes, a WebSocket's connection), or where a frame with it comes back from
a server. An error that a test raises or renders by itself does not count.

In every test, each error that a REST call answers has to be among those that the call describes for the
schema.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final
from unittest.mock import patch

import pytest

from tests.exchange.errors.reached import REACHED

#: Code that runs only while a request is answered.
_ANSWERING: Final = re.compile(
    r"django/core/handlers/base\.py$|web/stream/(connection|consumer)\.py$|web/lanes/\w+\.py$"
)


#: Codes that answers carried, and the names of the details that came with each.
Met = dict[str, set[str]]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    with _declared():
        named = _named(item.nodeid)
        if not named:
            return (yield)
        with _watched() as met:
            result = yield
    if missing := named - met.keys():
        pytest.fail(f"no answer carried {', '.join(sorted(missing))}; answers carried {sorted(met)}")
    for code in named:
        if missing := documented(code) - met[code]:
            pytest.fail(f"{code} documents details that its answers lacked: {sorted(missing)}")
    return result


@contextmanager
def _declared() -> Iterator[None]:
    """Fails the test if a call of the REST API meanwhile answers an error that its schema does not list."""
    views = sys.modules.get("rest_framework.views")
    if views is None:
        yield
        return
    undeclared = set()
    handler_of = views.APIView.get_exception_handler

    def judging(view: Any) -> Callable[..., Any]:
        handle = handler_of(view)

        def judged(exc: Exception, context: dict[str, Any]) -> Any:
            response, method = handle(exc, context), context["request"].method
            answers = getattr(getattr(view, method.lower(), None), "answers", None)
            if response is not None and answers is not None and response.data["error"] not in answers:
                undeclared.add((method, type(view).__name__, response.data["error"]))
            return response

        return judged

    with patch.object(views.APIView, "get_exception_handler", judging):
        yield
    if undeclared:
        pytest.fail(f"not among the errors that the call describes for the schema: {sorted(undeclared)}")


def documented(code: str) -> set[str]:
    """The details that the table says an error has."""
    from exchange.errors import ERRORS

    return set(re.findall(r"`details\.(\w+)`", ERRORS[code].doc))


def _named(test: str) -> set[str]:
    """The codes for which a test stands in the list, by its own name or by that of all its cases."""
    name, _, case = test.partition("[")
    return {code for code, listed in REACHED.items() if listed == test or (listed == name and code in case)}


@contextmanager
def _watched() -> Iterator[Met]:
    """What answers carry meanwhile."""
    from websockets.asyncio.connection import Connection

    from exchange.errors import ApiError
    from web.console import labels

    met: Met = defaultdict(set)

    def of_error(real: Callable[..., Any]) -> Callable[..., Any]:
        def watched(error: ApiError, *rest: Any) -> Any:
            if _is_answering(sys._getframe(1)):
                met[error.code].update(error.details)
            return real(error, *rest)

        return watched

    def of_request(real: Callable[..., Any]) -> Callable[..., Any]:
        def watched(request: Any) -> Any:
            if request.refusal_code and _is_answering(sys._getframe(1)):
                met[request.refusal_code].update(labels.details_of(request))
            return real(request)

        return watched

    def of_frame(real: Callable[..., Any]) -> Callable[..., Any]:
        async def watched(*arguments: Any, **options: Any) -> Any:
            frame = await real(*arguments, **options)
            message = json.loads(frame)
            if "error" in message:
                met[message["error"]].update(message["details"])
            return frame

        return watched

    with (
        # What pages say of an error, and what bodies carry of it.
        patch.object(ApiError, "message", of_error(ApiError.message)),
        patch.object(labels, "refusal", of_request(labels.refusal)),
        patch.object(Connection, "recv", of_frame(Connection.recv)),
    ):
        yield met


def _is_answering(frame: FrameType | None) -> bool:
    """Whether an answer to a request is being written."""
    while frame is not None:
        if _ANSWERING.search(frame.f_code.co_filename):
            return True
        frame = frame.f_back
    return False
