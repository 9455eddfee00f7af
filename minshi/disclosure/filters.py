"""What the board may be asked for: place, kind, running or past, and nothing else."""

from __future__ import annotations

import django_filters
from django.utils.translation import gettext_lazy as _

from minshi.disclosure.models import Kind, Notice, NoticeQuerySet
from minshi.paging import words_of

RUNNING, PAST = "running", "past"


class BoardFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("标题或索引号里有"), method="named")
    kind = django_filters.ChoiceFilter(label=_("种类"), choices=Kind.choices, empty_label=_("所有种类"))
    when = django_filters.ChoiceFilter(
        label=_("期限"),
        choices=[(RUNNING, _("正在公示")), (PAST, _("已经结束"))],
        empty_label=_("全部"),
        method="by_period",
    )

    class Meta:
        model = Notice
        fields: tuple[str, ...] = ()

    def named(self, rows: NoticeQuerySet, name: str, asked: str) -> NoticeQuerySet:
        for word in words_of(asked):
            rows = rows.named(word)
        return rows

    def by_period(self, rows: NoticeQuerySet, name: str, asked: str) -> NoticeQuerySet:
        return rows.running() if asked == RUNNING else rows.past()
