"""What people are told of their own data."""

from django.utils.translation import gettext_lazy as _

from minshi.notifications.catalogue import Event, Way

TO_ANSWER = Event("mydata.to_answer", _("楼栋长等组织人和社区工作人员，逾期为街道经办"))
ANSWERED = Event("mydata.answered", _("申请更正的人"), Way.BOTH, _("更正申请有了答复"))
PHONE_CHANGED = Event("mydata.phone_changed", _("更换手机号的人"))
TAKEN_BACK = Event(
    "mydata.taken_back", _("凭纸质申请收回了公开的人"), Way.BOTH, _("不是本人的意思，可以马上重新同意，或者去社区说")
)
