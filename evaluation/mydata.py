"""Everything kept of one person, gathered for that person alone; what they chose or how they rated stays apart."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from deliberation.models import Ballot
from evaluation.models import Answer
from funding.models import Contribution, Pledge
from minshi.accounts.models import User
from minshi.disclosure.models import Objection
from minshi.notifications.models import Manner, Message
from minshi.residents.models import Person, Residence, RoleGrant
from minshi.rolls import selectors as rolls
from proposals.models import Cosign, Proposal, Resource, ResourceRequest, Wish
from proposals.selectors import followed


def everything_of(user: User) -> dict[str, Any]:
    """By kind, as plain values. Which way a ballot went is with its check number, which the household keeps."""
    # Of the accounts that were joined too: they were the same human's.
    people = list(Person.objects.filter(user__in=user.keys))
    said = {"speaker__in": people}
    doors = list(Residence.objects.filter(person__in=people).values_list("household", flat=True))
    units = [unit for person in people for unit in rolls.units_with(person, doors, owned=True)]
    return {
        "account": {"phone": user.phone or "", "joined": user.date_joined},
        "person": _one(Person.objects.filter(user=user), "name", "is_adult", "born", "consented_at"),
        "residences": _rows(
            Residence.objects.filter(person__in=people),
            *("household__address", "household__label", "since", "until", "confirmed_at", "is_representative"),
        ),
        "roles": _rows(
            RoleGrant.objects.filter(user__in=user.keys), "role", "place__full_name", "since", "until", "revoked_at"
        ),
        "proposals": _rows(Proposal.objects.filter(proposer__in=user.keys), "number", "title", "stage", "submitted_at"),
        "wishes": _rows(Wish.objects.filter(by__in=user.keys), "text", "spot", "stage", "at", "answer", "slip_number"),
        "resources": _rows(Resource.objects.filter(by__in=user.keys), "title", "about", "times", "unit", "stage", "at"),
        "requests": _rows(
            ResourceRequest.objects.filter(by__in=user.keys), "resource__title", "text", "stage", "at", "answer"
        ),
        "signatures": _rows(Cosign.objects.filter(**said), "proposal__number", "channel"),
        "votes": _rows(Ballot.objects.filter(unit__in=units, **said), "motion__question", "channel"),
        "pledges": _rows(Pledge.objects.filter(**said), "proposal__number", "amount_fen", "at", "withdrawn_at"),
        "money": _rows(
            Contribution.objects.filter(giver__person__in=people),
            *("proposal__number", "amount_fen", "stage"),
        ),
        "ratings": _rows(Answer.objects.filter(**said), "survey__proposal__number", "level", "advice"),
        "objections": _rows(Objection.objects.filter(**said), "notice__number", "facts", "request", "at", "answer"),
        "messages": _rows(Message.objects.of(user), "title", "body", "at"),
        "follows": _followed(user),
        "told_how": _one(Manner.objects.filter(user=user), "daily", "texts", "quiet_from", "quiet_until"),
    }


def _followed(user: User) -> list[str]:
    cards, places = followed(user)
    return [*(card.number for card in cards), *(place.full_name for place in places)]


def _rows(rows: QuerySet[Any], *names: str) -> list[dict[str, Any]]:
    return list(rows.order_by("pk").values(*names))


def _one(rows: QuerySet[Any], *names: str) -> dict[str, Any]:
    return rows.values(*names).first() or {}
