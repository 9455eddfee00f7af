
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('deadlines', '0002_guards'),
    ]

    operations = [
        migrations.AlterField(
            model_name='deadline',
            name='handled_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='处理时间'),
        ),
        migrations.AlterField(
            model_name='deadline',
            name='outcome',
            field=models.CharField(blank=True, choices=[('', '未到期'), ('fired', '已到期处理'), ('met', '按时完成')], default='', max_length=8, verbose_name='结果'),
        ),
    ]
