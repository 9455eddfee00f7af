"""A notice as it stands on the board: whether it runs, until when, and what came of it."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from minshi.disclosure.models import Notice
from minshi.faces.templatetags.faces import notice_card

register = template.Library()


@register.simple_tag
def on_board(notice: Notice) -> SafeString:
    """Of ``Notice.objects.for_lists()``."""
    is_over = notice.read_at >= notice.ends_at
    return notice_card(
        notice.title,
        notice.get_absolute_url(),
        kind=notice.get_kind_display(),
        place=notice.called,
        number=notice.number,
        until=None if notice.withdrawn_by_id or is_over else notice.ends_at,
        note=_state(notice, is_over=is_over),
        heading="h2",
    )


def _state(notice: Notice, *, is_over: bool) -> str:
    if notice.withdrawn_by_id:
        return _("已更正")
    if notice.passed_above:
        return _("两次被重议，上一级决定照此办理")
    if notice.reopened_at:
        return _("异议较多，须重新商议")
    if is_over:
        return _over(notice)
    if notice.objections_total:
        return _("正在公示，%(total)s 条异议") % {"total": notice.objections_total}
    return _("正在公示")


def _over(notice: Notice) -> str:
    if notice.objections_holding:
        return _("期满，还有 %(open)s 条异议待答复") % {"open": notice.objections_holding}
    if notice.objections_unread:
        return _("期满，还有书面异议待核对")
    if notice.objections_remarked:
        return _("公示期已满，%(count)s 条意见建议待答复") % {"count": notice.objections_remarked}
    return _("公示期已满")
