"""What people are told of newcomers, of who speaks for a household, and of doors that leave the register."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from minshi.notifications.catalogue import Event, Way

TO_CONFIRM = Event(
    "residence.claimed",
    _("楼栋长等组织人；逾期为社区、街道；有表决或评议时楼栋长和社区同时"),
    Way.BOTH,
    _("确认住户有期限，逾期转上一级"),
)
ASKED = Event("representation.asked", _("现在的户代表"), Way.BOTH, _("换不换户代表，要本人答复"))
TO_DECIDE = Event("representation.to_decide", _("社区工作人员；逾期为街道"))
ANSWERED = Event("representation.answered", _("申请当户代表的人"))
STRIKE_ASKED = Event(
    "strike.asked",
    _("第二个人：另一位社区工作人员，没有的为党组织或监督、别的楼栋长、街道、区里"),
    Way.BOTH,
    _("注销门牌要另一位在期限内确认，逾期转下一位"),
)
STRIKE_ANSWERED = Event("strike.answered", _("申请注销的人"))
TERM_ENDING = Event("term.ending", _("任命这个岗位的人：社区工作人员、街道审批或区牵头部门"))
