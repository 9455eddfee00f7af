"""The demo's cast: known passwords and factors, and what was sent to their phones. Never in production."""

from __future__ import annotations

import base64
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from minshi.accounts.models import User
from minshi.clock import today
from minshi.notifications.models import Outbox
from minshi.notifications.sealing import unseal
from minshi.residents.models import Person, RoleGrant
from minshi.signin import second_factor
from minshi.signin.models import keyed

PASSWORD = "xiaoshishi-yanshi"  # noqa: S105  (shown on the demo's own page)


def equip(user: User) -> None:
    """Let this member of the staff sign in with the known password and the code shown on ``/demo/codes/``."""
    if not settings.DEMO:
        raise ImproperlyConfigured("Known passwords are for the demo alone.")
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    give_factor(user)


def give_factor(user: User) -> None:
    """The second of the two, sealed with this installation's key."""
    if not settings.DEMO:
        raise ImproperlyConfigured("Known factors are for the demo alone.")
    second_factor.enrol(user, base64.b32encode(bytes.fromhex(keyed("demo", user.username))[:20]).decode())


def latest_texts() -> list[dict[str, Any]]:
    rows = Outbox.objects.filter(message=None).order_by("-id")[:8]
    return [{"phone": row.phone, "text": unseal(row.sealed), "until": row.expires_at} for row in rows]


def staff() -> list[dict[str, Any]]:
    """Who has a second factor, with the code of this moment."""
    users = User.objects.filter(
        pk__in=Authenticator.objects.filter(type=Authenticator.Type.TOTP).values("user"), is_active=True
    ).order_by("username")
    held = _roles([user.pk for user in users])
    return [
        {"username": user.username, "roles": held.get(user.pk, ""), "code": second_factor.present_code(user)}
        for user in users
    ]


def residents(most: int = 12) -> list[dict[str, Any]]:
    """Some who come by phone: first whoever holds a role, then others."""
    people = (
        Person.objects.at_home()
        .filter(user__phone__isnull=False, user__is_staff=False, user__is_active=True)
        .select_related("user")
        .order_by("user__grants__id", "id")
        .distinct()[: most * 2]
    )
    known = {person.user: person for person in people if person.user is not None}
    held = _roles([user.pk for user in known])
    return [
        {
            "phone": user.phone,
            "name": person.name,
            "roles": held.get(user.pk, ""),
            "place": person.household.place.name if person.household else "",
        }
        for user, person in known.items()
    ][:most]


def _roles(users: list[int]) -> dict[int, str]:
    held: dict[int, str] = {}
    for grant in RoleGrant.objects.active(today()).filter(user__in=users).select_related("place"):
        line = f"{grant.place.name}{grant.get_role_display()}"
        held[grant.user_id] = "、".join(filter(None, (held.get(grant.user_id), line)))
    return held
