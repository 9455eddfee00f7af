from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('worker', '任务进程'), ('beat', '定时器'), ('sweeper', '到期巡查')], max_length=16, unique=True, verbose_name='进程')),
                ('at', models.DateTimeField(verbose_name='最近一次')),
            ],
            options={
                'verbose_name': '心跳',
                'verbose_name_plural': '心跳',
            },
        ),
    ]
