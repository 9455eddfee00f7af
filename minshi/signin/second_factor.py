"""The staff's second factor: six digits that change every 30 seconds (TOTP), or a recovery code.

Its time is the real one, since it must agree with the clock in somebody's phone.
"""

from __future__ import annotations

import base64
import hmac
import string
import time
from collections.abc import Sequence
from datetime import timedelta

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt, encrypt
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.signin import security
from minshi.signin.limits import exceeds, forgive
from minshi.signin.means import record_authentication

MOST_GUESSES = 5
WINDOW = timedelta(minutes=5)


def has_one(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def was_passed(request: HttpRequest) -> bool:
    """Whether this session's present user passed the factor, by allauth's record in the session."""
    records = get_authentication_records(request, request.user)
    return any(each["method"] == "mfa" and each.get("type") != Authenticator.Type.WEBAUTHN for each in records)


def record_passed(request: HttpRequest, user: User) -> None:
    """Who has just enrolled has shown password and factor; asking again at once would teach nothing."""
    record_authentication(request, user, "mfa", type=Authenticator.Type.TOTP, reauthenticated=True)


def accept(user: User, code: str) -> Authenticator:
    """The authenticator this code belongs to, now used up; ``ValidationError`` if wrong, used or one guess too many."""
    if exceeds(MOST_GUESSES, WINDOW, "factor", str(user.pk)):
        security.note(security.Kind.LOCKED, user=user)
        raise get_adapter().validation_error("too_many_login_attempts")
    found = _totp(user, code) or _recovery(user, code)
    if found is None:
        security.note(security.Kind.WRONG_FACTOR, user=user)
        raise ValidationError(_("动态验证码不对，或已经用过。请等下一组数字再试。"), code="incorrect_code")
    forgive("factor", str(user.pk))
    return found


@transaction.atomic
def _totp(user: User, code: str) -> Authenticator | None:
    """A step is accepted once and none before it again; the row's lock orders two at the same time."""
    totp = Authenticator.objects.select_for_update().filter(user=user, type=Authenticator.Type.TOTP).first()
    if totp is None:
        return None
    secret = decrypt(totp.data["secret"])
    for step in _present_steps():
        if _is_same(code, code_of(secret, step)) and step > totp.data.get("last_step", -1):
            totp.data["last_step"] = step
            totp.save(update_fields=["data"])
            return totp
    return None


def _recovery(user: User, code: str) -> Authenticator | None:
    codes = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    return codes if codes is not None and codes.wrap().validate_code(code) else None


def enrol(user: User, secret: str) -> None:
    """Give somebody a known secret: for the demo's cast and for tests."""
    Authenticator.objects.update_or_create(
        user=user, type=Authenticator.Type.TOTP, defaults={"data": {"secret": encrypt(secret)}}
    )


def present_code(user: User) -> str:
    """The code of this moment: for the demo's page and for tests."""
    totp = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
    steps = _present_steps()
    return code_of(decrypt(totp.data["secret"]), steps[len(steps) // 2])


def code_of(secret: str, step: int) -> str:
    """The digits of RFC 4226 for ``secret`` (base32) at this step of time (RFC 6238)."""
    digest = hmac.digest(base64.b32decode(secret, casefold=True), step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**app_settings.TOTP_DIGITS:0{app_settings.TOTP_DIGITS}}"


def _present_steps() -> Sequence[int]:
    """The step of now, and those that a phone running fast or slow may be in."""
    now = int(time.time()) // app_settings.TOTP_PERIOD
    return range(now - app_settings.TOTP_TOLERANCE, now + app_settings.TOTP_TOLERANCE + 1)


def _is_same(code: str, expected: str) -> bool:
    """Blanks and dashes between the digits do not matter."""
    digits = code.translate(str.maketrans("", "", string.punctuation + string.whitespace))
    return hmac.compare_digest(digits.encode(), expected.encode())
