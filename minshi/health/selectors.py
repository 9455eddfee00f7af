"""Whether anybody knows that alarms leave."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from minshi.health.models import AlarmTrial


def where_alarms_go() -> str:
    """A digest of the addresses configured, which nobody reads from it; "" where there is none."""
    ways = (settings.ALARM_WEBHOOK, settings.ALARM_MAIL)
    return salted_hmac("minshi.health.alarms", "\n".join(ways), algorithm="sha256").hexdigest() if any(ways) else ""


def told_of(trial: AlarmTrial) -> list[str]:
    """Way by way what came of it, in words."""
    names = {"webhook": _("网络机器人"), "mail": _("邮件")}
    said = [
        _("%(way)s：没有发出去，%(why)s") % {"way": names.get(each["way"], each["way"]), "why": each["why"]}
        if each["why"]
        else _("%(way)s：已发出，请看是不是有人收到") % {"way": names.get(each["way"], each["way"])}
        for each in trial.found
    ]
    return said or [_("没有设置往哪里发：请运维人员设 MINSHI_ALARM_WEBHOOK 或 MINSHI_ALARM_MAIL")]


def alarms_are() -> dict[str, Any]:
    """When it was last tried and what came of it; ``well`` only where it left by every way there is today."""
    trial = AlarmTrial.objects.order_by("-at").first()
    here = where_alarms_go()
    tried = trial is not None and trial.to == here
    lines = told_of(trial) if trial else []
    if trial is None:
        lines = [_("还没有试过：出了事，报警发不发得出去没有人知道")]
    elif not tried:
        lines = [_("发往哪里改过了，改了以后还没有试过")]
    return {"at": trial.at if trial and tried else None, "well": bool(tried and trial and trial.left), "lines": lines}
