import django.db.models.deletion
import django.db.models.functions.comparison
import minshi.clock.time
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('deadlines', '0001_initial'), ('deadlines', '0002_late_stays')]

    initial = True

    dependencies = [('clock', '0001_initial')]

    operations = [
        migrations.CreateModel(
            name='Deadline',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject_type', models.CharField(max_length=64)),
                ('subject_id', models.BigIntegerField()),
                ('kind', models.CharField(max_length=64, verbose_name='事项')),
                ('due', models.DateTimeField(verbose_name='截止')),
                ('wakes_at', models.DateTimeField(blank=True, null=True, verbose_name='下次提醒')),
                ('set_at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='开始')),
                ('title', models.CharField(blank=True, max_length=200, verbose_name='标题')),
                ('url', models.CharField(blank=True, max_length=300)),
                ('role', models.CharField(blank=True, max_length=32, verbose_name='承办角色')),
                ('place_path', models.CharField(blank=True, max_length=200)),
                ('basis', models.CharField(blank=True, max_length=200, verbose_name='规则版本')),
                ('provisional', models.BooleanField(default=False, verbose_name='节假日表尚未公布，暂定')),
                ('handled_at', models.DateTimeField(blank=True, null=True, verbose_name='处理时间')),
                ('outcome', models.CharField(blank=True, choices=[('', '未到期'), ('fired', '已到期处理'), ('met', '按时完成')], default='', max_length=8, verbose_name='结果')),
                ('failures', models.PositiveSmallIntegerField(default=0)),
                ('retry_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name': '期限',
                'verbose_name_plural': '期限',
                'indexes': [
                    models.Index(django.db.models.functions.comparison.Coalesce('wakes_at', 'due'), condition=models.Q(('handled_at', None)), name='deadline_wakes'),
                    models.Index(models.F('role'), models.F('place_path'), models.F('due'), condition=models.Q(('handled_at', None)), name='deadline_waiting'),
                    models.Index(fields=['subject_type', 'subject_id'], name='deadline_subject'),
                ],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('handled_at', None)), fields=('subject_type', 'subject_id', 'kind'), name='one_open_deadline_of_a_kind'),
                    models.CheckConstraint(condition=models.Q(models.Q(('handled_at', None), ('outcome', '')), models.Q(('handled_at__isnull', False), models.Q(('outcome', ''), _negated=True)), _connector='OR'), name='handled_has_outcome'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Effect',
            fields=[
                ('deadline', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='effect', serialize=False, to='deadlines.deadline')),
                ('at', models.DateTimeField(db_default=minshi.clock.time.Now())),
            ],
            options={
                'verbose_name': '到期处理',
                'verbose_name_plural': '到期处理',
            },
        ),
        migrations.CreateModel(
            name='SweeperState',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('stopped_at', models.DateTimeField(blank=True, null=True)),
                ('reason', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'verbose_name': '清扫状态',
                'verbose_name_plural': '清扫状态',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('pk', 1)), name='one_sweeper_state'),
                ],
            },
        ),
    ]
