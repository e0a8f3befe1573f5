"""The engine again, the slow and obvious way, written from the rules (docs/orders.md) alone.

It exists to disagree with ``exchange.engine``: nothing is cached, nothing is kept in step. Orders live
in one list; a side of a book is that list filtered and sorted by (price, arrival); what an account
has available is its total less the holds of its open orders, each worked out anew when asked; what an
order would do is found out by letting a copy of it do it on a copy of everything.
It knows no retention: it remembers everything.

Read in this order: ``rules`` and ``orders`` (nouns and arithmetic), ``shapes`` (what an order may look
like), ``state`` (what is known), ``matching``, ``auctions``, ``triggers`` (and what is linked),
``checks`` (what refuses), ``trading`` and ``engine`` (a handler for each command).

Ways in which its events may differ from the core's, and only these (``tests.exchange.engine.pair`` allows
them): levels and balances come in another order, and a balance or level that was written but ended as it was
need not be told; orders other than the submitter's come in another order.
"""

from tests.exchange.engine.naive.engine import NaiveEngine

__all__ = ["NaiveEngine"]
