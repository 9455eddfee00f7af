
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('deliberation', '0002_guards'),
        ('proposals', '0005_labels'),
    ]

    operations = [
        migrations.AlterField(
            model_name='decision',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='proposals.version', verbose_name='依据的方案'),
        ),
        migrations.AlterField(
            model_name='partystudy',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='proposals.version', verbose_name='依据的方案'),
        ),
        migrations.AlterField(
            model_name='workinggroup',
            name='ended_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='结束时间'),
        ),
    ]
