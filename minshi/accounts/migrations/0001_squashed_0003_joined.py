import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import minshi.clock.time
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('accounts', '0001_initial'), ('accounts', '0002_money_from'), ('accounts', '0003_joined')]

    initial = True

    dependencies = [
        ('clock', '0001_initial'),
        ('auth', '0012_alter_user_first_name_max_length'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(max_length=64, unique=True, verbose_name='登录名')),
                ('phone', models.CharField(blank=True, max_length=11, null=True, unique=True, validators=[django.core.validators.RegexValidator('^1[3-9][0-9]{9}\\Z')], verbose_name='手机号')),
                ('phone_verified', models.BooleanField(default=False, verbose_name='手机号已验证')),
                ('is_staff', models.BooleanField(default=False, verbose_name='工作人员')),
                ('is_active', models.BooleanField(default=True, verbose_name='启用')),
                ('owes_password', models.BooleanField(default=False, verbose_name='须换掉初始密码')),
                ('money_from', models.DateTimeField(blank=True, null=True, verbose_name='可办钱的事从')),
                ('date_joined', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='注册时间')),
                ('joined_to', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('also', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, editable=False, size=None)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': '账号',
                'verbose_name_plural': '账号',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('phone__isnull', True), ('phone__regex', '^1[3-9][0-9]{9}\\Z'), _connector='OR'), name='phone_is_a_mainland_mobile'),
                    models.CheckConstraint(condition=models.Q(('joined_to', None), models.Q(('is_active', False), ('phone', None)), _connector='OR'), name='joined_account_is_closed'),
                ],
            },
        ),
    ]
