"""The roles, as Django groups: who may see and who may do what.

    trader          trades on the site; no access to the operator pages
    auditor         sees everything, changes nothing
    operator        sees the exchange and asks for changes of symbols, accounts and funds
    administrator   what an operator may, and manages users and their roles

A user has one role. Only the last three are staff, which is what admits to the operator pages.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.apps import AppConfig
from django.apps import apps as global_apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, User

TRADER: Final = "trader"
AUDITOR: Final = "auditor"
OPERATOR: Final = "operator"
ADMINISTRATOR: Final = "administrator"
ROLES: Final = (TRADER, OPERATOR, AUDITOR, ADMINISTRATOR)
STAFF_ROLES: Final = (OPERATOR, AUDITOR, ADMINISTRATOR)

#: Apps whose rows are shown on the operator pages.
_MARKET_APPS: Final = ("exchange", "marketdata")
_CONTROL: Final = ("change_market", "move_funds", "freeze_account")
_MANAGE_USERS: Final = ("add_user", "change_user", "view_user", "view_group")


def permissions_of(role: str, permissions: Iterable[Any]) -> list[Any]:
    """Those of ``permissions`` (rows of the auth table) that ``role`` has."""
    return [
        permission
        for permission in permissions
        if _grants(role, permission.content_type.app_label, permission.codename)
    ]


def _grants(role: str, app_label: str, codename: str) -> bool:
    is_view = codename.startswith("view_")
    if role == AUDITOR:
        return is_view and app_label in (*_MARKET_APPS, "auth", "admin")
    if role == OPERATOR:
        return app_label in _MARKET_APPS and (is_view or codename in _CONTROL)
    if role == ADMINISTRATOR:
        return (
            _grants(OPERATOR, app_label, codename)
            or _grants(AUDITOR, app_label, codename)
            or (app_label == "auth" and codename in _MANAGE_USERS)
        )
    return False


def ensure_roles(apps: Any = global_apps) -> None:
    """Create the groups that are missing and give every role what is its own; idempotent."""
    group_model = apps.get_model("auth", "Group")
    permissions = list(apps.get_model("auth", "Permission").objects.select_related("content_type"))
    for role in ROLES:
        group, _ = group_model.objects.get_or_create(name=role)
        group.permissions.set(permissions_of(role, permissions))


def create_all_permissions(apps: Any = global_apps) -> None:
    """Make Django write the permission rows now; it does so itself only after all migrations."""
    for app_config in apps.get_app_configs():
        app_config.models_module = True
        create_permissions(app_config, apps=apps, verbosity=0)
        app_config.models_module = None


def after_migrate(sender: AppConfig, **_: Any) -> None:
    """A migration may have brought new models to see; runs last, when their permissions are written."""
    if sender.name in {*_MARKET_APPS, "accounts"}:
        ensure_roles()


def assign_role(user: User, role: str) -> None:
    """Make ``role`` the user's only role. Raises ValueError for an unknown one."""
    if role not in ROLES:
        raise ValueError(f"unknown role {role!r}")
    user.is_staff = role in STAFF_ROLES
    user.save(update_fields=["is_staff"])
    user.groups.set([Group.objects.get(name=role)])


def role_of(user: User) -> str | None:
    """The user's role; None for one who has none (a superuser made on the command line)."""
    names = {group.name for group in user.groups.all()}
    return next((role for role in ROLES if role in names), None)
