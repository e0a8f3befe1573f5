"""Room in the pages of tables whose rows change.

An updated row that finds room in its own page needs no new index entries (PostgreSQL's heap-only tuples). Pages
written before keep what they have; nothing is rewritten.
"""

from django.db import migrations

FILLFACTORS = {"exchange_order": 80, "exchange_balance": 50}


def set_fillfactors(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table, percent in FILLFACTORS.items():
            schema_editor.execute(f"ALTER TABLE {table} SET (fillfactor = {percent})")


def reset_fillfactors(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table in FILLFACTORS:
            schema_editor.execute(f"ALTER TABLE {table} RESET (fillfactor)")


class Migration(migrations.Migration):
    dependencies = [("exchange", "0003_order_types")]

    operations = [migrations.RunPython(set_fillfactors, reset_fillfactors)]
