import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import minshi.clock.time
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('disclosure', '0001_initial'), ('disclosure', '0002_withdrawn'), ('disclosure', '0003_rulings'), ('disclosure', '0004_concerned'), ('disclosure', '0005_remarks')]

    initial = True

    dependencies = [
        ('clock', '0001_initial'),
        ('paper', '0003_voided_after_reading'),
        ('residents', '0004_struck_by_two'),
        ('territory', '0002_door_key'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=23, unique=True, validators=[django.core.validators.RegexValidator('^[0-9A-Z]{9}-[0-9]{6}-[0-9]{6}\\Z')], verbose_name='索引号')),
                ('kind', models.CharField(choices=[('initiation', '立项公示'), ('funding', '资金公示'), ('award', '成交公示'), ('acceptance', '验收公示'), ('satisfaction', '满意度公示'), ('accounts', '结算公示'), ('agenda', '议题公告'), ('vote_result', '表决结果公告'), ('minutes', '议事纪要公告'), ('selection', '评选结果公告'), ('handling', '办理情况公告'), ('change', '变更公告'), ('other', '公告')], max_length=16, verbose_name='种类')),
                ('is_gate', models.BooleanField(verbose_name='期满并答复异议后方可进入下一步')),
                ('title', models.CharField(max_length=120, verbose_name='标题')),
                ('basis', models.TextField(blank=True, verbose_name='依据')),
                ('course', models.TextField(blank=True, verbose_name='经过')),
                ('table', models.JSONField(blank=True, default=list, verbose_name='内容表')),
                ('body', models.TextField(verbose_name='正文')),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='territory.territory', verbose_name='公示范围')),
                ('issuer', models.CharField(max_length=120, verbose_name='落款单位')),
                ('contact', models.TextField(verbose_name='异议提出方式')),
                ('supervision_phone', models.CharField(blank=True, max_length=40, verbose_name='监督电话')),
                ('link', models.CharField(blank=True, max_length=200, verbose_name='所涉事项的页面')),
                ('households', models.PositiveIntegerField(default=0, verbose_name='受益户数')),
                ('reopen_households', models.PositiveIntegerField(default=0, verbose_name='达到多少户异议须重议')),
                ('working_days', models.PositiveSmallIntegerField(default=0, verbose_name='工作日数')),
                ('calendar_days', models.PositiveSmallIntegerField(default=0, verbose_name='自然日数')),
                ('posted_at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='发布时间')),
                ('starts_on', models.DateField(verbose_name='起算日')),
                ('ends_at', models.DateTimeField(verbose_name='截止（不含）')),
                ('counted', models.CharField(blank=True, max_length=80, verbose_name='期限的计算依据')),
                ('provisional', models.BooleanField(default=False, verbose_name='节假日表尚未公布，暂定')),
                ('posted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='发布人')),
                ('above', models.CharField(choices=[('street', '街道'), ('district', '区牵头部门'), ('above', '区牵头部门两位工作人员')], default='above', max_length=10, verbose_name='发布者的上一级')),
                ('withdrawn_by', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrects', to='disclosure.notice', verbose_name='被更正为')),
                ('reopened_at', models.DateTimeField(blank=True, null=True, verbose_name='重议时间')),
                ('objections_total', models.PositiveIntegerField(default=0, verbose_name='异议')),
                ('objections_open', models.PositiveIntegerField(default=0, verbose_name='未答复异议')),
                ('objections_unread', models.PositiveIntegerField(default=0, verbose_name='未核对的书面异议')),
                ('objecting_households', models.PositiveIntegerField(default=0, verbose_name='提出异议的户')),
                ('objections_remarked', models.PositiveIntegerField(default=0, verbose_name='未答复的意见建议')),
            ],
            options={
                'verbose_name': '公示',
                'verbose_name_plural': '公示',
                'indexes': [
                    models.Index(models.OrderBy(models.F('posted_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='notice_newest'),
                    models.Index(models.F('place'), models.OrderBy(models.F('posted_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='notice_of_place'),
                    models.Index(models.F('link'), models.OrderBy(models.F('posted_at'), descending=True), name='notice_of_link'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('number__regex', '^[0-9A-Z]{9}-[0-9]{6}-[0-9]{6}$')), name='notice_number_form'),
                    models.CheckConstraint(condition=models.Q(models.Q(('is_gate', True), ('kind__in', ('initiation', 'funding', 'award', 'acceptance', 'satisfaction', 'accounts'))), models.Q(('is_gate', False), models.Q(('kind__in', ('initiation', 'funding', 'award', 'acceptance', 'satisfaction', 'accounts')), _negated=True)), _connector='OR'), name='notice_gate_by_kind'),
                    models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('posted_at'))), name='notice_ends_after_posting'),
                    models.CheckConstraint(condition=models.Q(models.Q(('calendar_days', 0), ('working_days__gt', 0)), models.Q(('calendar_days__gt', 0), ('working_days', 0)), _connector='OR'), name='notice_counts_one_kind_of_days'),
                    models.CheckConstraint(condition=models.Q(('link', ''), ('link__regex', '^/([^/\\\\]|$)'), _connector='OR'), name='notice_link_is_ours'),
                    models.CheckConstraint(condition=models.Q(('objections_open__lte', models.F('objections_total'))), name='notice_open_among_total'),
                    models.CheckConstraint(condition=models.Q(('objections_remarked__lte', models.F('objections_open'))), name='notice_remarked_among_open'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Series',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organisation', models.CharField(max_length=9)),
                ('month', models.CharField(max_length=6)),
                ('last', models.PositiveIntegerField()),
            ],
            options={
                'verbose_name': '索引号流水',
                'verbose_name_plural': '索引号流水',
                'constraints': [
                    models.UniqueConstraint(fields=('organisation', 'month'), name='one_series_a_month'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Concerned',
            fields=[
                ('notice', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='concerned', serialize=False, to='disclosure.notice')),
                ('doors', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
            ],
            options={
                'verbose_name': '受益户名单',
                'verbose_name_plural': '受益户名单',
            },
        ),
        migrations.CreateModel(
            name='Objection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='objections', to='disclosure.notice', verbose_name='公示')),
                ('ordinal', models.PositiveIntegerField(verbose_name='序号')),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='异议人')),
                ('speaker', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='residents.person', verbose_name='提出或签名的人')),
                ('household', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.household')),
                ('door', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.household')),
                ('line', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='objection', to='paper.line', verbose_name='纸质表')),
                ('channel', models.CharField(choices=[('online', '网上'), ('hall', '当面'), ('phone', '电话'), ('paper', '书面')], max_length=8, verbose_name='渠道')),
                ('anonymous', models.BooleanField(default=False, verbose_name='匿名公开')),
                ('name', models.CharField(max_length=40, verbose_name='异议人（已隐名）')),
                ('facts', models.TextField(verbose_name='事实和理由')),
                ('request', models.TextField(blank=True, verbose_name='诉求')),
                ('at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='提出时间')),
                ('entered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='代录人')),
                ('level', models.CharField(choices=[('community', '社区答复'), ('street', '街道答复'), ('district', '区级督办')], max_length=10, verbose_name='由谁答复')),
                ('due_at', models.DateTimeField(verbose_name='答复期限')),
                ('climbed_at', models.DateTimeField(blank=True, null=True, verbose_name='转上级时间')),
                ('climb_reason', models.TextField(blank=True, verbose_name='转上级的原因')),
                ('answer', models.TextField(blank=True, verbose_name='答复')),
                ('outcome', models.CharField(blank=True, choices=[('upheld', '采纳'), ('dismissed', '不采纳'), ('explained', '解释说明'), ('withdrawn', '本人撤回')], max_length=10, verbose_name='结论')),
                ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='答复时间')),
                ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='答复人')),
                ('answered_as', models.CharField(blank=True, max_length=80, verbose_name='答复人身份')),
            ],
            options={
                'verbose_name': '异议',
                'verbose_name_plural': '异议',
                'constraints': [
                    models.UniqueConstraint(fields=('notice', 'ordinal'), name='one_objection_a_number'),
                    models.UniqueConstraint(condition=models.Q(('answered_at', None)), fields=('notice', 'by'), name='one_open_objection_a_person'),
                    models.UniqueConstraint(condition=models.Q(('answered_at', None)), fields=('notice', 'speaker'), name='one_open_objection_a_speaker'),
                    models.CheckConstraint(condition=models.Q(models.Q(('line', None), models.Q(('channel', 'paper'), _negated=True)), models.Q(('channel', 'paper'), ('line__isnull', False)), _connector='OR'), name='paper_objection_has_its_sheet'),
                    models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at', None), ('answered_by', None), ('outcome', '')), models.Q(('answered_at__isnull', False), ('answered_by__isnull', False), models.Q(('answer', ''), _negated=True), models.Q(('outcome', ''), _negated=True)), _connector='OR'), name='answer_is_whole'),
                    models.CheckConstraint(condition=models.Q(('answered_by', None), ('by', None), models.Q(('answered_by', models.F('by')), _negated=True), ('outcome', 'withdrawn'), _connector='OR'), name='nobody_answers_themselves'),
                    models.CheckConstraint(condition=models.Q(models.Q(('by', None), ('entered_by__isnull', False), models.Q(('channel', 'online'), _negated=True)), models.Q(('by__isnull', False), ('channel', 'online'), ('entered_by', None)), _connector='OR'), name='objection_has_one_author'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Original',
            fields=[
                ('objection', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='original', serialize=False, to='disclosure.objection')),
                ('name', models.CharField(blank=True, max_length=40, verbose_name='姓名')),
                ('phone', models.CharField(blank=True, max_length=20, verbose_name='联系电话')),
                ('facts', models.TextField(verbose_name='事实和理由')),
                ('request', models.TextField(blank=True, verbose_name='诉求')),
            ],
            options={
                'verbose_name': '异议原文',
                'verbose_name_plural': '异议原文',
            },
        ),
        migrations.CreateModel(
            name='Ruling',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rulings', to='disclosure.notice', verbose_name='公示')),
                ('level', models.CharField(choices=[('street', '街道'), ('district', '区牵头部门'), ('above', '区牵头部门两位工作人员')], max_length=10, verbose_name='由谁决定')),
                ('confirms', models.BooleanField(verbose_name='照此办理')),
                ('reason', models.TextField(verbose_name='理由')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='决定人')),
                ('as_role', models.CharField(max_length=80, verbose_name='决定人身份')),
                ('at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='时间')),
                ('second', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='确认人')),
                ('second_as', models.CharField(blank=True, max_length=80, verbose_name='确认人身份')),
                ('second_at', models.DateTimeField(blank=True, null=True, verbose_name='确认时间')),
                ('dropped_at', models.DateTimeField(blank=True, null=True, verbose_name='另一位不同意的时间')),
            ],
            options={
                'verbose_name': '上一级的决定',
                'verbose_name_plural': '上一级的决定',
                'ordering': ['pk'],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('dropped_at', None)), fields=('notice',), name='one_standing_ruling_a_notice'),
                    models.CheckConstraint(condition=models.Q(models.Q(('second', None), ('second_at', None)), models.Q(('dropped_at', None), ('level', 'above'), ('second__isnull', False)), _connector='OR'), name='second_hand_only_above_the_district'),
                    models.CheckConstraint(condition=models.Q(('second', models.F('by')), _negated=True), name='ruling_by_two_humans'),
                    models.CheckConstraint(condition=models.Q(('dropped_at', None), ('level', 'above'), _connector='OR'), name='dropped_only_above'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Remark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('objection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='remarks', to='disclosure.objection', verbose_name='异议')),
                ('level', models.CharField(choices=[('street', '街道'), ('district', '区牵头部门'), ('above', '区牵头部门两位工作人员')], max_length=10, verbose_name='由谁认定')),
                ('reason', models.TextField(verbose_name='理由')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='认定人')),
                ('as_role', models.CharField(max_length=80, verbose_name='认定人身份')),
                ('at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='时间')),
                ('second', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='确认人')),
                ('second_as', models.CharField(blank=True, max_length=80, verbose_name='确认人身份')),
                ('second_at', models.DateTimeField(blank=True, null=True, verbose_name='确认时间')),
                ('dropped_at', models.DateTimeField(blank=True, null=True, verbose_name='另一位不同意的时间')),
            ],
            options={
                'verbose_name': '意见建议的认定',
                'verbose_name_plural': '意见建议的认定',
                'ordering': ['pk'],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('dropped_at', None)), fields=('objection',), name='one_standing_remark_an_objection'),
                    models.CheckConstraint(condition=models.Q(('reason__regex', '\\S')), name='remark_for_a_reason'),
                    models.CheckConstraint(condition=models.Q(models.Q(('dropped_at', None), ('second', None), ('second_at', None)), models.Q(('level', 'above'), ('second__isnull', False), ('second_at__isnull', False)), _connector='OR'), name='second_hand_only_on_a_remark_above'),
                    models.CheckConstraint(condition=models.Q(('second', models.F('by')), _negated=True), name='remark_by_two_humans'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PostingPhoto',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='photos', to='disclosure.notice', verbose_name='公示')),
                ('moment', models.CharField(choices=[('put_up', '张贴'), ('taken_down', '撤下')], max_length=10, verbose_name='张贴或撤下')),
                ('where', models.CharField(max_length=80, verbose_name='张贴地点')),
                ('picture', models.FileField(max_length=200, upload_to='notices/', verbose_name='照片')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='记录人')),
                ('at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='时间')),
            ],
            options={
                'verbose_name': '张贴照片',
                'verbose_name_plural': '张贴照片',
                'ordering': ['at', 'pk'],
            },
        ),
    ]
