"""Passkeys of the staff: in place of login name and password, never of the second factor (trust.md, sign-in).

allauth makes and checks them; here stands who may, and what is made of what a browser sends.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any, TypeVar

from allauth.mfa.models import Authenticator
from cryptography.exceptions import InvalidSignature
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.residents.rules import is_staff_of_somewhere

METHOD = "passkey"
"""How a session says by which means it began."""
MOST = 10
"""Of one person."""
UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, struct.error, InvalidSignature)
"""What taking apart something that no authenticator made may end in."""

T = TypeVar("T")


def of(user: User) -> list[Authenticator]:
    return list(Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).order_by("pk"))


def forget_of(user: User) -> None:
    """Whose access begins anew makes new ones."""
    Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).delete()


def may_use(user: User) -> bool:
    """Whoever holds a role of the staff today; with the role the passkey ends at once."""
    return user.is_active and is_staff_of_somewhere(user)


def can_here(request: HttpRequest) -> bool:
    """Browsers know passkeys under https, and on the machine itself under the name localhost; never of a number."""
    host = request.get_host().rpartition(":")[0] or request.get_host()
    is_number = host.replace(".", "").isdigit() or host.startswith("[")
    return not is_number and (request.is_secure() or host == "localhost" or host.endswith(".localhost"))


def found_without_a_name(options: dict[str, Any]) -> str:
    """What a browser is told to make: one that it finds by itself, since nobody types who they are."""
    options["publicKey"]["authenticatorSelection"] |= {"residentKey": "required", "requireResidentKey": True}
    return json.dumps(options)


def read(take_apart: Callable[[], T], refusal: str) -> T:
    """What comes of it, or a refusal: whatever a stranger sends is no fault of the site."""
    try:
        return take_apart()
    except ValidationError:
        raise ValidationError(refusal, code="incorrect_code") from None
    except UNREADABLE:
        raise ValidationError(refusal, code="incorrect_code") from None


def not_accepted() -> str:
    return _("这个通行密钥没有被接受。请再试一次，或者用登录名和密码登录。")


def keys_said(user: User) -> list[dict[str, Any]]:
    """For their holder: name, since when, when last used."""
    return [{"pk": key.pk, "name": key.wrap().name, "at": key.created_at, "used": key.last_used_at} for key in of(user)]
