"""The exchange app has the model of the projection's position from here on; the table stays as it is."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("marketdata", "0001_initial"),
        ("exchange", "0005_projection"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel(name="Projection")]),
    ]
