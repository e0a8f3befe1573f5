"""Lines of the log: an event's name and fields, in one form for our own lines and for those of libraries.

    log = get_logger(__name__)
    log.info("segment_archived", segment=name, bytes=size)

Every line has time (UTC, RFC 3339), level, logger, process and pid, and where they are known the id of the
request, the user and the account it works for. ``LOG_FORMAT=json`` makes each line one object of JSON. Lines
travel through the standard library's loggers, whose levels, filters and handlers hold for them.
"""

from __future__ import annotations

import functools
import logging
import os
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final

import structlog
from structlog.stdlib import BoundLogger, ProcessorFormatter

from exchange.telemetry.redaction import redact
from exchange.telemetry.request_ids import current_request_id

FORMATS: Final = ("text", "json")
#: Environment variable by which the supervisor names a process to itself.
PROCESS_NAME: Final = "PROCESS_NAME"

#: Whose request this task or thread works on: user id and account, 0 for none.
_person: Final[ContextVar[tuple[int, int]]] = ContextVar("person", default=(0, 0))

Event = MutableMapping[str, Any]


def get_logger(name: str) -> BoundLogger:
    """The logger of a module."""
    logger: BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def enter_person(user_id: int | None, account: int | None) -> None:
    """From here on this task or thread works for a user and an account."""
    _person.set((user_id or 0, account or 0))


class JsonFormatter(ProcessorFormatter):
    """One object of JSON a line."""

    def __init__(self) -> None:
        super().__init__(
            foreign_pre_chain=_SHARED,
            processors=[
                ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redact,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            ],
        )


class TextFormatter(ProcessorFormatter):
    """Readable lines: time, level, logger, event, fields; a traceback below."""

    def __init__(self) -> None:
        super().__init__(
            foreign_pre_chain=_SHARED,
            processors=[
                ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                redact,
                _as_text,
            ],
        )


@functools.cache
def process_name() -> str:
    """What this process is called: by the supervisor, else by its command."""
    given = os.environ.get(PROCESS_NAME)
    if given:
        return given
    program, *arguments = [Path(sys.argv[0]), *sys.argv[1:2]]
    if program.stem == "manage" and arguments:
        return str(arguments[0])
    return program.parent.name if program.stem == "__main__" else program.stem


def places_of(error: BaseException | None) -> list[str]:
    """Where an exception was raised, outermost first, without its text: what it says may be a person's."""
    frames = traceback.extract_tb(error.__traceback__) if error is not None else []
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]


def formatter(environment: Mapping[str, str]) -> str:
    """The class for ``LOG_FORMAT``, as ``logging.config`` names it. Raises ValueError for an unknown one."""
    chosen = environment.get("LOG_FORMAT") or "text"
    if chosen not in FORMATS:
        raise ValueError(f"LOG_FORMAT={chosen}: one of {', '.join(FORMATS)}")
    return f"{__name__}.{'JsonFormatter' if chosen == 'json' else 'TextFormatter'}"


def _with_process(_logger: Any, _method: str, event: Event) -> Event:
    """Which process writes it, and for which request and whom."""
    event["process"] = process_name()
    event["pid"] = os.getpid()
    request_id = current_request_id()
    if request_id:
        event.setdefault("request_id", request_id)
    user_id, account = _person.get()
    if user_id:
        event.setdefault("user", user_id)
    if account:
        event.setdefault("account", account)
    return event


def _with_error(_logger: Any, _method: str, event: Event) -> Event:
    """An exception given as ``error`` is its class and its text, without a traceback."""
    error = event.get("error")
    if isinstance(error, BaseException):
        event["error"], event["text"] = type(error).__name__, str(error)
    return event


#: Of our own lines when they are written, of a library's when they are formatted.
_SHARED: Final[list[Any]] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _with_process,
]

_HEAD: Final = ("timestamp", "level", "logger", "event")


def _as_text(_logger: Any, _method: str, event: Event) -> str:
    """``2026-12-01T10:00:00.000000Z warning exchange.node.server client_refused clients=256``"""
    traceback = event.pop("exception", None)
    head = [str(event.pop(name, "")) for name in _HEAD]
    fields = [f"{name}={_shown(value)}" for name, value in event.items() if value not in ("", None)]
    line = " ".join([*head, *fields])
    return line if not traceback else f"{line}\n{traceback}"


def _shown(value: Any) -> str:
    text = str(value)
    return text if text and not any(mark in text for mark in ' "=\n') else repr(text)


# Wherever a module of ours is imported, its lines go to the standard library's loggers.
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_SHARED,
        _with_error,
        ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=BoundLogger,
    cache_logger_on_first_use=True,
)


def logger_of(handler: logging.Handler, environment: Mapping[str, str]) -> BoundLogger:
    """A logger of a handler's own, which no other logger's lines reach."""
    handler.setFormatter(_formatter_of(environment))
    plain = logging.Logger("ops.supervisor")
    plain.addHandler(handler)
    logger: BoundLogger = structlog.wrap_logger(plain)
    return logger


def _formatter_of(environment: Mapping[str, str]) -> logging.Formatter:
    return JsonFormatter() if formatter(environment).endswith("JsonFormatter") else TextFormatter()


def basic_handler(environment: Mapping[str, str]) -> logging.Handler:
    """What a process without Django's settings logs by."""
    from exchange.telemetry.bounded_log import PerMinute, lines_of
    from exchange.telemetry.log_files import LogFileHandler

    handler = LogFileHandler()
    handler.setFormatter(_formatter_of(environment))
    handler.addFilter(PerMinute(lines_of(environment)))
    return handler
