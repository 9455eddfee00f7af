"""By whom something was said in public: masked, or by the whole name while its person agrees (单独同意公开)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from minshi.audit.actions import erase
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import lock
from minshi.masking import mask_name
from minshi.mydata.models import Consent
from minshi.mydata.signals import Act, Opened
from minshi.refusals import NotAllowed
from minshi.residents.models import Person
from proposals.actions.questions import show_question
from proposals.actions.stages import note_on_card
from proposals.actions.withholding import photos_opened
from proposals.models import Proposal, Question, QuestionStage, Resource, ResourceStage

MOST = 100
"""Of each kind, the newest, on the page of what one lets be shown."""
OFFERED = (ResourceStage.OFFERED, ResourceStage.LISTED)


def acts_of(person: Person) -> list[Act]:
    """What this person proposed, asked and offers."""
    keys = person.user.keys if person.user else frozenset()
    proposed = Proposal.objects.filter(proposer__in=keys).order_by("-pk")[:MOST]
    asked = Question.objects.filter(by__in=keys).exclude(stage=QuestionStage.HIDDEN).order_by("-pk")[:MOST]
    offered = Resource.objects.filter(by__in=keys, offerer_name="", unit="", stage__in=OFFERED).order_by("-pk")[:MOST]
    return [
        *(_act(each, each.title, each.proposer_public) for each in proposed),
        *(_act(each, each.text, each.asker_public) for each in asked),
        *(_act(each, each.title, each.offered_by) for each in offered),
    ]


def _act(row: Proposal | Question | Resource, title: str, shown: str) -> Act:
    return Act(row._meta.label_lower, row.pk, title, row.get_absolute_url(), shown)


def opened(act: str, subject: int, person: Person) -> Opened | None:
    """One of them, locked; raises ``NotAllowed`` where somebody else said it."""
    open_one = OPENS.get(act)
    return open_one(subject, person) if open_one else photos_opened(act, subject, person)


def _proposal(subject: int, person: Person) -> Opened:
    proposal = _locked(Proposal, subject, "proposer_id", person)

    def write(publishes: bool) -> str:
        shown = _set(proposal, "proposer_public", _name(person, publishes))
        note_on_card(proposal)
        for into in Proposal.objects.filter(merged=proposal.pk):
            note_on_card(into)
        if proposal.merged_into:
            note_on_card(proposal.merged_into)
        return shown

    return Opened(proposal.title, proposal.get_absolute_url(), proposal.place, write)


def _question(subject: int, person: Person) -> Opened:
    question = _locked(Question, subject, "by_id", person)

    def write(publishes: bool) -> str:
        shown = _set(question, "asker_public", _name(person, publishes))
        show_question(question)
        return shown

    why_not = _("这条提问已经隐藏") if question.is_hidden else ""
    return Opened(question.text, question.get_absolute_url(), question.place, write, why_not)


def _resource(subject: int, person: Person) -> Opened:
    resource = _locked(Resource, subject, "by_id", person)

    def write(publishes: bool) -> str:
        _set(resource, "name_public", person.name if publishes else "")
        return str(resource.offered_by)

    why_not = "" if resource.stage in OFFERED else _("已经撤下的不再公开姓名")
    if resource.unit or resource.is_for_another:
        why_not = _("登记的是单位或者别人，不公开您的姓名")
    return Opened(resource.title, resource.get_absolute_url(), resource.place, write, why_not)


OPENS: dict[str, Callable[[int, Person], Opened]] = {
    Proposal._meta.label_lower: _proposal,
    Question._meta.label_lower: _question,
    Resource._meta.label_lower: _resource,
}


@action
def forget_named(person: Person, *, by: None = None) -> None:
    """Of whoever closed their account nothing is named any more; nor does the record keep how it was."""
    for model in (Proposal, Question, Resource):
        named = Consent.objects.filter(person=person, act=model._meta.label_lower).values_list("subject", flat=True)
        erase(model, list(named), by=None)


def _locked(model: type[Any], subject: int, whose: str, person: Person) -> Any:
    row = model.objects.filter(pk=subject).first()
    if row is None or person.user is None or not person.user.is_same(getattr(row, whose)):
        raise NotAllowed(_("只有本人可以决定要不要公开姓名"))
    lock(row)
    return row


def _name(person: Person, publishes: bool) -> str:
    return person.name if publishes else mask_name(person.name)


def _set(row: Model, field: str, shown: str) -> str:
    if getattr(row, field) != shown:
        setattr(row, field, shown)
        row.save(update_fields=[field])
    return shown
