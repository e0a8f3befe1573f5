"""What each address, operator page and message of the WebSocket needs, by the plain names of
``accounts.identity.roles.PERMISSIONS``.

Nothing is decided here: views, lanes, pages and the WebSocket decide by scope and permission. The matrix of
``docs/roles.md`` is made of this table (``tools/roles.py``), and ``tests/web/access/test_doors.py`` sends
each of them real requests of everybody: what has no row here, and what lets in others than its row says,
fails there.

Addresses are written as the URL resolver has them. ``*`` stands for every method.
"""

from __future__ import annotations

from typing import Final

from accounts.identity.roles import (
    CHANGE_MARKETS,
    CONFIRM_OWN,
    END_LOG_INS,
    ENTER_PAGES,
    FREEZE,
    INVITE,
    MANAGE_ACCOUNTS,
    MANAGE_KEYS,
    MANAGE_USERS,
    MOVE_MONEY,
    MOVE_OWN,
    PUBLISH_TERMS,
    QUOTE,
    READ_OWN,
    REVIEW_WITHDRAWALS,
    REVOKE_KEY,
    SEE_ACCOUNTS,
    SEE_AUDIT,
    SEE_CUSTOMERS,
    SEE_ENGINE,
    SEE_JOINING,
    SEE_KEYS,
    SEE_MARKETS,
    SEE_ORDERS,
    SEE_REQUESTS,
    SEE_ROLES,
    SEND_RESET_LINK,
    SET_LEVEL,
    SETTLE_WITHDRAWALS,
    TRADE_OWN,
    WITHDRAW_OWN,
)

#: Everybody, visitors too.
ANYONE: Final = "nothing"
#: Any user who is logged in as a person, not by a key.
LOG_IN: Final = "a log-in"
#: Nobody but a superuser, and for live rows not even one.
NOBODY: Final = "cannot be had"
#: Whoever may decide the request that waits: what asking for it needed (``exchange.control.approvals``).
DECIDE: Final = f"{CHANGE_MARKETS}, or {MOVE_MONEY}"

#: Address -> method -> need.
Needs = dict[str, dict[str, str]]

REST: Final[Needs] = {
    "v1/order": {"POST": TRADE_OWN},
    "v1/order/cancel": {"POST": TRADE_OWN},
    "v1/order/reduce": {"POST": TRADE_OWN},
    "v1/order/replace": {"POST": TRADE_OWN},
    "v1/order/cancel-replace": {"POST": TRADE_OWN},
    "v1/order/oto": {"POST": TRADE_OWN},
    "v1/order/otoco": {"POST": TRADE_OWN},
    "v1/order/<str:order_id>": {"GET": READ_OWN},
    "v1/orders": {"GET": READ_OWN, "POST": TRADE_OWN},
    "v1/orders/cancel-all": {"POST": TRADE_OWN},
    "v1/orders/cancel-after": {"POST": TRADE_OWN},
    "v1/orders/oco": {"POST": TRADE_OWN},
    "v1/orders/bracket": {"POST": TRADE_OWN},
    "v1/quotes": {"POST": QUOTE, "DELETE": TRADE_OWN},
    "v1/quotes/protection": {"POST": QUOTE},
    "v1/orders/totals": {"GET": READ_OWN},
    "v1/fills/totals": {"GET": READ_OWN},
    "v1/ledger/totals": {"GET": READ_OWN},
    "v1/export/orders": {"GET": READ_OWN},
    "v1/export/fills": {"GET": READ_OWN},
    "v1/export/ledger": {"GET": READ_OWN},
    "v1/export/tax-report": {"GET": READ_OWN},
    "v1/fills": {"GET": READ_OWN},
    "v1/ledger": {"GET": READ_OWN},
    "v1/fees": {"GET": READ_OWN},
    "v1/referral": {"GET": READ_OWN, "POST": MOVE_OWN},
    "api/v1/fees/schedule": {"GET": ANYONE},
    "v1/balances": {"GET": READ_OWN},
    "v1/portfolio": {"GET": READ_OWN},
    "v1/tax-report": {"GET": READ_OWN},
    "v1/solvency/proof": {"GET": READ_OWN},
    "api/v1/solvency": {"GET": ANYONE},
    "v1/accounts": {"GET": READ_OWN, "POST": MANAGE_ACCOUNTS},
    "v1/accounts/<str:account>": {"PATCH": MANAGE_ACCOUNTS},
    "v1/transfer": {"POST": MOVE_OWN},
    "v1/demo/deposit": {"POST": MOVE_OWN},
    # Providers, by a signature of theirs.
    "custody/<str:provider>/notices": {"POST": ANYONE},
    "v1/deposits": {"GET": READ_OWN},
    "v1/deposits/address": {"GET": READ_OWN},
    "v1/withdrawals": {"GET": READ_OWN, "POST": WITHDRAW_OWN},
    "v1/withdrawals/terms": {"GET": READ_OWN},
    "v1/withdrawals/<str:withdrawal_id>": {"GET": READ_OWN},
    "v1/withdrawals/<str:withdrawal_id>/confirm": {"POST": CONFIRM_OWN},
    "v1/withdrawals/<str:withdrawal_id>/cancel": {"POST": WITHDRAW_OWN},
    "v1/withdrawals/<str:withdrawal_id>/resend": {"POST": CONFIRM_OWN},
    "v1/addresses": {"GET": READ_OWN, "POST": CONFIRM_OWN},
    "v1/addresses/lock": {"GET": READ_OWN, "PUT": CONFIRM_OWN},
    "v1/addresses/<str:address_id>": {"DELETE": CONFIRM_OWN},
    "v1/addresses/<str:address_id>/confirm": {"POST": CONFIRM_OWN},
    "api/v1/orderbook/<str:symbol>": {"GET": ANYONE},
    "api/v1/auction/<str:symbol>": {"GET": ANYONE},
    "api/v1/symbols": {"GET": ANYONE},
    "api/v1/time": {"GET": ANYONE},
    "api/v1/executions/<str:symbol>": {"GET": ANYONE},
    "api/v1/statistics": {"GET": ANYONE},
    "api/v1/statistics/<str:symbol>": {"GET": ANYONE},
    "api/v1/klines/<str:symbol>/<str:interval>": {"GET": ANYONE},
    "api/v1/keys": {"GET": MANAGE_KEYS, "POST": MANAGE_KEYS},
    "api/v1/keys/<str:key_id>": {"DELETE": MANAGE_KEYS},
    "api/v1/mfa": {"GET": LOG_IN},
    "api/v1/mfa/totp": {"POST": LOG_IN, "DELETE": LOG_IN},
    "api/v1/mfa/totp/confirm": {"POST": LOG_IN},
    "api/v1/mfa/recovery-codes": {"POST": LOG_IN},
    "api/v1/mfa/passkeys": {"POST": LOG_IN},
    "api/v1/mfa/passkeys/options": {"POST": LOG_IN},
    "api/v1/mfa/passkeys/<str:passkey_id>": {"PATCH": LOG_IN, "DELETE": LOG_IN},
    "api/v1/step-up": {"POST": LOG_IN},
    "api/v1/step-up/options": {"POST": LOG_IN},
    "api/v1/sessions": {"GET": LOG_IN},
    "api/v1/sessions/revoke-others": {"POST": LOG_IN},
    "api/v1/sessions/<str:session_id>": {"DELETE": LOG_IN},
    "api/v1/security-acts": {"GET": LOG_IN},
    "api/v1/signup": {"GET": ANYONE, "POST": ANYONE},
    "api/v1/signup/resend": {"POST": ANYONE},
    "api/v1/signup/verify": {"POST": ANYONE},
    "api/v1/password": {"POST": LOG_IN},
    "api/v1/password/reset": {"POST": ANYONE},
    "api/v1/password/reset/confirm": {"POST": ANYONE},
    "api/v1/email": {"GET": LOG_IN, "POST": LOG_IN},
    "api/v1/email/verify": {"POST": ANYONE},
    "api/v1/terms": {"GET": ANYONE},
    "api/v1/terms/accept": {"POST": LOG_IN},
    "api/v1/token": {"POST": ANYONE},
    "api/v1/token/refresh": {"POST": ANYONE},
    "api/v1/token/revoke": {"POST": ANYONE},
    "api/schema": {"GET": ANYONE},
    "api/docs": {"GET": ANYONE},
    "api/redoc": {"GET": ANYONE},
    "api/asyncapi": {"GET": ANYONE},
}

PAGES: Final[Needs] = {
    "": {"GET": ANYONE},
    "trade/<str:symbol>": {"GET": ANYONE},
    "trade/<str:symbol>/": {"GET": ANYONE},
    "^markets/?$": {"GET": ANYONE},
    "^(?:portfolio|wallet|account|sub-accounts|keys|security)/?$": {"GET": LOG_IN},
    "wallet/withdrawals/confirm/<str:key>": {"GET": LOG_IN},
    "wallet/addresses/confirm/<str:key>": {"GET": LOG_IN},
    "accounts/login/": {"*": ANYONE},
    "accounts/logout/": {"POST": ANYONE},
    "accounts/second-factor/": {"*": ANYONE},
    "accounts/passkey-options/": {"*": ANYONE},
    "^signup/?$": {"*": ANYONE},
    "signup/sent": {"*": ANYONE},
    "signup/verify/<str:key>": {"*": ANYONE},
    "signup/opening": {"GET": ANYONE},
    "accounts/password": {"*": LOG_IN},
    "accounts/password/reset": {"*": ANYONE},
    "accounts/password/reset/<str:key>": {"*": ANYONE},
    "accounts/email": {"*": LOG_IN},
    "accounts/email/verify/<str:key>": {"*": ANYONE},
    "^terms/?$": {"*": ANYONE},
    "health/detail": {"GET": SEE_ENGINE},
    "health/live": {"GET": ANYONE},
    "health/ready": {"GET": ANYONE},
    "healthz": {"GET": ANYONE},
    # From this machine, or with a token of its own: ``METRICS_TOKEN``.
    "metrics": {"GET": ANYONE},
    "metrics/<str:process>": {"GET": ANYONE},
}

#: Operator pages that belong to no table; behind ``admin/``.
SITE_PAGES: Final[Needs] = {
    "": {"GET": ENTER_PAGES},
    "login/": {"*": ANYONE},
    "logout/": {"POST": ANYONE},
    "password_change/": {"*": ENTER_PAGES},
    "password_change/done/": {"GET": ENTER_PAGES},
    "autocomplete/": {"GET": ENTER_PAGES},
    "jsi18n/": {"GET": ENTER_PAGES},
    "search/": {"GET": ENTER_PAGES},
    "r/<path:content_type_id>/<path:object_id>/": {"GET": ENTER_PAGES},
    "^(?P<app_label>exchange|accounts|custody|auth)/$": {"GET": ENTER_PAGES},
    "(?P<url>.*)$": {"GET": ENTER_PAGES},
    "engine/": {"GET": SEE_ENGINE},
    "engine/state/": {"GET": SEE_ENGINE},
    "fees/revenue/": {"GET": SEE_ACCOUNTS},
    "fees/revenue.csv": {"GET": SEE_ACCOUNTS},
}

#: What it takes to see the list and the pages of a table; each is behind ``admin/``.
TABLES: Final[dict[str, str]] = {
    "exchange/symbol/": SEE_MARKETS,
    "exchange/asset/": SEE_MARKETS,
    "exchange/account/": SEE_ACCOUNTS,
    "exchange/balance/": SEE_ACCOUNTS,
    "exchange/transfer/": SEE_ACCOUNTS,
    "exchange/feeoverride/": SEE_ACCOUNTS,
    "accounts/feetier/": SEE_ACCOUNTS,
    "accounts/feerun/": SEE_ACCOUNTS,
    "accounts/ratetier/": SEE_ACCOUNTS,
    "exchange/order/": SEE_ORDERS,
    "exchange/fill/": SEE_ORDERS,
    "exchange/changerequest/": SEE_REQUESTS,
    "exchange/auditrecord/": SEE_AUDIT,
    "custody/withdrawal/": SEE_ACCOUNTS,
    "custody/deposit/": SEE_ACCOUNTS,
    "custody/providernotice/": SEE_ACCOUNTS,
    "custody/reconciliation/": SEE_ACCOUNTS,
    "custody/custodystatement/": SEE_ACCOUNTS,
    "custody/assetterms/": SEE_MARKETS,
    "accounts/user/": SEE_CUSTOMERS,
    "accounts/apikey/": SEE_KEYS,
    "accounts/invitation/": INVITE,
    "accounts/termsofservice/": SEE_JOINING,
    "accounts/termsacceptance/": SEE_JOINING,
    "accounts/letter/": SEE_JOINING,
    "auth/group/": SEE_ROLES,
}

#: Actions and pages of their own that tables have beside these.
ACTIONS: Final[dict[str, str]] = {
    "exchange/symbol/new/": CHANGE_MARKETS,
    "exchange/symbol/<path:object_id>/rules/": CHANGE_MARKETS,
    "exchange/symbol/<path:object_id>/halt/": CHANGE_MARKETS,
    "exchange/symbol/<path:object_id>/cancel-only/": CHANGE_MARKETS,
    "exchange/symbol/<path:object_id>/resume/": CHANGE_MARKETS,
    "exchange/symbol/<path:object_id>/state/": CHANGE_MARKETS,
    "exchange/asset/new/": CHANGE_MARKETS,
    "exchange/account/<path:object_id>/deposit/": MOVE_MONEY,
    "exchange/account/<path:object_id>/withdraw/": MOVE_MONEY,
    "exchange/account/<path:object_id>/freeze/": FREEZE,
    "exchange/account/<path:object_id>/thaw/": FREEZE,
    "exchange/account/<path:object_id>/fees/": CHANGE_MARKETS,
    "exchange/account/<path:object_id>/clear-fees/": CHANGE_MARKETS,
    "accounts/feetier/new/": CHANGE_MARKETS,
    "accounts/feetier/<path:object_id>/change-tier/": CHANGE_MARKETS,
    "accounts/feetier/<path:object_id>/retire/": CHANGE_MARKETS,
    "exchange/account/<path:object_id>/group/": CHANGE_MARKETS,
    "exchange/changerequest/<int:object_id>/banner/": SEE_REQUESTS,
    "exchange/changerequest/<path:object_id>/approve/": DECIDE,
    "exchange/changerequest/<path:object_id>/decline/": DECIDE,
    "exchange/auditrecord/export/<str:name>/": SEE_AUDIT,
    "custody/withdrawal/<path:object_id>/approve/": REVIEW_WITHDRAWALS,
    "custody/withdrawal/<path:object_id>/decline/": REVIEW_WITHDRAWALS,
    "custody/withdrawal/<path:object_id>/paid/": SETTLE_WITHDRAWALS,
    "custody/withdrawal/<path:object_id>/failed/": SETTLE_WITHDRAWALS,
    "custody/deposit/<path:object_id>/credit/": SETTLE_WITHDRAWALS,
    "custody/deposit/<path:object_id>/reject/": SETTLE_WITHDRAWALS,
    "custody/deposit/<path:object_id>/approve/": SETTLE_WITHDRAWALS,
    "custody/deposit/<path:object_id>/decline/": SETTLE_WITHDRAWALS,
    "custody/reconciliation/<path:object_id>/csv/": SEE_ACCOUNTS,
    "custody/reconciliation/<path:object_id>/explain/": SETTLE_WITHDRAWALS,
    "custody/custodystatement/count/": SETTLE_WITHDRAWALS,
    "custody/assetterms/add/": CHANGE_MARKETS,
    "accounts/ratetier/add/": CHANGE_MARKETS,
    "accounts/user/<path:object_id>/withdrawal-level/": SET_LEVEL,
    "accounts/apikey/<path:object_id>/revoke/": REVOKE_KEY,
    "accounts/user/<path:object_id>/end-log-ins/": END_LOG_INS,
    "accounts/user/<path:object_id>/revoke-keys/": END_LOG_INS,
    "accounts/user/<path:object_id>/send-reset-link/": SEND_RESET_LINK,
    "accounts/user/<path:object_id>/reset-second-factor/": MANAGE_USERS,
    "accounts/user/<id>/password/": MANAGE_USERS,
    "accounts/user/add/": MANAGE_USERS,
    "accounts/invitation/add/": INVITE,
    "accounts/termsofservice/add/": PUBLISH_TERMS,
}

#: Operations of the WebSocket.
OPERATIONS: Final[dict[str, str]] = {
    "subscribe": ANYONE,
    "unsubscribe": ANYONE,
    "auth": ANYONE,
    "ping": ANYONE,
    "pong": ANYONE,
    "limits": ANYONE,
    "order.place": TRADE_OWN,
    "order.batch": TRADE_OWN,
    "order.cancel": TRADE_OWN,
    "order.reduce": TRADE_OWN,
    "order.replace": TRADE_OWN,
    "order.oco": TRADE_OWN,
    "order.oto": TRADE_OWN,
    "order.otoco": TRADE_OWN,
    "order.bracket": TRADE_OWN,
    "order.cancel_replace": TRADE_OWN,
    "quotes.place": QUOTE,
    "quotes.cancel": TRADE_OWN,
    "quotes.protect": QUOTE,
    "orders.cancel_all": TRADE_OWN,
    "orders.cancel_after": TRADE_OWN,
}

#: Channels of the WebSocket; ``klines:`` goes on with an interval.
CHANNELS: Final[dict[str, str]] = {
    "book": ANYONE,
    "trades": ANYONE,
    "symbols": ANYONE,
    "auction": ANYONE,
    "statistics": ANYONE,
    "statistics:all": ANYONE,
    "klines:": ANYONE,
    "orders": READ_OWN,
    "fills": READ_OWN,
    "balances": READ_OWN,
}


def page_needs() -> Needs:
    """The needs of the operator pages: those of the site, and of each table its list, rows and actions."""
    needs = dict(SITE_PAGES)
    for table, need in TABLES.items():
        needs |= {
            table: {"GET": need},
            f"{table}<path:object_id>/change/": {"GET": need},
            # Django leads on to the page of the row.
            f"{table}<path:object_id>/": {"GET": ENTER_PAGES},
            f"{table}<path:object_id>/history/": {"GET": need},
            f"{table}<path:object_id>/delete/": {"*": NOBODY},
            f"{table}add/": {"*": NOBODY},
        }
    needs["accounts/user/<path:object_id>/change/"] = {"GET": SEE_CUSTOMERS, "POST": MANAGE_USERS}
    needs["accounts/invitation/<path:object_id>/change/"] = {"*": INVITE}
    needs["accounts/ratetier/<path:object_id>/change/"] = {"GET": SEE_ACCOUNTS, "POST": CHANGE_MARKETS}
    needs["custody/assetterms/<path:object_id>/change/"] = {"GET": SEE_MARKETS, "POST": CHANGE_MARKETS}
    return needs | {address: {"*": need} for address, need in ACTIONS.items()}
