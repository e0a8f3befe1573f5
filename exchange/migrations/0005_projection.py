"""The position of a follower belongs to the exchange: the model moves here, its table stays as it is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0004_room_for_updates"),
        ("marketdata", "0001_initial"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Projection",
                    fields=[
                        ("name", models.CharField(max_length=32, primary_key=True, serialize=False)),
                        ("sequence", models.BigIntegerField()),
                        ("event_hash", models.CharField(max_length=64)),
                        ("now_ns", models.BigIntegerField()),
                    ],
                    options={"db_table": "marketdata_projection"},
                ),
            ],
        ),
    ]
