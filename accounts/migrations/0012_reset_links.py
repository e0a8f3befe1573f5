from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0011_sessions_have_rows'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='user',
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'permissions': (
                    ('view_staff', 'Can see users who are staff'),
                    ('end_log_ins', 'Can end log-ins and keys of other users'),
                    ('send_reset_link', 'Can have other users sent a link to set a new password'),
                ),
            },
        ),
    ]
