"""An objection from outside may be called a remark; each notice says who stands above whoever posted it."""

import django.db.models.deletion
import minshi.clock.time
from django.conf import settings
from django.db import migrations, models

from minshi.guards.operations import DropGuards

ABOVE = [('street', '街道'), ('district', '区牵头部门'), ('above', '区牵头部门两位工作人员')]

# As it was on the day of the posting: the nearest office of whoever posted it, or the place's own where that is higher.
WHO_STANDS_ABOVE = """
    UPDATE disclosure_notice AS notice SET above = CASE greatest(
            CASE WHEN place.level_id IN ('city', 'district') THEN 3 WHEN place.level_id = 'street' THEN 2 ELSE 1 END,
            (
                SELECT CASE WHEN held.role IN ('district_officer', 'district_finance') THEN 3
                            WHEN held.role IN ('case_officer', 'approver', 'cashier') THEN 2 ELSE 1 END AS office
                FROM residents_rolegrant AS held
                JOIN territory_territory AS seat ON seat.id = held.place_id AND starts_with(place.path, seat.path)
                WHERE held.user_id = notice.posted_by_id
                  AND held.role IN ('clerk', 'party', 'supervisor', 'case_officer', 'approver', 'cashier',
                                    'district_officer', 'district_finance')
                  AND held.since <= (notice.posted_at AT TIME ZONE 'Asia/Shanghai')::date
                  AND (held.until IS NULL OR held.until > (notice.posted_at AT TIME ZONE 'Asia/Shanghai')::date)
                  AND (held.revoked_at IS NULL OR held.revoked_at > notice.posted_at)
                ORDER BY length(seat.path) DESC, office DESC LIMIT 1
            )
        ) WHEN 1 THEN 'street' WHEN 2 THEN 'district' ELSE 'above' END
    FROM territory_territory AS place WHERE place.id = notice.place_id;
    SET CONSTRAINTS ALL IMMEDIATE
"""


class Migration(migrations.Migration):

    dependencies = [
        ('disclosure', '0004_concerned'),
        ('territory', '0002_door_key'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        DropGuards("disclosure_notice", "disclosure_objection"),
        migrations.AddField(
            model_name='notice',
            name='above',
            field=models.CharField(choices=ABOVE, default='above', max_length=10, verbose_name='发布者的上一级'),
        ),
        migrations.AddField(
            model_name='notice',
            name='objections_remarked',
            field=models.PositiveIntegerField(default=0, verbose_name='未答复的意见建议'),
        ),
        migrations.AddField(
            model_name='objection',
            name='door',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.household'),
        ),
        migrations.RunSQL(WHO_STANDS_ABOVE, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('objections_remarked__lte', models.F('objections_open'))), name='notice_remarked_among_open'),
        ),
        migrations.CreateModel(
            name='Remark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('level', models.CharField(choices=ABOVE, max_length=10, verbose_name='由谁认定')),
                ('reason', models.TextField(verbose_name='理由')),
                ('as_role', models.CharField(max_length=80, verbose_name='认定人身份')),
                ('at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='时间')),
                ('second_as', models.CharField(blank=True, max_length=80, verbose_name='确认人身份')),
                ('second_at', models.DateTimeField(blank=True, null=True, verbose_name='确认时间')),
                ('dropped_at', models.DateTimeField(blank=True, null=True, verbose_name='另一位不同意的时间')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='认定人')),
                ('objection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='remarks', to='disclosure.objection', verbose_name='异议')),
                ('second', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='确认人')),
            ],
            options={
                'verbose_name': '意见建议的认定',
                'verbose_name_plural': '意见建议的认定',
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('dropped_at', None)), fields=('objection',), name='one_standing_remark_an_objection'), models.CheckConstraint(condition=models.Q(('reason__regex', '\\S')), name='remark_for_a_reason'), models.CheckConstraint(condition=models.Q(models.Q(('dropped_at', None), ('second', None), ('second_at', None)), models.Q(('level', 'above'), ('second__isnull', False), ('second_at__isnull', False)), _connector='OR'), name='second_hand_only_on_a_remark_above'), models.CheckConstraint(condition=models.Q(('second', models.F('by')), _negated=True), name='remark_by_two_humans')],
            },
        ),
    ]
