"""Rate limits of the REST API: a DRF throttle over ``web.access.limiter``, which lists the scopes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from exchange.errors import ApiError
from web.access import rate_fields
from web.access.addresses import address_of
from web.access.limiter import Who, limiter
from web.rest.authentication import identity_of

if TYPE_CHECKING:
    # DRF's views import this module by their settings: at run time the import would go round.
    from rest_framework.views import APIView

#: In the ASGI scope of a request that a fast lane has charged and then left to its view.
CHARGED = "exchange.charged"
_ADDRESS_SCOPES = frozenset({"public", "login", "signup", "mail"})


class RateThrottle(BaseThrottle):
    """Charges the view's ``rate_scope`` and the address; refuses with the seconds to wait."""

    def __init__(self) -> None:
        self._wait_s: int | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        if CHARGED in getattr(request._request, "scope", ()):
            return True
        address = address_of(request._request)
        scope = getattr(view, "rate_scope", "public")
        who = address if scope in _ADDRESS_SCOPES else identity_of(request) or address
        try:
            cost = self._cost(request, view)
        except (ApiError, APIException):
            # A body that cannot be counted is refused, and costs as much as any refused order. The error is
            # raised here: DRF shows the view an empty body after it.
            if self._charge(request, address, scope, who):
                raise
            return False
        return self._charge(request, address, scope, who, cost)

    def _charge(self, request: Request, address: str, scope: str, who: Who, cost: int = 1) -> bool:
        charged = limiter.charged_request(address, scope, who, cost)
        rate_fields.note(request._request, charged.standings)
        self._wait_s = charged.wait_s
        return charged.wait_s is None

    def wait(self) -> float | None:
        return self._wait_s

    @staticmethod
    def _cost(request: Request, view: APIView) -> int:
        cost = getattr(view, "rate_cost", None)
        return 1 if cost is None else int(cost(request))
