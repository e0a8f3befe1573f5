"""The tax report of a request: its year and currency, and whose midnights bound the year."""

from __future__ import annotations

from typing import Final

from rest_framework.request import Request

from accounts.models import DEFAULT_CURRENCY, User
from accounts.portfolio.tax_year import FIRST_YEAR, LAST_YEAR, tax_report
from exchange.errors import RequestError
from exchange.wire.rendering import Json
from web.rest import params, schema
from web.rest.base import PrivateView

TAX_PARAMS: Final = (
    schema.query(
        "year",
        "The calendar year, by the user's time zone.",
        schema.whole(FIRST_YEAR, LAST_YEAR),
        required=True,
    ),
    schema.query("currency", "What amounts are in; the user's display currency by default."),
)


def read_tax_report(view: PrivateView, request: Request) -> Json:
    """Raises MISSING_FIELD, INVALID_FIELD, UNKNOWN_FIELD, ASSET_NOT_FOUND, and what ``account`` does."""
    query = view.query(request)
    params.refuse_unknown(query, {"year", "currency"})
    account = view.account(request)
    year = params.read_integer(query, "year", FIRST_YEAR, LAST_YEAR)
    if year is None:
        raise RequestError("MISSING_FIELD", {"field": "year"})
    user = request.user
    zone, usual = (
        (user.time_zone, user.display_currency) if isinstance(user, User) else ("UTC", DEFAULT_CURRENCY)
    )
    currency = params.read_currency(query) or usual
    return tax_report((account,), year, zone, currency)
