import django.db.models.deletion
import minshi.clock.time
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('policy', '0001_initial'), ('policy', '0002_lengthening')]

    initial = True

    dependencies = [
        ('clock', '0001_initial'),
        ('territory', '0002_door_key'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Parameter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=64, unique=True, verbose_name='代号')),
                ('title', models.CharField(max_length=80, verbose_name='名称')),
                ('unit', models.CharField(choices=[('working_days', '个工作日'), ('calendar_days', '日'), ('hours', '小时'), ('minutes', '分钟'), ('months', '个月'), ('years', '年（岁）'), ('count', '数量'), ('percent', '%'), ('fraction', '比例'), ('fen', '分'), ('bool', '是否'), ('text', '文字'), ('share_list', '比例表（合计100%）'), ('month_list', '月份表')], max_length=16, verbose_name='单位')),
                ('row', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='规则表行号')),
                ('source', models.CharField(max_length=200, verbose_name='默认值来源')),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='说明')),
                ('street_least', models.JSONField(blank=True, null=True, verbose_name='街道可设下限')),
                ('street_most', models.JSONField(blank=True, null=True, verbose_name='街道可设上限')),
            ],
            options={
                'verbose_name': '规则参数',
                'verbose_name_plural': '规则参数',
                'ordering': ['row', 'name'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('street_least__isnull', True), ('street_most__isnull', True)), models.Q(('street_least__isnull', False), ('street_most__isnull', False)), _connector='OR'), name='street_limits_come_in_pairs'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Setting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='territory.territory', verbose_name='地方')),
                ('parameter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='settings', to='policy.parameter', verbose_name='参数')),
                ('value', models.JSONField(verbose_name='值')),
                ('since', models.DateField(verbose_name='施行日期')),
                ('source', models.CharField(max_length=200, verbose_name='依据')),
                ('set_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='设定人')),
                ('set_at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='设定时间')),
            ],
            options={
                'verbose_name': '规则设定',
                'verbose_name_plural': '规则设定',
                'ordering': ['parameter', 'place', '-since'],
                'constraints': [
                    models.UniqueConstraint(fields=('place', 'parameter', 'since'), name='one_setting_a_day', nulls_distinct=False),
                    models.CheckConstraint(condition=models.Q(('source', ''), _negated=True), name='setting_has_a_source'),
                ],
            },
        ),
        migrations.CreateModel(
            name='CalendarVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(unique=True, verbose_name='版本')),
                ('source', models.CharField(max_length=200, unique=True, verbose_name='依据')),
                ('published', models.DateField(verbose_name='公布日期')),
                ('since', models.DateField(verbose_name='起')),
                ('through', models.DateField(verbose_name='止')),
                ('loaded_at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='录入时间')),
            ],
            options={
                'verbose_name': '节假日表版本',
                'verbose_name_plural': '节假日表版本',
                'ordering': ['number'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('through__gte', models.F('since'))), name='calendar_ends_after_it_begins'),
                ],
            },
        ),
        migrations.CreateModel(
            name='CalendarDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='days', to='policy.calendarversion', verbose_name='版本')),
                ('date', models.DateField(verbose_name='日期')),
                ('is_working', models.BooleanField(verbose_name='上班')),
                ('name', models.CharField(max_length=20, verbose_name='名称')),
            ],
            options={
                'verbose_name': '节假日',
                'verbose_name_plural': '节假日',
                'ordering': ['date'],
                'constraints': [
                    models.UniqueConstraint(fields=('version', 'date'), name='one_row_a_day'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Lengthening',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject_type', models.CharField(max_length=64)),
                ('subject_id', models.BigIntegerField()),
                ('kind', models.CharField(blank=True, max_length=64, verbose_name='事项')),
                ('old_end', models.DateTimeField(verbose_name='原截止')),
                ('new_end', models.DateTimeField(verbose_name='顺延后截止')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='policy.calendarversion', verbose_name='节假日表')),
                ('at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='时间')),
            ],
            options={
                'verbose_name': '期限顺延',
                'verbose_name_plural': '期限顺延',
                'indexes': [
                    models.Index(fields=['subject_type', 'subject_id'], name='lengthening_subject'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('new_end__gt', models.F('old_end'))), name='lengthening_is_later'),
                ],
            },
        ),
    ]
