"""Users of before get what two names or addresses are compared by, and allauth learns of their addresses.

Of users whose names differ by the case of their letters alone the first one keeps the key; the others log in
as ever. Addresses were given by administrators and count as confirmed.
"""

import unicodedata
from typing import Any

from django.db import migrations


def name_key(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def fill(apps: Any, schema_editor: Any) -> None:
    users = apps.get_model("accounts", "User").objects
    addresses = apps.get_model("account", "EmailAddress").objects
    taken: set[str] = set()
    for user in users.order_by("pk").iterator():
        key = name_key(user.username)
        user.name_key = None if key in taken else key
        user.email = user.email.lower()
        taken.add(key)
        user.save(update_fields=["name_key", "email"])
        if user.email:
            addresses.filter(user=user).exclude(email=user.email).delete()
            addresses.update_or_create(
                user=user, email=user.email, defaults={"verified": True, "primary": True}
            )


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0009_sign_up"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
