"""Asking for a code, proving it, and letting its holder in."""

from __future__ import annotations

import logging
import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.cached_db import SessionStore
from django.db import connection
from django.db.models import Count, F, Q
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import Instant, now
from minshi.lifecycle.action import action
from minshi.masking import one_line
from minshi.notifications.actions import forget_sealed, send_text
from minshi.notifications.selectors import codes_a_day
from minshi.policy import selectors as policy
from minshi.refusals import Refused
from minshi.residents import actions as residents
from minshi.residents.doors import find
from minshi.residents.models import Residence
from minshi.signin import security
from minshi.signin.limits import count, exceeds, forget_tallies
from minshi.signin.models import LIFETIME, MOST_GUESSES, Code, Takeover, keyed
from minshi.signin.rules import may_use_codes
from minshi.territory.models import Household

log = logging.getLogger(__name__)

PAUSE = timedelta(seconds=60)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MOST_A_DAY = 10
KEPT_FOR_OTHERS = 3
"""Of one number in a day, beyond those: one each for networks that have not asked for it yet. Whoever uses up a number
that never came in anywhere does not shut out its holder, who asks from elsewhere."""
EVERYBODY = "codes of everybody"

# Counting and deciding in one statement: reading the counter first lets parallel guesses through.
GUESS = """
UPDATE signin_code
SET guesses = guesses + 1, used_at = CASE WHEN digest = %s THEN minshi_now() END
WHERE id = %s AND used_at IS NULL AND guesses < %s AND asked_at > minshi_now() - make_interval(secs => %s)
RETURNING used_at IS NOT NULL
"""


@action
def ask(phone: str, purpose: str, *, session_key: str, address: str, browser: str = "", by: User | None = None) -> None:
    """Send a code to this phone, good for this purpose in this session alone.

    ``browser`` (``browsers.known_as``) has room of its own, which no stranger uses up. Whoever the number belongs to,
    the page answers the same; only its holder reads what was sent.
    """
    _refuse_too_many(phone, address, browser)
    # Nobody's number is asked the same questions, so that the answer takes as long.
    holder = User.objects.filter(phone=phone).first() or User(pk=0)
    digits = f"{secrets.randbelow(10**6):06}"
    known = digits if may_use_codes(holder) else secrets.token_hex()
    Code.objects.create(
        phone=phone,
        purpose=purpose,
        session=keyed("session", session_key),
        digest=keyed("code", phone, purpose, session_key, known),
        browser=browser,
    )
    send_text(phone, _text_for(holder, digits), until=now() + LIFETIME)


def _refuse_too_many(phone: str, address: str, browser: str) -> None:
    with connection.cursor() as cursor:  # two taps at once: the second waits and then sees the first
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"signin:{phone}"])
    asked = Code.objects.filter(phone=phone, browser=browser, asked_at__gt=Instant() - DAY).aggregate(
        today=Count("pk"), just_now=Count("pk", filter=Q(asked_at__gt=Instant() - PAUSE))
    )
    if asked["just_now"]:
        words = _("验证码刚刚发过。没收到的话，请 %(seconds)d 秒后再取一次。")
        raise Refused(words % {"seconds": PAUSE.total_seconds()})
    is_new_there = bool(address) and not browser and not exceeds(1, DAY, "codes of a number", phone, address)
    if asked["today"] >= MOST_A_DAY + (KEPT_FOR_OTHERS if is_new_there else 0):
        raise Refused(_("这个手机号今天取验证码的次数已经用完，请明天再试，或到社区当面办理。"))
    if (
        address
        and not browser
        and exceeds(settings.SIGNIN_CODES_PER_ADDRESS_AN_HOUR, HOUR, "codes of an address", address)
    ):
        raise Refused(_("您所在的网络取验证码的人太多，请过一会儿再试，或到社区当面办理。"))
    if exceeds(ceiling() - (0 if browser else kept_for_known()), DAY, EVERYBODY):
        log.error("the daily cap on codes is reached")
        raise Refused(_("今天的验证码已经发完，请明天再试，或到社区当面办理。"))


def ceiling() -> int:
    """How many codes may leave in a day, in the whole city."""
    return int(settings.SIGNIN_CODES_A_DAY or codes_a_day())


def kept_for_known() -> int:
    """The last of them are for browsers in which the number came in before."""
    return ceiling() * int(policy.value("signin.kept_for_known", None)) // 100


def is_near_ceiling() -> bool:
    """Whether so many left today that somebody should know, before it stops."""
    left = count(EVERYBODY)  # asked each time somebody looks: of a quiet day nothing more than this
    return left > 0 and left * 100 >= ceiling() * int(policy.value("signin.warn_at", None))


def asked_by_strangers(phone: str) -> int:
    """How many codes browsers unknown to this number asked for in a day."""
    return Code.objects.filter(phone=phone, browser="", asked_at__gt=Instant() - DAY).count()


def _text_for(holder: User, digits: str) -> str:
    if may_use_codes(holder):
        words = _("验证码 %(digits)s，%(minutes)d分钟内有效。请不要告诉任何人。")
        return words % {"digits": digits, "minutes": LIFETIME.total_seconds() / 60}
    if holder.is_active:
        return _("工作人员请用登录名、密码和动态验证码登录，地址在工作台入口。")
    return _("这个手机号的账号已停用，请联系您所在的社区。")


def was_just_sent(phone: str, *, session_key: str) -> bool:
    """Whether this session had a code sent to this phone within the pause."""
    sent = Code.objects.of_browser(session_key, Code.Purpose.SIGN_IN).alive()
    return sent.filter(phone=phone, asked_at__gt=Instant() - PAUSE).exists()


def was_just_used(digits: str, *, session_key: str) -> bool:
    """Whether these digits let this session in a moment ago: the second of two taps is no wrong code."""
    used = Code.objects.of_browser(session_key, Code.Purpose.SIGN_IN).filter(used_at__gt=Instant() - PAUSE)
    code = used.order_by("-id").first()
    if code is None or code.digest != keyed("code", code.phone, code.purpose, session_key, digits):
        return False
    return any(may_use_codes(user) for user in User.objects.filter(phone=code.phone))


def prove(digits: str, purpose: str, *, session_key: str) -> str | None:
    """The phone that was proven by these digits, once; None for whatever else.

    Not an action that refuses: a refusal would roll the guess back and count nothing.
    """
    code = Code.objects.of_browser(session_key, purpose).alive().order_by("-id").first()
    if code is None:
        return None
    digest = keyed("code", code.phone, purpose, session_key, digits)
    with connection.cursor() as cursor:
        cursor.execute(GUESS, [digest, code.pk, MOST_GUESSES, LIFETIME.total_seconds()])
        row = cursor.fetchone()
    return code.phone if row is not None and row[0] else None


@action
def admit(phone: str, *, by: User | None = None) -> User | None:
    """The account of whoever proved this phone, made now if there was none; None for staff and closed accounts.

    Nothing is stored of a number that was typed and never proven, so there is nothing to sweep. A number that waits
    to be taken over lets in the account that waits.
    """
    if waiting := Takeover.objects.select_related("newcomer").filter(phone=phone, settled_at=None).first():
        return waiting.newcomer if may_use_codes(waiting.newcomer) else None
    user, _new = User.objects.get_or_create(
        phone=phone,
        defaults={
            "username": f"r{secrets.token_hex(8)}",
            "password": make_password(None),
            "phone_verified": True,
        },
    )
    if not may_use_codes(user):
        return None
    if not user.phone_verified:
        user.phone_verified = True
        user.save(update_fields=["phone_verified"])
    return user


MOST_TRIES = 3


def quiet_time() -> timedelta:
    return timedelta(days=int(policy.value("signin.quiet_days", None)))


def is_quiet(user: User) -> bool:
    """Whether nobody has come in by this number for so long that it may have another holder (domain.md 9).

    Also where nobody ever did since it was entered for them, and where they have moved away since.
    """
    return _last_home(user) is not None and (user.last_login or user.date_joined) < now() - quiet_time()


def _last_home(user: User) -> Residence | None:
    """Where they live, or lived last."""
    homes = Residence.objects.select_related("person").filter(person__user__in=user.keys)
    return homes.order_by(F("until").desc(nulls_first=True), "-since").first()


def recognises(user: User, door: str, name: str) -> bool:
    """Whether these are the door and the name registered with the account."""
    home = _last_home(user)
    if home is None or home.person is None:
        return False
    here = Household.objects.filter(pk=home.household_id)
    same_name = one_line(name).replace(" ", "") == home.person.name.replace(" ", "")
    return bool(find(door, here)) and same_name


def has_tried_enough(user: User) -> bool:
    """Count one more try; not part of what may be refused, since a rolled-back count is none."""
    return exceeds(MOST_TRIES, quiet_time(), "door of a quiet number", str(user.pk))


@action
def start_anew(former: User, *, by: User | None = None) -> User:
    """A new account for whoever holds the number now; it takes the number when somebody confirms where it lives."""
    assert former.phone
    waiting = Takeover.objects.select_related("newcomer").filter(phone=former.phone, settled_at=None).first()
    if waiting is not None:
        return waiting.newcomer
    newcomer = User.objects.create(username=f"r{secrets.token_hex(8)}", password=make_password(None))
    Takeover.objects.create(phone=former.phone, former=former, newcomer=newcomer)
    return newcomer


@action
def take_over(newcomer: User, *, by: User | None = None) -> None:
    """The number goes from the earlier account to the one whose home was confirmed just now."""
    rows = Takeover.objects.select_for_update(of=("self",)).select_related("former", "newcomer")
    waiting = rows.filter(newcomer=newcomer, settled_at=None).first()
    if waiting is None:
        return
    former = waiting.former
    if former.phone == waiting.phone:
        # Nobody can sign in to it any more: a post it held is vacant, and stands so on the desk above.
        for held in residents.lasting_posts(former):
            residents.revoke(held, by=None)
        former.phone, former.phone_verified = None, False
        former.save(update_fields=["phone", "phone_verified"])
    newcomer.phone, newcomer.phone_verified = waiting.phone, True
    newcomer.save(update_fields=["phone", "phone_verified"])
    waiting.settled_at = now()
    waiting.save(update_fields=["settled_at"])


def forget() -> int:
    """What no limit counts any more; called by the sweeper. Codes carry a phone and go after a day."""
    months = int(policy.value("security.keep_months", None))
    old = security.forget(months) + Code.objects.filter(asked_at__lt=Instant() - DAY - HOUR).delete()[0]
    SessionStore.clear_expired()  # by the server's clock, which Django dates sessions with
    return old + forget_tallies() + forget_sealed()
