"""The journal: commands in their order, on disk before anything is answered; snapshots; recovery.

``FileJournal`` writes, ``JournalReader`` reads, ``recover`` gives back the engine, ``Archiver``
makes old segments small. ``tools`` are for operators. The bytes are described in ``records`` and
``snapshots``, the errors in ``errors``.
"""

from exchange.journal.archive import Archiver
from exchange.journal.errors import JournalError
from exchange.journal.file_journal import FileJournal
from exchange.journal.reader import JournalReader
from exchange.journal.records import START, Position
from exchange.journal.recovery import recover
from exchange.journal.snapshots import prune_snapshots, write_snapshot

__all__ = [
    "START",
    "Archiver",
    "FileJournal",
    "JournalError",
    "JournalReader",
    "Position",
    "prune_snapshots",
    "recover",
    "write_snapshot",
]
