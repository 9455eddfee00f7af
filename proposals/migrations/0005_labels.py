
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('proposals', '0004_reading'),
    ]

    operations = [
        migrations.AlterField(
            model_name='handling',
            name='proposal',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='handlings', to='proposals.proposal', verbose_name='项目'),
        ),
    ]
