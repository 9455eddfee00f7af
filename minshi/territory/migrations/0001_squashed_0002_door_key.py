import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('territory', '0001_initial'), ('territory', '0002_door_key')]

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name='Level',
            fields=[
                ('code', models.CharField(max_length=20, primary_key=True, serialize=False, verbose_name='代码')),
                ('name', models.CharField(max_length=40, verbose_name='名称')),
                ('rank', models.PositiveSmallIntegerField(unique=True, verbose_name='次序')),
            ],
            options={
                'verbose_name': '层级',
                'verbose_name_plural': '层级',
                'ordering': ['rank'],
            },
        ),
        migrations.CreateModel(
            name='Territory',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=32, unique=True, verbose_name='代码')),
                ('name', models.CharField(max_length=80, verbose_name='名称')),
                ('official_name', models.CharField(blank=True, max_length=120, verbose_name='全称')),
                ('level', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='territory.level', verbose_name='层级')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='territory.territory')),
                ('path', models.CharField(max_length=200, unique=True)),
                ('full_name', models.CharField(max_length=300, verbose_name='完整名称')),
                ('organisation_code', models.CharField(blank=True, max_length=9, verbose_name='机构代码')),
                ('phone', models.CharField(blank=True, max_length=20, verbose_name='办公电话')),
            ],
            options={
                'verbose_name': '地方',
                'verbose_name_plural': '地方',
                'ordering': ['path'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('path__endswith', '/')), name='path_is_closed'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Household',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='households', to='territory.territory', verbose_name='所在楼院')),
                ('address', models.CharField(max_length=80, verbose_name='门牌')),
                ('key', models.CharField(blank=True, default='', editable=False, max_length=40)),
                ('label', models.CharField(blank=True, max_length=80, verbose_name='公开的位置')),
                ('area_m2', models.DecimalField(blank=True, decimal_places=2, max_digits=8, null=True, verbose_name='面积（平方米）')),
                ('is_active', models.BooleanField(default=True, verbose_name='在册')),
            ],
            options={
                'verbose_name': '户',
                'verbose_name_plural': '户',
                'constraints': [
                    models.UniqueConstraint(fields=('place', 'address'), name='one_household_per_door'),
                    models.UniqueConstraint(condition=models.Q(('key', ''), _negated=True), fields=('place', 'key'), name='one_household_per_reading'),
                ],
            },
        ),
    ]
