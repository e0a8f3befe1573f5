"""Transfers between accounts and held withdrawals: a sequence may have two rows, so their ids make room for it."""

from django.db import migrations, models

import exchange.models.fields


def double_ids(apps, schema_editor):
    """Ids were engine sequences. By way of the negative numbers, for no id may be taken twice on the way."""
    transfers = apps.get_model("exchange", "Transfer").objects.using(schema_editor.connection.alias)
    transfers.update(sequence=models.F("id"))
    transfers.update(id=models.F("id") * -2)
    transfers.update(id=models.F("id") * -1)


class Migration(migrations.Migration):

    dependencies = [
        ('exchange', '0010_new_kinds_of_orders'),
    ]

    operations = [
        migrations.AddField(
            model_name='transfer',
            name='sequence',
            field=models.BigIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='transfer',
            name='counter_account',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='transfer',
            name='memo',
            field=models.CharField(blank=True, default='', max_length=64),
        ),
        migrations.AddField(
            model_name='transfer',
            name='withdrawal_id',
            field=models.CharField(blank=True, default='', max_length=64),
        ),
        migrations.AddField(
            model_name='transfer',
            name='fee_minor',
            field=exchange.models.fields.MinorUnitsField(default=0),
        ),
        migrations.AlterField(
            model_name='transfer',
            name='kind',
            field=models.PositiveSmallIntegerField(choices=[(0, 'deposit'), (1, 'withdrawal'), (2, 'transfer out'), (3, 'transfer in'), (4, 'withdrawal hold'), (5, 'withdrawal release')]),
        ),
        migrations.RunPython(double_ids, migrations.RunPython.noop),
    ]
