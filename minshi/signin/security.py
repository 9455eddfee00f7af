"""What is noted of sign-ins, codes, lockouts, resets, grants, refusals, and of data that was taken out.

It is kept apart from the audit, for some months.

Never the secret itself: no code, no password, no name that belongs to nobody (people type a password there), no whole
phone number. What changes rows (a role, a password, a factor) the database notes by itself: guards/security.sql.
"""

from __future__ import annotations

from contextvars import ContextVar
from datetime import timedelta

from django.db.models import Func, Value

from minshi.accounts.models import User
from minshi.clock import Instant
from minshi.masking import mask_phone
from minshi.signin.limits import exceeds
from minshi.signin.models import SecurityEvent

Kind = SecurityEvent.Kind

address: ContextVar[str] = ContextVar("address", default="")
"""Where the request at hand came from; set by the middleware."""

HOUR = timedelta(hours=1)
MOST_AN_HOUR = 60
"""Of one kind, about one person from one address: a flood is noted by its beginning."""


def note(kind: str, *, user: User | None = None, about: str = "", by: User | None = None, each: str = "") -> None:
    """Write down that it happened, from the address at hand. Outside of a transaction that may be undone.

    A flood is one of ``each`` alone.
    """
    origin = address.get()
    if exceeds(MOST_AN_HOUR, HOUR, "noted", kind, str(user.pk if user else about), origin, each):
        return
    SecurityEvent.objects.create(kind=kind, user=user, about=about[:120], by=by, address=origin[:45])


def note_phone(kind: str, phone: str) -> None:
    """Of somebody who gave a number: its holder if there is one, the number masked."""
    note(kind, user=User.objects.filter(phone=phone).first(), about=mask_phone(phone))


def note_name(kind: str, username: str) -> None:
    """Of somebody who gave a name: the account if there is one. A name that is nobody's is not kept."""
    note(kind, user=User.objects.filter(username=username.strip()).first())


def note_taken_out(what: str, *, by: User) -> None:
    """A file or a sheet that names people in full left the site: ``what`` says which, and names nobody. None is
    left out because there were many."""
    note(Kind.TAKEN_OUT, user=by, about=what, each=what)


def forget(months: int) -> int:
    """What is older than policy keeps it."""
    age = Func(Value(months), function="make_interval", template="%(function)s(months => %(expressions)s)")
    return SecurityEvent.objects.filter(at__lt=Instant() - age).delete()[0]
