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
    m.SET_ASSET: m.SetAsset,
    m.SET_SYMBOL: m.SetSymbol,
    m.SET_SYMBOL_STATUS: m.SetSymbolStatus,
    m.SET_ACCOUNT: m.SetAccount,
    m.SET_FEES: m.SetFees,
    m.DEPOSIT: m.Transfer,
    m.WITHDRAW: m.Transfer,
    m.SET_RULES: m.SetRules,
}

#: Longest string in a command, in characters, where nothing else is said.
_MAX_CHARS: Final = 64
_MAX_CHARS_OF: Final = {"reason": 500, "client_order_id": 36}
_MAX_TICK_BANDS: Final = 64


class _Shape(NamedTuple):
    #: Every allowed tuple of types, positions in order.
    signatures: frozenset[tuple[type[Any], ...]]
    #: (position, longest) of each string.
    strings: tuple[tuple[int, int], ...]


def _types_of(hint: Any) -> list[type[Any]]:
    """The concrete types a field may hold; a tuple's items are checked apart."""
    if hint is tuple or getattr(hint, "__origin__", None) is tuple:
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
    return _Shape(frozenset(product(*choices)), tuple(strings))


_SHAPES: Final = {tag: _shape(view) for tag, view in _VIEWS.items()}


def command_problem(command: m.Command) -> str | None:
    """What is wrong with the form of a command that came over a socket; None if nothing is."""
    tag = command[0] if command else None
    shape = _SHAPES.get(tag) if type(tag) is int else None
    if shape is None:
        return f"unknown command tag {tag}" if type(tag) is int else "a command begins with its integer tag"
    if tuple(map(type, command)) not in shape.signatures:
        return f"a command with tag {tag} does not have {len(command)} fields of these types"
    for position, longest in shape.strings:
        text = command[position]
        if text is not None and len(text) > longest:
            return f"field {position} is longer than {longest} characters"
    if not command[1]:
        return "an empty command_id"
    if tag == m.SET_SYMBOL and not _bands_ok(m.SetSymbol(*command).tick_bands):
        return "tick bands are pairs of integers"
    return None


def _bands_ok(bands: tuple[Any, ...]) -> bool:
    return len(bands) <= _MAX_TICK_BANDS and all(
        type(band) is tuple and len(band) == 2 and type(band[0]) is int and type(band[1]) is int
        for band in bands
    )
