"""Traces: from the request through link, engine and journal to the projected row, one trace for each request
that is sampled.

    tracing = process.find(Tracing)            None where tracing is off, and then nothing else is asked
    traced = tracing.begin("POST /v1/order")   None for a request that is not sampled
    tracing.add("journal.sync", parent, start_ns, end_ns)

Off by default. Nothing of OpenTelemetry is imported until ``start`` finds that it is on; ``span_export`` has
all that needs it. Whether a request is traced is decided once, at the edge: what is traced carries its
``traceparent`` (W3C Trace Context) behind its id in its label, and that decides everywhere else.
"""

from __future__ import annotations

import atexit
import hashlib
import re
import secrets
import time
from collections.abc import Mapping
from contextvars import ContextVar
from random import random
from typing import Any, Final, NamedTuple, Protocol

from exchange import process
from exchange.telemetry.request_ids import enter_request, new_request_id, request_id_of

#: Requests in a second that a client's own ``traceparent`` may have traced beyond the share.
MAX_ASKED_A_SECOND: Final = 20

_TRACEPARENT: Final = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")
_TRACE_ID: Final = re.compile(r"(?!0{32})[0-9a-f]{32}")
_SAMPLED: Final = 1

Attributes = Mapping[str, str | int]


class Parent(NamedTuple):
    """A span of another process or of a client, 16 and 8 bytes in hexadecimal."""

    trace_id: str
    span_id: str

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-01"


class Finished(NamedTuple):
    """A span that has ended, in nanoseconds since the Unix epoch. ``kind``: internal, server or client."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    start_ns: int
    end_ns: int
    kind: str
    attributes: Attributes


class Exporter(Protocol):
    """Takes spans and sends them elsewhere, from a thread of its own."""

    def add(self, span: Finished) -> None: ...

    def close(self) -> None: ...


class Traced:
    """A request that is traced, from the edge to its answer."""

    __slots__ = ("answered_ns", "attributes", "name", "parent_id", "request_id", "span", "start_ns")

    def __init__(self, name: str, request_id: str, trace_id: str, parent_id: str) -> None:
        self.name = name
        self.request_id = request_id
        self.span = Parent(trace_id, secrets.token_hex(8))
        self.parent_id = parent_id
        self.start_ns = time.time_ns()
        #: When the engine's answer was there; 0 before.
        self.answered_ns = 0
        self.attributes: dict[str, str | int] = {"request_id": request_id}

    @property
    def label(self) -> str:
        return label_of(self.request_id, self.span)


class LinkSpan(NamedTuple):
    """Commands of a traced request on their way to the engine and back."""

    traced: Traced
    span: Parent
    start_ns: int


#: The request that this task or thread works on, if it is traced.
_current: Final[ContextVar[Traced | None]] = ContextVar("traced", default=None)


class Tracing:
    """The traces of one process. Safe to use from any thread."""

    def __init__(self, exporter: Exporter, share: float) -> None:
        """``share``: of the requests that bring no ``traceparent``, from 0 to 1."""
        self._exporter = exporter
        self._share = share
        self._second = 0
        self._asked = 0

    def begin(self, name: str, request_id: str, given: str = "") -> Traced | None:
        """Begin to work on a request, traced if it is sampled: this task or thread has its label from here
        on. ``given``: the client's ``traceparent``."""
        parent = _TRACEPARENT.fullmatch(given)
        if not self._is_sampled(parent):
            _current.set(None)
            enter_request(request_id)
            return None
        trace_id, parent_id = parent.group(1, 2) if parent else (trace_id_of(request_id), "")
        traced = Traced(name, request_id, trace_id, parent_id)
        _current.set(traced)
        enter_request(traced.label)
        return traced

    def end(self, traced: Traced, **attributes: str | int) -> None:
        """The request has its answer."""
        now_ns = time.time_ns()
        if traced.answered_ns:
            self.add("reply", traced.span, traced.answered_ns, now_ns)
        traced.attributes.update(attributes)
        span, start_ns = traced.span, traced.start_ns
        whole = Finished(
            traced.name, *span, traced.parent_id, start_ns, now_ns, "server", dict(traced.attributes)
        )
        self._exporter.add(whole)

    def to_engine(self) -> LinkSpan | None:
        """Commands leave for the engine: None where the request is not traced. What lies before it is the
        reading, identifying and checking of the request."""
        traced = _current.get()
        if traced is None:
            return None
        now_ns = time.time_ns()
        self.add("validate", traced.span, traced.start_ns, now_ns)
        return LinkSpan(traced, Parent(traced.span.trace_id, secrets.token_hex(8)), now_ns)

    def from_engine(self, link: LinkSpan, **attributes: str | int) -> None:
        """The engine has answered them, or will not."""
        now_ns = time.time_ns()
        traced, span, start_ns = link
        traced.answered_ns = now_ns
        self._exporter.add(
            Finished("link", *span, traced.span.span_id, start_ns, now_ns, "client", attributes)
        )

    def add(self, name: str, parent: Parent, start_ns: int, end_ns: int, **attributes: str | int) -> None:
        """A span that has ended, under a parent."""
        self._exporter.add(
            Finished(
                name,
                parent.trace_id,
                secrets.token_hex(8),
                parent.span_id,
                start_ns,
                end_ns,
                "internal",
                attributes,
            )
        )

    def close(self) -> None:
        """Send what has not been sent."""
        self._exporter.close()

    def _is_sampled(self, given: re.Match[str] | None) -> bool:
        if given is None:
            return random() < self._share
        if not int(given[3], 16) & _SAMPLED:
            return False
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._asked = second, 0
        self._asked += 1
        return self._asked <= MAX_ASKED_A_SECOND or random() < self._share


def label_of(request_id: str, span: Parent) -> str:
    """The label of what a span has sent on."""
    return f"{request_id} {span.traceparent}"


def parent_of(label: str) -> Parent | None:
    """The span that sent a command; None where its request is not traced."""
    found = _TRACEPARENT.fullmatch(label.partition(" ")[2])
    return None if found is None else Parent(found[1], found[2])


def request_id_for(given: str | None, traceparent: str) -> str:
    """The id of a request: the client's, else that of the client's trace, else a new one."""
    found = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    return request_id_of(given or (found[1] if found else None))


def trace_id_of(request_id: str) -> str:
    """The id itself where it can be one, else a hash of it, which others can find again."""
    if _TRACE_ID.fullmatch(request_id):
        return request_id
    return hashlib.blake2b(request_id.encode(), digest_size=16).hexdigest()


def start(service: str, environment: Mapping[str, Any]) -> Tracing | None:
    """Make tracing a part of this process if ``TRACES_URL`` names a receiver of OTLP over HTTP.
    ``TRACES_SHARE``: which part of the requests is traced. Raises ValueError for a share that is none."""
    url = environment.get("TRACES_URL") or environment.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    if not url:
        return None
    share = float(environment.get("TRACES_SHARE") or "1")
    if not 0 <= share <= 1:
        raise ValueError(f"TRACES_SHARE={share}: from 0 to 1")
    from exchange.telemetry.span_export import OtlpExporter

    tracing = Tracing(OtlpExporter(str(url), service), share)
    process.current().put(tracing)
    atexit.register(tracing.close)
    return tracing


def stop() -> None:
    """Send what has not been sent, and trace no more."""
    tracing = process.current().remove(Tracing)
    if tracing is not None:
        tracing.close()


__all__ = ["Tracing", "new_request_id", "parent_of", "request_id_for", "start", "stop"]
