"""What people are told of the register's news."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.dispatch import receiver
from django.utils.translation import gettext as _

from minshi.lifecycle.machine import stepped
from minshi.lifecycle.models import StepRecord
from minshi.notifications.actions import tell, tell_step
from minshi.residents.models import Person, Residence
from minshi.residents.signals import judged, of_age


@receiver(of_age, sender=Person)
def somebody_is_of_age(person: Person, **kwargs: Any) -> None:
    if person.user is not None:
        tell(person.user, _("您已满 18 岁，可以表决和打分了"), _("登记的出生年月已经删除"), "/mine/")


@receiver(stepped)
def a_step_was_taken(subject: Model, record: StepRecord, **kwargs: Any) -> None:
    """Whoever the table of its app names hears of it, in the step's own transaction."""
    tell_step(subject, record)


@receiver(judged, sender=Residence)
def somebody_was_confirmed(residence: Residence, lives_there: bool, **kwargs: Any) -> None:
    person = residence.person
    if person is None or person.user is None:
        return
    if lives_there:
        tell(person.user, _("您的住户身份已经确认"), _("现在可以附议、表决和打分"), "/mine/")
    else:
        tell(person.user, _("您登记的门牌没有得到确认"), _("请看看门牌有没有选错，或问问楼栋长、社区"), "/join/")
