"""Rate limits of the REST API, as DRF throttles over ``exchange.limits``.

orders    per account: order entry and changes; a batch counts each of its orders
reads     per account: private reads
public    per address: market data, which needs no log-in
login     per address: tokens and the log-in page
demo      per account: play money
address   per address: every request of all the above
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from exchange import limits

if TYPE_CHECKING:
    # DRF's views import this module by their settings: at run time the import would go round.
    from rest_framework.views import APIView

#: In the ASGI scope of a request that a fast lane has charged and then left to its view.
CHARGED = "exchange.charged"
_ADDRESS_SCOPES = frozenset({"public", "login"})


class RateThrottle(BaseThrottle):
    """Charges the view's ``rate_scope`` and the address; refuses with the seconds to wait."""

    def __init__(self) -> None:
        self._wait_s: int | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        if CHARGED in getattr(request._request, "scope", ()):
            return True
        address = limits.address_of(request._request)
        scope = getattr(view, "rate_scope", "public")
        cost = self._cost(request, view)
        is_by_address = scope in _ADDRESS_SCOPES or not request.user.is_authenticated
        who = address if is_by_address else request.user.pk
        self._wait_s = limits.charge_request(address, scope, who, cost)
        return self._wait_s is None

    def wait(self) -> float | None:
        return self._wait_s

    @staticmethod
    def _cost(request: Request, view: APIView) -> int:
        cost = getattr(view, "rate_cost", None)
        return 1 if cost is None else int(cost(request))
