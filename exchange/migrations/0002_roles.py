"""The four roles. What each may do stands in ``exchange.roles``, which also keeps them up to date."""

from django.conf import settings
from django.db import migrations


def create_roles(apps, schema_editor):
    from exchange.roles import create_all_permissions, ensure_roles

    create_all_permissions(apps)
    ensure_roles(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(create_roles, migrations.RunPython.noop)]
