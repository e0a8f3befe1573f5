"""The fast lanes: ASGI applications in front of Django's, for the calls that come most.

``orders``  order entry with a bearer token that was verified moments ago
``reads``   public market data that this process holds in memory
``plain``   what both need of HTTP; ``renewals``: tokens verified again while they are used

A lane answers only what is plain. Everything else (a session cookie, a token not seen yet, an unusual header or
query string, another format) is left untouched to Django, so no lane decides who may log in or parses what it
does not know. Checks, services, limits and errors are those of the DRF views; tests hold lane and view equal.
"""

from exchange.api.fastlane.orders import OrderLane
from exchange.api.fastlane.reads import ReadLane

__all__ = ["OrderLane", "ReadLane"]
