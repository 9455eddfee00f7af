"""What was typed wrong and never counted may be taken back; a sponsor may step back."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('funding', '0010_small_matters'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='allocation',
            name='one_allocation_per_document',
        ),
        migrations.RemoveConstraint(
            model_name='carryover',
            name='one_carry_over_per_document',
        ),
        migrations.RemoveConstraint(
            model_name='sponsor',
            name='one_sponsor_of_a_name',
        ),
        migrations.AddField(
            model_name='allocation',
            name='rejected_at',
            field=models.DateTimeField(null=True, verbose_name='作废时间'),
        ),
        migrations.AddField(
            model_name='allocation',
            name='rejected_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='allocation',
            name='rejected_why',
            field=models.CharField(blank=True, db_default='', default='', max_length=200, verbose_name='为什么作废'),
        ),
        migrations.AddField(
            model_name='carryover',
            name='rejected_at',
            field=models.DateTimeField(null=True, verbose_name='作废时间'),
        ),
        migrations.AddField(
            model_name='carryover',
            name='rejected_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='carryover',
            name='rejected_why',
            field=models.CharField(blank=True, db_default='', default='', max_length=200, verbose_name='为什么作废'),
        ),
        migrations.AddField(
            model_name='inkind',
            name='rejected_at',
            field=models.DateTimeField(null=True, verbose_name='作废时间'),
        ),
        migrations.AddField(
            model_name='inkind',
            name='rejected_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='inkind',
            name='rejected_why',
            field=models.CharField(blank=True, db_default='', default='', max_length=200, verbose_name='为什么作废'),
        ),
        migrations.AddField(
            model_name='sponsor',
            name='withdrawn_at',
            field=models.DateTimeField(null=True, verbose_name='不再出的时间'),
        ),
        migrations.AddField(
            model_name='sponsor',
            name='withdrawn_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='sponsor',
            name='withdrawn_why',
            field=models.CharField(blank=True, db_default='', default='', max_length=200, verbose_name='为什么不再出'),
        ),
        migrations.AddConstraint(
            model_name='allocation',
            constraint=models.UniqueConstraint(condition=models.Q(('rejected_at', None)), fields=('pot', 'document'), name='one_allocation_per_document'),
        ),
        migrations.AddConstraint(
            model_name='allocation',
            constraint=models.CheckConstraint(condition=models.Q(('rejected_at', None), models.Q(('confirmed_at', None), models.Q(('rejected_why', ''), _negated=True)), _connector='OR'), name='allocation_is_one_or_other'),
        ),
        migrations.AddConstraint(
            model_name='carryover',
            constraint=models.UniqueConstraint(condition=models.Q(('rejected_at', None)), fields=('pot', 'document'), name='one_carry_over_per_document'),
        ),
        migrations.AddConstraint(
            model_name='carryover',
            constraint=models.CheckConstraint(condition=models.Q(('rejected_at', None), models.Q(('confirmed_at', None), models.Q(('rejected_why', ''), _negated=True)), _connector='OR'), name='carry_over_is_one_or_other'),
        ),
        migrations.AddConstraint(
            model_name='inkind',
            constraint=models.CheckConstraint(condition=models.Q(('rejected_at', None), models.Q(('confirmed_at', None), models.Q(('rejected_why', ''), _negated=True)), _connector='OR'), name='in_kind_is_one_or_other'),
        ),
        migrations.AddConstraint(
            model_name='sponsor',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at', None)), fields=('proposal', 'name'), name='one_sponsor_of_a_name'),
        ),
        migrations.AddConstraint(
            model_name='sponsor',
            constraint=models.CheckConstraint(condition=models.Q(('withdrawn_at', None), models.Q(('withdrawn_why', ''), _negated=True), _connector='OR'), name='sponsor_withdraws_with_a_reason'),
        ),
    ]
