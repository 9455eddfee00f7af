import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import minshi.clock.time
import proposals.models.cards
from django.conf import settings
from django.db import migrations, models
from minshi.guards.operations import LoadGuard


class Migration(migrations.Migration):

    replaces = [('proposals', '0001_initial'), ('proposals', '0002_pinned_households'), ('proposals', '0003_ending'), ('proposals', '0004_act_ends'), ('proposals', '0005_entered_for'), ('proposals', '0006_beneficiaries'), ('proposals', '0007_second_look')]

    initial = True

    dependencies = [
        ('clock', '0001_initial'),
        ('disclosure', '0004_concerned'),
        ('paper', '0003_voided_after_reading'),
        ('residents', '0004_struck_by_two'),
        ('territory', '0002_door_key'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        LoadGuard("proposals", "bigrams.sql"),  # for an index of Card
        migrations.CreateModel(
            name='Proposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=16, unique=True, verbose_name='编号')),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to='territory.territory', verbose_name='地方')),
                ('proposer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to=settings.AUTH_USER_MODEL, verbose_name='提议人')),
                ('proposer_public', models.CharField(max_length=60, verbose_name='提议人（公开）')),
                ('title', models.CharField(max_length=60, verbose_name='名称')),
                ('kind', models.CharField(choices=[('service', '服务类'), ('works', '实物工程类'), ('goods', '实物类（只购置）')], max_length=10, verbose_name='类型')),
                ('category', models.CharField(choices=[('services', '基本公共服务'), ('housing', '改善居住条件'), ('convenience', '群众生活便利'), ('traffic', '方便交通出行'), ('environment', '生态环境提升'), ('culture', '丰富文化活动'), ('safety', '保障公共安全'), ('welfare', '民生保障服务'), ('other', '其他群众需求')], max_length=12, verbose_name='类别')),
                ('touches_common_parts', models.BooleanField(default=False, verbose_name='占用共有部分')),
                ('channel', models.CharField(choices=[('online', '手机'), ('paper', '纸质'), ('door', '上门'), ('phone', '电话'), ('book', '心愿本'), ('loudspeaker', '社区小喇叭')], default='online', max_length=12, verbose_name='来源')),
                ('entered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='代录人')),
                ('sheet', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='paper.sheet', verbose_name='纸质表')),
                ('submitted_at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='提出时间')),
                ('is_demo', models.BooleanField(default=False, verbose_name='演示数据')),
                ('stage', models.CharField(choices=[('submitted', '等待初审'), ('returned', '退回修改'), ('cosigning', '征集附议'), ('cosigned', '等待表决'), ('voting', '居民表决'), ('consulting', '民主商议'), ('deciding', '集体决议'), ('announced', '立项公示'), ('handling', '分级办理'), ('raising', '筹集资金'), ('funded', '资金公示'), ('procuring', '询价比选'), ('awarded', '成交公示'), ('delivering', '正在实施'), ('accepting', '等待验收'), ('accepted', '验收公示'), ('rating', '满意度评议'), ('rework', '整改'), ('rated', '满意度公示'), ('settling', '结算公示'), ('ending', '了结'), ('archived', '已归档'), ('reserved', '储备库'), ('declined', '未通过'), ('withdrawn', '已撤回'), ('merged', '已并入'), ('not_passed', '表决未通过'), ('lapsed', '附议不足'), ('cancelled', '已取消')], max_length=12, verbose_name='阶段')),
                ('stage_since', models.DateTimeField(blank=True, null=True, verbose_name='进入本阶段')),
                ('holder_role', models.CharField(blank=True, max_length=20, verbose_name='承办')),
                ('holder_place', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.territory')),
                ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='期限')),
                ('terms', models.JSONField(blank=True, default=dict, verbose_name='本阶段适用规则')),
                ('tier', models.PositiveSmallIntegerField(blank=True, choices=[(1, '一级'), (2, '二级'), (3, '三级')], null=True, verbose_name='级别')),
                ('supervised_at', models.DateTimeField(blank=True, null=True, verbose_name='督办开始')),
                ('merged_into', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='proposals.proposal')),
                ('gate_notice', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='disclosure.notice')),
                ('pinned_households', models.PositiveIntegerField(editable=False, null=True, verbose_name='附议开始时的受益户数')),
                ('beneficiaries_frozen_at', models.DateTimeField(blank=True, null=True, verbose_name='受益户名单锁定')),
            ],
            options={
                'verbose_name': '项目',
                'verbose_name_plural': '项目',
                'indexes': [
                    models.Index(condition=models.Q(('holder_role', ''), _negated=True), fields=['holder_role', 'holder_place', 'due_at'], name='proposal_holder'),
                    models.Index(fields=['proposer', '-id'], name='proposal_proposer'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('stage__in', ('archived', 'declined', 'withdrawn', 'merged', 'not_passed', 'lapsed', 'cancelled')), models.Q(models.Q(('holder_role', ''), _negated=True), ('holder_place__isnull', False), ('due_at__isnull', False)), _connector='OR'), name='open_stage_has_holder_and_deadline'),
                    models.CheckConstraint(condition=models.Q(('tier', None), ('tier__in', (1, 2, 3)), _connector='OR'), name='tier_is_1_to_3'),
                    models.CheckConstraint(condition=models.Q(('stage', 'merged'), ('merged_into', None), _connector='XOR'), name='merged_means_into_something'),
                    models.CheckConstraint(condition=models.Q(('merged_into', models.F('id')), _negated=True), name='not_merged_into_itself'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Version',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='proposals.proposal')),
                ('number', models.PositiveSmallIntegerField(verbose_name='版本')),
                ('need', models.TextField(verbose_name='要解决什么')),
                ('plan', models.TextField(verbose_name='打算怎么做')),
                ('spot', models.CharField(max_length=120, verbose_name='具体位置')),
                ('places', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None, verbose_name='受益的地方')),
                ('doors', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None, verbose_name='单独受益的户')),
                ('households', models.PositiveIntegerField(default=0, editable=False, verbose_name='受益户数')),
                ('people', models.PositiveIntegerField(blank=True, null=True, verbose_name='受益人数')),
                ('cost_fen', models.BigIntegerField(verbose_name='预计费用')),
                ('shares', models.JSONField(blank=True, default=dict, verbose_name='谁来出钱')),
                ('keeper', models.CharField(max_length=120, verbose_name='建好后谁管')),
                ('why', models.CharField(blank=True, max_length=200, verbose_name='修改说明')),
                ('minutes_url', models.CharField(blank=True, max_length=200)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('at', models.DateTimeField(db_default=minshi.clock.time.Now())),
            ],
            options={
                'verbose_name': '项目版本',
                'verbose_name_plural': '项目版本',
                'ordering': ['number'],
                'constraints': [
                    models.UniqueConstraint(fields=('proposal', 'number'), name='one_version_of_a_number'),
                    models.CheckConstraint(condition=models.Q(('cost_fen__gte', 0)), name='cost_is_not_negative'),
                    models.CheckConstraint(condition=models.Q(('doors', []), ('places', []), _negated=True), name='somebody_benefits'),
                ],
            },
        ),
        migrations.CreateModel(
            name='NumberCounter',
            fields=[
                ('year', models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ('last', models.PositiveIntegerField(default=0)),
            ],
            options={
                'verbose_name': '编号',
                'verbose_name_plural': '编号',
            },
        ),
        migrations.CreateModel(
            name='Card',
            fields=[
                ('proposal', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='card', serialize=False, to='proposals.proposal')),
                ('number', models.CharField(max_length=16, unique=True)),
                ('title', models.CharField(max_length=60)),
                ('place_name', models.CharField(max_length=80)),
                ('place_full_name', models.CharField(max_length=300)),
                ('kind', models.CharField(choices=[('service', '服务类'), ('works', '实物工程类'), ('goods', '实物类（只购置）')], max_length=10)),
                ('category', models.CharField(choices=[('services', '基本公共服务'), ('housing', '改善居住条件'), ('convenience', '群众生活便利'), ('traffic', '方便交通出行'), ('environment', '生态环境提升'), ('culture', '丰富文化活动'), ('safety', '保障公共安全'), ('welfare', '民生保障服务'), ('other', '其他群众需求')], max_length=12)),
                ('stage', models.CharField(choices=[('submitted', '等待初审'), ('returned', '退回修改'), ('cosigning', '征集附议'), ('cosigned', '等待表决'), ('voting', '居民表决'), ('consulting', '民主商议'), ('deciding', '集体决议'), ('announced', '立项公示'), ('handling', '分级办理'), ('raising', '筹集资金'), ('funded', '资金公示'), ('procuring', '询价比选'), ('awarded', '成交公示'), ('delivering', '正在实施'), ('accepting', '等待验收'), ('accepted', '验收公示'), ('rating', '满意度评议'), ('rework', '整改'), ('rated', '满意度公示'), ('settling', '结算公示'), ('ending', '了结'), ('archived', '已归档'), ('reserved', '储备库'), ('declined', '未通过'), ('withdrawn', '已撤回'), ('merged', '已并入'), ('not_passed', '表决未通过'), ('lapsed', '附议不足'), ('cancelled', '已取消')], max_length=12)),
                ('tier', models.PositiveSmallIntegerField(choices=[(1, '一级'), (2, '二级'), (3, '三级')], null=True)),
                ('submitted_at', models.DateTimeField()),
                ('due_at', models.DateTimeField(null=True)),
                ('act_ends_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('households', models.PositiveIntegerField(default=0)),
                ('people', models.PositiveIntegerField(null=True)),
                ('cosigns', models.PositiveIntegerField(default=0)),
                ('electorate', models.PositiveIntegerField(default=0)),
                ('turnout', models.PositiveIntegerField(default=0)),
                ('agreed', models.PositiveIntegerField(null=True)),
                ('budget_fen', models.BigIntegerField(default=0)),
                ('subsidy_fen', models.BigIntegerField(default=0)),
                ('district_fen', models.BigIntegerField(default=0)),
                ('self_raised_fen', models.BigIntegerField(default=0)),
                ('sponsor_fen', models.BigIntegerField(default=0)),
                ('spent_fen', models.BigIntegerField(default=0)),
                ('rating_answers', models.PositiveIntegerField(default=0)),
                ('rating_satisfied', models.PositiveIntegerField(default=0)),
                ('is_demo', models.BooleanField(default=False)),
                ('version', models.BigIntegerField(default=1)),
            ],
            options={
                'verbose_name': '项目卡片',
                'verbose_name_plural': '项目卡片',
                'indexes': [
                    models.Index(models.OrderBy(models.F('submitted_at'), descending=True), models.OrderBy(models.F('proposal_id'), descending=True), name='card_newest'),
                    models.Index(models.F('stage'), models.OrderBy(models.F('submitted_at'), descending=True), models.OrderBy(models.F('proposal_id'), descending=True), name='card_stage'),
                    models.Index(models.F('category'), models.OrderBy(models.F('submitted_at'), descending=True), models.OrderBy(models.F('proposal_id'), descending=True), name='card_category'),
                    django.contrib.postgres.indexes.GinIndex(proposals.models.cards.Bigrams('title'), name='card_title_bigrams'),
                ],
            },
        ),
        migrations.CreateModel(
            name='CardPlace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('card', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='places', to='proposals.card')),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.territory')),
                ('submitted_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': '卡片所在地方',
                'verbose_name_plural': '卡片所在地方',
                'indexes': [
                    models.Index(models.F('place_id'), models.OrderBy(models.F('submitted_at'), descending=True), models.OrderBy(models.F('card_id'), descending=True), name='card_of_place_newest'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('card', 'place'), name='card_once_per_place'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PlaceTotal',
            fields=[
                ('place', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='territory.territory')),
                ('declared', models.PositiveIntegerField(default=0)),
                ('reserve', models.PositiveIntegerField(default=0)),
                ('running', models.PositiveIntegerField(default=0)),
                ('done', models.PositiveIntegerField(default=0)),
                ('households', models.PositiveIntegerField(default=0)),
                ('subsidy_fen', models.BigIntegerField(default=0)),
                ('district_fen', models.BigIntegerField(default=0)),
                ('self_raised_fen', models.BigIntegerField(default=0)),
                ('sponsor_fen', models.BigIntegerField(default=0)),
                ('spent_fen', models.BigIntegerField(default=0)),
                ('rating_answers', models.PositiveIntegerField(default=0)),
                ('rating_satisfied', models.PositiveIntegerField(default=0)),
                ('streets', models.PositiveIntegerField(default=0)),
                ('computed_at', models.DateTimeField(db_default=minshi.clock.time.Now())),
            ],
            options={
                'verbose_name': '地方合计',
                'verbose_name_plural': '地方合计',
            },
        ),
        migrations.CreateModel(
            name='Handling',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='handlings', to='proposals.proposal', verbose_name='项目')),
                ('tier', models.PositiveSmallIntegerField(choices=[(1, '一级'), (2, '二级'), (3, '三级')], verbose_name='级别')),
                ('role', models.CharField(max_length=20, verbose_name='承办')),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.territory')),
                ('received_at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='接单时间')),
                ('due_at', models.DateTimeField(verbose_name='期限')),
                ('handed_back_to', models.BooleanField(default=False, verbose_name='退单退回来的')),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('outcome', models.CharField(blank=True, max_length=12, verbose_name='结果')),
                ('reason', models.TextField(blank=True, verbose_name='理由')),
            ],
            options={
                'verbose_name': '派单',
                'verbose_name_plural': '派单',
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('proposal',), name='one_open_handling_per_proposal'),
                    models.CheckConstraint(condition=models.Q(('tier__in', (1, 2, 3))), name='handling_tier_is_1_to_3'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Beneficiary',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='frozen_beneficiaries', to='proposals.proposal')),
                ('household', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='benefits', to='territory.household')),
            ],
            options={
                'verbose_name': '受益户',
                'verbose_name_plural': '受益户',
                'constraints': [
                    models.UniqueConstraint(fields=('proposal', 'household'), name='benefits_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Cosign',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cosigns', to='proposals.proposal')),
                ('household', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.household')),
                ('speaker', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='residents.person', verbose_name='附议人')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('line', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cosigns', to='paper.line', verbose_name='纸质表')),
                ('is_void', models.BooleanField(default=False, verbose_name='没有签')),
                ('channel', models.CharField(choices=[('online', '手机'), ('paper', '纸质'), ('door', '上门'), ('phone', '电话'), ('book', '心愿本'), ('loudspeaker', '社区小喇叭')], default='online', max_length=12, verbose_name='方式')),
                ('at', models.DateTimeField(db_default=minshi.clock.time.Now())),
            ],
            options={
                'verbose_name': '附议',
                'verbose_name_plural': '附议',
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('is_void', False)), fields=('proposal', 'household'), name='one_cosign_per_household'),
                    models.UniqueConstraint(condition=models.Q(('is_void', False)), fields=('proposal', 'speaker'), name='one_cosign_per_person'),
                    models.UniqueConstraint(fields=('proposal', 'line'), name='one_cosign_per_line'),
                    models.CheckConstraint(condition=models.Q(models.Q(('channel', 'online'), ('line', None)), models.Q(('line__isnull', False), models.Q(('channel', 'online'), _negated=True)), _connector='OR'), name='cosign_off_the_screen_has_a_line'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Wish',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='wishes', to='territory.territory', verbose_name='地方')),
                ('text', models.CharField(max_length=200, verbose_name='心愿')),
                ('spot', models.CharField(blank=True, max_length=120, verbose_name='具体位置')),
                ('category', models.CharField(choices=[('services', '基本公共服务'), ('housing', '改善居住条件'), ('convenience', '群众生活便利'), ('traffic', '方便交通出行'), ('environment', '生态环境提升'), ('culture', '丰富文化活动'), ('safety', '保障公共安全'), ('welfare', '民生保障服务'), ('other', '其他群众需求')], default='other', max_length=12, verbose_name='类别')),
                ('channel', models.CharField(choices=[('online', '手机'), ('paper', '纸质'), ('door', '上门'), ('phone', '电话'), ('book', '心愿本'), ('loudspeaker', '社区小喇叭')], default='online', max_length=12, verbose_name='来源')),
                ('urgent', models.BooleanField(default=False, verbose_name='急事')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='wishes', to=settings.AUTH_USER_MODEL)),
                ('entered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='代录人')),
                ('sheet', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='paper.sheet', verbose_name='心愿本')),
                ('slip_number', models.CharField(blank=True, max_length=12, null=True, unique=True, verbose_name='回执号')),
                ('wisher_name', models.CharField(blank=True, max_length=40, verbose_name='许愿人（仅办理人可见）')),
                ('at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='时间')),
                ('supporters', models.PositiveIntegerField(default=0, verbose_name='也想要的人')),
                ('proposal', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='wishes', to='proposals.proposal')),
                ('answer', models.TextField(blank=True, verbose_name='答复')),
                ('is_demo', models.BooleanField(default=False, verbose_name='演示数据')),
                ('stage', models.CharField(choices=[('new', '等待回应'), ('claimed', '已认领'), ('handed', '已转责任单位'), ('promoted', '已转为项目'), ('fulfilled', '已实现'), ('declined', '未采纳')], max_length=12, verbose_name='进展')),
                ('stage_since', models.DateTimeField(blank=True, null=True)),
                ('holder_role', models.CharField(blank=True, max_length=20)),
                ('holder_place', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.territory')),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('due_basis', models.CharField(blank=True, max_length=40)),
            ],
            options={
                'verbose_name': '微心愿',
                'verbose_name_plural': '微心愿',
                'indexes': [
                    models.Index(models.F('place_id'), models.OrderBy(models.F('at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='wish_of_place_newest'),
                    models.Index(models.OrderBy(models.F('at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='wish_newest'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('stage__in', ('promoted', 'fulfilled', 'declined')), models.Q(models.Q(('holder_role', ''), _negated=True), ('holder_place__isnull', False), ('due_at__isnull', False)), _connector='OR'), name='open_wish_has_holder_and_deadline'),
                ],
            },
        ),
        migrations.CreateModel(
            name='WishSupport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('wish', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='supports', to='proposals.wish')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('at', models.DateTimeField(db_default=minshi.clock.time.Now())),
            ],
            options={
                'verbose_name': '也想要',
                'verbose_name_plural': '也想要',
                'constraints': [
                    models.UniqueConstraint(fields=('wish', 'by'), name='wants_it_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Look',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sheet', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='look', to='paper.sheet', verbose_name='纸质表')),
                ('typed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='录入人')),
                ('state', models.CharField(choices=[('waiting', '等另一位对照原件'), ('differs', '和原件不一样，等更正'), ('alike', '另一位已对照原件，一致'), ('noted', '和原件不一样，已说明')], default='waiting', max_length=8, verbose_name='进展')),
                ('looked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='对照的人')),
                ('looked_at', models.DateTimeField(null=True, verbose_name='对照时间')),
                ('difference', models.CharField(blank=True, max_length=300, verbose_name='哪里不一样')),
            ],
            options={
                'verbose_name': '对照原件',
                'verbose_name_plural': '对照原件',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('looked_at', None), ('looked_by', None), ('state', 'waiting')), models.Q(models.Q(('state', 'waiting'), _negated=True), ('looked_at__isnull', False), ('looked_by__isnull', False)), _connector='OR'), name='look_is_somebodys'),
                    models.CheckConstraint(condition=models.Q(('looked_by', None), models.Q(('looked_by', models.F('typed_by')), _negated=True), _connector='OR'), name='nobody_looks_at_their_own_typing'),
                    models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('differs', 'noted')), _negated=True), models.Q(('difference', ''), _negated=True), _connector='OR'), name='difference_is_named'),
                ],
            },
        ),
        migrations.CreateModel(
            name='WishChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('wish', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='proposals.wish', verbose_name='微心愿')),
                ('text', models.CharField(max_length=200, verbose_name='原来的心愿')),
                ('spot', models.CharField(blank=True, max_length=120, verbose_name='原来的位置')),
                ('why', models.CharField(max_length=200, verbose_name='改了什么')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='更正人')),
                ('at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='时间')),
            ],
            options={
                'verbose_name': '心愿更正',
                'verbose_name_plural': '心愿更正',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Photo',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('proposal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='photos', to='proposals.proposal')),
                ('image', models.ImageField(upload_to='proposals/', verbose_name='照片')),
                ('small', models.ImageField(blank=True, upload_to='proposals/', verbose_name='小图')),
                ('caption', models.CharField(blank=True, max_length=80, verbose_name='说明')),
                ('moment', models.CharField(default='before', max_length=10)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('at', models.DateTimeField(db_default=minshi.clock.time.Now())),
            ],
            options={
                'verbose_name': '照片',
                'verbose_name_plural': '照片',
            },
        ),
    ]
