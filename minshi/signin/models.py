"""Codes that were asked for, and counts of what may be tried only so often."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from minshi.accounts.models import MAINLAND_MOBILE, User
from minshi.clock import Instant, Now
from minshi.territory.models import Territory

LIFETIME = timedelta(minutes=5)
MOST_GUESSES = 5


def keyed(*parts: str) -> str:
    """A digest nobody can make or look up without the site's key."""
    words = "\x1f".join(("minshi.signin", *parts))
    return hmac.new(settings.SECRET_KEY.encode(), words.encode(), hashlib.sha256).hexdigest()


class CodeQuerySet(models.QuerySet["Code"]):
    def of_browser(self, session_key: str, purpose: str) -> CodeQuerySet:
        return self.filter(session=keyed("session", session_key), purpose=purpose)

    def alive(self) -> CodeQuerySet:
        """Not yet expired and not used up; how often it was guessed is nobody's to see."""
        return self.filter(asked_at__gt=Instant() - LIFETIME, used_at=None)


class Code(models.Model):
    """One code for one phone, purpose and session; only its digest is kept.

    ``browser`` is the keyed name of one in which this number came in before; empty for strangers.
    """

    UNTRACKED = True

    class Purpose(models.TextChoices):
        SIGN_IN = "signin", _("登录")
        FRESH = "fresh", _("再次确认")
        NUMBER = "number", _("换手机号")

    phone = models.CharField(_("手机号"), max_length=11)
    purpose = models.CharField(_("用途"), max_length=8, choices=Purpose)
    session = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    asked_at = models.DateTimeField(_("时间"), db_default=Now())
    guesses = models.PositiveSmallIntegerField(_("已猜次数"), default=0)
    used_at = models.DateTimeField(_("使用时间"), null=True, blank=True)
    browser = models.CharField(max_length=64, blank=True, default="", db_default="")

    objects = CodeQuerySet.as_manager()

    class Meta:
        verbose_name = _("验证码")
        verbose_name_plural = _("验证码")
        indexes = [
            models.Index(F("phone"), F("asked_at").desc(), name="code_of_phone"),
            models.Index(F("session"), F("purpose"), F("id").desc(), name="code_of_browser"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(guesses__lte=MOST_GUESSES), name="five_guesses_a_code"),
            models.CheckConstraint(condition=Q(phone__regex=MAINLAND_MOBILE), name="code_for_a_mainland_mobile"),
        ]

    def __str__(self) -> str:
        return _("验证码 %(pk)s") % {"pk": self.pk}


class Tally(models.Model):
    """How often something happened since its window opened. ``key`` is a digest, never a name or an address."""

    UNTRACKED = True

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField()
    until = models.DateTimeField()

    class Meta:
        verbose_name = _("计次")
        verbose_name_plural = _("计次")

    def __str__(self) -> str:
        return f"{self.count}"


class SecurityEvent(models.Model):
    """A sign-in, good or bad, and what else concerns who may come in. Never the secret; kept as long as policy says.

    ``user`` is whose access it is about, ``by`` who did it to them where that is another.
    """

    UNTRACKED = True

    class Kind(models.TextChoices):
        SIGNED_IN = "signed_in", _("登录成功")
        WRONG_PASSWORD = "wrong_password", _("密码不对")
        CODE_SENT = "code_sent", _("取了验证码")
        WRONG_CODE = "wrong_code", _("验证码不对或过期")
        WRONG_FACTOR = "wrong_factor", _("动态验证码不对")
        LOCKED = "locked", _("次数太多，暂停尝试")
        RESET = "reset", _("重设了登录")
        PASSWORD = "password", _("换了密码")
        NUMBER = "number", _("换了手机号")
        FACTOR_ADDED = "factor_added", _("设了动态口令")
        FACTOR_REMOVED = "factor_removed", _("去掉了动态口令")
        GRANTED = "granted", _("授予角色")
        REVOKED = "revoked", _("撤销角色")
        OPENED = "opened", _("启用账号")
        CLOSED = "closed", _("停用账号")
        REFUSED = "refused", _("没有权限，被拒绝")
        NUMBER_ASKED = "number_asked", _("申请换掉用不了的手机号")
        JOIN_ASKED = "join_asked", _("申请和另一个账号合并")
        JOINED = "joined", _("和另一个账号合并了")
        TAKEN_OUT = "taken_out", _("导出、打印了个人信息")

    at = models.DateTimeField(_("时间"), db_default=Now())
    kind = models.CharField(_("什么事"), max_length=16, choices=Kind)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("谁的账号")
    )
    about = models.CharField(_("说明"), max_length=120, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("谁办的")
    )
    address = models.CharField(_("网络地址"), max_length=45, blank=True)

    class Meta:
        verbose_name = _("安全记录")
        verbose_name_plural = _("安全记录")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="security_of_user"),
            models.Index(fields=["at"], name="security_by_age"),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())


class AccessReset(models.Model):
    """Somebody's password and second factor are to be made anew: asked by one above them, confirmed by another.

    ``by_operator``: where no second person exists, by the command of whoever runs the servers.
    """

    PERSONAL = ("phone",)

    user = models.ForeignKey(User, models.PROTECT, related_name="access_resets", verbose_name=_("账号"))
    reason = models.CharField(_("理由"), max_length=300)
    phone = models.CharField(_("手机号"), max_length=11, blank=True)
    by_operator = models.BooleanField(_("运维命令"), default=False)
    asked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(_("申请时间"), db_default=Now())
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(_("复核时间"), null=True)
    dropped_at = models.DateTimeField(_("作废时间"), null=True)

    class Meta:
        verbose_name = _("重设登录")
        verbose_name_plural = _("重设登录")
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(confirmed_at=None, dropped_at=None), name="one_reset_at_a_time"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="reset_says_why"),
            models.CheckConstraint(
                condition=Q(by_operator=True, asked_by=None, confirmed_by=None)
                | Q(by_operator=False, asked_by__isnull=False) & ~Q(asked_by=F("user")),
                name="reset_is_asked_by_another",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at=None, confirmed_by=None)
                | Q(by_operator=True)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False)
                & ~Q(confirmed_by=F("asked_by"))
                & ~Q(confirmed_by=F("user")),
                name="reset_takes_two_people",
            ),
        ]

    def __str__(self) -> str:
        return f"reset {self.pk}"


class OfTwo(models.Model):
    """What one asks about somebody's account, with a reason and a basis, and another human confirms or drops."""

    reason = models.CharField(_("理由"), max_length=300)
    basis = models.CharField(_("依据（怎么核实的）"), max_length=200)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("申请时间"), db_default=Now())
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(_("复核时间"), null=True)
    dropped_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    dropped_at = models.DateTimeField(_("作废时间"), null=True)

    class Meta:
        abstract = True

    @property
    def is_open(self) -> bool:
        return self.confirmed_at is None and self.dropped_at is None


def _of_two(what: str, *others: str, operator: bool = False) -> list[models.BaseConstraint]:
    """Says why, is confirmed by another, once, and by none of those it is about.

    ``operator``: or by the command of whoever runs the servers, where no second person exists.
    """
    about = Q()
    for other in others:
        about &= ~Q(confirmed_by=F(other)) & ~Q(asked_by=F(other))
    confirmed = Q(confirmed_at__isnull=False, confirmed_by__isnull=False, dropped_at=None) & ~Q(
        confirmed_by=F("asked_by")
    )
    if operator:
        confirmed |= Q(by_operator=True, confirmed_at__isnull=False, confirmed_by=None, dropped_at=None)
    return [
        models.CheckConstraint(condition=~Q(reason="") & ~Q(basis=""), name=f"{what}_says_why"),
        models.CheckConstraint(
            condition=(Q(confirmed_at=None, confirmed_by=None) | confirmed) & about, name=f"{what}_takes_two_people"
        ),
    ]


class Joining(OfTwo):
    """Two accounts of one human become one: ``stays`` is theirs from then on, the login of ``ends`` is closed."""

    stays = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("留下的账号"))
    ends = models.ForeignKey(User, models.PROTECT, related_name="joinings", verbose_name=_("并入的账号"))
    place = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name=_("地方"))
    by_operator = models.BooleanField(_("运维命令"), default=False)

    class Meta:
        verbose_name = _("合并账号")
        verbose_name_plural = _("合并账号")
        constraints = [
            models.UniqueConstraint(
                fields=["ends"], condition=Q(confirmed_at=None, dropped_at=None), name="one_joining_at_a_time"
            ),
            models.CheckConstraint(condition=~Q(stays=F("ends")), name="joining_is_of_two_accounts"),
            *_of_two("joining", "stays", "ends", operator=True),
        ]

    def __str__(self) -> str:
        return str(_("合并账号 %(pk)s") % {"pk": self.pk})


class LostNumber(OfTwo):
    """A resident has not their old number any more and cannot prove it: another one takes its place."""

    PERSONAL = ("phone",)

    user = models.ForeignKey(User, models.PROTECT, related_name="lost_numbers", verbose_name=_("账号"))
    phone = models.CharField(_("新手机号"), max_length=11, validators=[RegexValidator(MAINLAND_MOBILE)])
    place = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name=_("地方"))

    class Meta:
        verbose_name = _("旧号码用不了，换手机号")
        verbose_name_plural = _("旧号码用不了，换手机号")
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(confirmed_at=None, dropped_at=None), name="one_lost_number_at_a_time"
            ),
            models.CheckConstraint(condition=Q(phone="") | Q(phone__regex=MAINLAND_MOBILE), name="new_number_rings"),
            *_of_two("lost_number", "user"),
        ]

    def __str__(self) -> str:
        return str(_("换手机号 %(pk)s") % {"pk": self.pk})


class Activation(models.Model):
    """A code with which the holder, and nobody else, sets the first password; only its digest is kept."""

    UNTRACKED = True

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    reset = models.OneToOneField(AccessReset, models.PROTECT, null=True, related_name="+")
    by_text = models.BooleanField(default=True)
    issued_at = models.DateTimeField(_("时间"), db_default=Now())
    expires_at = models.DateTimeField(_("失效时间"))
    guesses = models.PositiveSmallIntegerField(_("已猜次数"), default=0)
    used_at = models.DateTimeField(_("使用时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("启用码")
        verbose_name_plural = _("启用码")
        constraints = [
            models.CheckConstraint(condition=Q(guesses__lte=MOST_GUESSES), name="five_guesses_an_activation"),
        ]

    def __str__(self) -> str:
        return f"activation {self.pk}"


class Takeover(models.Model):
    """A number that came back after a long silence, and whose holder did not know the door: a new account waits for it.

    The number stays the earlier account's until whoever confirms residents says that the new one lives where it says.
    """

    PERSONAL = ("phone",)

    phone = models.CharField(_("手机号"), max_length=11)
    former = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    newcomer = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("时间"), db_default=Now())
    settled_at = models.DateTimeField(_("办结时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("号码更换主人")
        verbose_name_plural = _("号码更换主人")
        constraints = [
            models.UniqueConstraint(fields=["phone"], condition=Q(settled_at=None), name="one_takeover_of_a_number"),
        ]

    def __str__(self) -> str:
        return str(_("号码更换主人 %(pk)s") % {"pk": self.pk})
