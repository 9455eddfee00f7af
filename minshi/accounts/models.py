"""The user, nothing more: who signs in, by phone or by name. Who a person is lives in residents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from minshi.clock import Now
from minshi.refusals import guarded

guarded(
    one_human_acts_once=_("前一步是您的另一个账号办的，两个账号是同一个人，这一步要由另一个人来办"),
    one_human_speaks_once=_("您已经用另一个账号就这件事表达过，一个人只算一次"),
)

MAINLAND_MOBILE = r"^1[3-9][0-9]{9}\Z"


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> User:
        """Runs the servers; that gives nobody a vote or a signature."""
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """``username`` is how staff sign in; residents sign in by ``phone`` and a code.

    After somebody else reset their access the holder takes no step with money before ``money_from``. Of two accounts
    of one human one is ``joined_to`` the other, whose ``also`` the database keeps: the keys of all that were.
    """

    PERSONAL = ("phone", "username")
    SECRET = ("password",)

    username = models.CharField(_("登录名"), max_length=64, unique=True)
    phone = models.CharField(
        _("手机号"),
        max_length=11,
        unique=True,
        null=True,
        blank=True,
        validators=[RegexValidator(MAINLAND_MOBILE)],
    )
    phone_verified = models.BooleanField(_("手机号已验证"), default=False)
    is_staff = models.BooleanField(_("工作人员"), default=False)
    is_active = models.BooleanField(_("启用"), default=True)
    owes_password = models.BooleanField(_("须换掉初始密码"), default=False)
    money_from = models.DateTimeField(_("可办钱的事从"), null=True, blank=True)
    date_joined = models.DateTimeField(_("注册时间"), db_default=Now())
    joined_to = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    also = ArrayField(models.BigIntegerField(), default=list, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("账号")
        verbose_name_plural = _("账号")
        constraints = [
            models.CheckConstraint(
                condition=Q(phone__isnull=True) | Q(phone__regex=MAINLAND_MOBILE),
                name="phone_is_a_mainland_mobile",
            ),
            models.CheckConstraint(
                condition=Q(joined_to=None) | Q(is_active=False, phone=None), name="joined_account_is_closed"
            ),
        ]

    def __str__(self) -> str:
        return _("账号 %(pk)s") % {"pk": self.pk}

    @property
    def keys(self) -> frozenset[int]:
        """Of every account this human has, or had."""
        return frozenset((self.pk, *self.also))

    def is_same(self, key: int | None) -> bool:
        """Whether the account with this key is the same human's: two people are two humans (domain.md 6)."""
        return key is not None and key in self.keys

    def is_any(self, keys: Iterable[int | None]) -> bool:
        """Whether one of these accounts is the same human's."""
        return not self.keys.isdisjoint(keys)
