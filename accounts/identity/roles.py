"""The roles, and the one table of what each of them may do: ``PERMISSIONS``.

    trader          trades on the site
    market maker    trades, quotes, and may have rebates and a higher rate of orders
    support         sees customers, their accounts and orders; ends their log-ins and keys, has links to
                    set a new password sent to them
    operator        sees the exchange and asks for changes of symbols, accounts and funds
    compliance      sees everything of users and trades, and the audit log; freezes accounts
    auditor         sees everything, changes nothing
    administrator   what an operator may, and manages users and their roles; sees everything

A user has one role. Only the last five are staff, which is what admits to the operator pages; none of them
trades. The scopes of a log-in, Django's groups with their permissions, and the matrix of ``docs/roles.md``
follow from the table. ``web.access.needs`` names what each address, page and message needs of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from django.apps import AppConfig
from django.apps import apps as global_apps
from django.contrib.auth.models import AbstractUser, Group
from django.db import transaction

from accounts.identity.scopes import READ, TRADE, TRANSFER, WITHDRAW
from accounts.models import User
from exchange import audit

TRADER: Final = "trader"
MARKET_MAKER: Final = "market maker"
SUPPORT: Final = "support"
OPERATOR: Final = "operator"
COMPLIANCE: Final = "compliance"
AUDITOR: Final = "auditor"
ADMINISTRATOR: Final = "administrator"
ROLES: Final = (TRADER, MARKET_MAKER, SUPPORT, OPERATOR, COMPLIANCE, AUDITOR, ADMINISTRATOR)
STAFF_ROLES: Final = (SUPPORT, OPERATOR, COMPLIANCE, AUDITOR, ADMINISTRATOR)
#: Roles whose users have an account to trade with.
TRADING_ROLES: Final = (TRADER, MARKET_MAKER)


class Permission(NamedTuple):
    """Something that roles may do, by its plain name.

    ``scope``: what a key needs for it (``accounts.identity.scopes``); empty: a key is no help. ``codes``: the
    permissions of Django's that stand for it on the operator pages, as ``app.codename``.
    """

    name: str
    roles: tuple[str, ...]
    scope: str = ""
    codes: tuple[str, ...] = ()


_SEERS: Final = (COMPLIANCE, AUDITOR, ADMINISTRATOR)
_RUNNERS: Final = (OPERATOR, ADMINISTRATOR)

# The plain names, for those who ask about one.
READ_OWN: Final = "read the own account"
TRADE_OWN: Final = "trade"
QUOTE: Final = "quote"
MOVE_OWN: Final = "move own money"
WITHDRAW_OWN: Final = "withdraw own money"
CONFIRM_OWN: Final = "confirm own withdrawals and keep the address book"
MANAGE_KEYS: Final = "manage own keys"
MANAGE_ACCOUNTS: Final = "open, name and freeze own accounts"
ENTER_PAGES: Final = "enter the operator pages"
SEE_MARKETS: Final = "see markets"
SEE_ACCOUNTS: Final = "see accounts and balances"
SEE_ORDERS: Final = "see orders and fills"
SEE_REQUESTS: Final = "see change requests"
SEE_ENGINE: Final = "see the engine"
SEE_CUSTOMERS: Final = "see customers"
SEE_STAFF: Final = "see staff"
SEE_KEYS: Final = "see API keys of others"
SEE_ROLES: Final = "see roles"
SEE_AUDIT: Final = "see and export the audit log"
CHANGE_MARKETS: Final = "change markets and fees"
MOVE_MONEY: Final = "move customers' money"
REVIEW_WITHDRAWALS: Final = "approve and decline withdrawals"
SETTLE_WITHDRAWALS: Final = "state what became of payouts and deposits"
SET_LEVEL: Final = "set verification levels"
FREEZE: Final = "freeze accounts"
REVOKE_KEY: Final = "revoke an API key of others"
END_LOG_INS: Final = "end log-ins and keys of others"
SEND_RESET_LINK: Final = "send links to set a new password"
MANAGE_USERS: Final = "manage users and roles"
INVITE: Final = "invite people"
PUBLISH_TERMS: Final = "publish terms of service"
SEE_JOINING: Final = "see terms, who accepted them, and letters"

PERMISSIONS: Final[tuple[Permission, ...]] = (
    Permission(READ_OWN, ROLES, READ),
    Permission(TRADE_OWN, TRADING_ROLES, TRADE),
    Permission(QUOTE, (MARKET_MAKER,), TRADE),
    Permission(MOVE_OWN, TRADING_ROLES, TRANSFER),
    Permission(WITHDRAW_OWN, TRADING_ROLES, WITHDRAW),
    Permission(CONFIRM_OWN, TRADING_ROLES),
    Permission(MANAGE_KEYS, ROLES),
    Permission(MANAGE_ACCOUNTS, TRADING_ROLES),
    Permission(ENTER_PAGES, STAFF_ROLES),
    Permission(
        SEE_MARKETS,
        STAFF_ROLES,
        codes=("exchange.view_symbol", "exchange.view_asset", "custody.view_assetterms"),
    ),
    Permission(
        SEE_ACCOUNTS,
        STAFF_ROLES,
        codes=(
            "exchange.view_account",
            "exchange.view_balance",
            "exchange.view_transfer",
            "exchange.view_feeoverride",
            "accounts.view_ratetier",
            "custody.view_withdrawal",
            "custody.view_deposit",
            "custody.view_providernotice",
            "custody.view_reconciliation",
            "custody.view_custodystatement",
        ),
    ),
    Permission(SEE_ORDERS, STAFF_ROLES, codes=("exchange.view_order", "exchange.view_fill")),
    Permission(SEE_REQUESTS, (OPERATOR, *_SEERS), codes=("exchange.view_changerequest",)),
    Permission(SEE_ENGINE, (OPERATOR, AUDITOR, ADMINISTRATOR), codes=("exchange.view_engine",)),
    Permission(SEE_CUSTOMERS, (SUPPORT, *_SEERS), codes=("accounts.view_user",)),
    Permission(SEE_STAFF, _SEERS, codes=("accounts.view_staff",)),
    Permission(SEE_KEYS, (OPERATOR, *_SEERS), codes=("accounts.view_apikey",)),
    Permission(SEE_ROLES, _SEERS, codes=("auth.view_group",)),
    Permission(SEE_AUDIT, _SEERS, codes=("exchange.view_auditrecord",)),
    Permission(
        CHANGE_MARKETS,
        _RUNNERS,
        codes=(
            "exchange.change_market",
            "custody.add_assetterms",
            "custody.change_assetterms",
            "accounts.add_ratetier",
            "accounts.change_ratetier",
        ),
    ),
    Permission(MOVE_MONEY, _RUNNERS, codes=("exchange.move_funds",)),
    Permission(REVIEW_WITHDRAWALS, (*_RUNNERS, COMPLIANCE), codes=("custody.review_withdrawals",)),
    Permission(SETTLE_WITHDRAWALS, _RUNNERS, codes=("custody.settle_withdrawals",)),
    Permission(SET_LEVEL, (COMPLIANCE, ADMINISTRATOR), codes=("custody.set_withdrawal_level",)),
    Permission(FREEZE, (*_RUNNERS, COMPLIANCE), codes=("exchange.freeze_account",)),
    Permission(REVOKE_KEY, _RUNNERS, codes=("accounts.revoke_apikey",)),
    Permission(END_LOG_INS, (SUPPORT, ADMINISTRATOR), codes=("accounts.end_log_ins",)),
    Permission(SEND_RESET_LINK, (SUPPORT, ADMINISTRATOR), codes=("accounts.send_reset_link",)),
    Permission(MANAGE_USERS, (ADMINISTRATOR,), codes=("accounts.add_user", "accounts.change_user")),
    # A code lets somebody in: who only looks does not see it.
    Permission(
        INVITE,
        (ADMINISTRATOR,),
        codes=("accounts.view_invitation", "accounts.add_invitation", "accounts.change_invitation"),
    ),
    Permission(PUBLISH_TERMS, (ADMINISTRATOR,), codes=("accounts.add_termsofservice",)),
    Permission(
        SEE_JOINING,
        _SEERS,
        codes=("accounts.view_termsofservice", "accounts.view_termsacceptance", "accounts.view_letter"),
    ),
)
BY_NAME: Final = {permission.name: permission for permission in PERMISSIONS}


def may(roles: Iterable[str], name: str) -> bool:
    """Whether one of the roles has a permission, by its plain name."""
    return not set(BY_NAME[name].roles).isdisjoint(roles)


def scopes_of(roles: Iterable[str]) -> frozenset[str]:
    """The scopes of a log-in: the role decides who trades and moves money, not the account. Everybody may
    read what is their own."""
    own = set(roles)
    granted = {each.scope for each in PERMISSIONS if each.scope and own & set(each.roles)}
    return frozenset({READ, *granted})


def permissions_of(role: str, permissions: Iterable[Any]) -> list[Any]:
    """Those of ``permissions`` (rows of the auth table) that ``role`` has."""
    codes = {code for each in PERMISSIONS if role in each.roles for code in each.codes}
    return [
        permission
        for permission in permissions
        if f"{permission.content_type.app_label}.{permission.codename}" in codes
    ]


def ensure_roles(apps: Any = global_apps) -> None:
    """Create the groups that are missing and give every role what is its own; idempotent."""
    group_model = apps.get_model("auth", "Group")
    permissions = list(apps.get_model("auth", "Permission").objects.select_related("content_type"))
    for role in ROLES:
        group, _ = group_model.objects.get_or_create(name=role)
        group.permissions.set(permissions_of(role, permissions))


def after_migrate(sender: AppConfig, **_: Any) -> None:
    """A migration may have brought new models to see; runs last, when their permissions are written."""
    if sender.name in {"exchange", "marketdata", "accounts", "custody"}:
        ensure_roles()


@transaction.atomic
def assign_role(user: User, role: str, by: AbstractUser | None = None, reason: str = "") -> None:
    """Make ``role`` the user's only role; every web process learns of it within a second. The audit log
    records a role that is another, with who gave it (None: the exchange itself). Raises ValueError for an
    unknown one."""
    if role not in ROLES:
        raise ValueError(f"unknown role {role!r}")
    before = role_of(user)
    user.is_staff = role in STAFF_ROLES
    user.save(update_fields=["is_staff"])
    user.groups.set([Group.objects.get(name=role)])
    if before != role:
        audit.record("role.changed", by, user, {"role": before}, {"role": role}, reason)


def role_of(user: User) -> str | None:
    """The user's role; None for one who has none (a superuser made on the command line)."""
    names = {group.name for group in user.groups.all()}
    return next((role for role in ROLES if role in names), None)
