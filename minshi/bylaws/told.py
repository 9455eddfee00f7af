"""What people are told of a place's own rules."""

from django.utils.translation import gettext_lazy as _

from minshi.notifications.catalogue import Event

TO_CONFIRM = Event(
    "bylaw.to_confirm",
    _("第二个人：另一位社区工作人员，没有的为党组织或监督、别的楼栋长、街道、区里；逾期为再下一位"),
)
ANSWERED = Event("bylaw.answered", _("登记规则的人"))
ENDING = Event("bylaw.ending", _("这里的社区工作人员"))
CONFIRMED = Event("bylaw.confirmed", _("这个地方的楼栋长等组织人"))
