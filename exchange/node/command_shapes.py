"""No malformed tuple reaches the core or the journal: tag, arity, types and sizes of a command.

The table is made from the commands' views in ``exchange.engine.messages``. Whether the numbers make sense
is the core's to say.
"""

from __future__ import annotations

from itertools import product
from typing import Any, Final, NamedTuple, get_args, get_type_hints

from exchange.engine import messages as m
from exchange.engine.messages.commands import SHORT_TERMS
from exchange.engine.messages.places import COMMAND_ACCOUNT

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
    m.PLACE_OTO: m.PlaceOto,
    m.PLACE_QUOTES: m.PlaceQuotes,
    m.CANCEL_QUOTES: m.CancelQuotes,
    m.PROTECT_QUOTES: m.ProtectQuotes,
    m.MOVE: m.Move,
    m.SET_ASSET: m.SetAsset,
    m.SET_SYMBOL: m.SetSymbol,
    m.SET_SYMBOL_STATUS: m.SetSymbolStatus,
    m.SET_ACCOUNT: m.SetAccount,
    m.SET_FEES: m.SetFees,
    m.SET_GROUP: m.SetGroup,
    m.DEPOSIT: m.Transfer,
    m.WITHDRAW: m.Transfer,
    m.PAY_FROM_FEES: m.PayFromFees,
    m.HOLD_WITHDRAWAL: m.HoldWithdrawal,
    m.SETTLE_WITHDRAWAL: m.EndWithdrawal,
    m.RELEASE_WITHDRAWAL: m.EndWithdrawal,
    m.SET_RULES: m.SetRules,
    m.SET_FEE_PLAN: m.SetFeePlan,
    m.SET_ACCOUNT_PLAN: m.SetAccountPlan,
}

#: Longest string in a command, in characters, where it has no bound of its own.
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
    shortest = _SHORTEST.get(view, len(hints))
    lengths = range(shortest, len(hints) + 1)
    signatures = (signature for length in lengths for signature in product(*choices[:length]))
    return _Shape(frozenset(signatures), tuple(strings))


#: What a protection had before more was added to it.
_OLDEST_PROTECTION: Final = 6
#: Commands that have grown fields since they were first journaled.
_GROWN: Final[tuple[type[Any], ...]] = (
    *(m.PlaceOrder, m.CancelAll, m.ReplaceOrder, m.SetSymbol, m.SetSymbolStatus, m.SetFees, m.PlaceQuotes),
    *(m.Move, m.PayFromFees),
)
#: Views whose last fields are left out where they say nothing, and the fewest they have.
_SHORTEST: Final[dict[type[Any], int]] = {
    view: len(view._fields) - len(view._field_defaults) for view in _GROWN
} | {m.OrderTerms: SHORT_TERMS, m.Protection: _OLDEST_PROTECTION}
_SHAPES: Final = {tag: _shape(view) for tag, view in _VIEWS.items()}
_TERMS: Final = _shape(m.OrderTerms)
_PROTECTION: Final = _shape(m.Protection)
_QUOTE: Final = _shape(m.Quote)
_MAX_QUOTES: Final = 50
#: More than the core takes, which says so with a code.
_MAX_PLAN_RATES: Final = 4_000
_PLAN_RATE: Final = (str, int, int)
_PLACE: Final = _SHAPES[m.PLACE]
#: Where a command holds whole placements.
_PLACES_IN: Final = {m.PLACE_OCO: (3, 4), m.PLACE_BRACKET: (3,), m.CANCEL_REPLACE: (6,), m.PLACE_OTO: (3,)}
_SECONDS: Final = m.PlaceOto._fields.index("seconds")
#: One, or the two legs of an OCO.
MAX_SECONDS: Final = 2
_PLAIN_PLACE_FIELDS: Final = len(m.PlaceOrder._fields) - 1
_COMMAND_ID, _SYMBOL, _CLIENT_ORDER_ID = map(
    m.PlaceOrder._fields.index, ("command_id", "symbol", "client_order_id")
)
#: The types of a placement without terms, without and with a client order id.
_PLAIN_PLACE, _NAMED_PLACE = (
    tuple(map(type, m.place_order("", 0, "", 0, client_order_id=name))) for name in (None, "")
)
_WITHDRAWALS: Final = (m.HOLD_WITHDRAWAL, m.SETTLE_WITHDRAWAL, m.RELEASE_WITHDRAWAL)
_WITHDRAWAL_ID: Final = m.HoldWithdrawal._fields.index("withdrawal_id")
_PLAIN_SYMBOL_FIELDS: Final = len(m.SetSymbol._fields) - 1


def command_problem(command: m.Command) -> str | None:
    """What is wrong with the form of a command that came over a socket; None if nothing is."""
    if _is_simple_place(command):
        return None
    tag = command[0] if command else None
    shape = _SHAPES.get(tag) if type(tag) is int else None
    if shape is None:
        return f"unknown command tag {tag}" if type(tag) is int else "a command begins with its integer tag"
    if problem := _misshapen(command, shape):
        return f"a command with tag {tag}: {problem}"
    if not command[_COMMAND_ID]:
        return "an empty command_id"
    if tag == m.PLACE:
        return None if len(command) == _PLAIN_PLACE_FIELDS else _terms_problem(command)
    if tag in _WITHDRAWALS:
        return None if command[_WITHDRAWAL_ID] else "an empty withdrawal_id"
    if tag == m.PLACE_QUOTES:
        return _quotes_problem(m.PlaceQuotes(*command).quotes)
    if tag in _PLACES_IN:
        return _places_problem(command)
    if tag == m.SET_FEE_PLAN:
        return _plan_problem(m.SetFeePlan(*command).rates)
    return _symbol_problem(command) if tag == m.SET_SYMBOL else None


def _is_simple_place(command: m.Command) -> bool:
    """Whether it is a well-formed placement without terms, as most commands are; found in fewer steps."""
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
            if text is not None and "\0" in text:
                return f"field {position} has a character that no database keeps"
    return None


def _terms_problem(place: m.Command) -> str | None:
    """Of a placement with the shape of one: whether its terms have theirs."""
    if len(place) == _PLAIN_PLACE_FIELDS:
        return None
    terms = place[_PLAIN_PLACE_FIELDS]
    # The core takes what is there for terms.
    problem = "null" if terms is None else _misshapen(terms, _TERMS)
    return problem and f"terms of an order: {problem}"


def _places_problem(command: m.Command) -> str | None:
    """The orders inside a command are placements, of the account whose command it is."""
    places = [(position, command[position]) for position in _PLACES_IN[command[0]]]
    if command[0] == m.PLACE_OTO:
        if not 1 <= len(command[_SECONDS]) <= MAX_SECONDS:
            return f"field {_SECONDS} is not one or two placements"
        places += [(_SECONDS, second) for second in command[_SECONDS]]
    for position, place in places:
        if type(place) is not tuple or not place or type(place[0]) is not int or place[0] != m.PLACE:
            return f"field {position} is no placement"
        if problem := _misshapen(place, _PLACE) or _terms_problem(place):
            return f"field {position}: {problem}"
        if place[COMMAND_ACCOUNT] != command[COMMAND_ACCOUNT]:
            return f"field {position} is another account's"
    return None


def _quotes_problem(quotes: tuple[Any, ...]) -> str | None:
    """Whether each has the shape of a quote, and there are not too many to read."""
    if len(quotes) > _MAX_QUOTES:
        return f"more than {_MAX_QUOTES} quotes"
    for quote in quotes:
        if type(quote) is not tuple:
            return "quotes are tuples"
        if problem := _misshapen(quote, _QUOTE):
            return f"a quote: {problem}"
    return None


def _plan_problem(rates: tuple[Any, ...]) -> str | None:
    if len(rates) > _MAX_PLAN_RATES:
        return f"more than {_MAX_PLAN_RATES} rates"
    for rate in rates:
        if type(rate) is not tuple or tuple(map(type, rate)) != _PLAN_RATE or len(rate[0]) > _MAX_CHARS:
            return "rates of a fee plan are a symbol and two integers each"
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
