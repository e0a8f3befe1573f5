"""The fast lanes: ASGI applications in front of Django's, for the calls that come most.

``orders``  order entry with a bearer token or API key that was verified moments ago
``reads``   public market data that this process holds in memory
``histories``  a user's own orders, fills and ledger, with the same proofs as order entry
``cors``    around them: which pages of other origins may read replies
``answers``  what they need of HTTP; ``lane_proofs``, ``renewals``: tokens and keys verified moments ago

A lane answers only what is plain. Everything else (a session cookie, a token or key not seen yet, an unusual
header or query string, another format) is left untouched to Django, so no lane decides who may log in or
parses what it does not know. Checks, services, limits and errors are those of the DRF views; tests hold lane
and view equal.
"""

from web.lanes.history_lane import HistoryLane
from web.lanes.order_lane import OrderLane
from web.lanes.read_lane import ReadLane

__all__ = ["HistoryLane", "OrderLane", "ReadLane"]
