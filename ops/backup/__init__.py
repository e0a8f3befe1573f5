"""Backups taken while trading goes on, and restoring them, to the end or to any sequence.

A backup is a folder: ``journal`` (up to a sequence that was durable), ``snapshots``, ``database`` and,
written last, ``manifest.json`` with a checksum of every file and the hashes the copy folds to. It is taken in
the order snapshots, database, journal, so that neither of the first two is ever ahead of the journal beside
it.
"""
