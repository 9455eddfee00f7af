
import django.db.models.deletion
import minshi.clock.time
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('funding', '0002_guards'),
        ('proposals', '0005_labels'),
    ]

    operations = [
        migrations.AlterField(
            model_name='change',
            name='contract',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='funding.contract', verbose_name='合同'),
        ),
        migrations.AlterField(
            model_name='contribution',
            name='stage_since',
            field=models.DateTimeField(null=True, verbose_name='进入本阶段'),
        ),
        migrations.AlterField(
            model_name='grant',
            name='stage_since',
            field=models.DateTimeField(null=True, verbose_name='进入本阶段'),
        ),
        migrations.AlterField(
            model_name='inkind',
            name='recorded_at',
            field=models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='登记时间'),
        ),
        migrations.AlterField(
            model_name='purse',
            name='proposal',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='purse', serialize=False, to='proposals.proposal', verbose_name='项目'),
        ),
    ]
