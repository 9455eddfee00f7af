"""Choices that these forms share: people and doors named so that staff find them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from deliberation.models import Member
from minshi.residents.models import Person
from minshi.territory.models import Household
from proposals.models import Proposal


def who_and_where(person: Person) -> str:
    door = person.household.door if person.household else ""
    return f"{person.name} · {door}" if door else person.name


class PersonField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return who_and_where(obj)


class PeopleField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return who_and_where(obj)


def text(label: Any, *, rows: int = 3, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": rows}), **kwargs)


def residents_of(proposal: Proposal) -> QuerySet[Person]:
    """Confirmed people of the households that benefit, door by door."""
    return Person.objects.settled().behind(proposal.beneficiaries())


def candidates_of(proposal: Proposal) -> QuerySet[Person]:
    """The same, and whoever stood on the working group's sheet without an account."""
    signed = Member.objects.filter(group__proposal=proposal, on_paper=True).values("user")
    settled = Q(home__household__in=proposal.beneficiaries(), home__confirmed_at__isnull=False)
    people = Person.objects.at_home().filter(settled | Q(user__in=signed))
    return people.order_by("home__household__place__path", "home__household__address", "pk")  # type: ignore[misc]


def doors_of(proposal: Proposal) -> QuerySet[Household]:
    return proposal.beneficiaries().select_related("place__parent").order_by("place__path", "address")


def paper_of(row: models.Model, field: str) -> str:
    """A link to a picture that staff of the place may see; a dash where there is none."""
    if not getattr(row, field):
        return "—"
    url = reverse("money_paper", args=[f"{row._meta.model_name}-{field}", row.pk])
    return format_html('<a href="{}">{}</a>', url, _("看照片"))


NO_CHOICE = _("请选择")
