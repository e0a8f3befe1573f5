"""Which format a reply has."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from rest_framework.negotiation import DefaultContentNegotiation

from exchange.errors import RequestError


class Negotiation(DefaultContentNegotiation):
    """DRF's own, but for what it answers to a ``format`` that there is not: the address is there."""

    def filter_renderers(self, renderers: Any, format: Any) -> Any:
        try:
            return super().filter_renderers(renderers, format)
        except Http404:
            raise RequestError("NOT_ACCEPTABLE", {"field": "format"}) from None
