from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('health', '0002_look'),
    ]

    operations = [
        migrations.CreateModel(
            name='Process',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('worker', '任务进程'), ('beat', '定时器'), ('sweeper', '到期巡查')], max_length=16, verbose_name='进程')),
                ('machine', models.CharField(max_length=80, verbose_name='机器')),
                ('at', models.DateTimeField(verbose_name='最近一次')),
            ],
            options={
                'verbose_name': '进程',
                'verbose_name_plural': '进程',
                'constraints': [models.UniqueConstraint(fields=('kind', 'machine'), name='one_process_of_a_kind_on_a_machine')],
            },
        ),
    ]
