import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0008_fees'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='name_key',
            field=models.CharField(editable=False, max_length=300, null=True, unique=True),
        ),
        migrations.CreateModel(
            name='TermsOfService',
            fields=[
                ('version', models.PositiveIntegerField(primary_key=True, serialize=False)),
                ('text_en', models.TextField(verbose_name='English text')),
                ('text_ko', models.TextField(verbose_name='Korean text')),
                ('effective_at', models.DateTimeField(verbose_name='effective from (UTC)')),
                ('published_at', models.DateTimeField(auto_now_add=True)),
                ('published_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'terms of service',
                'ordering': ('-version',),
            },
        ),
        migrations.CreateModel(
            name='TermsAcceptance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('accepted_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('terms', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='acceptances', to='accounts.termsofservice')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='accepted_terms', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-pk',),
                'constraints': [models.UniqueConstraint(fields=('user', 'terms'), name='accepted_once')],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('code', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('note', models.CharField(blank=True, default='', max_length=200, verbose_name='note')),
                ('max_uses', models.PositiveIntegerField(default=1, verbose_name='uses')),
                ('uses', models.PositiveIntegerField(default=0)),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='expires (UTC)')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-created_at',),
                'constraints': [models.CheckConstraint(condition=models.Q(('uses__lte', models.F('max_uses'))), name='invitation_not_overused')],
            },
        ),
        migrations.CreateModel(
            name='InvitationUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('used_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('invitation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='used_by', to='accounts.invitation')),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='invitation_use', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='PendingSignUp',
            fields=[
                ('key', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('username', models.CharField(max_length=30)),
                ('name_key', models.CharField(max_length=300, unique=True)),
                ('email', models.EmailField(max_length=254)),
                ('password', models.CharField(max_length=128)),
                ('language', models.CharField(max_length=2)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField(db_index=True)),
                ('invitation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='accounts.invitation')),
                ('terms', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='accounts.termsofservice')),
            ],
            options={
                'indexes': [models.Index(fields=['email'], name='pending_sign_up_email')],
            },
        ),
        migrations.CreateModel(
            name='Letter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=32)),
                ('recipient', models.EmailField(max_length=254)),
                ('language', models.CharField(max_length=2)),
                ('about', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sent', 'Sent'), ('moot', 'Moot'), ('refused', 'Refused'), ('expired', 'Expired')], default='waiting', max_length=8)),
                ('created_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('trouble', models.CharField(blank=True, default='', max_length=200)),
                ('sent_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ('-pk',),
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['due_at'], name='letter_due')],
            },
        ),
    ]
