import django.db.models.deletion
import minshi.clock.time
import minshi.lifecycle.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('clock', '0001_initial'),
        ('residents', '0001_initial'),
        ('territory', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Roll',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('household', '户'), ('resident', '满18岁居民'), ('representative', '代表'), ('owner', '业主')], max_length=14, verbose_name='一票属于')),
                ('size', models.PositiveIntegerField(default=0, verbose_name='单位数')),
                ('persons', models.PositiveIntegerField(default=0, verbose_name='人数')),
                ('area_m2', models.DecimalField(decimal_places=2, default=0, max_digits=14, verbose_name='面积（平方米）')),
                ('frozen_at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='固定时间')),
                ('xid', models.BigIntegerField(db_default=minshi.lifecycle.models.CurrentTransaction(), editable=False)),
            ],
            options={
                'verbose_name': '名册',
                'verbose_name_plural': '名册',
            },
        ),
        migrations.CreateModel(
            name='Unit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('roll', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='units', to='rolls.roll', verbose_name='名册')),
                ('ordinal', models.PositiveIntegerField(verbose_name='名册序号')),
                ('label', models.CharField(max_length=80, verbose_name='位置')),
                ('household', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.household', verbose_name='户')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='residents.person', verbose_name='人')),
                ('persons', models.PositiveIntegerField(default=1, verbose_name='人数')),
                ('area_m2', models.DecimalField(decimal_places=2, default=0, max_digits=12, verbose_name='面积（平方米）')),
                ('reach', models.CharField(choices=[('reachable', '在册'), ('unreachable', '联系不上')], default='reachable', max_length=12, verbose_name='状态')),
                ('reach_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reach_note', models.CharField(blank=True, max_length=120, verbose_name='联系经过')),
            ],
            options={
                'verbose_name': '名册单位',
                'verbose_name_plural': '名册单位',
                'ordering': ['roll', 'ordinal'],
                'constraints': [
                    models.UniqueConstraint(fields=('roll', 'household'), name='one_unit_per_household'),
                    models.UniqueConstraint(fields=('roll', 'person'), name='one_unit_per_person'),
                    models.UniqueConstraint(fields=('roll', 'ordinal'), name='one_unit_of_an_ordinal'),
                    models.CheckConstraint(condition=models.Q(('household', None), ('person', None), _connector='OR'), name='unit_is_a_door_or_a_person'),
                    models.CheckConstraint(condition=models.Q(('area_m2__gte', 0)), name='unit_has_no_negative_area'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Share',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shares', to='rolls.unit')),
                ('ownership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='residents.ownership')),
            ],
            options={
                'verbose_name': '名册产权',
                'verbose_name_plural': '名册产权',
                'constraints': [
                    models.UniqueConstraint(fields=('unit', 'ownership'), name='one_share_of_an_ownership'),
                ],
            },
        ),
    ]
