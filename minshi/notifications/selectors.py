"""Who is to be told, and what somebody has not read yet."""

from __future__ import annotations

from minshi.accounts.models import User
from minshi.clock import today
from minshi.notifications.models import Message, Outbox
from minshi.policy import selectors as policy
from minshi.residents.models import RoleGrant
from minshi.territory.models import Territory

MOST_SHOWN = 99


def holders(role: str, place: Territory) -> list[User]:
    """Whoever holds this role in this place, else in the nearest place above it; empty only if nobody does."""
    grants = (
        RoleGrant.objects.active(today())
        .filter(role=role, place__path__in=place.ancestor_paths(), user__is_active=True)
        .select_related("user", "place")
    )
    nearest = max((len(grant.place.path) for grant in grants), default=0)
    return [grant.user for grant in grants if len(grant.place.path) == nearest]


def unread_count(user: User) -> int:
    """Never counted further than the badge can show."""
    return Message.objects.of(user).unread()[: MOST_SHOWN + 1].count()


def codes_a_day() -> int:
    """How many sign-in codes may leave in a day: their own share of the ceiling, which no message can use up."""
    terms = policy.terms(["text.daily", "text.codes_share"], None)
    return int(terms["text.daily"]) * int(terms["text.codes_share"]) // 100


def messages_a_day() -> int:
    """How many texts of messages may leave in a day: what is not the codes'."""
    return int(policy.value("text.daily", None)) - codes_a_day()


def texts_of_today() -> int:
    """How many texts of messages have left today."""
    return Outbox.objects.sent_today().exclude(message=None).count()
