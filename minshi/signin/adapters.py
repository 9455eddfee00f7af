"""What allauth asks us: where people go, who may try how often, and how secrets are kept."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth import authenticate
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.translation import gettext_lazy as _

from minshi.notifications.sealing import seal, unseal
from minshi.prefix import is_inside
from minshi.signin import browsers, passkeys, security
from minshi.signin.addresses import address_of
from minshi.signin.limits import exceeds
from minshi.signin.rules import is_staff

QUARTER = timedelta(minutes=15)
MOST_PASSWORDS = 10
MOST_PASSWORDS_OF_A_NAME = 50


class AccountAdapter(DefaultAccountAdapter):
    """Names and passwords are the staff's; residents never meet this form."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "enter_current_password": _("当前密码不对，请再填一次。"),
        "incorrect_password": _("密码不对，请再填一次。"),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Staff accounts are given, residents sign up by code."""
        return False

    def get_login_stages(self) -> list[str]:
        return ["allauth.mfa.stages.AuthenticateStage"]

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Counted before the password is looked at; a browser in which this person came in before by itself, so that
        no stranger shuts it out; of the others tighter from one address."""
        name = str(credentials.get("username", "")).strip().lower()
        if browser := browsers.known_as(request, login=name):
            too_many = exceeds(MOST_PASSWORDS, QUARTER, "password", name, "browser", browser)
        else:
            too_many = exceeds(MOST_PASSWORDS, QUARTER, "password", name, address_of(request)) or exceeds(
                MOST_PASSWORDS_OF_A_NAME, QUARTER, "password", name
            )
        if too_many:
            security.note_name(security.Kind.LOCKED, name)
            raise self.validation_error("too_many_login_attempts")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        self.pre_authenticate(request, **credentials)
        return authenticate(request, **credentials)

    def set_password(self, user: Any, password: str) -> None:
        """What one has chosen oneself is no first password any more."""
        user.owes_password = False
        super().set_password(user, password)

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        raise PermissionDenied

    def is_safe_url(self, url: str | None) -> bool:
        return bool(super().is_safe_url(url)) and is_inside(url or "")

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return resolve_url("admin:index" if is_staff(request.user) else "mine")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return resolve_url("admin:index")

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Changing a factor asks for the password again; the first one follows right upon it."""
        return bool(is_mfa_enabled(self.request.user))


class FactorAdapter(DefaultMFAAdapter):
    """Secrets are sealed at rest."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("动态验证码不对。请看应用里这一刻的 6 位数字；手机的时间要准。"),
    }

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text)

    def is_mfa_enabled(self, user: Any, types: list[str] | None = None) -> bool:
        """A passkey stands for the password: by itself it is no second factor."""
        factors = [each for each in types or Authenticator.Type.values if each != Authenticator.Type.WEBAUTHN]
        return bool(super().is_mfa_enabled(user, types=factors))

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": str(_("民生小实事"))}

    def generate_authenticator_name(self, user: Any, type: str) -> str:
        return str(_("通行密钥 %(n)d")) % {"n": len(passkeys.of(user)) + 1}

    def build_totp_svg(self, url: str) -> str:
        out = BytesIO()
        segno.make(url, error="m").save(out, kind="svg", scale=5, border=2, xmldecl=False, light="#fff")
        return out.getvalue().decode()
