import django.db.models.deletion
import minshi.clock.time
import minshi.ledger.models
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
            name='Account',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=100, unique=True)),
                ('kind', models.CharField(choices=[('pot', '资金池'), ('grant', '补助'), ('project', '项目'), ('household', '居民户'), ('sponsor', '赞助方'), ('payee', '收款方'), ('retention', '尾款'), ('upkeep', '管护金'), ('outside', '平台之外')], max_length=16, verbose_name='类别')),
                ('title', models.CharField(max_length=200, verbose_name='名称（公开）')),
                ('place_path', models.CharField(blank=True, default='', max_length=200)),
                ('may_be_negative', models.BooleanField(default=False, verbose_name='可为负数')),
                ('balance_fen', models.BigIntegerField(default=0, editable=False, verbose_name='余额（分）')),
            ],
            options={
                'verbose_name': '账户',
                'verbose_name_plural': '账户',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('balance_fen__gte', 0), ('may_be_negative', True), _connector='OR'), name='account_is_not_overdrawn'),
                    models.CheckConstraint(condition=models.Q(('key', ''), _negated=True), name='account_has_a_key'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=150)),
                ('digest', models.CharField(editable=False, max_length=64)),
                ('kind', models.CharField(max_length=32, verbose_name='事由')),
                ('memo', models.CharField(max_length=300, verbose_name='摘要（公开）')),
                ('voucher', models.CharField(blank=True, default='', max_length=200, verbose_name='凭证')),
                ('subject_type', models.CharField(blank=True, default='', max_length=64)),
                ('subject_id', models.BigIntegerField(blank=True, null=True)),
                ('at', models.DateTimeField(db_default=minshi.clock.time.Now(), verbose_name='时间')),
                ('xid', models.BigIntegerField(db_default=minshi.ledger.models.Transaction(), editable=False)),
                ('by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='经办人')),
                ('confirmed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='复核人')),
                ('reverses', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversed_by', to='ledger.entry', verbose_name='冲正')),
            ],
            options={
                'verbose_name': '分录',
                'verbose_name_plural': '分录',
                'indexes': [
                    models.Index(fields=['subject_type', 'subject_id', 'at', 'id'], name='entry_of_subject'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('key',), name='one_entry_per_key'),
                    models.CheckConstraint(condition=models.Q(('key', ''), _negated=True), name='entry_has_a_key'),
                    models.CheckConstraint(condition=models.Q(('by', None), ('confirmed_by', None), models.Q(('by', models.F('confirmed_by')), _negated=True), _connector='OR'), name='entry_has_two_people'),
                    models.CheckConstraint(condition=models.Q(models.Q(('subject_id', None), ('subject_type', '')), models.Q(models.Q(('subject_type', ''), _negated=True), ('subject_id__isnull', False)), _connector='OR'), name='entry_subject_is_whole'),
                    models.CheckConstraint(condition=models.Q(('reverses', None), models.Q(('reverses', models.F('pk')), _negated=True), _connector='OR'), name='entry_reverses_another'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Posting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entry', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='postings', to='ledger.entry')),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='postings', to='ledger.account')),
                ('amount_fen', models.BigIntegerField(verbose_name='金额（分）')),
            ],
            options={
                'verbose_name': '记账',
                'verbose_name_plural': '记账',
                'indexes': [
                    models.Index(fields=['account', 'id'], name='posting_of_account'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('entry', 'account'), name='one_posting_per_account'),
                    models.CheckConstraint(condition=models.Q(('amount_fen', 0), _negated=True), name='posting_moves_something'),
                ],
            },
        ),
    ]
