"""How the operator pages look and what their sidebar offers (settings of django-unfold)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


def _item(title: str, icon: str, url_name: str, permission: str) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{url_name}"),
        "permission": _may(permission),
    }


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "xTrader",
    "SITE_HEADER": "xTrader",
    "SITE_SUBHEADER": "Operator pages",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("favicon.svg")}
    ],
    "SITE_SYMBOL": "candlestick_chart",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": True,
    "LOGIN": {"form": "web.console.log_in_form.LoginForm"},
    "DASHBOARD_CALLBACK": "web.console.dashboard.dashboard",
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "items": [
                    {"title": "Overview", "icon": "dashboard", "link": reverse_lazy("admin:index")},
                    _item("Engine", "memory", "exchange_engine", "exchange.view_engine"),
                    _item(
                        "Change requests",
                        "rule",
                        "exchange_changerequest_changelist",
                        "exchange.view_changerequest",
                    ),
                ],
            },
            {
                "title": "Market",
                "separator": True,
                "items": [
                    _item("Symbols", "sell", "exchange_symbol_changelist", "exchange.view_symbol"),
                    _item("Assets", "toll", "exchange_asset_changelist", "exchange.view_asset"),
                    _item("Orders", "list_alt", "exchange_order_changelist", "exchange.view_order"),
                    _item("Fills", "swap_horiz", "exchange_fill_changelist", "exchange.view_fill"),
                ],
            },
            {
                "title": "Fees",
                "separator": True,
                "items": [
                    _item("Fee tiers", "stairs", "accounts_feetier_changelist", "exchange.view_feeoverride"),
                    _item("Fee revenue", "payments", "fee_revenue", "exchange.view_feeoverride"),
                    _item(
                        "Daily runs",
                        "event_repeat",
                        "accounts_feerun_changelist",
                        "exchange.view_feeoverride",
                    ),
                ],
            },
            {
                "title": "Accounts",
                "separator": True,
                "items": [
                    _item(
                        "Accounts",
                        "account_balance_wallet",
                        "exchange_account_changelist",
                        "exchange.view_account",
                    ),
                    _item(
                        "Balances", "account_balance", "exchange_balance_changelist", "exchange.view_balance"
                    ),
                    _item("Transfers", "sync_alt", "exchange_transfer_changelist", "exchange.view_transfer"),
                    _item(
                        "Own fees", "percent", "exchange_feeoverride_changelist", "exchange.view_feeoverride"
                    ),
                ],
            },
            {
                "title": "Money in and out",
                "separator": True,
                "items": [
                    _item(
                        "Withdrawals", "output", "custody_withdrawal_changelist", "custody.view_withdrawal"
                    ),
                    _item("Deposits", "input", "custody_deposit_changelist", "custody.view_deposit"),
                    _item(
                        "Providers' notices",
                        "inbox",
                        "custody_providernotice_changelist",
                        "custody.view_providernotice",
                    ),
                    _item(
                        "Reconciliation",
                        "balance",
                        "custody_reconciliation_changelist",
                        "custody.view_reconciliation",
                    ),
                    _item(
                        "Counted by hand",
                        "pan_tool",
                        "custody_custodystatement_changelist",
                        "custody.view_custodystatement",
                    ),
                    _item("Asset terms", "tune", "custody_assetterms_changelist", "custody.view_assetterms"),
                ],
            },
            {
                "title": "People",
                "separator": True,
                "items": [
                    _item("Users", "person", "accounts_user_changelist", "accounts.view_user"),
                    _item("Rate tiers", "speed", "accounts_ratetier_changelist", "accounts.view_ratetier"),
                    _item("API keys", "key", "accounts_apikey_changelist", "accounts.view_apikey"),
                    _item(
                        "Invitations",
                        "mail",
                        "accounts_invitation_changelist",
                        "accounts.view_invitation",
                    ),
                    _item(
                        "Terms of service",
                        "gavel",
                        "accounts_termsofservice_changelist",
                        "accounts.view_termsofservice",
                    ),
                    _item(
                        "Accepted terms",
                        "task_alt",
                        "accounts_termsacceptance_changelist",
                        "accounts.view_termsacceptance",
                    ),
                    _item("Letters", "outgoing_mail", "accounts_letter_changelist", "accounts.view_letter"),
                    _item("Roles", "badge", "auth_group_changelist", "auth.view_group"),
                    _item(
                        "Audit log",
                        "history",
                        "exchange_auditrecord_changelist",
                        "exchange.view_auditrecord",
                    ),
                ],
            },
        ],
    },
}
