"""What follows when somebody has come in or shown their second factor."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from allauth.account.signals import authentication_step_completed
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.dispatch import Signal, receiver
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import now
from minshi.notifications import told
from minshi.notifications.actions import tell
from minshi.residents.models import Residence
from minshi.residents.signals import judged
from minshi.signin import actions, second_factor, security
from minshi.signin.freshness import fresh_code
from minshi.signin.rules import is_staff

log = logging.getLogger(__name__)

STAFF_SESSION = timedelta(hours=12)


@receiver(user_logged_in)
def limit_the_session(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """A working day for staff; residents stay signed in."""
    request.session.set_expiry(int(STAFF_SESSION.total_seconds()) if is_staff(user) else None)
    request.came_in = user  # type: ignore[attr-defined]
    user.last_login = now()  # by the platform's clock, not by the server's
    user.save(update_fields=["last_login"])
    security.note(security.Kind.SIGNED_IN, user=user)
    log.info("user %s signed in", user.pk)


@receiver(judged, sender=Residence)
def the_number_has_another_holder(residence: Residence, lives_there: bool, **kwargs: Any) -> None:
    if lives_there and residence.person is not None and residence.person.user is not None:
        actions.take_over(residence.person.user, by=None)


@receiver(user_login_failed)
def note_the_wrong_password(credentials: dict[str, Any], **kwargs: Any) -> None:
    security.note_name(security.Kind.WRONG_PASSWORD, str(credentials.get("username", "")))


@receiver(authentication_step_completed)
def remember_the_moment(request: HttpRequest, user: User, method: str, **kwargs: Any) -> None:
    """The second factor is as good as a fresh code."""
    if method == "mfa":
        fresh_code(request, user)


@receiver(authenticator_added)
def count_enrolment_as_passed(request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    if authenticator.type == Authenticator.Type.TOTP:
        second_factor.record_passed(request, user)


@receiver(authenticator_added)
@receiver(authenticator_removed)
def tell_of_the_passkey(signal: Signal, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """Whoever did not do it themselves knows now, and removes it."""
    if authenticator.type != Authenticator.Type.WEBAUTHN:
        return
    words = {"name": authenticator.wrap().name}
    title = (
        _("您的账号登记了通行密钥“%(name)s”") if signal is authenticator_added else _("您的通行密钥“%(name)s”已删去")
    )
    body = _("不是您办的，请马上到“登录安全”删去不认识的、修改密码，并告诉给您开账号的人。")
    tell(user, title % words, body, reverse("mfa_index"), event=told.PASSKEY.name)
