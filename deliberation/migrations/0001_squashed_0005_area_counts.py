import django.db.models.deletion
import django.db.models.expressions
import minshi.clock.time
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('deliberation', '0001_initial'), ('deliberation', '0002_secrecy'), ('deliberation', '0003_motion_periods'), ('deliberation', '0004_group_on_paper'), ('deliberation', '0005_area_counts')]

    initial = True

    dependencies = [
        ('clock', '0001_initial'),
        ('disclosure', '0004_concerned'),
        ('paper', '0003_voided_after_reading'),
        ('proposals', '0007_second_look'),
        ('residents', '0004_struck_by_two'),
        ('rolls', '0001_initial'),
        ('territory', '0002_door_key'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Motion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='motions', to='territory.territory', verbose_name='地方')),
                ('proposal', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='motions', to='proposals.proposal', verbose_name='项目')),
                ('version', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='proposals.version', verbose_name='表决的方案')),
                ('roll', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='motion', to='rolls.roll', verbose_name='名册')),
                ('ordinal', models.PositiveSmallIntegerField(verbose_name='第几次')),
                ('purpose', models.CharField(choices=[('canvass', '楼院征询'), ('formal', '正式表决')], max_length=8, verbose_name='性质')),
                ('question', models.CharField(max_length=100, verbose_name='问题')),
                ('detail', models.CharField(blank=True, max_length=300, verbose_name='说明')),
                ('quorum', models.CharField(max_length=11, verbose_name='参与门槛')),
                ('quorum_base', models.CharField(choices=[('roll', '名册'), ('cast', '参与')], default='roll', max_length=4)),
                ('threshold', models.CharField(max_length=11, verbose_name='同意门槛')),
                ('threshold_base', models.CharField(choices=[('roll', '名册'), ('cast', '参与')], default='cast', max_length=4)),
                ('by_area', models.BooleanField(default=False, verbose_name='面积也要够')),
                ('is_poll', models.BooleanField(default=False, verbose_name='仅为意见征询')),
                ('opens_at', models.DateTimeField(verbose_name='开始')),
                ('closes_at', models.DateTimeField(verbose_name='截止（不含）')),
                ('counting_until', models.DateTimeField(verbose_name='计票至（不含）')),
                ('publish_by', models.DateTimeField(verbose_name='公布期限（不含）')),
                ('lists_every_hours', models.PositiveSmallIntegerField(null=True, verbose_name='参加名单更新间隔（小时）')),
                ('periods', models.JSONField(default=dict, editable=False, verbose_name='各段的天数')),
                ('smallest_group', models.PositiveSmallIntegerField(null=True, verbose_name='分组公布的最少票数')),
                ('opened_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('electorate', models.PositiveIntegerField(verbose_name='名册数')),
                ('stage', models.CharField(blank=True, choices=[('open', '正在投票'), ('closed', '投票结束'), ('counting', '正在计票'), ('published', '已公布')], default='', max_length=10, verbose_name='阶段')),
                ('stage_since', models.DateTimeField(blank=True, null=True)),
                ('agree', models.PositiveIntegerField(blank=True, null=True, verbose_name='同意')),
                ('against', models.PositiveIntegerField(blank=True, null=True, verbose_name='不同意')),
                ('abstain', models.PositiveIntegerField(blank=True, null=True, verbose_name='弃权')),
                ('agree_m2', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True, verbose_name='同意的面积')),
                ('against_m2', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True, verbose_name='不同意的面积')),
                ('abstain_m2', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True, verbose_name='弃权的面积')),
                ('on_paper', models.PositiveIntegerField(blank=True, null=True, verbose_name='其中纸质')),
                ('unreachable', models.PositiveIntegerField(blank=True, null=True, verbose_name='联系不上')),
                ('passed', models.BooleanField(blank=True, null=True, verbose_name='通过')),
                ('digest', models.CharField(blank=True, max_length=64, verbose_name='选票文件的校验值')),
                ('published_at', models.DateTimeField(blank=True, null=True, verbose_name='公布时间')),
                ('notice', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='disclosure.notice')),
            ],
            options={
                'verbose_name': '表决',
                'verbose_name_plural': '表决',
                'ordering': ['-id'],
                'indexes': [
                    models.Index(models.F('id'), condition=models.Q(('stage', 'published'), _negated=True), name='motion_running'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('proposal', 'ordinal'), name='one_motion_of_an_ordinal'),
                    models.UniqueConstraint(condition=models.Q(('stage', 'published'), _negated=True), fields=('proposal',), name='one_running_motion_per_project'),
                    models.CheckConstraint(condition=models.Q(('opens_at__lt', models.F('closes_at')), ('closes_at__lte', models.F('counting_until')), ('counting_until__lte', models.F('publish_by'))), name='motion_times_in_order'),
                    models.CheckConstraint(condition=models.Q(('quorum__regex', '^[1-9]\\d*/[1-9]\\d*$'), ('threshold__regex', '^[1-9]\\d*/[1-9]\\d*$')), name='motion_rule_is_exact'),
                    models.CheckConstraint(condition=models.Q(('electorate__gt', 0)), name='motion_has_an_electorate'),
                    models.CheckConstraint(condition=models.Q(models.Q(('proposal', None), ('version', None)), models.Q(('proposal__isnull', False), ('version__isnull', False)), _connector='OR'), name='motion_of_a_project_is_about_a_version'),
                    models.CheckConstraint(condition=models.Q(models.Q(('abstain__isnull', False), ('abstain_m2__isnull', False), ('against__isnull', False), ('against_m2__isnull', False), ('agree__isnull', False), ('agree_m2__isnull', False), ('digest__regex', '^[0-9a-f]{64}$'), ('on_paper__isnull', False), ('passed__isnull', False), ('published_at__isnull', False), ('stage', 'published'), ('unreachable__isnull', False)), models.Q(models.Q(('stage', 'published'), _negated=True), ('abstain', None), ('abstain_m2', None), ('against', None), ('against_m2', None), ('agree', None), ('agree_m2', None), ('digest', ''), ('notice', None), ('on_paper', None), ('passed', None), ('published_at', None), ('unreachable', None)), _connector='OR'), name='results_exist_once_published'),
                ],
            },
        ),
        migrations.CreateModel(
            name='AreaCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('motion', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='area_counts', to='deliberation.motion', verbose_name='表决')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='计票人')),
                ('agree_m2', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='同意的面积')),
                ('against_m2', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='不同意的面积')),
                ('abstain_m2', models.DecimalField(decimal_places=2, max_digits=14, verbose_name='弃权的面积')),
                ('at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='时间')),
            ],
            options={
                'verbose_name': '面积复核',
                'verbose_name_plural': '面积复核',
                'constraints': [
                    models.UniqueConstraint(fields=('motion', 'by'), name='one_count_of_a_counter'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PaperBallot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='papers', to='rolls.unit', verbose_name='名册单位')),
                ('line', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='paper_ballot', to='paper.line', verbose_name='纸质表')),
                ('is_void', models.BooleanField(default=False, verbose_name='已撤销')),
            ],
            options={
                'verbose_name': '纸票',
                'verbose_name_plural': '纸票',
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('is_void', False)), fields=('unit',), name='one_paper_per_unit'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Ballot',
            fields=[
                ('unit', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='ballot', serialize=False, to='rolls.unit')),
                ('motion', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='ballots', to='deliberation.motion')),
                ('choice', models.CharField(choices=[('agree', '同意'), ('against', '不同意'), ('abstain', '弃权')], max_length=8, verbose_name='选择')),
                ('channel', models.CharField(choices=[('online', '手机'), ('kiosk', '现场机'), ('proxy', '委托'), ('paper', '纸质')], max_length=8, verbose_name='方式')),
                ('slip_number', models.CharField(max_length=12, unique=True, verbose_name='回执号')),
                ('check_number', models.CharField(max_length=12, unique=True, verbose_name='核对号')),
                ('speaker', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='residents.person', verbose_name='投票人')),
                ('voice', models.BigIntegerField(editable=False, null=True)),
                ('by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='录入人')),
                ('cast_at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='收到时间')),
            ],
            options={
                'verbose_name': '选票',
                'verbose_name_plural': '选票',
                'indexes': [
                    models.Index(fields=['motion', 'choice'], name='ballot_tally'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('choice__in', ['agree', 'against', 'abstain'])), name='ballot_choice_is_known'),
                    models.CheckConstraint(condition=models.Q(('channel__in', ['online', 'kiosk', 'proxy', 'paper'])), name='ballot_channel_is_known'),
                    models.UniqueConstraint(fields=('motion', 'voice'), name='one_voice_on_a_motion'),
                ],
            },
        ),
        migrations.CreateModel(
            name='BallotChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='rolls.unit')),
                ('choice', models.CharField(choices=[('agree', '同意'), ('against', '不同意'), ('abstain', '弃权')], max_length=8, verbose_name='原选择')),
                ('channel', models.CharField(choices=[('online', '手机'), ('kiosk', '现场机'), ('proxy', '委托'), ('paper', '纸质')], max_length=8, verbose_name='方式')),
                ('slip_number', models.CharField(max_length=12, unique=True, verbose_name='回执号')),
                ('speaker', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='residents.person')),
                ('by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('cast_at', models.DateTimeField(verbose_name='收到时间')),
                ('replaced_at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='被替换时间')),
            ],
            options={
                'verbose_name': '改票记录',
                'verbose_name_plural': '改票记录',
            },
        ),
        migrations.CreateModel(
            name='CheckLetter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='letters', to='rolls.unit', verbose_name='名册单位')),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='谁代为申请')),
                ('asked_at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='申请时间')),
                ('printed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('printed_at', models.DateTimeField(null=True, verbose_name='打印时间')),
            ],
            options={
                'verbose_name': '核对号信',
                'verbose_name_plural': '核对号信',
                'ordering': ['id'],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('printed_at', None)), fields=('unit',), name='one_letter_waits_per_unit'),
                    models.CheckConstraint(condition=models.Q(models.Q(('printed_at', None), ('printed_by', None)), models.Q(('printed_at__isnull', False), ('printed_by__isnull', False), models.Q(('printed_by', models.F('asked_by')), _negated=True)), _connector='OR'), name='letter_is_printed_by_another'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PartyStudy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='studies', to='proposals.proposal', verbose_name='项目')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='proposals.version', verbose_name='依据的方案')),
                ('opinion', models.CharField(choices=[('support', '同意提交决议'), ('advise', '同意，另有建议'), ('oppose', '建议暂缓')], max_length=8, verbose_name='意见')),
                ('text', models.TextField(max_length=2000, verbose_name='书面意见')),
                ('held_on', models.DateField(verbose_name='研究日期')),
                ('sat', models.CharField(max_length=200, verbose_name='参会人（公开）')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='记录时间')),
            ],
            options={
                'verbose_name': '党组织前置研究',
                'verbose_name_plural': '党组织前置研究',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='proposals.proposal', verbose_name='项目')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='proposals.version', verbose_name='依据的方案')),
                ('study', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='deliberation.partystudy')),
                ('motion', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='deliberation.motion')),
                ('outcome', models.CharField(choices=[('approve', '立项'), ('reserve', '列入储备库'), ('refuse', '不予立项')], max_length=8, verbose_name='结论')),
                ('tier', models.PositiveSmallIntegerField(blank=True, choices=[(1, '一级'), (2, '二级'), (3, '三级')], null=True, verbose_name='级别')),
                ('tier_reason', models.CharField(blank=True, max_length=300, verbose_name='定级理由')),
                ('reason', models.TextField(max_length=1000, verbose_name='理由')),
                ('sat', models.CharField(max_length=300, verbose_name='参加决议的人（公开）')),
                ('dissent', models.TextField(blank=True, max_length=1000, verbose_name='不同意见')),
                ('notice', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='disclosure.notice')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='决议时间')),
            ],
            options={
                'verbose_name': '集体决议',
                'verbose_name_plural': '集体决议',
                'ordering': ['-id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('notice__isnull', False), ('outcome', 'approve'), ('tier__in', (1, 2, 3)), models.Q(('tier_reason', ''), _negated=True)), models.Q(models.Q(('outcome', 'approve'), _negated=True), ('notice', None), ('tier', None)), _connector='OR'), name='approved_means_tier_and_notice'),
                    models.CheckConstraint(condition=models.Q(models.Q(('reason', ''), _negated=True), models.Q(('sat', ''), _negated=True)), name='decision_says_why_and_who'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Mark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('decision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='marks', to='deliberation.decision')),
                ('criterion', models.CharField(choices=[('reach', '惠及面广'), ('participation', '参与度高'), ('self_raised', '自筹资金多'), ('urgency', '老旧小区改造需求急'), ('example', '可复制性强')], max_length=14, verbose_name='标准')),
                ('points', models.PositiveSmallIntegerField(verbose_name='得分')),
                ('note', models.CharField(max_length=200, verbose_name='依据')),
            ],
            options={
                'verbose_name': '评分',
                'verbose_name_plural': '评分',
                'ordering': ['id'],
                'constraints': [
                    models.UniqueConstraint(fields=('decision', 'criterion'), name='one_mark_per_criterion'),
                    models.CheckConstraint(condition=models.Q(('points__lte', 20)), name='mark_within_most'),
                ],
            },
        ),
        migrations.CreateModel(
            name='WorkingGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='groups', to='proposals.proposal', verbose_name='项目')),
                ('how', models.CharField(max_length=200, verbose_name='怎么选出来的')),
                ('sheet', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='paper.sheet', verbose_name='推选表的照片')),
                ('formed_at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='成立时间')),
                ('formed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='结束时间')),
            ],
            options={
                'verbose_name': '居民小组',
                'verbose_name_plural': '居民小组',
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('proposal',), name='one_standing_group_per_project'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Member',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='members', to='deliberation.workinggroup')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='group_memberships', to=settings.AUTH_USER_MODEL)),
                ('name_public', models.CharField(max_length=60, verbose_name='姓名（公开）')),
                ('household', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.household', verbose_name='户')),
                ('on_paper', models.BooleanField(default=False, verbose_name='在纸质推选表上')),
                ('is_lead', models.BooleanField(default=False, verbose_name='召集人')),
            ],
            options={
                'verbose_name': '小组成员',
                'verbose_name_plural': '小组成员',
                'constraints': [
                    models.UniqueConstraint(fields=('group', 'user'), name='in_a_group_once'),
                    models.UniqueConstraint(condition=models.Q(('is_lead', True)), fields=('group',), name='one_lead_per_group'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Meeting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='meetings', to='proposals.proposal', verbose_name='项目')),
                ('ordinal', models.PositiveSmallIntegerField(verbose_name='第几次')),
                ('begins_at', models.DateTimeField(verbose_name='开会时间')),
                ('venue', models.CharField(max_length=120, verbose_name='地点')),
                ('agenda', models.TextField(max_length=1000, verbose_name='议题')),
                ('agenda_notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='disclosure.notice', verbose_name='议题公告')),
                ('announced_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('stage', models.CharField(blank=True, choices=[('announced', '议题已公告'), ('recorded', '纪要已公布'), ('called_off', '没有开成')], default='', max_length=10, verbose_name='阶段')),
                ('stage_since', models.DateTimeField(blank=True, null=True)),
                ('chair', models.CharField(blank=True, max_length=60, verbose_name='主持人（公开）')),
                ('expected', models.PositiveIntegerField(default=0, verbose_name='应到')),
                ('present', models.PositiveIntegerField(default=0, verbose_name='实到')),
                ('quorum', models.CharField(max_length=11, verbose_name='到会门槛')),
                ('threshold', models.CharField(max_length=11, verbose_name='同意门槛')),
                ('minutes', models.TextField(blank=True, verbose_name='纪要')),
                ('dissent', models.TextField(blank=True, verbose_name='不同意见')),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('minutes_notice', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='disclosure.notice')),
            ],
            options={
                'verbose_name': '议事会',
                'verbose_name_plural': '议事会',
                'ordering': ['-id'],
                'constraints': [
                    models.UniqueConstraint(fields=('proposal', 'ordinal'), name='one_meeting_of_an_ordinal'),
                    models.CheckConstraint(condition=models.Q(models.Q(('stage', 'recorded'), _negated=True), models.Q(('expected__gt', 0), ('present__gt', 0), ('present__lte', models.F('expected')), ('recorded_by__isnull', False), models.Q(('minutes', ''), _negated=True), models.Q(('chair', ''), _negated=True)), _connector='OR'), name='recorded_meeting_is_whole'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Attendance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('meeting', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attendances', to='deliberation.meeting')),
                ('party', models.CharField(choices=[('branch', '党组织'), ('committee', '居委会'), ('owners', '业委会'), ('property', '物业'), ('units', '驻区单位'), ('social', '社会组织'), ('residents', '居民代表')], max_length=10, verbose_name='哪一方')),
                ('came', models.BooleanField(default=False, verbose_name='到会')),
                ('who', models.CharField(blank=True, max_length=120, verbose_name='到会的人（公开）')),
            ],
            options={
                'verbose_name': '到会情况',
                'verbose_name_plural': '到会情况',
                'ordering': ['id'],
                'constraints': [
                    models.UniqueConstraint(fields=('meeting', 'party'), name='party_once_per_meeting'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Resolution',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('meeting', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='resolutions', to='deliberation.meeting')),
                ('ordinal', models.PositiveSmallIntegerField(verbose_name='序号')),
                ('text', models.CharField(max_length=300, verbose_name='动议')),
                ('present', models.PositiveIntegerField(verbose_name='在场')),
                ('agree', models.PositiveIntegerField(verbose_name='同意')),
                ('against', models.PositiveIntegerField(verbose_name='不同意')),
                ('abstain', models.PositiveIntegerField(verbose_name='弃权')),
                ('passed', models.BooleanField(verbose_name='通过')),
            ],
            options={
                'verbose_name': '动议',
                'verbose_name_plural': '动议',
                'ordering': ['ordinal'],
                'constraints': [
                    models.UniqueConstraint(fields=('meeting', 'ordinal'), name='one_resolution_of_an_ordinal'),
                    models.CheckConstraint(condition=models.Q(('agree__lte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('present'), '-', models.F('against')), '-', models.F('abstain')))), name='no_more_votes_than_present'),
                    models.CheckConstraint(condition=models.Q(('passed', False), ('agree__gt', django.db.models.expressions.CombinedExpression(models.F('present'), '-', models.F('agree'))), _connector='OR'), name='passed_by_more_than_half'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Plan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('meeting', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='plan', to='deliberation.meeting')),
                ('resolution', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='deliberation.resolution')),
                ('text', models.TextField(max_length=2000, verbose_name='商定的方案')),
                ('cost_fen', models.BigIntegerField(verbose_name='预算')),
                ('shares', models.JSONField(verbose_name='谁来出钱')),
                ('keeper', models.CharField(max_length=120, verbose_name='建好后谁管')),
                ('suppliers', models.CharField(blank=True, max_length=200, verbose_name='想找什么样的承接方')),
                ('version', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='proposals.version')),
                ('at', models.DateTimeField(db_default=minshi.clock.time.Now())),
            ],
            options={
                'verbose_name': '商定的方案',
                'verbose_name_plural': '商定的方案',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('cost_fen__gt', 0)), name='agreed_plan_costs_something'),
                ],
            },
        ),
    ]
