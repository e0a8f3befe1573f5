"""When a repeated command is the same as the first of its id."""

from __future__ import annotations

from exchange.engine import messages as m

#: Where a placement has its terms, and these the session.
_TERMS = len(m.PlaceOrder._fields) - 1
_SESSION = m.OrderTerms._fields.index("session")


def is_same(first: m.Command, command: m.Command) -> bool:
    """Whether two commands ask for the same. An order that ends with its connection may be asked for again
    over another one: it stays bound to the first."""
    return first == command or _without_sessions(first) == _without_sessions(command)


def _without_sessions(command: m.Command) -> m.Command:
    """The command with the name of each order's connection left out, but not that there is one."""
    if command[0] == m.PLACE:
        return _place_without_session(command)
    if command[0] == m.PLACE_QUOTES:
        named = m.PlaceQuotes(*command)
        return (*named[:-1], named.session is not None)
    if command[0] == m.PLACE_OTO:
        *head, working, seconds = command
        return (*head, _place_without_session(working), tuple(map(_place_without_session, seconds)))
    if command[0] not in (m.PLACE_OCO, m.PLACE_BRACKET, m.CANCEL_REPLACE):
        return command
    return tuple([_place_without_session(part) if isinstance(part, tuple) else part for part in command])


def _place_without_session(place: m.Command) -> m.Command:
    if len(place) <= _TERMS or place[_TERMS] is None:
        return place
    terms = m.OrderTerms(*place[_TERMS])
    is_bound = terms.session is not None
    return (*place[:_TERMS], terms[:_SESSION], terms[_SESSION + 1 :], is_bound)
