"""By whom money was given and who is in the project group: masked, or named while its person agrees (单独同意公开)."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from funding.actions.delivery import LOG_PHOTOS
from funding.actions.pledges import PLEDGE, known_as, name_as_agreed
from funding.models import GroupMember, LogPhoto, Pledge
from minshi.lifecycle.machine import lock
from minshi.masking import mask_name
from minshi.mydata.signals import Act, Opened
from minshi.refusals import NotAllowed
from minshi.residents.models import Person
from proposals import actions as proposals
from proposals.models import Proposal

MEMBER = GroupMember._meta.label_lower


def acts_of(person: Person) -> list[Act]:
    """Where this person gives, or works in the project group."""
    theirs = {"person__user__in": person.user.keys} if person.user else {"person": person}
    given = Pledge.objects.kept().filter(is_waiting=False, **{f"giver__{key}": of for key, of in theirs.items()})
    members = GroupMember.objects.filter(group__ended_at=None, **theirs).select_related("group__proposal")
    return [
        *(
            Act(PLEDGE, each.proposal_id, each.proposal.title, _page(each.proposal), each.name_public)
            for each in given.select_related("proposal").order_by("-pk")
        ),
        *(
            Act(MEMBER, each.pk, each.group.proposal.title, each.group.proposal.get_absolute_url(), each.name_public)
            for each in members.order_by("-pk")
        ),
    ]


def _page(proposal: Proposal) -> str:
    return reverse("pledge", args=[proposal.number])


def opened(act: str, subject: int, person: Person) -> Opened | None:
    """One of them, locked; raises ``NotAllowed`` where it is somebody else's."""
    if act == PLEDGE:
        return _pledge(subject, person)
    if act == LOG_PHOTOS:
        return _photos(subject, person)
    return _member(subject, person) if act == MEMBER else None


def _pledge(subject: int, person: Person) -> Opened:
    proposal = Proposal.objects.filter(pk=subject).first()
    theirs = Pledge.objects.filter(proposal=subject, giver__person__in=known_as(person), is_waiting=False)
    if proposal is None or not theirs.exists():
        raise NotAllowed(_("只有本人可以决定要不要公开姓名"))
    lock(proposal)

    def write(publishes: bool) -> str:
        if publishes:
            for promised in theirs.filter(withdrawn_at=None, publishes_name=False):
                promised.publishes_name = True
                promised.save(update_fields=["publishes_name"])
        shown = name_as_agreed(proposal, person, publishes, by=None)
        proposals.note_on_card(proposal)
        return shown

    ended = not theirs.filter(withdrawn_at=None).exists()
    why_not = _("这份认缴已经撤回或者结束，不能再改为公开姓名") if ended else ""
    return Opened(proposal.title, _page(proposal), proposal.place, write, why_not)


def _photos(subject: int, person: Person) -> Opened:
    """What this person put into the log of one project."""
    proposal = Proposal.objects.select_related("place").filter(pk=subject).first()
    if proposal is None or person.user is None:
        raise NotAllowed(_("只有放照片的人可以收回"))
    lock(proposal)
    photos = LogPhoto.objects.filter(entry__proposal=proposal, entry__by__in=person.user.keys, withheld_at=None)
    return proposals.opened_photos(proposal, person.user, list(photos))


def _member(subject: int, person: Person) -> Opened:
    member = GroupMember.objects.select_related("group__proposal", "person").filter(pk=subject).first()
    is_theirs = member is not None and (
        member.person_id == person.pk or (person.user is not None and person.user.is_same(member.person.user_id))
    )
    if member is None or not is_theirs:
        raise NotAllowed(_("只有本人可以决定要不要公开姓名"))
    proposal = lock(member.group.proposal)
    lock(member)

    def write(publishes: bool) -> str:
        member.name_public = person.name if publishes else mask_name(person.name)
        member.save(update_fields=["name_public"])
        proposals.note_on_card(proposal)
        return member.name_public

    why_not = _("这个项目小组已经换了") if member.group.ended_at else ""
    return Opened(proposal.title, proposal.get_absolute_url(), proposal.place, write, why_not)
