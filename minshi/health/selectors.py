"""Whether anybody knows that alarms leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from minshi.audit.models import DayRoot
from minshi.health.models import AlarmTrial
from minshi.residents.models import Residence


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


# --- What it takes of the disk -----------------------------------------------------------------


@dataclass(frozen=True)
class Taken:
    """Of the disk, with indexes: of each table in bytes, and what the chain grew by of late."""

    bytes: dict[str, int]
    residents: int
    changes: int
    """Links of the chain."""
    of_late: int
    """Changes in the last ``days`` days that have a root."""
    days: int


OF_LATE = 30


def taken() -> Taken:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, pg_total_relation_size(oid) FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        )
        sizes = dict(cursor.fetchall())
        cursor.execute("SELECT coalesce(max(seq), 0) FROM audit_link")
        changes = cursor.fetchone()[0]
    newest = DayRoot.objects.order_by("-day").first()
    roots = DayRoot.objects.filter(day__gte=newest.day - timedelta(days=OF_LATE)).order_by("day") if newest else None
    oldest = roots.first() if roots else None
    of_late, days = (newest.seq - oldest.seq, (newest.day - oldest.day).days) if newest and oldest else (0, 0)
    residents = Residence.objects.filter(until=None, person__isnull=False).count()
    return Taken(sizes, residents, changes, of_late, days)
