import django.core.serializers.json
import django.db.models.deletion
import minshi.clock.time
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('paper', '0001_initial'), ('paper', '0002_second_sheet'), ('paper', '0003_voided_after_reading')]

    initial = True

    dependencies = [
        ('clock', '0001_initial'),
        ('residents', '0004_struck_by_two'),
        ('territory', '0002_door_key'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Sheet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.territory', verbose_name='地方')),
                ('about', models.CharField(max_length=120, verbose_name='事由')),
                ('stub', models.ImageField(blank=True, upload_to='paper/stubs/', verbose_name='存根或整张的照片')),
                ('registered_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('registered_at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='登记时间')),
            ],
            options={
                'verbose_name': '纸质表',
                'verbose_name_plural': '纸质表',
            },
        ),
        migrations.CreateModel(
            name='Line',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sheet', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='paper.sheet', verbose_name='纸质表')),
                ('ordinal', models.PositiveSmallIntegerField(default=1, verbose_name='行')),
                ('household', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.household', verbose_name='户')),
                ('signer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='residents.person', verbose_name='签名人')),
                ('slip_number', models.CharField(max_length=12, unique=True, verbose_name='回执号')),
                ('words', models.ImageField(blank=True, upload_to='paper/words/', verbose_name='内容半张的照片')),
                ('first', models.JSONField(blank=True, encoder=django.core.serializers.json.DjangoJSONEncoder, null=True, verbose_name='第一次录入')),
                ('first_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('first_at', models.DateTimeField(null=True)),
                ('second', models.JSONField(blank=True, encoder=django.core.serializers.json.DjangoJSONEncoder, null=True, verbose_name='第二次录入')),
                ('second_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('third', models.JSONField(blank=True, encoder=django.core.serializers.json.DjangoJSONEncoder, null=True, verbose_name='第三次录入')),
                ('third_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('settled', models.JSONField(blank=True, encoder=django.core.serializers.json.DjangoJSONEncoder, null=True, verbose_name='核定内容')),
                ('settled_at', models.DateTimeField(null=True, verbose_name='核对时间')),
                ('correct_until', models.DateTimeField(null=True, verbose_name='更正至（不含）')),
                ('corrected', models.JSONField(blank=True, encoder=django.core.serializers.json.DjangoJSONEncoder, null=True, verbose_name='更正内容')),
                ('corrected_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('corrected_at', models.DateTimeField(null=True)),
                ('correction', models.CharField(blank=True, max_length=200, verbose_name='更正说明')),
                ('correcting', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='second_sheets', to='paper.line', verbose_name='更正哪一张')),
                ('voided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('voided_at', models.DateTimeField(null=True, verbose_name='撤销时间')),
                ('void_reason', models.CharField(blank=True, max_length=200, verbose_name='撤销原因')),
            ],
            options={
                'verbose_name': '纸质表的一行',
                'verbose_name_plural': '纸质表的行',
                'ordering': ['sheet', 'ordinal'],
                'constraints': [
                    models.UniqueConstraint(fields=('sheet', 'ordinal'), name='one_line_of_an_ordinal'),
                    models.UniqueConstraint(condition=models.Q(('voided_at', None)), fields=('correcting',), name='one_second_sheet'),
                    models.UniqueConstraint(condition=models.Q(('voided_at', None)), fields=('sheet', 'household'), name='one_line_per_door_of_a_sheet'),
                    models.CheckConstraint(condition=models.Q(models.Q(('first', None), ('first_at', None), ('first_by', None)), models.Q(('first__isnull', False), ('first_at__isnull', False), ('first_by__isnull', False)), _connector='OR'), name='first_reading_is_whole'),
                    models.CheckConstraint(condition=models.Q(models.Q(('second', None), ('second_by', None)), models.Q(('first__isnull', False), ('second__isnull', False), ('second_by__isnull', False), models.Q(('second_by', models.F('first_by')), _negated=True)), _connector='OR'), name='second_reading_is_by_another'),
                    models.CheckConstraint(condition=models.Q(models.Q(('third', None), ('third_by', None)), models.Q(('second__isnull', False), ('third__isnull', False), ('third_by__isnull', False), models.Q(('third_by', models.F('first_by')), _negated=True), models.Q(('third_by', models.F('second_by')), _negated=True), models.Q(('first', models.F('second')), _negated=True)), _connector='OR'), name='third_reading_is_by_a_third'),
                    models.CheckConstraint(condition=models.Q(models.Q(('settled', None), ('settled_at', None)), models.Q(('settled__isnull', False), ('settled_at__isnull', False), models.Q(models.Q(('second__isnull', False), ('settled', models.F('first')), ('first', models.F('second'))), models.Q(('third__isnull', False), ('settled', models.F('third')), models.Q(('third', models.F('first')), ('third', models.F('second')), _connector='OR')), _connector='OR')), _connector='OR'), name='settled_is_what_two_read'),
                    models.CheckConstraint(condition=models.Q(models.Q(('corrected', None), ('corrected_at', None), ('corrected_by', None), ('correction', '')), models.Q(('corrected__isnull', False), ('corrected_at__isnull', False), ('corrected_by__isnull', False), ('first__isnull', False), models.Q(('correction', ''), _negated=True)), _connector='OR'), name='correction_is_whole'),
                    models.CheckConstraint(condition=models.Q(models.Q(('void_reason', ''), ('voided_at', None), ('voided_by', None)), models.Q(('corrected_at', None), ('voided_at__isnull', False), ('voided_by__isnull', False), models.Q(('void_reason', ''), _negated=True)), _connector='OR'), name='void_line_says_why'),
                ],
            },
        ),
    ]
