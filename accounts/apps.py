"""The accounts app: keeps the roles up to date, and takes over what older versions have left."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import adoption
        from accounts.identity import changes, notices, roles

        changes.connect()
        notices.connect()
        post_migrate.connect(roles.after_migrate, dispatch_uid="accounts.roles")
        post_migrate.connect(adoption.after_migrate, dispatch_uid="accounts.adoption")
