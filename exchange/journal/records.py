"""The bytes of the journal: one record per batch, in segment files.

Record, little endian, 68 bytes and the payload::

    magic "xTJr" · CRC32C of all that follows · payload length · format version · kind · shard · epoch
    first sequence · command count · now_ns · durable sequence · event hash before this record

``durable sequence`` states what was synced before this record was written; a record after another
therefore vouches for it. Kinds: BATCH (payload: commands), SEAL (the engine is idle or stopping; all so
far is durable), OPEN (an engine took the journal, with a new epoch). SEAL and OPEN have no commands, and
their first sequence is the next one.

A batch with a command that came with a request's label has format version 2, and the labels behind the
commands: length of the commands (4 bytes) · commands · labels (one for each command, empty for none). Every
other record has version 1. Labels are for those who search; no state and no hash depends on them.

Segment header, 64 bytes: magic "xTJs" · CRC32C · format version · shard · number · epoch · first sequence
· file size · event hash before it. A segment file always has exactly that size: it is preallocated
with zeros before it gets its name, and zeros follow the last record.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

import google_crc32c

from exchange.engine.messages import Command
from exchange.journal.codec import GENESIS_HASH, decode_commands, decode_labels

FORMAT_VERSION: Final = 1
#: Of a batch with labels; segments and all other records stay at the first.
LABELED_VERSION: Final = 2
_VERSIONS: Final = (FORMAT_VERSION, LABELED_VERSION)
_LENGTH_BYTES: Final = 4

BATCH: Final = 1
SEAL: Final = 2
OPEN: Final = 3
KINDS: Final = ("", "batch", "seal", "open")

RECORD_MAGIC: Final = b"xTJr"
_RECORD: Final = struct.Struct("<4sIIBBHQQIQQ16s")
RECORD_BYTES: Final = _RECORD.size

SEGMENT_MAGIC: Final = b"xTJs"
_SEGMENT: Final = struct.Struct("<4sIHHIQQQ16s8x")
SEGMENT_BYTES: Final = _SEGMENT.size

#: Magic and CRC are not under the CRC.
_UNCHECKED_BYTES: Final = 8


class Position(NamedTuple):
    """How far a fold has come: the last sequence, and the rolling hash (32 hex digits) of all events up
    to it. A projector stores both in the transaction that stores what it derived."""

    sequence: int
    event_hash: str

    @property
    def hash_bytes(self) -> bytes:
        return bytes.fromhex(self.event_hash)


#: Before the first command.
START: Final = Position(0, GENESIS_HASH.hex())


class Record(NamedTuple):
    """One record as read. ``end`` is the offset after it."""

    kind: int
    shard: int
    epoch: int
    first_sequence: int
    command_count: int
    now_ns: int
    durable_sequence: int
    event_hash: bytes
    payload: bytes
    offset: int
    end: int
    format_version: int = FORMAT_VERSION

    @property
    def last_sequence(self) -> int:
        return self.first_sequence + self.command_count - 1

    def commands(self) -> list[Command]:
        """The batch's commands. Raises one of codec.DECODE_ERRORS."""
        if self.format_version == FORMAT_VERSION:
            return decode_commands(self.payload)
        return decode_commands(memoryview(self.payload)[_LENGTH_BYTES : self._commands_end()])

    def labels(self) -> list[str]:
        """The label of each command, empty for none; an empty list where none has one. Raises one of
        codec.DECODE_ERRORS."""
        if self.format_version == FORMAT_VERSION:
            return []
        return decode_labels(memoryview(self.payload)[self._commands_end() :])

    def _commands_end(self) -> int:
        return _LENGTH_BYTES + int.from_bytes(self.payload[:_LENGTH_BYTES], "little")


class SegmentHeader(NamedTuple):
    shard: int
    number: int
    epoch: int
    first_sequence: int
    size: int
    event_hash: bytes


def encode_record(
    kind: int,
    *,
    shard: int,
    epoch: int,
    first_sequence: int,
    command_count: int,
    now_ns: int,
    durable_sequence: int,
    event_hash: bytes,
    payload: bytes = b"",
    format_version: int = FORMAT_VERSION,
) -> bytes:
    header = _RECORD.pack(
        RECORD_MAGIC,
        0,
        len(payload),
        format_version,
        kind,
        shard,
        epoch,
        first_sequence,
        command_count,
        now_ns,
        durable_sequence,
        event_hash,
    )
    body = header[_UNCHECKED_BYTES:] + payload
    return RECORD_MAGIC + _crc(body) + body


def labeled_payload(commands: bytes, labels: bytes) -> bytes:
    """Encoded commands and labels as a record of LABELED_VERSION carries them."""
    return len(commands).to_bytes(_LENGTH_BYTES, "little") + commands + labels


def _crc(data: bytes) -> bytes:
    return int(google_crc32c.value(data)).to_bytes(4, "little")


def payload_length(header: bytes) -> int | None:
    """Stated payload length of what begins like a record; None if it does not."""
    if len(header) < RECORD_BYTES or header[:4] != RECORD_MAGIC:
        return None
    return int.from_bytes(header[8:12], "little")


def decode_record(data: bytes, start: int, file_offset: int) -> Record | None:
    """The record at ``data[start:]``, which is ``file_offset`` in its file; None if it is not whole and
    valid there."""
    length = payload_length(data[start : start + RECORD_BYTES])
    if length is None or start + RECORD_BYTES + length > len(data):
        return None
    end = start + RECORD_BYTES + length
    if data[start + 4 : start + 8] != _crc(data[start + _UNCHECKED_BYTES : end]):
        return None
    fields = _RECORD.unpack_from(data, start)
    if fields[3] not in _VERSIONS:
        return None
    kind, shard, epoch, first_sequence, command_count, now_ns, durable_sequence, event_hash = fields[4:]
    return Record(
        kind,
        shard,
        epoch,
        first_sequence,
        command_count,
        now_ns,
        durable_sequence,
        event_hash,
        payload=data[start + RECORD_BYTES : end],
        offset=file_offset,
        end=file_offset + RECORD_BYTES + length,
        format_version=fields[3],
    )


def encode_segment_header(header: SegmentHeader) -> bytes:
    raw = _SEGMENT.pack(SEGMENT_MAGIC, 0, FORMAT_VERSION, *header)
    return SEGMENT_MAGIC + _crc(raw[_UNCHECKED_BYTES:]) + raw[_UNCHECKED_BYTES:]


def decode_segment_header(data: bytes) -> SegmentHeader | None:
    """The header at the start of a segment; None if it is not one of this format version."""
    if len(data) < SEGMENT_BYTES or data[:4] != SEGMENT_MAGIC:
        return None
    if data[4:8] != _crc(data[_UNCHECKED_BYTES:SEGMENT_BYTES]):
        return None
    _, _, version, *fields = _SEGMENT.unpack_from(data)
    return SegmentHeader(*fields) if version == FORMAT_VERSION else None
