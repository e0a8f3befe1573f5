"""Commands and events as bytes, and the rolling hash over events.

msgspec's msgpack writes integers of up to 64 bits. Money is unbounded: an integer beyond that crosses
as its decimal string, marked by an extension type, and is an integer again after decoding, wherever it
stands. Only a message that holds one pays for it. Encoding is deterministic: followers encode their
own events and compare hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import msgpack

from exchange.engine.messages import (
    EV_BALANCE,
    EV_ORDER,
    EV_SYMBOL,
    EV_TRADE,
    EV_TRANSFER,
    BalanceEvent,
    Command,
    Event,
    OrderEvent,
    TradeEvent,
    TransferEvent,
)
from exchange.engine.snapshot import Section, line_of

#: Event hash before the first event.
GENESIS_HASH: Final = bytes(16)

#: msgpack extension code of a wide integer.
_WIDE: Final = 1
#: One more digit than numeric(38,0) and a sign: no client of ours sends a longer one.
_WIDE_MAX_CHARS: Final = 40
_INT64_MIN: Final = -(2**63)
_UINT64_MAX: Final = 2**64 - 1
_CONTAINERS: Final = frozenset((tuple, list, dict))

#: Arrays in arrays of any message.
_MAX_DEPTH: Final = 8

#: What a decoder raises on bytes that are not a well-formed message.
DECODE_ERRORS: Final = (msgspec.MsgspecError, ValueError, OverflowError, RecursionError, MemoryError)

if TYPE_CHECKING:
    #: An integer of any size, as the field of a structure that is decoded.
    WideInt = int
else:
    # msgspec takes what an ``ext_hook`` returns only where anything may stand.
    WideInt = Any

_encoder: Final = msgpack.Encoder()


def _amounts_of(view: Any) -> tuple[int, ...]:
    """Where in an event amounts stand."""
    return tuple(place for place, name in enumerate(view._fields) if name.endswith(("_minor", "_after")))


#: Tag of the frequent events that hold amounts → where.
_AMOUNTS: Final = {
    EV_ORDER: _amounts_of(OrderEvent),
    EV_TRADE: _amounts_of(TradeEvent),
    EV_BALANCE: _amounts_of(BalanceEvent),
    EV_TRANSFER: _amounts_of(TransferEvent),
}


def encode(message: Any) -> bytes:
    """msgpack of plain data (tuples, lists, dicts, str, int, bool, None, msgspec.Raw)."""
    try:
        return _encoder.encode(message)
    except OverflowError:
        return _encoder.encode(_widen((message,))[0])


def encode_events(events: Sequence[Event]) -> bytes:
    """``encode`` of one command's events, the same bytes: it knows where in them amounts stand, so that large
    balances cost half as much."""
    try:
        return _encoder.encode(events)
    except OverflowError:
        pass
    try:
        return _encoder.encode([_widen_amounts(event) for event in events])
    except OverflowError:
        return encode(events)


def encode_each(batch: Sequence[Sequence[Event]]) -> list[bytes]:
    """``encode_events`` of each command's, at one go where nothing is wide."""
    try:
        return list(map(_encoder.encode, batch))
    except OverflowError:
        return list(map(encode_events, batch))


def _widen_amounts(event: Event) -> Sequence[Any]:
    """The event with its wide amounts made extension strings."""
    places = _AMOUNTS.get(event[0], ())
    if places and places[-1] >= len(event):
        # Its last fields say nothing and are left out.
        places = tuple(place for place in places if place < len(event))
    for place in places:
        if not _INT64_MIN <= event[place] <= _UINT64_MAX:
            break
    else:
        return event
    fields = list(event)
    for place in places:
        if not _INT64_MIN <= fields[place] <= _UINT64_MAX:
            fields[place] = msgpack.Ext(_WIDE, b"%d" % fields[place])
    return fields


def _widen(value: Any) -> Any:
    """The same array or dict with integers beyond 64 bits made extension strings."""
    if type(value) is dict:
        return dict(zip(value, _widen(tuple(value.values())), strict=True))
    # One call per array, not per item: large balances make this path a common one.
    return [
        (item if _INT64_MIN <= item <= _UINT64_MAX else msgpack.Ext(_WIDE, b"%d" % item))
        if type(item) is int
        else _widen(item)
        if type(item) in _CONTAINERS
        else item
        for item in value
    ]


def restore_wide(code: int, data: memoryview) -> int:
    """msgspec ``ext_hook``: the integer again. ValueError on anything else."""
    text = bytes(data)
    digits = text[1:] if text[:1] == b"-" else text
    if code != _WIDE or len(text) > _WIDE_MAX_CHARS or not digits.isdigit():
        raise ValueError("unknown extension")
    return int(text)


def decoder(kind: Any) -> msgpack.Decoder[Any]:
    """A decoder of ``kind`` that restores wide integers."""
    return msgpack.Decoder(kind, ext_hook=restore_wide)


_commands_decoder: Final = decoder(list[tuple[Any, ...]])
_labels_decoder: Final = decoder(list[str])


def encode_commands(commands: Sequence[Command]) -> bytes:
    return encode(commands)


def decode_commands(data: bytes | memoryview) -> list[Command]:
    """The commands exactly as they were encoded. Raises one of DECODE_ERRORS."""
    commands: list[Command] = _commands_decoder.decode(data)
    for index, command in enumerate(commands):
        if len(command) != SIMPLE_PLACE_FIELDS:
            commands[index] = freeze_command(command)
    return commands


def decode_labels(data: bytes | memoryview) -> list[str]:
    """The labels of a batch. Raises one of DECODE_ERRORS."""
    labels: list[str] = _labels_decoder.decode(data)
    return labels


#: Fields of a placement without terms: most of all commands, and none of them is an array.
SIMPLE_PLACE_FIELDS: Final = 13


def freeze_command(command: Command) -> Command:
    """A decoded command with the arrays inside it (terms, legs, tick bands, protection) made tuples again:
    equal to the one that was encoded, so that a repeated one is known."""
    if len(command) != SIMPLE_PLACE_FIELDS and list in map(type, command):
        frozen: Command = freeze(command)
        return frozen
    return command


def freeze(value: Any, depth: int = _MAX_DEPTH) -> Any:
    """Lists inside (msgpack has only one kind of array) made tuples again. Nothing of ours is deeper than
    ``depth``; what is stays as it came, and no validator lets it pass."""
    if depth and isinstance(value, (list, tuple)):
        return tuple(freeze(item, depth - 1) for item in value)
    return value


def freeze_events(events: list[Event]) -> list[Event]:
    """Restore nested tuples of one command's events, in place: details of rejections and what orders have
    beyond plain ones stand last, symbols have more."""
    for index, event in enumerate(events):
        if type(event[-1]) is list:
            events[index] = (*event[:-1], freeze(event[-1]))
        if event[0] == EV_SYMBOL:
            events[index] = freeze(event)
    return events


#: What may stand in a row of a snapshot or in an event: never a float, and arrays in it as tuples.
_Plain = int | str | bool | None
_Row1 = tuple[_Plain, ...]
_Row2 = tuple[_Plain | _Row1, ...]
_Row3 = tuple[_Plain | _Row2, ...]
_Row4 = tuple[_Plain | _Row3, ...]
_Row5 = tuple[_Plain | _Row4, ...]

#: An event decoded as what it was, its nested tuples too. Not one with an integer beyond 64 bits: a decoder
#: of this type raises ValidationError on that, and the event has to be decoded as any tuple and frozen.
PlainEvent = _Row4
#: Of a snapshot: encoding them takes less than a millisecond.
_ROWS_AT_A_TIME: Final = 1_000
_json_encoder: Final = msgspec.json.Encoder()
_rows_decoder: Final = msgspec.json.Decoder(list[_Row5])


def parse_rows(line: bytes) -> list[tuple[Any, ...]]:
    """``engine.snapshot.parse_rows``, in a fifth of the time. ValueError on anything else than rows."""
    try:
        return _rows_decoder.decode(line)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error


def section_line(section: Section) -> bytes:
    """``engine.snapshot.line_of``, byte for byte, in a sixth of the time. Lets other threads in now and
    then."""
    if isinstance(section, dict):
        return line_of(section)
    rows = (section[at : at + _ROWS_AT_A_TIME] for at in range(0, len(section), _ROWS_AT_A_TIME))
    return b"[" + b",".join(_rows_line(part)[1:-1] for part in rows) + b"]"


def _rows_line(rows: list[Any]) -> bytes:
    """What msgspec would write in another way, characters beyond ASCII, is left to the standard library."""
    line = _json_encoder.encode(rows)
    return line if line.isascii() and b"\x7f" not in line else line_of(rows)


def chain_hash(previous: bytes, encoded_events: Iterable[bytes]) -> bytes:
    """The rolling hash (16 bytes) after a batch, from the one before it and the encoded events of each
    of its commands."""
    return hashlib.blake2b(previous + b"".join(encoded_events), digest_size=16).digest()
