"""The audit log: one place to write it, and to read and check it.

record      append an act, in the transaction of the act; see there for what to give it
acts        the kinds of acts
provenance  where an act comes from
chain       the hashes, and following them
heads       the last hash, noted outside the database
reading     in order, as CSV or JSON lines
"""

from exchange.audit.acts import ACTS
from exchange.audit.recording import Target, record

__all__ = ["ACTS", "Target", "record"]
