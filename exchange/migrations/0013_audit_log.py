from django.db import migrations, models

from exchange.models import append_only


def protect(apps, schema_editor):
    append_only.protect(schema_editor.connection)


def unprotect(apps, schema_editor):
    append_only.unprotect(schema_editor.connection)


class Migration(migrations.Migration):

    dependencies = [
        ('exchange', '0012_solvency'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditRecord',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('kind', models.CharField(max_length=40)),
                ('actor_id', models.BigIntegerField(null=True)),
                ('actor', models.CharField(blank=True, max_length=150)),
                ('actor_role', models.CharField(blank=True, max_length=80)),
                ('target_kind', models.CharField(blank=True, max_length=24)),
                ('target', models.CharField(blank=True, max_length=64)),
                ('target_name', models.CharField(blank=True, max_length=150)),
                ('before', models.TextField(blank=True)),
                ('after', models.TextField(blank=True)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('address', models.CharField(blank=True, max_length=64)),
                ('agent', models.CharField(blank=True, max_length=200)),
                ('previous', models.CharField(max_length=64, unique=True)),
                ('hash', models.CharField(max_length=64)),
            ],
            options={
                'ordering': ('-id',),
                'default_permissions': ('view',),
                'indexes': [
                    models.Index(fields=['kind', '-id'], name='audit_kind'),
                    models.Index(fields=['actor', '-id'], name='audit_actor'),
                    models.Index(fields=['target', '-id'], name='audit_target'),
                    models.Index(fields=['target_name', '-id'], name='audit_target_name'),
                    models.Index(fields=['address', '-id'], name='audit_address'),
                    models.Index(fields=['at'], name='audit_at'),
                ],
            },
        ),
        migrations.RunPython(protect, unprotect),
    ]
