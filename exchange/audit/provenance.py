"""Where an act comes from, for whatever is done while a request is answered.

The web surfaces say it once a request (``web.access.act_sources``), so that no service has to hand it on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, NamedTuple


class Source(NamedTuple):
    """The client's address, and what its program calls itself (the User-Agent header). Both empty at the
    machine itself."""

    address: str = ""
    agent: str = ""


NOWHERE: Final = Source()
#: Of a request, where ``coming_from`` has noted it.
ATTRIBUTE: Final = "act_source"

_source: Final[ContextVar[Source]] = ContextVar("act_source", default=NOWHERE)


@contextmanager
def coming_from(source: Source) -> Iterator[None]:
    """What is recorded inside comes from there."""
    before = _source.set(source)
    try:
        yield
    finally:
        _source.reset(before)


def source_of(request: Any = None) -> Source:
    """Of a request that the web surfaces took in; without one, of the request in hand."""
    noted = getattr(request, ATTRIBUTE, None)
    return noted if isinstance(noted, Source) else _source.get()
