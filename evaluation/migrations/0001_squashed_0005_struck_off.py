import django.db.models.deletion
import minshi.clock.time
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('evaluation', '0001_initial'), ('evaluation', '0002_act_ends'), ('evaluation', '0003_callback_token'), ('evaluation', '0004_first_answered'), ('evaluation', '0005_struck_off')]

    initial = True

    dependencies = [
        ('clock', '0001_initial'),
        ('disclosure', '0004_concerned'),
        ('paper', '0003_voided_after_reading'),
        ('proposals', '0007_second_look'),
        ('residents', '0004_struck_by_two'),
        ('rolls', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='FinalAccounts',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='final_accounts', to='proposals.proposal', verbose_name='项目')),
                ('ordinal', models.PositiveSmallIntegerField(verbose_name='第几次')),
                ('figures', models.JSONField(verbose_name='各项数字')),
                ('raised_fen', models.BigIntegerField(verbose_name='收入合计')),
                ('spent_fen', models.BigIntegerField(verbose_name='支出合计')),
                ('returned_fen', models.BigIntegerField(verbose_name='结余退回')),
                ('remark', models.TextField(blank=True, max_length=500, verbose_name='说明')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='编制人')),
                ('made_at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='编制时间')),
                ('confirmed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='复核人')),
                ('confirmed_at', models.DateTimeField(blank=True, null=True, verbose_name='复核时间')),
                ('notice', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='disclosure.notice')),
            ],
            options={
                'verbose_name': '结算',
                'verbose_name_plural': '结算',
                'ordering': ['-id'],
                'constraints': [
                    models.UniqueConstraint(fields=('proposal', 'ordinal'), name='one_accounts_of_an_ordinal'),
                    models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at', None), ('confirmed_by', None)), models.Q(('confirmed_at__isnull', False), ('confirmed_by__isnull', False), models.Q(('confirmed_by', models.F('made_by')), _negated=True)), _connector='OR'), name='accounts_confirmed_by_another'),
                    models.CheckConstraint(condition=models.Q(('notice', None), ('confirmed_by__isnull', False), _connector='OR'), name='published_accounts_are_confirmed'),
                    models.CheckConstraint(condition=models.Q(('raised_fen__gte', 0), ('returned_fen__gte', 0), ('spent_fen__gte', 0)), name='accounts_are_not_negative'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Aftercare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('proposal', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='aftercare', to='proposals.proposal', verbose_name='项目')),
                ('keeper', models.CharField(max_length=120, verbose_name='谁来管')),
                ('duties', models.TextField(max_length=500, verbose_name='管什么、多久管一次')),
                ('fund_fen', models.BigIntegerField(default=0, verbose_name='每年管护费用')),
                ('fund_note', models.CharField(max_length=200, verbose_name='费用从哪里来')),
                ('phone', models.CharField(max_length=20, verbose_name='报修电话（办公电话）')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人')),
                ('at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='登记时间')),
            ],
            options={
                'verbose_name': '后续管护',
                'verbose_name_plural': '后续管护',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('fund_fen__gte', 0)), name='fund_is_not_negative'),
                    models.CheckConstraint(condition=models.Q(models.Q(('keeper', ''), _negated=True), models.Q(('duties', ''), _negated=True), models.Q(('fund_note', ''), _negated=True), models.Q(('phone', ''), _negated=True)), name='aftercare_is_whole'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Check',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('aftercare', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='checks', to='evaluation.aftercare', verbose_name='管护')),
                ('months', models.PositiveSmallIntegerField(verbose_name='归档后几个月')),
                ('stage', models.CharField(blank=True, choices=[('waiting', '等回看'), ('done', '已回看')], default='', max_length=8, verbose_name='进展')),
                ('stage_since', models.DateTimeField(blank=True, null=True)),
                ('begins_at', models.DateTimeField(verbose_name='何时可以回看')),
                ('due_at', models.DateTimeField(verbose_name='期限（不含）')),
                ('in_order', models.BooleanField(blank=True, null=True, verbose_name='完好可用')),
                ('finding', models.TextField(blank=True, max_length=500, verbose_name='看到的情况')),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='回看人')),
                ('at', models.DateTimeField(blank=True, null=True, verbose_name='回看时间')),
            ],
            options={
                'verbose_name': '管护回看',
                'verbose_name_plural': '管护回看',
                'ordering': ['months'],
                'constraints': [
                    models.UniqueConstraint(fields=('aftercare', 'months'), name='one_check_of_a_month'),
                    models.CheckConstraint(condition=models.Q(models.Q(('at__isnull', False), ('by__isnull', False), ('in_order__isnull', False), ('stage', 'done'), models.Q(('finding', ''), _negated=True)), models.Q(models.Q(('stage', 'done'), _negated=True), ('at', None), ('by', None), ('finding', ''), ('in_order', None)), _connector='OR'), name='check_is_whole'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Archive',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('proposal', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='archive', to='proposals.proposal', verbose_name='项目')),
                ('files_count', models.PositiveSmallIntegerField(verbose_name='件数')),
                ('digest', models.CharField(max_length=64, verbose_name='封存校验值')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='归档人')),
                ('sealed_at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='封存时间')),
            ],
            options={
                'verbose_name': '项目档案',
                'verbose_name_plural': '项目档案',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('digest__regex', '^[0-9a-f]{64}$'), ('files_count__gt', 0)), name='archive_is_sealed'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ArchiveFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='archive_files', to='proposals.proposal', verbose_name='项目')),
                ('ordinal', models.PositiveSmallIntegerField(verbose_name='序号')),
                ('kind', models.CharField(max_length=16, verbose_name='种类')),
                ('title', models.CharField(max_length=160, verbose_name='文件名')),
                ('content', models.TextField(verbose_name='内容（JSON）')),
                ('sha256', models.CharField(max_length=64, verbose_name='校验值')),
                ('seal', models.CharField(max_length=64, verbose_name='封')),
                ('is_supplement', models.BooleanField(default=False, verbose_name='归档后补充')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='时间')),
            ],
            options={
                'verbose_name': '档案文件',
                'verbose_name_plural': '档案文件',
                'ordering': ['ordinal'],
                'constraints': [
                    models.UniqueConstraint(fields=('proposal', 'ordinal'), name='one_archive_file_of_an_ordinal'),
                    models.CheckConstraint(condition=models.Q(('seal__regex', '^[0-9a-f]{64}$'), ('sha256__regex', '^[0-9a-f]{64}$')), name='archive_file_is_sealed'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Survey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='surveys', to='proposals.proposal', verbose_name='项目')),
                ('round', models.PositiveSmallIntegerField(verbose_name='第几轮')),
                ('roll', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='survey', to='rolls.roll', verbose_name='名册')),
                ('asked', models.PositiveIntegerField(verbose_name='受益户数')),
                ('needed', models.PositiveIntegerField(verbose_name='至少要答的户数')),
                ('struck_off', models.JSONField(blank=True, default=list, verbose_name='评议前已注销的户')),
                ('terms', models.JSONField(verbose_name='适用规则')),
                ('opens_at', models.DateTimeField(verbose_name='开始')),
                ('closes_at', models.DateTimeField(verbose_name='截止（不含）')),
                ('extended_at', models.DateTimeField(blank=True, null=True, verbose_name='延长时间')),
                ('opened_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('stage', models.CharField(blank=True, choices=[('open', '正在评议'), ('counting', '正在核对纸质表'), ('closed', '已有结果')], default='', max_length=8, verbose_name='阶段')),
                ('stage_since', models.DateTimeField(blank=True, null=True)),
                ('answers_count', models.PositiveIntegerField(blank=True, null=True, verbose_name='答卷')),
                ('satisfied', models.PositiveIntegerField(blank=True, null=True, verbose_name='满意')),
                ('levels', models.JSONField(blank=True, null=True, verbose_name='五级各多少户')),
                ('aspects', models.JSONField(blank=True, null=True, verbose_name='分项平均')),
                ('on_paper', models.PositiveIntegerField(blank=True, null=True, verbose_name='其中纸质')),
                ('verdict', models.CharField(blank=True, choices=[('passed', '达标'), ('mend', '整改后再评'), ('refused', '重新验收'), ('too_few', '答卷不够')], default='', max_length=8, verbose_name='结论')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='出结果时间')),
                ('notice', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='disclosure.notice')),
                ('ruling', models.CharField(blank=True, choices=[('release', '支付尾款'), ('refuse', '不付尾款')], default='', max_length=8, verbose_name='街道决定')),
                ('ruling_reason', models.TextField(blank=True, default='', verbose_name='街道决定的理由')),
                ('ruled_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('hold_settled_at', models.DateTimeField(blank=True, null=True, verbose_name='尾款处理时间')),
            ],
            options={
                'verbose_name': '满意度评议',
                'verbose_name_plural': '满意度评议',
                'ordering': ['-id'],
                'constraints': [
                    models.UniqueConstraint(fields=('proposal', 'round'), name='one_survey_of_a_round'),
                    models.UniqueConstraint(condition=models.Q(('stage', 'closed'), _negated=True), fields=('proposal',), name='one_running_survey_per_project'),
                    models.CheckConstraint(condition=models.Q(('opens_at__lt', models.F('closes_at'))), name='survey_times_in_order'),
                    models.CheckConstraint(condition=models.Q(('asked__gt', 0), ('needed__gt', 0), ('needed__lte', models.F('asked'))), name='survey_asks_somebody'),
                    models.CheckConstraint(condition=models.Q(models.Q(('answers_count__isnull', False), ('closed_at__isnull', False), ('levels__isnull', False), ('on_paper__isnull', False), ('satisfied__isnull', False), ('satisfied__lte', models.F('answers_count')), ('stage', 'closed'), models.Q(('verdict', ''), _negated=True)), models.Q(models.Q(('stage', 'closed'), _negated=True), ('answers_count', None), ('aspects', None), ('closed_at', None), ('hold_settled_at', None), ('levels', None), ('notice', None), ('on_paper', None), ('ruling', ''), ('satisfied', None), ('verdict', '')), _connector='OR'), name='survey_result_once_closed'),
                    models.CheckConstraint(condition=models.Q(models.Q(('ruled_by', None), ('ruling', ''), ('ruling_reason', '')), models.Q(models.Q(('ruling', ''), _negated=True), models.Q(('ruling_reason', ''), _negated=True), models.Q(('verdict', 'passed'), _negated=True), ('ruled_by__isnull', False)), _connector='OR'), name='ruling_is_whole'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Answer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('survey', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='evaluation.survey', verbose_name='评议')),
                ('unit', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='answer', to='rolls.unit', verbose_name='名册单位')),
                ('level', models.PositiveSmallIntegerField(choices=[(1, '非常满意'), (2, '满意'), (3, '基本满意'), (4, '不满意'), (5, '非常不满意')], verbose_name='总体')),
                ('quality', models.PositiveSmallIntegerField(blank=True, choices=[(1, '非常满意'), (2, '满意'), (3, '基本满意'), (4, '不满意'), (5, '非常不满意')], null=True, verbose_name='做得好不好')),
                ('price', models.PositiveSmallIntegerField(blank=True, choices=[(1, '非常满意'), (2, '满意'), (3, '基本满意'), (4, '不满意'), (5, '非常不满意')], null=True, verbose_name='钱花得值不值')),
                ('process', models.PositiveSmallIntegerField(blank=True, choices=[(1, '非常满意'), (2, '满意'), (3, '基本满意'), (4, '不满意'), (5, '非常不满意')], null=True, verbose_name='商量和公开')),
                ('responsiveness', models.PositiveSmallIntegerField(blank=True, choices=[(1, '非常满意'), (2, '满意'), (3, '基本满意'), (4, '不满意'), (5, '非常不满意')], null=True, verbose_name='有事找人快不快')),
                ('advice', models.TextField(blank=True, max_length=500, verbose_name='建议（已隐去号码）')),
                ('channel', models.CharField(choices=[('online', '手机'), ('kiosk', '现场机'), ('proxy', '委托'), ('paper', '纸质')], max_length=8, verbose_name='方式')),
                ('slip_number', models.CharField(max_length=12, unique=True, verbose_name='回执号')),
                ('speaker', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='residents.person', verbose_name='评价人')),
                ('voice', models.BigIntegerField(editable=False, null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='填写人或代录人')),
                ('at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='时间')),
                ('first_at', models.DateTimeField(db_default=minshi.clock.time.Now(), editable=False, verbose_name='第一次打分的时间')),
                ('salt', models.UUIDField(default=uuid.uuid4, editable=False)),
            ],
            options={
                'verbose_name': '答卷',
                'verbose_name_plural': '答卷',
                'constraints': [
                    models.UniqueConstraint(fields=('survey', 'voice'), name='one_voice_in_a_survey'),
                    models.CheckConstraint(condition=models.Q(('level__range', (1, 5))), name='answer_has_one_of_five_levels'),
                    models.CheckConstraint(condition=models.Q(('quality', None), ('quality__range', (1, 5)), _connector='OR'), name='quality_has_one_of_five_levels'),
                    models.CheckConstraint(condition=models.Q(('price', None), ('price__range', (1, 5)), _connector='OR'), name='price_has_one_of_five_levels'),
                    models.CheckConstraint(condition=models.Q(('process', None), ('process__range', (1, 5)), _connector='OR'), name='process_has_one_of_five_levels'),
                    models.CheckConstraint(condition=models.Q(('responsiveness', None), ('responsiveness__range', (1, 5)), _connector='OR'), name='responsiveness_has_one_of_five_levels'),
                    models.CheckConstraint(condition=models.Q(('channel__in', ['online', 'kiosk', 'proxy', 'paper'])), name='answer_channel_is_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PaperAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='paper_answers', to='rolls.unit', verbose_name='名册单位')),
                ('line', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='paper_answer', to='paper.line', verbose_name='纸质表')),
                ('is_void', models.BooleanField(default=False, verbose_name='已撤销')),
            ],
            options={
                'verbose_name': '纸质测评表',
                'verbose_name_plural': '纸质测评表',
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('is_void', False)), fields=('unit',), name='one_paper_answer_per_unit'),
                ],
            },
        ),
        migrations.CreateModel(
            name='CallBack',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('answer', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='callback', to='evaluation.answer', verbose_name='答卷')),
                ('survey', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='callbacks', to='evaluation.survey', verbose_name='评议')),
                ('level', models.PositiveSmallIntegerField(choices=[(1, '非常满意'), (2, '满意'), (3, '基本满意'), (4, '不满意'), (5, '非常不满意')], verbose_name='评价')),
                ('stage', models.CharField(blank=True, choices=[('open', '等联系'), ('contacted', '已联系，整改中'), ('mended', '已整改，等评价人确认'), ('settled', '已了结'), ('withdrawn', '评价已改好')], default='', max_length=10, verbose_name='进展')),
                ('stage_since', models.DateTimeField(blank=True, null=True)),
                ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='期限')),
                ('contacted_at', models.DateTimeField(blank=True, null=True, verbose_name='联系时间')),
                ('findings', models.TextField(blank=True, max_length=500, verbose_name='核实情况')),
                ('task', models.TextField(blank=True, default='', max_length=500, verbose_name='要整改什么')),
                ('shares_words', models.BooleanField(default=False, verbose_name='评价人同意把原话告诉整改的人')),
                ('mended_at', models.DateTimeField(blank=True, null=True, verbose_name='整改时间')),
                ('mended_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('measures', models.TextField(blank=True, max_length=500, verbose_name='措施和结果')),
                ('contested', models.PositiveSmallIntegerField(default=0, verbose_name='评价人不认可的次数')),
                ('outcome', models.CharField(blank=True, choices=[('confirmed', '评价人确认'), ('silent', '评价人没有回应')], default='', max_length=10, verbose_name='结果')),
                ('settled_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': '差评回访',
                'verbose_name_plural': '差评回访',
                'ordering': ['-id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('level__in', (4, 5))), name='callback_is_to_a_bad_rating'),
                    models.CheckConstraint(condition=models.Q(('stage__in', ('', 'settled', 'withdrawn')), ('due_at__isnull', False), _connector='OR'), name='open_callback_has_deadline'),
                    models.CheckConstraint(condition=models.Q(models.Q(('stage__in', ('contacted', 'mended', 'settled')), _negated=True), ('contacted_at__isnull', False), _connector='OR'), name='callback_contacted_first'),
                    models.CheckConstraint(condition=models.Q(models.Q(('stage__in', ('mended', 'settled')), _negated=True), models.Q(('mended_at__isnull', False), ('mended_by__isnull', False), models.Q(('measures', ''), _negated=True)), _connector='OR'), name='callback_mended_first'),
                    models.CheckConstraint(condition=models.Q(('settled_by', None), models.Q(('settled_by', models.F('mended_by')), _negated=True), _connector='OR'), name='nobody_confirms_their_own_mending'),
                ],
            },
        ),
    ]
