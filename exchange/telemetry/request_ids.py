"""The id of a request, one from the edge to the row it leaves: in ``X-Request-ID``, in every line of the log,
in the journal, in traces.

A new id is 32 hexadecimal digits and at the same time the id of the request's trace (W3C Trace Context). A
client may bring an id of its own; it is taken as it is if it looks like one, else it is not believed.

What travels with a command is its **label**: the id, and for a request that is traced a space and the
``traceparent`` of the span it is part of.
"""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar
from typing import Final

HEADER: Final = "X-Request-ID"
#: What an id brought by a client may look like.
GIVEN_PATTERN: Final = "^[A-Za-z0-9._:-]{1,64}$"
_GIVEN: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
#: Longest label: an id, a space, a traceparent.
MAX_LABEL_CHARS: Final = 64 + 1 + 55

#: The label of the request that this task or thread works on; empty outside of one. Its methods are called
#: for each order.
_current: Final[ContextVar[str]] = ContextVar("request", default="")

#: ``enter_request(label)``: from here on this task or thread works on a request.
enter_request: Final = _current.set
#: The label of the request that this task or thread works on; empty outside of one.
current_label: Final = _current.get


def new_request_id() -> str:
    """An id that nobody can foresee."""
    return secrets.token_hex(16)


def new_connection_id() -> str:
    """An id for the requests of one connection to begin with: 64 bits, which no other connection has."""
    return secrets.token_urlsafe(8)


def request_id_of(given: str | None) -> str:
    """The id that a client gave, if it is one; else a new one."""
    return given if given is not None and _GIVEN.fullmatch(given) else new_request_id()


def current_request_id() -> str:
    """The id of the request that this task or thread works on; empty outside of one."""
    return _current.get().partition(" ")[0]


def request_id_in(label: str) -> str:
    """The request id that a label begins with."""
    return label.partition(" ")[0]


def traceparent_in(label: str) -> str:
    """The traceparent of a label; empty where the request is not traced."""
    return label.partition(" ")[2]
