import django.db.models.deletion
import minshi.clock.time
import minshi.lifecycle.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('clock', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='StepRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject_type', models.CharField(max_length=64)),
                ('subject_id', models.BigIntegerField()),
                ('verb', models.CharField(max_length=40)),
                ('source', models.CharField(blank=True, max_length=24)),
                ('target', models.CharField(max_length=24)),
                ('label', models.CharField(max_length=80, verbose_name='步骤')),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('as_role', models.CharField(blank=True, max_length=80, verbose_name='身份')),
                ('reason', models.TextField(blank=True, verbose_name='理由')),
                ('evidence', models.JSONField(blank=True, default=dict, verbose_name='依据')),
                ('at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='时间')),
                ('xid', models.BigIntegerField(db_default=minshi.lifecycle.models.CurrentTransaction(), editable=False)),
            ],
            options={
                'verbose_name': '办理记录',
                'verbose_name_plural': '办理记录',
                'indexes': [
                    models.Index(fields=['subject_type', 'subject_id', 'id'], name='step_of_subject'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Edge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject_type', models.CharField(max_length=64)),
                ('verb', models.CharField(max_length=40)),
                ('source', models.CharField(blank=True, max_length=24)),
                ('target', models.CharField(max_length=24)),
                ('gate', models.CharField(blank=True, max_length=24)),
            ],
            options={
                'verbose_name': '步骤表',
                'verbose_name_plural': '步骤表',
                'constraints': [
                    models.UniqueConstraint(fields=('subject_type', 'verb', 'source', 'target'), name='one_edge'),
                ],
            },
        ),
    ]
