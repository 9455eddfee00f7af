import django.contrib.postgres.constraints
import django.contrib.postgres.operations
import django.db.models.deletion
import minshi.clock.time
import minshi.residents.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('residents', '0001_initial'), ('residents', '0002_representation'), ('residents', '0003_birth_month'), ('residents', '0004_struck_by_two')]

    initial = True

    dependencies = [
        ('clock', '0001_initial'),
        ('territory', '0002_door_key'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        django.contrib.postgres.operations.BtreeGistExtension(),
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='person', to=settings.AUTH_USER_MODEL)),
                ('name', models.CharField(max_length=40, verbose_name='姓名')),
                ('is_adult', models.BooleanField(default=True, verbose_name='已满18岁')),
                ('born', models.DateField(blank=True, null=True, verbose_name='出生年月（未满18岁）')),
                ('consented_at', models.DateTimeField(blank=True, null=True, verbose_name='个人信息告知同意时间')),
            ],
            options={
                'verbose_name': '居民',
                'verbose_name_plural': '居民',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('is_adult', False), ('born', None), _connector='OR'), name='no_birth_month_of_an_adult'),
                    models.CheckConstraint(condition=models.Q(('born', None), ('born__day', 1), _connector='OR'), name='birth_is_kept_by_month'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Residence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='residences', to='residents.person')),
                ('household', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='residences', to='territory.household', verbose_name='户')),
                ('since', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='从')),
                ('until', models.DateTimeField(blank=True, null=True, verbose_name='到（不含）')),
                ('confirmed_at', models.DateTimeField(blank=True, null=True, verbose_name='住户身份确认时间')),
                ('confirmed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('is_representative', models.BooleanField(default=False, verbose_name='户代表')),
            ],
            options={
                'verbose_name': '居住',
                'verbose_name_plural': '居住',
                'indexes': [
                    models.Index(fields=['household', 'since'], name='residence_of_door'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('until', None), ('until__gte', models.F('since')), _connector='OR'), name='residence_ends_after_it_begins'),
                    models.CheckConstraint(condition=models.Q(('is_representative', False), models.Q(('confirmed_at__isnull', False), ('person__isnull', False)), _connector='OR'), name='representative_is_confirmed'),
                    models.UniqueConstraint(condition=models.Q(('is_representative', True), ('until', None)), fields=('household',), name='one_representative_per_household'),
                    models.UniqueConstraint(condition=models.Q(('person', None), ('until', None)), fields=('household',), name='one_unknown_residence_per_household'),
                    django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('person', '='), (minshi.residents.models.TimeRange('since', 'until'), '&&')], name='one_residence_at_a_time'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Representation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('home', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='representations', to='residents.residence', verbose_name='申请人的居住')),
                ('asked_at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='申请时间')),
                ('is_contested', models.BooleanField(default=False, verbose_name='现任户代表不同意')),
                ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='办结时间')),
                ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('is_granted', models.BooleanField(blank=True, null=True, verbose_name='同意更换')),
            ],
            options={
                'verbose_name': '户代表申请',
                'verbose_name_plural': '户代表申请',
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('answered_at', None)), fields=('home',), name='one_open_representation_of_a_home'),
                    models.CheckConstraint(condition=models.Q(models.Q(('answered_at', None), ('is_granted', None)), models.Q(('answered_at__isnull', False), ('answered_by__isnull', False), ('is_granted__isnull', False)), _connector='OR'), name='representation_is_answered_whole'),
                ],
            },
        ),
        migrations.CreateModel(
            name='StrikeOff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('household', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='strikes', to='territory.household', verbose_name='户')),
                ('reason', models.CharField(max_length=120, verbose_name='注销理由')),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='申请人')),
                ('asked_as', models.CharField(max_length=120, verbose_name='申请人身份')),
                ('asked_at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='申请时间')),
                ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('answered_as', models.CharField(blank=True, default='', max_length=120, verbose_name='复核人身份')),
                ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='复核时间')),
                ('is_granted', models.BooleanField(blank=True, null=True, verbose_name='同意注销')),
                ('answer', models.CharField(blank=True, default='', max_length=120, verbose_name='不同意的理由')),
                ('restored_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('restored_at', models.DateTimeField(blank=True, null=True, verbose_name='恢复时间')),
            ],
            options={
                'verbose_name': '门牌注销',
                'verbose_name_plural': '门牌注销',
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('answered_at', None)), fields=('household',), name='one_open_strike_of_a_door'),
                    models.CheckConstraint(condition=models.Q(('answered_by', models.F('asked_by')), _negated=True), name='two_strike_a_door_off'),
                    models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='a_door_is_struck_for_a_reason'),
                    models.CheckConstraint(condition=models.Q(models.Q(('answered_at', None), ('answered_by', None), ('is_granted', None)), models.Q(('answered_at__isnull', False), ('answered_by__isnull', False), ('is_granted__isnull', False)), _connector='OR'), name='strike_is_answered_whole'),
                    models.CheckConstraint(condition=models.Q(models.Q(('restored_at', None), ('restored_by', None)), models.Q(('is_granted', True), ('restored_at__isnull', False), ('restored_by__isnull', False)), _connector='OR'), name='only_a_struck_door_is_restored'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Ownership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('household', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ownerships', to='territory.household', verbose_name='户')),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='ownerships', to='residents.person')),
                ('organisation', models.CharField(blank=True, max_length=80, verbose_name='单位')),
                ('since', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='从')),
                ('until', models.DateTimeField(blank=True, null=True, verbose_name='到（不含）')),
            ],
            options={
                'verbose_name': '产权',
                'verbose_name_plural': '产权',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('organisation', ''), ('person__isnull', False)), models.Q(('person', None), models.Q(('organisation', ''), _negated=True)), _connector='OR'), name='owner_is_a_person_or_an_organisation'),
                    models.CheckConstraint(condition=models.Q(('until', None), ('until__gte', models.F('since')), _connector='OR'), name='ownership_ends_after_it_begins'),
                    models.UniqueConstraint(condition=models.Q(('until', None)), fields=('household', 'person', 'organisation'), name='owns_a_door_once', nulls_distinct=False),
                ],
            },
        ),
        migrations.CreateModel(
            name='RoleGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grants', to=settings.AUTH_USER_MODEL)),
                ('role', models.CharField(choices=[('chief', '楼栋长'), ('ten_chief', '十户长'), ('group_leader', '小组长'), ('grid_worker', '网格员'), ('delegate', '两代表一委员'), ('clerk', '社区工作人员'), ('party', '社区党组织'), ('supervisor', '居务监督委员会'), ('case_officer', '街道经办'), ('approver', '街道审批'), ('cashier', '街道财务'), ('district_officer', '区牵头部门'), ('district_finance', '区财政')], max_length=20, verbose_name='角色')),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grants', to='territory.territory', verbose_name='地方')),
                ('since', models.DateField(verbose_name='开始')),
                ('until', models.DateField(blank=True, null=True, verbose_name='结束（不含）')),
                ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='撤销时间')),
                ('basis', models.CharField(blank=True, max_length=200, verbose_name='依据（推选或任命记录）')),
                ('granted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('granted_at', models.DateTimeField(db_default=minshi.clock.time.Now())),
            ],
            options={
                'verbose_name': '任职',
                'verbose_name_plural': '任职',
                'indexes': [
                    models.Index(fields=['place', 'role'], name='grant_of_place'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('until', None), ('until__gt', models.F('since')), _connector='OR'), name='grant_ends_after_it_begins'),
                    django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('revoked_at', None)), expressions=[('user', '='), ('role', '='), ('place', '='), (minshi.residents.models.DateRange('since', 'until'), '&&')], name='one_grant_at_a_time'),
                ],
            },
        ),
    ]
