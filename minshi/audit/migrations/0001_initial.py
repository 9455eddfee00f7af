import minshi.clock.time
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [('clock', '0001_initial')]

    operations = [
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='时间')),
                ('xid', models.BigIntegerField(verbose_name='事务')),
                ('actor', models.BigIntegerField(null=True, verbose_name='操作人')),
                ('origin', models.TextField(blank=True, verbose_name='来自')),
                ('db_user', models.TextField(verbose_name='数据库角色')),
                ('op', models.CharField(choices=[('I', '新增'), ('U', '修改'), ('D', '删除'), ('B', '开始记录时已存在'), ('E', '清除个人信息原文')], max_length=1, verbose_name='动作')),
                ('table_name', models.TextField(verbose_name='表')),
                ('row_pk', models.TextField(verbose_name='行')),
                ('before', models.JSONField(null=True, verbose_name='之前')),
                ('after', models.JSONField(null=True, verbose_name='之后')),
            ],
            options={
                'verbose_name': '变更记录',
                'verbose_name_plural': '变更记录',
                'indexes': [
                    models.Index(fields=['xid', 'id'], name='audit_event_sealing'),
                    models.Index(fields=['table_name', 'row_pk', 'id'], name='audit_event_of_row'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ClearValue',
            fields=[
                ('pk', models.CompositePrimaryKey('event_id', 'field', blank=True, editable=False, primary_key=True, serialize=False)),
                ('event_id', models.BigIntegerField()),
                ('field', models.TextField()),
                ('salt', models.TextField()),
                ('old', models.TextField(null=True)),
                ('new', models.TextField(null=True)),
            ],
            options={
                'verbose_name': '个人信息原文',
                'verbose_name_plural': '个人信息原文',
                'db_table': 'audit_clear',
            },
        ),
        migrations.CreateModel(
            name='Link',
            fields=[
                ('seq', models.BigIntegerField(primary_key=True, serialize=False)),
                ('event_id', models.BigIntegerField(unique=True)),
                ('sealed_at', models.DateTimeField()),
                ('horizon', models.BigIntegerField()),
                ('cluster', models.BigIntegerField()),
                ('hash', models.BinaryField()),
            ],
            options={
                'verbose_name': '链',
                'verbose_name_plural': '链',
            },
        ),
        migrations.CreateModel(
            name='DayRoot',
            fields=[
                ('day', models.DateField(primary_key=True, serialize=False, verbose_name='日期')),
                ('seq', models.BigIntegerField(verbose_name='链上序号')),
                ('hash', models.BinaryField(verbose_name='当日根')),
            ],
            options={
                'verbose_name': '每日根',
                'verbose_name_plural': '每日根',
                'ordering': ['-day'],
            },
        ),
    ]
