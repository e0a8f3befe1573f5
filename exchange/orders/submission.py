"""Commands that have been checked, the ways to send them, and the one place where an outcome becomes a reply
or an error of the table.

The ways differ in how the caller waits: a thread ``wait``s, a coroutine awaits ``reply``, and a connection
that goes on reading leaves a callback with ``send``. An await for each order costs the socket too much.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from exchange.engine.messages import Command
from exchange.errors import ApiError
from exchange.link import engine_link
from exchange.link.async_client import AsyncEngineClient
from exchange.link.errors import EngineError, api_error
from exchange.link.pending import Result
from exchange.link.protocol import Outcome
from exchange.telemetry.logs import get_logger
from exchange.wire.rendering import Json

logger = get_logger(__name__)

#: An outcome as the reply to it. Raises the engine's refusal.
Render = Callable[[Outcome], Json]
#: Takes the reply or the error.
Done = Callable[[Json | ApiError], None]


class Submission:
    """A command, and how its outcome becomes the reply. Sent again, it repeats the same command id."""

    __slots__ = ("_command", "_render")

    def __init__(self, command: Command, render: Render) -> None:
        self._command = command
        self._render = render

    def send(self, client: AsyncEngineClient, done: Done) -> None:
        """Send from the client's loop. Calls ``done`` once, when the engine has answered or will not."""
        client.send((self._command,), partial(_finish, self._render, done))

    async def reply(self) -> Json:
        """Send from any coroutine, and await the reply. Raises ApiError."""
        try:
            outcome = await engine_link.asubmit(self._command)
        except EngineError as error:
            raise api_error(error) from error
        return _or_raise(conclude(self._render, outcome))

    def wait(self) -> Json:
        """Send from a thread, and wait for the reply. Raises ApiError."""
        try:
            outcome = engine_link.submit(self._command)
        except EngineError as error:
            raise api_error(error) from error
        return _or_raise(conclude(self._render, outcome))


class BatchSubmission:
    """Orders of one account in their order, those that are no orders as their errors. Sent like a Submission;
    the reply has for each order its own reply or its error."""

    __slots__ = ("_commands", "_parts")

    def __init__(self, parts: Sequence[tuple[Command, Render] | ApiError]) -> None:
        self._parts = parts
        self._commands = [part[0] for part in parts if not isinstance(part, ApiError)]

    def send(self, client: AsyncEngineClient, done: Done) -> None:
        """As of Submission."""
        if self._commands:
            client.send(self._commands, lambda results: done(self._conclude(results)))
        else:
            done(self._conclude(()))

    async def reply(self) -> Json:
        """As of Submission."""
        try:
            return self._conclude(await engine_link.asubmit_all(self._commands) if self._commands else ())
        except EngineError as error:
            raise api_error(error) from error

    def wait(self) -> Json:
        """As of Submission."""
        try:
            return self._conclude(engine_link.submit_all(self._commands) if self._commands else ())
        except EngineError as error:
            raise api_error(error) from error

    def _conclude(self, results: Sequence[Result]) -> Json:
        entered = iter(results)
        return {
            "results": [
                part if isinstance(part, ApiError) else conclude(part[1], next(entered))
                for part in self._parts
            ]
        }


class Lookup:
    """A change of an order that this process does not know: the engine is asked for it first. Sent like a
    Submission."""

    __slots__ = ("_question", "_then")

    def __init__(self, question: tuple[Any, ...], then: Callable[[Any], Submission]) -> None:
        """``question``: a query of the engine; ``then`` takes its value and may raise ApiError."""
        self._question = question
        self._then = then

    async def send(self, client: AsyncEngineClient, done: Done) -> None:
        """Raises ApiError, and does not call ``done``, when nothing was submitted."""
        try:
            answer = await client.query(*self._question)
        except EngineError as error:
            raise api_error(error) from error
        self._then(answer.value).send(client, done)

    async def reply(self) -> Json:
        """As of Submission."""
        try:
            answer = await engine_link.aquery(*self._question)
        except EngineError as error:
            raise api_error(error) from error
        return await self._then(answer.value).reply()

    def wait(self) -> Json:
        """As of Submission."""
        try:
            answer = engine_link.query(*self._question)
        except EngineError as error:
            raise api_error(error) from error
        return self._then(answer.value).wait()


Entry = Submission | BatchSubmission | Lookup


def conclude(render: Render, result: Result) -> Json | ApiError:
    """The reply to a command, or its error: the engine's refusal, trouble on the way to it, a bug of ours."""
    if isinstance(result, EngineError):
        return api_error(result)
    try:
        return render(result)  # type: ignore[arg-type]  # commands have outcomes; answers are of queries
    except ApiError as error:
        if error.code == "INTERNAL":
            logger.error("command_left_out")
        return error
    except Exception:
        logger.exception("reply_not_rendered")
        return ApiError("INTERNAL")


def _finish(render: Render, done: Done, results: Sequence[Result]) -> None:
    done(conclude(render, results[0]))


def _or_raise(result: Json | ApiError) -> Json:
    if isinstance(result, ApiError):
        raise result
    return result
