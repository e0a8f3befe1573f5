"""No malformed tuple reaches the core or the journal: tag, arity, types and sizes of a command.

The table is made from the commands' views in ``exchange.engine.messages``. Whether the numbers make sense
is the core's to say.
"""

from __future__ import annotations

from itertools import product
from typing import Any, Final, NamedTuple, get_args, get_type_hints

from exchange.engine import messages as m

#: What a client may send. A TICK may not: time is the sequencer's.
_VIEWS: Final[dict[int, type[Any]]] = {
    m.PLACE: m.PlaceOrder,
    m.CANCEL: m.CancelOrder,
    m.CANCEL_ALL: m.CancelAll,
    m.REDUCE: m.ReduceOrder,
    m.REPLACE: m.ReplaceOrder,
    m.PLACE_OCO: m.PlaceOco,
    m.PLACE_BRACKET: m.PlaceBracket,
    m.CANCEL_REPLACE: m.CancelReplace,
    m.CANCEL_AFTER: m.CancelAfter,
    m.SET_ASSET: m.SetAsset,
    m.SET_SYMBOL: m.SetSymbol,
    m.SET_SYMBOL_STATUS: m.SetSymbolStatus,
    m.SET_ACCOUNT: m.SetAccount,
    m.SET_FEES: m.SetFees,
    m.SET_GROUP: m.SetGroup,
    m.DEPOSIT: m.Transfer,
    m.WITHDRAW: m.Transfer,
    m.SET_RULES: m.SetRules,
}

#: Longest string in a command, in characters, where nothing else is said.
_MAX_CHARS: Final = 64
_MAX_CHARS_OF: Final = {"reason": 500, "client_order_id": 36, "calendar": 16}
_MAX_TICK_BANDS: Final = 64


class _Shape(NamedTuple):
    #: Every allowed tuple of types, positions in order; fields with defaults may be left out at the end.
    signatures: frozenset[tuple[type[Any], ...]]
    #: (position, longest) of each string.
    strings: tuple[tuple[int, int], ...]


def _types_of(hint: Any) -> list[type[Any]]:
    """The concrete types a field may hold; a tuple's items are checked apart."""
    if hint is tuple or getattr(hint, "__origin__", None) is tuple:
        return [tuple]
    if isinstance(hint, type) and issubclass(hint, tuple):
        return [tuple]
    return [kind for part in get_args(hint) for kind in _types_of(part)] or [hint]


def _shape(view: type[Any]) -> _Shape:
    hints = get_type_hints(view)
    choices = [_types_of(hint) for hint in hints.values()]
    strings = [
        (position, _MAX_CHARS_OF.get(name, _MAX_CHARS))
        for position, name in enumerate(hints)
        if str in choices[position]
    ]
    shortest = len(hints) - (len(view._field_defaults) if view in _APPENDED else 0)
    lengths = range(shortest, len(hints) + 1)
    signatures = (signature for length in lengths for signature in product(*choices[:length]))
    return _Shape(frozenset(signatures), tuple(strings))


#: Views whose last fields are left out where they say nothing.
_APPENDED: Final = frozenset((m.PlaceOrder, m.CancelAll, m.ReplaceOrder, m.SetSymbol))
_SHAPES: Final = {tag: _shape(view) for tag, view in _VIEWS.items()}
_TERMS: Final = _shape(m.OrderTerms)
_PROTECTION: Final = _shape(m.Protection)
_PLACE: Final = _SHAPES[m.PLACE]
#: Where a command holds whole placements.
_PLACES_IN: Final = {m.PLACE_OCO: (3, 4), m.PLACE_BRACKET: (3,), m.CANCEL_REPLACE: (6,)}
_PLAIN_PLACE_FIELDS: Final = len(m.PlaceOrder._fields) - 1
_COMMAND_ID, _SYMBOL, _CLIENT_ORDER_ID = map(
    m.PlaceOrder._fields.index, ("command_id", "symbol", "client_order_id")
)
#: The types of a placement without terms, without and with a client order id.
_PLAIN_PLACE, _NAMED_PLACE = (
    tuple(map(type, m.place_order("", 0, "", 0, client_order_id=name))) for name in (None, "")
)
_PLAIN_SYMBOL_FIELDS: Final = len(m.SetSymbol._fields) - 1


def command_problem(command: m.Command) -> str | None:
    """What is wrong with the form of a command that came over a socket; None if nothing is."""
    if _is_plain_place(command):
        return None
    tag = command[0] if command else None
    shape = _SHAPES.get(tag) if type(tag) is int else None
    if shape is None:
        return f"unknown command tag {tag}" if type(tag) is int else "a command begins with its integer tag"
    if problem := _misshapen(command, shape):
        return f"a command with tag {tag}: {problem}"
    if not command[1]:
        return "an empty command_id"
    if tag == m.PLACE:
        return None if len(command) == _PLAIN_PLACE_FIELDS else _terms_problem(command)
    if tag in _PLACES_IN:
        return _places_problem(command)
    return _symbol_problem(command) if tag == m.SET_SYMBOL else None


def _is_plain_place(command: m.Command) -> bool:
    """Whether it is a well-formed placement without terms, as most commands are: told by fewer steps."""
    kinds = tuple(map(type, command))
    if (kinds != _PLAIN_PLACE and kinds != _NAMED_PLACE) or command[0] != m.PLACE:
        return False
    client_order_id = command[_CLIENT_ORDER_ID]
    return (
        0 < len(command[_COMMAND_ID]) <= _MAX_CHARS
        and len(command[_SYMBOL]) <= _MAX_CHARS
        and (client_order_id is None or len(client_order_id) <= _MAX_CHARS_OF["client_order_id"])
    )


def _misshapen(values: tuple[Any, ...], shape: _Shape) -> str | None:
    """Why a tuple has not this shape; None if it has."""
    if tuple(map(type, values)) not in shape.signatures:
        return f"no such message has these {len(values)} fields"
    for position, longest in shape.strings:
        if position < len(values):
            text = values[position]
            if text is not None and len(text) > longest:
                return f"field {position} is longer than {longest} characters"
    return None


def _terms_problem(place: m.Command) -> str | None:
    """Of a placement with the shape of one: whether its terms have theirs."""
    terms = place[_PLAIN_PLACE_FIELDS] if len(place) > _PLAIN_PLACE_FIELDS else None
    problem = None if terms is None else _misshapen(terms, _TERMS)
    return problem and f"terms of an order: {problem}"


def _places_problem(command: m.Command) -> str | None:
    """The orders inside a command are placements, of the account whose command it is."""
    for position in _PLACES_IN[command[0]]:
        place = command[position]
        if not place or type(place[0]) is not int or place[0] != m.PLACE:
            return f"field {position} is no placement"
        if problem := _misshapen(place, _PLACE) or _terms_problem(place):
            return f"field {position}: {problem}"
        if place[2] != command[2]:
            return f"field {position} is another account's"
    return None


def _symbol_problem(command: m.Command) -> str | None:
    if not _bands_ok(m.SetSymbol(*command).tick_bands):
        return "tick bands are pairs of integers"
    protection = command[_PLAIN_SYMBOL_FIELDS] if len(command) > _PLAIN_SYMBOL_FIELDS else None
    problem = None if protection is None else _misshapen(protection, _PROTECTION)
    return problem and f"protection of a symbol: {problem}"


def _bands_ok(bands: tuple[Any, ...]) -> bool:
    return len(bands) <= _MAX_TICK_BANDS and all(
        type(band) is tuple and len(band) == 2 and type(band[0]) is int and type(band[1]) is int
        for band in bands
    )
