"""What somebody was told, and what still has to reach a phone."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from minshi.accounts.models import User
from minshi.addresses import told
from minshi.clock import Instant, Now
from minshi.prefix import Address
from minshi.territory.models import Household, Territory

MATTER_LENGTH = 120
LOCAL_ADDRESS = r"^/([^/\\].*)?$"
"""A path of this site: nothing a browser could read as another host."""


class MessageQuerySet(models.QuerySet["Message"]):
    def of(self, user: User) -> MessageQuerySet:
        return self.filter(user__in=user.keys)

    def unread(self) -> MessageQuerySet:
        return self.filter(read_at=None)

    def newest(self) -> MessageQuerySet:
        return self.order_by("-id")


class Message(models.Model):
    """One line in somebody's inbox. ``key`` makes telling the same person the same thing twice harmless."""

    PERSONAL = ("title", "body", "url")
    SHOWN_TO_NOBODY = True  # that a household is told of its sheet says when it came in

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    title = models.CharField(_("标题"), max_length=120)
    body = models.TextField(_("内容"), blank=True)
    url = Address(_("去处"), max_length=300, blank=True)
    key = models.CharField(max_length=120, null=True, blank=True)
    event = models.CharField(max_length=80, blank=True, db_default="")
    matter = models.CharField(max_length=MATTER_LENGTH, blank=True, db_default="")
    at = models.DateTimeField(_("时间"), db_default=Now())
    read_at = models.DateTimeField(_("已读"), null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("消息")
        verbose_name_plural = _("消息")
        indexes = [
            models.Index(F("user"), F("id").desc(), name="message_inbox"),
            # The badge counts here: only what is unread is in the index.
            models.Index(fields=["user"], name="message_unread", condition=Q(read_at=None)),
            models.Index(fields=["read_at"], name="message_read", condition=Q(read_at__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="told_once"),
            models.CheckConstraint(condition=Q(url="") | Q(url__regex=LOCAL_ADDRESS), name="message_url_is_local"),
        ]

    def __str__(self) -> str:
        return _("消息 %(pk)s") % {"pk": self.pk}


class StartOfToday(models.Func):
    """00:00 in China of today, by the platform's time."""

    template = "(minshi_today()::timestamp AT TIME ZONE 'Asia/Shanghai')"
    output_field = models.DateTimeField()


class OutboxQuerySet(models.QuerySet["Outbox"]):
    def sent_today(self) -> OutboxQuerySet:
        return self.filter(state=Outbox.State.SENT, sent_at__gte=StartOfToday())


class Outbox(models.Model):
    """A text for a phone, written in the transaction it speaks of; ``actions.deliver`` empties it.

    Either a message of somebody, or (for whoever has no account yet) a phone and a sealed text.
    What must come soon carries ``expires_at`` and goes first; too late it is dropped.
    """

    UNTRACKED = True

    class State(models.TextChoices):
        OPEN = "open", _("待发")
        SENT = "sent", _("已发")
        DROPPED = "dropped", _("未发")

    channel = models.CharField(_("渠道"), max_length=16, default="sms")
    message = models.ForeignKey(Message, models.CASCADE, null=True, blank=True, related_name="outbox")
    phone = models.CharField(_("手机号"), max_length=11, blank=True)
    sealed = models.TextField(blank=True)
    expires_at = models.DateTimeField(_("最迟"), null=True, blank=True)
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.OPEN, db_default=State.OPEN)
    attempts = models.PositiveSmallIntegerField(_("次数"), default=0, db_default=0)
    next_at = models.DateTimeField(_("下次"), db_default=Now())
    sent_at = models.DateTimeField(_("发出"), null=True, blank=True)
    error = models.CharField(_("错误代码"), max_length=40, blank=True, db_default="")

    objects = OutboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("待发短信")
        verbose_name_plural = _("待发短信")
        indexes = [
            models.Index(F("expires_at"), F("next_at"), name="outbox_open", condition=Q(state="open")),
            models.Index(fields=["sent_at"], name="outbox_sent", condition=Q(state="sent")),
            models.Index(fields=["next_at"], name="outbox_left", condition=~Q(state="open")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(message__isnull=False, phone="", sealed="") | Q(message=None) & ~Q(phone=""),
                name="outbox_has_one_source",
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | ~Q(state="sent") & Q(sent_at=None),
                name="sent_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return _("短信 %(pk)s") % {"pk": self.pk}


class TextTrial(models.Model):
    """试发短信: an office tries whether texts leave its site, to the phone of whoever tries it.

    It has arrived once they say the ``code`` that it carries. ``text`` is the key of its row in the outbox, which goes
    after a day.
    """

    SECRET = ("code",)

    place = models.ForeignKey(Territory, models.PROTECT, related_name="+", verbose_name=_("地方"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("谁试的"))
    at = models.DateTimeField(_("交去发的时间"), db_default=Now())
    text = models.BigIntegerField()
    code = models.CharField(max_length=4)
    arrived_at = models.DateTimeField(_("收到的时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("试发的短信")
        verbose_name_plural = _("试发的短信")
        indexes = [
            models.Index(fields=["place", "-at"], name="text_trial_of_place"),
            models.Index(fields=["at"], name="text_trial_at"),
        ]

    def __str__(self) -> str:
        return _("试发的短信 %(pk)s") % {"pk": self.pk}


class ToTellQuerySet(models.QuerySet["ToTell"]):
    def waiting(self) -> ToTellQuerySet:
        """To be told by now, not told yet, and not over."""
        return self.filter(
            Q(until=None) | Q(until__gt=Instant()), Q(since=None) | Q(since__lte=Instant()), told_at=None
        )

    def beneath(self, paths: list[str]) -> ToTellQuerySet:
        """Of doors in these places."""
        mine = Q(pk__in=[])
        for path in paths:
            mine |= Q(household__place__path__startswith=path)
        return self.filter(mine)

    def by_door(self) -> ToTellQuerySet:
        return self.select_related("household__place__parent").order_by(
            "household__place__path", "household__address", "household_id", "pk"
        )


class ToTell(models.Model):
    """What a household without a phone is to be told at its door, with a slip to leave; ticked once it was.

    ``since``: that a paper act of the door was entered joins the list at the next fixed hour, so that a list read
    twice tells no minute (domain.md 5); nor does the audit show when it was written.
    """

    PERSONAL = ("title", "body")
    SHOWN_TO_NOBODY = True

    household = models.ForeignKey(Household, models.CASCADE, related_name="+", verbose_name=_("户"))
    title = models.CharField(_("标题"), max_length=120)
    body = models.TextField(_("内容"), blank=True)
    key = models.CharField(max_length=120, null=True, blank=True)
    event = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField(_("时间"), db_default=Now())
    since = models.DateTimeField(_("从何时起"), null=True, blank=True)
    until = models.DateTimeField(_("到何时为止（不含）"), null=True, blank=True)
    told_at = models.DateTimeField(_("已告知"), null=True, blank=True)
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    objects = ToTellQuerySet.as_manager()

    class Meta:
        verbose_name = _("要上门告知的事")
        verbose_name_plural = _("要上门告知的事")
        indexes = [models.Index(fields=["household"], name="to_tell_waiting", condition=Q(told_at=None))]
        constraints = [
            models.UniqueConstraint(fields=["household", "key"], name="door_told_once"),
            models.CheckConstraint(
                condition=Q(told_at=None, told_by=None) | Q(told_at__isnull=False, told_by__isnull=False),
                name="ticked_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return _("告知 %(pk)s") % {"pk": self.pk}

    @property
    def told_as(self) -> str:
        """What names it on a page: its key would say how many were to be told of what in between."""
        return told("to_tell", self.pk)

    @property
    def territory(self) -> Territory:
        return self.household.place


class Follow(models.Model):
    """Somebody wants to hear of each step of this. Nobody else learns of it: neither a page nor the audit names it,
    and nothing is counted by it."""

    UNTRACKED = True  # what somebody is curious about is no record of the office
    SHOWN_TO_NOBODY = True

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    subject_type = models.CharField(max_length=64)
    subject_id = models.BigIntegerField()
    since = models.DateTimeField(_("从"), db_default=Now())

    class Meta:
        verbose_name = _("关注")
        verbose_name_plural = _("关注")
        indexes = [models.Index(fields=["subject_type", "subject_id"], name="follow_of_subject")]
        constraints = [models.UniqueConstraint(fields=["user", "subject_type", "subject_id"], name="followed_once")]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)


class Manner(models.Model):
    """How somebody wants to be told, where they said so; who said nothing has no row.

    ``daily``: of what they follow one message a day. ``texts``: by text, too, what is told by text. The hours without
    texts are theirs in place of their community's.
    """

    UNTRACKED = True
    SHOWN_TO_NOBODY = True

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="manner")
    daily = models.BooleanField(_("关注的每天汇总一条"), default=False)
    texts = models.BooleanField(_("收短信"), default=True)
    quiet_from = models.PositiveSmallIntegerField(_("免打扰从几点起"), null=True, blank=True)
    quiet_until = models.PositiveSmallIntegerField(_("免打扰到几点止"), null=True, blank=True)

    class Meta:
        verbose_name = _("消息怎么发")
        verbose_name_plural = _("消息怎么发")
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None) | Q(quiet_from__lt=24, quiet_until__lt=24),
                name="quiet_hours_are_hours",
            ),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)


class Collected(models.Model):
    """One line of the message in which somebody hears at the end of the day of all they follow; then it goes."""

    UNTRACKED = True
    SHOWN_TO_NOBODY = True

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    title = models.CharField(max_length=120)
    key = models.CharField(max_length=120)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("等汇总的消息")
        verbose_name_plural = _("等汇总的消息")
        indexes = [models.Index(fields=["at"], name="collected_at")]
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="collected_once")]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)
