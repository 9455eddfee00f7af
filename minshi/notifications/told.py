"""What people are told of the register and of their desks."""

from django.utils.translation import gettext_lazy as _

from minshi.notifications.catalogue import Event, Way

OF_AGE = Event("person.of_age", _("满 18 岁的人"))
APPOINTED = Event("role.given", _("担任的人"))
DISMISSED = Event("role.taken", _("不再担任的人"))
RESIDENCE_JUDGED = Event("residence.judged", _("登记住在这里的人"), Way.BOTH, _("确认以后才能附议、投票、打分"))
MOVED_OUT = Event(
    "residence.ended",
    _("被别人登记搬走的人"),
    Way.BOTH,
    _("没有搬走的可以马上重新登记，不然不能再表决、打分"),
)
ACCESS_RESET = Event("access.reset", _("登录被重设的人，另有一条不等天亮的短信"))
RESET_TO_CONFIRM = Event("access.to_confirm", _("复核重设的人"))
ACCOUNT_TO_CONFIRM = Event("account.to_confirm", _("复核合并账号、换手机号的人"))
ACCOUNT_CHANGED = Event("account.changed", _("账号的主人，另有不等天亮的短信，新旧号码都发"))
RESET_BY_OPERATOR = Event("access.by_operator", _("本区全体工作人员"))
PASSKEY = Event("access.passkey", _("通行密钥的主人"))
FOLLOWED = Event("followed.step", _("关注这个项目、关注这个地方的人；已经从别处听到这一步的、自己办这一步的不再说"))
DAY_OF_FOLLOWED = Event("followed.day", _("要每天汇总一条的关注的人"))
