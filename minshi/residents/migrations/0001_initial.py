import django.contrib.postgres.constraints
import django.contrib.postgres.operations
import django.db.models.deletion
import minshi.clock.time
import minshi.residents.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('clock', '0001_initial'),
        ('territory', '0001_initial'),
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
                ('household', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='members', to='territory.household', verbose_name='户')),
                ('is_representative', models.BooleanField(default=False, verbose_name='户代表')),
                ('is_adult', models.BooleanField(default=True, verbose_name='已满18岁')),
                ('confirmed_at', models.DateTimeField(blank=True, null=True, verbose_name='住户身份确认时间')),
                ('consented_at', models.DateTimeField(blank=True, null=True, verbose_name='个人信息告知同意时间')),
            ],
            options={
                'verbose_name': '居民',
                'verbose_name_plural': '居民',
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('is_representative', True)), fields=('household',), name='one_representative_per_household'),
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
