"""What people are told of the register's news."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.dispatch import receiver
from django.urls import reverse
from django.utils.translation import gettext as _

from minshi.faces.words import cn_date
from minshi.lifecycle.action import ran
from minshi.lifecycle.machine import stepped
from minshi.lifecycle.models import StepRecord
from minshi.notifications import following, told
from minshi.notifications.actions import tell, tell_step
from minshi.residents import speaking
from minshi.residents.models import STAFF_ROLES, Person, Residence, RoleGrant
from minshi.residents.rules import title_in
from minshi.residents.signals import appointed, judged, moved_out, of_age


@receiver(of_age, sender=Person)
def somebody_is_of_age(person: Person, **kwargs: Any) -> None:
    if person.user is not None:
        words = [_("登记的出生年月已经删除。")]
        home = person.residence
        if home is not None and home.confirmed_at:
            words.append(_may_now(person, home))
        tell(person.user, _("您已满 18 岁"), "".join(words), reverse("mine"), event=told.OF_AGE.name)


def _may_now(person: Person, home: Residence) -> str:
    """What somebody confirmed behind a door can do there, as the database will answer when they come to do it."""
    why_not = speaking.code(person, home.household_id)
    if why_not == "minor":
        return _("现在可以提议、许心愿；满 18 岁以后可以附议、表决和打分")
    if why_not == "represented":
        return _("现在可以提议、附议；表决和打分由您家的户代表来，在“我的事”里可以申请由您当户代表")
    return _("现在可以提议、附议、表决和打分")


@receiver(stepped)
def a_step_was_taken(subject: Model, record: StepRecord, **kwargs: Any) -> None:
    """Whoever the table of its app names hears of it, in the step's own transaction."""
    tell_step(subject, record)


@receiver(ran)
def an_action_has_run(story: list[Any], **kwargs: Any) -> None:
    """Who follows hears of its steps when all of it has run, and who heard of them on the way does not."""
    following.tell_those_who_follow(story)


@receiver(judged, sender=Residence)
def somebody_was_confirmed(residence: Residence, lives_there: bool, **kwargs: Any) -> None:
    person = residence.person
    if person is None or person.user is None:
        return
    if lives_there:
        title, words, event = _("您的住户身份已经确认"), _may_now(person, residence), told.RESIDENCE_JUDGED.name
        tell(person.user, title, words, reverse("mine"), event=event)
    else:
        title, words = _("您登记的门牌没有得到确认"), _("请看看门牌有没有选错，或问问楼栋长、社区")
        tell(person.user, title, words, reverse("join"), event=told.RESIDENCE_JUDGED.name)


@receiver(moved_out, sender=Residence)
def somebody_was_moved_out(residence: Residence, said_by: str, **kwargs: Any) -> None:
    """Nobody loses their voice at a door without hearing of it."""
    person = residence.person
    if person is None or person.user is None:
        return
    words = _("%(door)s，由%(who)s登记。没有搬走的，请重新登记，由楼栋长或社区确认。")
    words %= {"door": residence.household.door, "who": said_by}
    tell(person.user, _("您的住处被登记为搬走了"), words, reverse("join"), event=told.MOVED_OUT.name)


@receiver(appointed, sender=RoleGrant)
def somebody_was_appointed(held: RoleGrant, ended: bool, **kwargs: Any) -> None:
    """Whoever takes an office, or leaves it, hears of it: from now on work waits for them, or does no more."""
    role = title_in(held.place.name, held.role)
    if ended:
        tell(held.user, _("您不再担任：%(role)s") % {"role": role}, "", reverse("mine"), event=told.DISMISSED.name)
        return
    url = reverse("admin:index") if held.role in STAFF_ROLES else reverse("mine")
    words = _("从 %(day)s 起，依据：%(basis)s") % {"day": cn_date(held.since), "basis": held.basis}
    tell(held.user, _("您担任了：%(role)s") % {"role": role}, words, url, event=told.APPOINTED.name)
