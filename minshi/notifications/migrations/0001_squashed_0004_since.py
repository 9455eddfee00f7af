import django.db.models.deletion
import minshi.clock.time
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('notifications', '0001_initial'), ('notifications', '0002_texts'), ('notifications', '0003_until'), ('notifications', '0004_since')]

    initial = True

    dependencies = [
        ('clock', '0001_initial'),
        ('territory', '0002_door_key'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('title', models.CharField(max_length=120, verbose_name='标题')),
                ('body', models.TextField(blank=True, verbose_name='内容')),
                ('url', models.CharField(blank=True, max_length=300, verbose_name='去处')),
                ('key', models.CharField(blank=True, max_length=120, null=True)),
                ('event', models.CharField(blank=True, db_default='', max_length=80)),
                ('matter', models.CharField(blank=True, db_default='', max_length=120)),
                ('at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='时间')),
                ('read_at', models.DateTimeField(blank=True, null=True, verbose_name='已读')),
            ],
            options={
                'verbose_name': '消息',
                'verbose_name_plural': '消息',
                'indexes': [
                    models.Index(models.F('user'), models.OrderBy(models.F('id'), descending=True), name='message_inbox'),
                    models.Index(condition=models.Q(('read_at', None)), fields=['user'], name='message_unread'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('user', 'key'), name='told_once'),
                    models.CheckConstraint(condition=models.Q(('url', ''), ('url__regex', '^/([^/\\\\].*)?$'), _connector='OR'), name='message_url_is_local'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Outbox',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(default='sms', max_length=16, verbose_name='渠道')),
                ('message', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='outbox', to='notifications.message')),
                ('phone', models.CharField(blank=True, max_length=11, verbose_name='手机号')),
                ('sealed', models.TextField(blank=True)),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='最迟')),
                ('state', models.CharField(choices=[('open', '待发'), ('sent', '已发'), ('dropped', '未发')], db_default='open', default='open', max_length=8, verbose_name='状态')),
                ('attempts', models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='次数')),
                ('next_at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='下次')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='发出')),
                ('error', models.CharField(blank=True, db_default='', max_length=40, verbose_name='错误代码')),
            ],
            options={
                'verbose_name': '待发短信',
                'verbose_name_plural': '待发短信',
                'indexes': [
                    models.Index(models.F('expires_at'), models.F('next_at'), condition=models.Q(('state', 'open')), name='outbox_open'),
                    models.Index(condition=models.Q(('state', 'sent')), fields=['sent_at'], name='outbox_sent'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('message__isnull', False), ('phone', ''), ('sealed', '')), models.Q(('message', None), models.Q(('phone', ''), _negated=True)), _connector='OR'), name='outbox_has_one_source'),
                    models.CheckConstraint(condition=models.Q(models.Q(('sent_at__isnull', False), ('state', 'sent')), models.Q(models.Q(('state', 'sent'), _negated=True), ('sent_at', None)), _connector='OR'), name='sent_has_a_time'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ToTell',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('household', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='territory.household', verbose_name='户')),
                ('title', models.CharField(max_length=120, verbose_name='标题')),
                ('body', models.TextField(blank=True, verbose_name='内容')),
                ('key', models.CharField(blank=True, max_length=120, null=True)),
                ('event', models.CharField(blank=True, max_length=80)),
                ('at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='时间')),
                ('since', models.DateTimeField(blank=True, null=True, verbose_name='从何时起')),
                ('until', models.DateTimeField(blank=True, null=True, verbose_name='到何时为止（不含）')),
                ('told_at', models.DateTimeField(blank=True, null=True, verbose_name='已告知')),
                ('told_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '要上门告知的事',
                'verbose_name_plural': '要上门告知的事',
                'indexes': [
                    models.Index(condition=models.Q(('told_at', None)), fields=['household'], name='to_tell_waiting'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('household', 'key'), name='door_told_once'),
                    models.CheckConstraint(condition=models.Q(models.Q(('told_at', None), ('told_by', None)), models.Q(('told_at__isnull', False), ('told_by__isnull', False)), _connector='OR'), name='ticked_by_somebody'),
                ],
            },
        ),
    ]
