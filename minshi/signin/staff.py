"""Accounts of those who work in an office: opened by the level above, started by their holder alone.

Nobody but the holder ever knows a password: a code that expires goes to the holder's own phone, and with it they
choose their first one. Making access anew takes two people, and its holder is told (domain.md 6).
"""

from __future__ import annotations

import re
import secrets
from datetime import date, timedelta

from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import now, today
from minshi.lifecycle.action import action
from minshi.masking import mask_text, one_line
from minshi.notifications import told
from minshi.notifications.actions import send_text, tell, tell_all, tell_role
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.refusals import NotAllowed, Refused, refusing
from minshi.residents import actions as residents
from minshi.residents.models import STAFF_ROLES, Person, Role, RoleGrant
from minshi.residents.rules import may_appoint, roles_of
from minshi.signin import passkeys
from minshi.signin.models import MOST_GUESSES, AccessReset, Activation, keyed
from minshi.signin.phones import plain_phone
from minshi.territory.models import Territory

NAME = re.compile(r"[a-z][a-z0-9._-]{2,31}")
UNMISTAKABLE = "abcdefghjkmnpqrstuvwxyz23456789"
"""No letter here looks like another when it is written down."""
LENGTH = 10
NOTICE_KEPT = timedelta(days=1)
"""How long a text that warns the holder is worth sending."""
DISTRICT = (Role.DISTRICT_OFFICER, Role.DISTRICT_FINANCE)
STREET = (Role.CASE_OFFICER, Role.APPROVER, Role.CASHIER)

# As with codes of residents: counting and deciding in one statement.
GUESS = """
UPDATE signin_activation
SET guesses = guesses + 1, used_at = CASE WHEN digest = %s THEN minshi_now() END
WHERE id = %s AND used_at IS NULL AND guesses < %s AND expires_at > minshi_now()
RETURNING used_at IS NOT NULL
"""


# --- Opening -----------------------------------------------------------------------------------------


@action
def open_account(
    *,
    username: str,
    name: str,
    phone: str,
    role: str,
    place: Territory,
    since: date,
    basis: str,
    by: User | None,
    until: date | None = None,
) -> tuple[RoleGrant, str]:
    """An account with its first role; its holder starts it with the code that goes to their phone.

    One human has one account: where a resident has this number, theirs becomes the staff login. The code is returned
    for the operator's command, which prints it where no texts can be sent; pages never show it.
    Raises ``NotAllowed`` for whoever does not appoint this role there; ``by=None`` is the servers' operator.
    """
    wrong = {}
    if not NAME.fullmatch(username):
        wrong["username"] = _("登录名用 3 到 32 位小写字母、数字，以字母开头，例如 wangli")
    if not one_line(name):
        wrong["name"] = _("请写姓名")
    if role not in STAFF_ROLES:
        wrong["role"] = _("居民里的角色不用开户，请在“居民”里授予")
    number = plain_phone(phone) or None
    if number is None:
        wrong["phone"] = _("请填本人的手机号：启用码发到这个号码，一个人只有一个账号")
    if wrong:
        raise Refused(**wrong)
    try:
        with transaction.atomic():
            user = _account(username, one_line(name), number)
    except IntegrityError:
        raise Refused(username=_("这个登录名已经有人用了")) from None
    held = residents.grant(user, role, place, since=since, until=until, basis=basis, by=by)
    return held, _issue(user)


@action
def appoint(
    user: User,
    *,
    username: str,
    role: str,
    place: Territory,
    since: date,
    basis: str,
    by: User,
    until: date | None = None,
) -> tuple[RoleGrant, str]:
    """A resident takes an office: their account becomes a staff login, started with the code on their own phone.

    Raises ``Refused`` where the account has no verified number.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    wrong = {}
    if not NAME.fullmatch(username):
        wrong["username"] = _("登录名用 3 到 32 位小写字母、数字，以字母开头，例如 wangli")
    if not (user.phone and user.phone_verified):
        wrong["role"] = _("这个账号没有验证过的手机号，先请本人用手机验证码登录一次")
    if wrong:
        raise Refused(**wrong)
    user.username, user.is_staff = username, True
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save(update_fields=["username", "is_staff", "password"])
    except IntegrityError:
        raise Refused(username=_("这个登录名已经有人用了")) from None
    held = residents.grant(user, role, place, since=since, until=until, basis=basis, by=by)
    return held, _issue(user)


def _account(username: str, name: str, number: str | None) -> User:
    theirs = User.objects.select_for_update().filter(phone=number).first() if number else None
    if theirs is None:
        user = User(username=username, is_staff=True, phone=number)
        user.set_unusable_password()
        user.save()
        Person.objects.create(user=user, name=name, consented_at=now())
        return user
    if theirs.is_staff:
        raise Refused(phone=_("这个手机号已经是工作人员的账号，请在那个账号上加任职，不再另开"))
    person = Person.objects.filter(user=theirs).first()
    if person is not None and person.name != name:
        raise Refused(name=_("这个手机号登记的是另一个姓名，请核对"))
    if person is None:
        Person.objects.create(user=theirs, name=name, consented_at=now())
    theirs.username, theirs.is_staff = username, True
    theirs.set_unusable_password()
    theirs.save(update_fields=["username", "is_staff", "password"])
    return theirs


def _issue(user: User, reset: AccessReset | None = None) -> str:
    """A new code, the only one that is good from now on; to the holder's phone where there is one.

    With it access begins anew: passkeys of before are void.
    """
    passkeys.forget_of(user)
    code = "".join(secrets.choice(UNMISTAKABLE) for _letter in range(LENGTH))
    days = activation_days()
    until = now() + timedelta(days=days)
    Activation.objects.filter(user=user, used_at=None, expires_at__gt=now()).update(expires_at=now())
    Activation.objects.create(
        user=user, digest=_digest(user, code), reset=reset, by_text=bool(user.phone), expires_at=until
    )
    if user.phone:
        words = _(
            "您的工作人员账号 %(username)s 的启用码是 %(code)s，%(days)d 天内有效。不要告诉任何人，也不会有人问您要。"
        )
        send_text(user.phone, words % {"username": user.username, "code": code, "days": days}, until=until)
    return code


def activation_days() -> int:
    """For how many days an activation code is good."""
    return int(policy.value("staff.activation_days", None))


def start_anew(user: User) -> str:
    """For a resident's account that is staff from now on: the code with which its holder sets the first password."""
    return _issue(user)


def _digest(user: User, code: str) -> str:
    return keyed("activation", str(user.pk), code)


def activate(username: str, code: str, password: str) -> User | None:
    """Set the first password with the code, once; None for whatever is wrong, expired, used or guessed too often.

    Raises ``Refused`` for a password that is too weak, before the code is looked at. Not one transaction: a wrong
    guess has to stay counted.
    """
    user = User.objects.filter(username=username.strip().lower(), is_staff=True, is_active=True).first()
    try:
        # Nobody's login is asked the same, so that the answer does not tell whose it is.
        validate_password(password, user or User(username=username.strip().lower()))
    except ValidationError as error:
        raise Refused(password1=" ".join(error.messages)) from None
    found = Activation.objects.filter(user=user, used_at=None).order_by("-pk").first() if user else None
    if user is None or found is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(GUESS, [_digest(user, code.strip().lower()), found.pk, MOST_GUESSES])
        row = cursor.fetchone()
    if row is None or not row[0]:
        return None
    _start(user, password, by_text=found.by_text, by=user)
    return user


@action
def _start(user: User, password: str, *, by_text: bool, by: User) -> None:
    user.set_password(password)
    user.owes_password, user.phone_verified = False, user.phone_verified or by_text
    user.save(update_fields=["password", "owes_password", "phone_verified"])


# --- Making access anew ----------------------------------------------------------------------------


@action
def ask_reset(user: User, *, reason: str, phone: str = "", by: User) -> AccessReset:
    """For who forgot the one or lost the other; the holder hears of it at once, and a second person confirms it.

    ``phone`` is for an account of before that has no number yet.
    Raises ``NotAllowed`` for whoever is not above them in everything they hold.
    """
    if not _is_above(by, user):
        raise NotAllowed(_("密码和动态口令要由能任命他全部角色的上一级重设，自己不能重设"))
    if not user.is_staff:
        raise Refused(_("居民用手机验证码登录，没有密码"))
    if not one_line(reason):
        raise Refused(reason=_("请写明怎么核实是本人、为什么重设"))
    number = "" if user.phone else plain_phone(phone)
    if not user.phone and not number:
        raise Refused(phone=_("这个账号还没有手机号，请填本人的手机号，启用码发到那里"))
    if number and User.objects.filter(phone=number).exists():
        raise Refused(phone=_("这个手机号是另一个账号的，一个人只有一个账号"))
    words = mask_text(one_line(reason))[:300]
    with refusing(one_reset_at_a_time=("reason", _("已经申请过，正等另一位复核"))):
        asked = AccessReset.objects.create(user=user, reason=words, phone=number, asked_by=by)
    _tell_holder(user, _("有人申请重设您的密码和动态口令"), _("不是您自己要求的，请马上打监督电话"))
    place = _highest(user)
    role, level = (Role.DISTRICT_FINANCE, "district") if _is_of_an_office(user) else (Role.CASE_OFFICER, "street")
    if above := place.at_level(level):
        title = _("请复核：重设工作人员的登录")
        tell_role(role, above, title, asked.reason, _page(user), event=told.RESET_TO_CONFIRM.name)
    return asked


def _page(user: User) -> str:
    held = RoleGrant.objects.filter(user=user, revoked_at=None).order_by("pk").first()
    return reverse("admin:residents_rolegrant_change", args=[held.pk]) if held else ""


@action
def confirm_reset(asked: AccessReset, *, by: User) -> None:
    """The second person: password and factor are void, who is signed in is out, the code goes to the holder's phone.

    For a working day this login takes no step with money.
    """
    asked = AccessReset.objects.select_for_update().get(pk=asked.pk)
    if reason := why_not_confirm(by, asked):
        raise NotAllowed(reason)
    if asked.confirmed_at or asked.dropped_at:
        raise Refused(_("这次重设已经办过"))
    asked.confirmed_by, asked.confirmed_at = by, now()
    asked.save(update_fields=["confirmed_by", "confirmed_at"])
    _void(asked)


@action
def drop_reset(asked: AccessReset, *, by: User) -> None:
    """Not confirmed: it was not the holder who asked, or nobody needs it any more."""
    asked = AccessReset.objects.select_for_update().get(pk=asked.pk)
    if not by.is_any((asked.user_id, asked.asked_by_id)) and (reason := why_not_confirm(by, asked)):
        raise NotAllowed(reason)
    if asked.confirmed_at or asked.dropped_at:
        raise Refused(_("这次重设已经办过"))
    asked.dropped_at = now()
    asked.save(update_fields=["dropped_at"])


@action
def reset_by_operator(user: User, *, reason: str, phone: str = "", by: None = None) -> str:
    """Where no second person exists: recorded, and told to all staff of the district; returns the code to print."""
    if not user.is_staff:
        raise Refused(_("居民用手机验证码登录，没有密码"))
    AccessReset.objects.filter(user=user, confirmed_at=None, dropped_at=None).update(dropped_at=now())
    number = "" if user.phone else plain_phone(phone)
    if number and User.objects.filter(phone=number).exists():
        raise Refused(_("这个手机号是另一个账号的，一个人只有一个账号"))
    asked = AccessReset.objects.create(user=user, reason=reason, phone=number, by_operator=True, confirmed_at=now())
    code = _void(asked)
    if district := _highest(user).at_level("district"):
        staff = User.objects.filter(
            is_staff=True, is_active=True, grants__place__path__startswith=district.path, grants__revoked_at=None
        )
        who = _("账号 %s") % user.username
        tell_all(list(staff.distinct()), _("运维命令重设了一个登录"), who, event=told.RESET_BY_OPERATOR.name)
    return code


def _void(asked: AccessReset) -> str:
    user = User.objects.select_for_update().get(pk=asked.user_id)
    user.set_unusable_password()
    user.money_from = calendar.period(now(), working_days=1).end
    user.phone = user.phone or asked.phone or None
    user.save(update_fields=["password", "money_from", "phone"])
    Authenticator.objects.filter(user=user).delete()
    _tell_holder(
        user, _("您的密码和动态口令已重设"), _("启用码已发到您的手机；下一个工作日结束以前，这个账号不能办钱的事")
    )
    return _issue(user, asked)


def _tell_holder(user: User, title: str, body: str) -> None:
    """On the site, and at once on their phone: whoever they are, they know better than anybody who asked."""
    tell(user, title, body, event=told.ACCESS_RESET.name)
    if user.phone:
        send_text(user.phone, f"{title}。{body}。", until=now() + NOTICE_KEPT)


def waiting_reset(user: User) -> AccessReset | None:
    return AccessReset.objects.filter(user=user, confirmed_at=None, dropped_at=None).first()


def why_not_confirm(by: User, asked: AccessReset) -> str:
    """Another officer of the street for whom the community employs, else of the district; never who asked."""
    if by.is_any((asked.asked_by_id, asked.user_id)):
        return _("申请的人和本人不能复核，要由另一个人来办")
    roles = DISTRICT if _is_of_an_office(asked.user) else (*STREET, *DISTRICT)
    places = [held.place.path for held in _lasting(asked.user)]
    mine = [held.path for held in roles_of(by) if held.role in roles]
    if places and all(any(path.startswith(own) for own in mine) for path in places):
        return ""
    return _("重设登录由街道的另一位工作人员复核；街道和区里的人，由区里的另一位复核")


def _lasting(user: User) -> list[RoleGrant]:
    """What this person holds from today or from a later day on."""
    lasting = Q(until=None) | Q(until__gt=today())
    return list(RoleGrant.objects.filter(lasting, user=user, revoked_at=None).select_related("place"))


def _is_of_an_office(user: User) -> bool:
    return any(held.role in (*STREET, *DISTRICT) for held in _lasting(user))


def _highest(user: User) -> Territory:
    return min((held.place for held in _lasting(user)), key=lambda place: len(place.path))


def _is_above(by: User, user: User) -> bool:
    """Appoints every role this person holds. Nobody is above an operator."""
    held = _lasting(user)
    is_other = not by.is_same(user.pk) and not user.is_superuser
    return is_other and bool(held) and all(may_appoint(by, each.role, each.place) for each in held)
