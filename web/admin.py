"""Registers the operator pages, which stand in ``web.console``, with the admin site."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin

from web.console import (
    accounts,
    api_keys,
    audit_pages,
    change_pages,
    custody_deposits,
    custody_reports,
    custody_terms,
    engine_page,
    fees,
    joining,
    log_in_page,
    market,
    orders,
    rate_tier_pages,
    users,
    withdrawals,
)

admin.site.index_title = "Overview"
admin.site.extra_urls = lambda: [*engine_page.urls(), *fees.urls()]  # type: ignore[attr-defined]

admin.site.has_permission = log_in_page.has_permission  # type: ignore[method-assign]
admin.site.password_change = log_in_page.own_password  # type: ignore[method-assign, assignment]
# The pages that allauth brings for its tables: what they hold is nobody's to see or edit.
admin.site.unregister((EmailAddress, Authenticator))

__all__ = [
    "accounts",
    "api_keys",
    "audit_pages",
    "change_pages",
    "custody_deposits",
    "custody_reports",
    "custody_terms",
    "engine_page",
    "fees",
    "joining",
    "log_in_page",
    "market",
    "orders",
    "rate_tier_pages",
    "users",
    "withdrawals",
]
