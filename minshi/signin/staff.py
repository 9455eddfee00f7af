"""Accounts of those who work in an office: opened by the level above, which tells them a first password."""

from __future__ import annotations

import re
import secrets
from datetime import date

from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import now, today
from minshi.lifecycle.action import action
from minshi.masking import one_line
from minshi.refusals import NotAllowed, Refused
from minshi.residents import actions as residents
from minshi.residents.models import STAFF_ROLES, Person, RoleGrant
from minshi.residents.rules import may_appoint
from minshi.territory.models import Territory

NAME = re.compile(r"[a-z][a-z0-9._-]{2,31}")
UNMISTAKABLE = "abcdefghjkmnpqrstuvwxyz23456789"
"""No letter here looks like another when it is written down."""
LENGTH = 14


@action
def open_account(
    *, username: str, name: str, role: str, place: Territory, since: date, basis: str, by: User | None
) -> tuple[RoleGrant, str]:
    """An account with its first role, and the password to tell its holder, who must change it at once.

    Raises ``NotAllowed`` for whoever does not appoint this role there; ``by=None`` is the servers' operator.
    """
    wrong = {}
    if not NAME.fullmatch(username):
        wrong["username"] = _("登录名用 3 到 32 位小写字母、数字，以字母开头，例如 wangli")
    if not one_line(name):
        wrong["name"] = _("请写姓名")
    if role not in STAFF_ROLES:
        wrong["role"] = _("居民里的角色不用开户，请在“居民”里授予")
    if wrong:
        raise Refused(**wrong)
    password = _made_up()
    try:
        with transaction.atomic():
            user = User.objects.create_user(username, password, is_staff=True, owes_password=True)
    except IntegrityError:
        raise Refused(username=_("这个登录名已经有人用了")) from None
    Person.objects.create(user=user, name=one_line(name), consented_at=now())
    return residents.grant(user, role, place, since=since, basis=basis, by=by), password


@action
def reset_access(user: User, *, by: User | None) -> str:
    """A new first password, and no second factor until they enrol again; whoever is signed in is out at once.

    For who forgot the one or lost the other. Raises ``NotAllowed`` for whoever is not above them in everything they
    hold: who knows the first password could act in the highest of their roles.
    """
    if by is not None and not _is_above(by, user):
        raise NotAllowed(_("密码和动态口令要由能任命他全部角色的上一级重设，自己不能重设"))
    user = User.objects.select_for_update().get(pk=user.pk)
    if not user.is_staff:
        raise Refused(_("居民用手机验证码登录，没有密码"))
    password = _made_up()
    user.set_password(password)
    user.owes_password = True
    user.save(update_fields=["password", "owes_password"])
    Authenticator.objects.filter(user=user).delete()
    return password


def _is_above(by: User, user: User) -> bool:
    """Appoints every role this person holds, from today or from a later day on. Nobody is above an operator."""
    lasting = Q(until=None) | Q(until__gt=today())
    held = list(RoleGrant.objects.filter(lasting, user=user, revoked_at=None).select_related("place"))
    is_other = by.pk != user.pk and not user.is_superuser
    return is_other and bool(held) and all(may_appoint(by, each.role, each.place) for each in held)


def _made_up() -> str:
    return "".join(secrets.choice(UNMISTAKABLE) for _letter in range(LENGTH))
