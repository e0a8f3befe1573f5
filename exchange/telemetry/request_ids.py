"""The id of a request, one from the edge to the row it leaves: in ``X-Request-ID``, in every line of the log,
in the journal, in traces.

A new id is 32 hexadecimal digits and at the same time the id of the request's trace (W3C Trace Context). A
client may bring an id of its own; it is taken as it is if it looks like one, else it is not believed.
"""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar
from typing import Final

HEADER: Final = "X-Request-ID"
#: What an id brought by a client may look like.
_GIVEN: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")

_current: Final[ContextVar[str]] = ContextVar("request_id", default="")


def new_request_id() -> str:
    """An id that nobody can foresee."""
    return secrets.token_hex(16)


def request_id_of(given: str | None) -> str:
    """The id that a client gave, if it is one; else a new one."""
    return given if given is not None and _GIVEN.fullmatch(given) else new_request_id()


def current_request_id() -> str:
    """The id of the request that this task or thread works on; empty outside of one."""
    return _current.get()


def enter_request(request_id: str) -> None:
    """From here on this task or thread works on a request."""
    _current.set(request_id)
