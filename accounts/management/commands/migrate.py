"""Django's ``migrate``, for data folders of every age."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from accounts.adoption import adopt_users


class Command(migrate.Command):
    """See ``accounts.adoption``."""

    def handle(self, *args: Any, **options: Any) -> None:
        adopt_users(connections[options["database"]])
        super().handle(*args, **options)
