import minshi.clock.time
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [('clock', '0001_initial')]

    operations = [
        migrations.CreateModel(
            name='Code',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('phone', models.CharField(max_length=11, verbose_name='手机号')),
                ('purpose', models.CharField(choices=[('signin', '登录'), ('fresh', '再次确认')], max_length=8, verbose_name='用途')),
                ('session', models.CharField(max_length=64)),
                ('digest', models.CharField(max_length=64)),
                ('asked_at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='时间')),
                ('guesses', models.PositiveSmallIntegerField(default=0, verbose_name='已猜次数')),
                ('used_at', models.DateTimeField(blank=True, null=True, verbose_name='使用时间')),
            ],
            options={
                'verbose_name': '验证码',
                'verbose_name_plural': '验证码',
                'indexes': [
                    models.Index(models.F('phone'), models.OrderBy(models.F('asked_at'), descending=True), name='code_of_phone'),
                    models.Index(models.F('session'), models.F('purpose'), models.OrderBy(models.F('id'), descending=True), name='code_of_browser'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('guesses__lte', 5)), name='five_guesses_a_code'),
                    models.CheckConstraint(condition=models.Q(('phone__regex', '^1[3-9][0-9]{9}\\Z')), name='code_for_a_mainland_mobile'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('key', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('count', models.PositiveIntegerField()),
                ('until', models.DateTimeField()),
            ],
            options={
                'verbose_name': '计次',
                'verbose_name_plural': '计次',
            },
        ),
    ]
