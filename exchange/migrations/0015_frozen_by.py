from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('exchange', '0014_fee_plans'),
    ]

    operations = [
        migrations.AddField(
            model_name='account',
            name='frozen_by',
            field=models.CharField(blank=True, choices=[('owner', 'owner'), ('operator', 'operator')], db_default='', default='', max_length=8),
        ),
    ]
