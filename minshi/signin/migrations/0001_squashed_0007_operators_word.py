import django.core.validators
import django.db.models.deletion
import minshi.clock.time
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('signin', '0001_initial'), ('signin', '0002_security_events'), ('signin', '0003_resets'), ('signin', '0004_alter_code_purpose'), ('signin', '0005_takeover'), ('signin', '0006_two_people'), ('signin', '0007_operators_word')]

    initial = True

    dependencies = [
        ('clock', '0001_initial'),
        ('territory', '0002_door_key'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Code',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('phone', models.CharField(max_length=11, verbose_name='手机号')),
                ('purpose', models.CharField(choices=[('signin', '登录'), ('fresh', '再次确认'), ('number', '换手机号')], max_length=8, verbose_name='用途')),
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
        migrations.CreateModel(
            name='SecurityEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='时间')),
                ('kind', models.CharField(choices=[('signed_in', '登录成功'), ('wrong_password', '密码不对'), ('code_sent', '取了验证码'), ('wrong_code', '验证码不对或过期'), ('wrong_factor', '动态验证码不对'), ('locked', '次数太多，暂停尝试'), ('reset', '重设了登录'), ('password', '换了密码'), ('number', '换了手机号'), ('factor_added', '设了动态口令'), ('factor_removed', '去掉了动态口令'), ('granted', '授予角色'), ('revoked', '撤销角色'), ('opened', '启用账号'), ('closed', '停用账号'), ('refused', '没有权限，被拒绝'), ('number_asked', '申请换掉用不了的手机号'), ('join_asked', '申请和另一个账号合并'), ('joined', '和另一个账号合并了')], max_length=16, verbose_name='什么事')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='谁的账号')),
                ('about', models.CharField(blank=True, max_length=120, verbose_name='说明')),
                ('by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='谁办的')),
                ('address', models.CharField(blank=True, max_length=45, verbose_name='网络地址')),
            ],
            options={
                'verbose_name': '安全记录',
                'verbose_name_plural': '安全记录',
                'ordering': ['-id'],
                'indexes': [
                    models.Index(fields=['user', '-id'], name='security_of_user'),
                    models.Index(fields=['at'], name='security_by_age'),
                ],
            },
        ),
        migrations.CreateModel(
            name='AccessReset',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='access_resets', to=settings.AUTH_USER_MODEL, verbose_name='账号')),
                ('reason', models.CharField(max_length=300, verbose_name='理由')),
                ('phone', models.CharField(blank=True, max_length=11, verbose_name='手机号')),
                ('by_operator', models.BooleanField(default=False, verbose_name='运维命令')),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('asked_at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='申请时间')),
                ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('confirmed_at', models.DateTimeField(null=True, verbose_name='复核时间')),
                ('dropped_at', models.DateTimeField(null=True, verbose_name='作废时间')),
            ],
            options={
                'verbose_name': '重设登录',
                'verbose_name_plural': '重设登录',
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('confirmed_at', None), ('dropped_at', None)), fields=('user',), name='one_reset_at_a_time'),
                    models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='reset_says_why'),
                    models.CheckConstraint(condition=models.Q(models.Q(('asked_by', None), ('by_operator', True), ('confirmed_by', None)), models.Q(('asked_by__isnull', False), ('by_operator', False), models.Q(('asked_by', models.F('user')), _negated=True)), _connector='OR'), name='reset_is_asked_by_another'),
                    models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at', None), ('confirmed_by', None)), ('by_operator', True), models.Q(('confirmed_at__isnull', False), ('confirmed_by__isnull', False), models.Q(('confirmed_by', models.F('asked_by')), _negated=True), models.Q(('confirmed_by', models.F('user')), _negated=True)), _connector='OR'), name='reset_takes_two_people'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Joining',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=300, verbose_name='理由')),
                ('basis', models.CharField(max_length=200, verbose_name='依据（怎么核实的）')),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('asked_at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='申请时间')),
                ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('confirmed_at', models.DateTimeField(null=True, verbose_name='复核时间')),
                ('dropped_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('dropped_at', models.DateTimeField(null=True, verbose_name='作废时间')),
                ('stays', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='留下的账号')),
                ('ends', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='joinings', to=settings.AUTH_USER_MODEL, verbose_name='并入的账号')),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.territory', verbose_name='地方')),
                ('by_operator', models.BooleanField(default=False, verbose_name='运维命令')),
            ],
            options={
                'verbose_name': '合并账号',
                'verbose_name_plural': '合并账号',
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('confirmed_at', None), ('dropped_at', None)), fields=('ends',), name='one_joining_at_a_time'),
                    models.CheckConstraint(condition=models.Q(('stays', models.F('ends')), _negated=True), name='joining_is_of_two_accounts'),
                    models.CheckConstraint(condition=models.Q(models.Q(('reason', ''), _negated=True), models.Q(('basis', ''), _negated=True)), name='joining_says_why'),
                    models.CheckConstraint(condition=models.Q(models.Q(models.Q(('confirmed_at', None), ('confirmed_by', None)), models.Q(('confirmed_at__isnull', False), ('confirmed_by__isnull', False), ('dropped_at', None), models.Q(('confirmed_by', models.F('asked_by')), _negated=True)), models.Q(('by_operator', True), ('confirmed_at__isnull', False), ('confirmed_by', None), ('dropped_at', None)), _connector='OR'), models.Q(('confirmed_by', models.F('stays')), _negated=True), models.Q(('asked_by', models.F('stays')), _negated=True), models.Q(('confirmed_by', models.F('ends')), _negated=True), models.Q(('asked_by', models.F('ends')), _negated=True)), name='joining_takes_two_people'),
                ],
            },
        ),
        migrations.CreateModel(
            name='LostNumber',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=300, verbose_name='理由')),
                ('basis', models.CharField(max_length=200, verbose_name='依据（怎么核实的）')),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('asked_at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='申请时间')),
                ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('confirmed_at', models.DateTimeField(null=True, verbose_name='复核时间')),
                ('dropped_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('dropped_at', models.DateTimeField(null=True, verbose_name='作废时间')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lost_numbers', to=settings.AUTH_USER_MODEL, verbose_name='账号')),
                ('phone', models.CharField(max_length=11, validators=[django.core.validators.RegexValidator('^1[3-9][0-9]{9}\\Z')], verbose_name='新手机号')),
                ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='territory.territory', verbose_name='地方')),
            ],
            options={
                'verbose_name': '旧号码用不了，换手机号',
                'verbose_name_plural': '旧号码用不了，换手机号',
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('confirmed_at', None), ('dropped_at', None)), fields=('user',), name='one_lost_number_at_a_time'),
                    models.CheckConstraint(condition=models.Q(('phone', ''), ('phone__regex', '^1[3-9][0-9]{9}\\Z'), _connector='OR'), name='new_number_rings'),
                    models.CheckConstraint(condition=models.Q(models.Q(('reason', ''), _negated=True), models.Q(('basis', ''), _negated=True)), name='lost_number_says_why'),
                    models.CheckConstraint(condition=models.Q(models.Q(models.Q(('confirmed_at', None), ('confirmed_by', None)), models.Q(('confirmed_at__isnull', False), ('confirmed_by__isnull', False), ('dropped_at', None), models.Q(('confirmed_by', models.F('asked_by')), _negated=True)), _connector='OR'), models.Q(('confirmed_by', models.F('user')), _negated=True), models.Q(('asked_by', models.F('user')), _negated=True)), name='lost_number_takes_two_people'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Activation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('digest', models.CharField(max_length=64)),
                ('reset', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='signin.accessreset')),
                ('by_text', models.BooleanField(default=True)),
                ('issued_at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='时间')),
                ('expires_at', models.DateTimeField(verbose_name='失效时间')),
                ('guesses', models.PositiveSmallIntegerField(default=0, verbose_name='已猜次数')),
                ('used_at', models.DateTimeField(blank=True, null=True, verbose_name='使用时间')),
            ],
            options={
                'verbose_name': '启用码',
                'verbose_name_plural': '启用码',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('guesses__lte', 5)), name='five_guesses_an_activation'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Takeover',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('phone', models.CharField(max_length=11, verbose_name='手机号')),
                ('former', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('newcomer', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('asked_at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='时间')),
                ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='办结时间')),
            ],
            options={
                'verbose_name': '号码更换主人',
                'verbose_name_plural': '号码更换主人',
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('settled_at', None)), fields=('phone',), name='one_takeover_of_a_number'),
                ],
            },
        ),
    ]
