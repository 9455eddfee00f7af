from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('deadlines', '0003_failing'),
    ]

    operations = [
        migrations.CreateModel(
            name='ClockSeen',
            fields=[
                ('boot', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('wall', models.FloatField()),
                ('skew', models.FloatField()),
                ('stepped', models.FloatField(default=0.0)),
            ],
            options={
                'verbose_name': '见过的时钟',
                'verbose_name_plural': '见过的时钟',
            },
        ),
    ]
