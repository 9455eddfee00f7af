import django.db.models.deletion
import minshi.clock.time
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('unsent', '0001_initial'), ('unsent', '0002_signed_out')]

    initial = True

    dependencies = [
        ('clock', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='UnsentFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.UUIDField(unique=True)),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('author', models.CharField(blank=True, db_default='', max_length=64)),
                ('path', models.CharField(max_length=300)),
                ('field', models.CharField(max_length=80)),
                ('name', models.CharField(max_length=120, verbose_name='文件名')),
                ('file', models.FileField(upload_to='unsent/')),
                ('at', models.DateTimeField(db_default=minshi.clock.time.Now())),
            ],
            options={
                'verbose_name': '没有提交成的附件',
                'verbose_name_plural': '没有提交成的附件',
                'indexes': [
                    models.Index(fields=['user', 'path'], name='unsent_of_form'),
                    models.Index(fields=['at'], name='unsent_at'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('author', ''), ('user__isnull', False)), models.Q(('user', None), models.Q(('author', ''), _negated=True)), _connector='OR'), name='unsent_is_somebodys'),
                ],
            },
        ),
    ]
