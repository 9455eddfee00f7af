"""The staff's reading of deadlines, of the books, of who changed what, and of whether alarms leave."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db import connections
from django.db.models import Exists, Model, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from minshi import addresses
from minshi.accounts.models import User
from minshi.audit.models import Event
from minshi.deadlines.models import Deadline
from minshi.desk.admin import ScopedAdmin, name_of, names_of, territories_of, until
from minshi.health.models import AlarmTrial
from minshi.health.rules import tries_alarms
from minshi.health.selectors import told_of
from minshi.ledger.models import Account, Entry, Posting
from minshi.ledger.money import format_yuan
from minshi.residents.models import STAFF_ROLES, Residence, Role, RoleGrant
from minshi.residents.rules import RESIDENT, roles_of
from minshi.signin.models import SecurityEvent


@admin.register(Deadline)
class DeadlineAdmin(ScopedAdmin):
    place_path = "place_path"
    list_display = ("title", "holder", "set_at", until("due", _("截止")), "outcome", "handled_at")
    list_filter = ("outcome",)
    search_fields = ("title",)
    search_help_text = _("事项里的字")
    fields = ("title", "holder", "set_at", until("due", _("截止")), "basis", "provisional", "outcome", "handled_at")

    @admin.display(description=_("承办"))
    def holder(self, deadline: Deadline) -> str:
        return str(Role(deadline.role).label) if deadline.role in Role else "—"


@admin.register(Account)
class AccountAdmin(ScopedAdmin):
    place_path = "place_path"
    list_display = ("title", "kind", "balance")
    list_filter = ("kind",)
    search_fields = ("title",)
    search_help_text = _("账户名称里的字")
    fields = ("title", "kind", "balance")

    @admin.display(description=_("余额（元）"))
    def balance(self, account: Account) -> str:
        return format_yuan(account.balance_fen)


@admin.register(Entry)
class EntryAdmin(ScopedAdmin):
    """Entries that touch an account of my territories."""

    place_path = "postings__account__place_path"
    list_display = ("at", "memo", "sum_of", "voucher")
    search_fields = ("memo", "voucher")
    search_help_text = _("摘要里的字，或者凭证号")
    fields = ("at", "memo", "moved", "voucher", "made_by", "checked_by", "reverses")
    ordering = ("-pk",)
    list_per_page = 20

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        mine = Q(pk__in=[])
        for territory in territories_of(request.user):
            mine |= Q(account__place_path__startswith=territory)
        touching = Posting.objects.filter(mine, entry=OuterRef("pk"))
        return Entry.objects.with_postings().filter(Exists(touching))

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return []

    @admin.display(description=_("金额（元）"))
    def sum_of(self, entry: Entry) -> str:
        return format_yuan(sum(posting.amount_fen for posting in entry.postings.all() if posting.amount_fen > 0))

    @admin.display(description=_("从哪里到哪里（元）"))
    def moved(self, entry: Entry) -> str:
        lines = ((posting.account.title, format_yuan(posting.amount_fen)) for posting in entry.postings.all())
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}：{}</li>", lines))

    @admin.display(description=_("经办人"))
    def made_by(self, entry: Entry) -> str:
        return name_of(entry.by_id)

    @admin.display(description=_("复核人"))
    def checked_by(self, entry: Entry) -> str:
        return name_of(entry.confirmed_by_id)


class NumberlessAdmin(ScopedAdmin):
    """Rows whose keys are given in a row with those of ballots and answers: a gap would tell when there was one.

    So neither a list nor an address says a key (domain.md 5).
    """

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        kind = self._name

        class Numberless(super().get_changelist(request, **kwargs)):  # type: ignore[misc]
            def url_for_result(self, result: Any) -> str:
                return reverse(f"admin:{kind}_change", args=[addresses.told(kind, result.pk)])

        return Numberless

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        key = addresses.sent(self._name, object_id)
        return None if key is None else super().get_object(request, str(key), from_field)


@admin.register(Event)
class EventAdmin(NumberlessAdmin):
    """What people of my territories changed, for the district's supervision: which row, not what it says.

    The values hold votes and answers; nobody at a desk reads those, nor that there was one. Of a row a mark is shown,
    by which it is known again, and not its key.
    """

    list_display = ("at", "what", "thing", "mark", "whence")
    list_filter = ("op",)
    fields = ("at", "what", "thing", "mark", "columns", "changed_by", "whence", "written_by")
    ordering = ("-pk",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(_supervised(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(_supervised(request))

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return list(self.list_filter)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        granted, living = Q(pk__in=[]), Q(pk__in=[])
        for path in _supervised(request):
            granted |= Q(place__path__startswith=path)
            living |= Q(household__place__path__startswith=path)
        # Asked of each event, from the newest on: who lives in a district is more than a page of what they did.
        staff = RoleGrant.objects.filter(granted, user=OuterRef("actor")).values("pk")[:1]
        residents = Residence.objects.filter(living, person__user=OuterRef("actor")).values("pk")[:1]
        events = Event.objects.shown().alias(of_staff=Subquery(staff), of_resident=Subquery(residents))
        return events.filter(Q(of_staff__isnull=False) | Q(of_resident__isnull=False))

    @admin.display(description=_("动作"))
    def what(self, event: Event) -> str:
        return str(Event.Op(event.op).label)

    @admin.display(description=_("资料"))
    def thing(self, event: Event) -> str:
        return _title_of(event.table_name)

    @admin.display(description=_("哪一条"))
    def mark(self, event: Event) -> str:
        return salted_hmac(f"minshi.desk.{event.table_name}", event.row_pk, algorithm="sha256").hexdigest()[:8]

    @admin.display(description=_("改了哪几项"))
    def columns(self, event: Event) -> str:
        return "、".join(_titles_in(event.table_name, event.after or event.before or {}))

    @admin.display(description=_("谁改的"))
    def changed_by(self, event: Event) -> str:
        """Staff by name, as they sign what they do; who of the residents it was is nobody's business here."""
        if event.actor is None:
            return "—"
        is_staff = User.objects.filter(pk=event.actor, is_staff=True).exists()
        return name_of(event.actor) if is_staff else str(RESIDENT)

    @admin.display(description=_("从哪里改的"))
    def whence(self, event: Event) -> str:
        """The name of an address is a word for machines."""
        if not event.origin:
            return str(_("到期自动办理"))
        if event.origin.startswith("manage.py"):
            return str(_("运维命令"))
        return str(_("工作台") if event.origin.endswith(AT_THE_DESK) else _("网站"))

    @admin.display(description=_("经过哪里写入"))
    def written_by(self, event: Event) -> str:
        """Through the platform, or past it."""
        return str(_("平台")) if event.db_user == connections["default"].settings_dict["USER"] else event.db_user


@admin.register(SecurityEvent)
class SecurityEventAdmin(NumberlessAdmin):
    """Sign-ins and what else concerns the access of staff in my territories, for the district's supervision.

    Residents read their own; nobody at a desk reads where they sign in from.
    """

    list_display = ("at", "kind", "whose", "address", "about", "done_by")
    list_filter = ("kind",)
    fields = ("at", "kind", "whose", "address", "about", "done_by")
    ordering = ("-pk",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(_supervised(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(_supervised(request))

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return list(self.list_filter)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        granted = Q(pk__in=[])
        for path in _supervised(request):
            granted |= Q(place__path__startswith=path)
        staff = RoleGrant.objects.filter(granted, role__in=STAFF_ROLES).values("user_id")
        return SecurityEvent.objects.filter(user__in=staff)

    def learn(self, rows: list[Any]) -> None:
        names = names_of({key for row in rows for key in (row.user_id, row.by_id)})
        for row in rows:
            row.names = names

    @admin.display(description=_("谁的账号"))
    def whose(self, event: SecurityEvent) -> str:
        return self._called(event, event.user_id)

    @admin.display(description=_("谁办的"))
    def done_by(self, event: SecurityEvent) -> str:
        return self._called(event, event.by_id)

    @staticmethod
    def _called(event: SecurityEvent, key: int | None) -> str:
        names: dict[int | None, str] | None = getattr(event, "names", None)
        return name_of(key) if names is None else names.get(key, "—")


@admin.register(AlarmTrial)
class AlarmTrialAdmin(ScopedAdmin):
    """Whether alarms leave, for whoever looks after the site as a whole."""

    list_display = fields = ("at", "came_to", "tried_by")
    ordering = ("-pk",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return tries_alarms(request.user)  # type: ignore[arg-type]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return tries_alarms(request.user)  # type: ignore[arg-type]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return []

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        may = tries_alarms(request.user)  # type: ignore[arg-type]
        return AlarmTrial.objects.all() if may else AlarmTrial.objects.none()

    @admin.display(description=_("结果"))
    def came_to(self, trial: AlarmTrial) -> str:
        return "；".join(told_of(trial))

    @admin.display(description=_("谁试的"))
    def tried_by(self, trial: AlarmTrial) -> str:
        return name_of(trial.by_id)


def _supervised(request: HttpRequest) -> list[str]:
    return [held.path for held in roles_of(request.user) if held.role == Role.DISTRICT_OFFICER]  # type: ignore[arg-type]


AT_THE_DESK = ("_do", "_add", "_change", "_changelist")
"""How the names of the desk's addresses end."""


def _model_of(table: str) -> type[Model] | None:
    return next((model for model in apps.get_models(include_auto_created=True) if model._meta.db_table == table), None)


def _title_of(table: str) -> str:
    found = _model_of(table)
    said = str(found._meta.verbose_name) if found else ""
    return said if _is_chinese(said) else str(_("其他资料"))


def _titles_in(table: str, columns: Iterable[str]) -> list[str]:
    """The columns as people call them, and how many more there are that have no such name."""
    model = _model_of(table)
    named = {field.column: str(field.verbose_name) for field in model._meta.concrete_fields} if model else {}
    said = sorted({named[each] for each in columns if _is_chinese(named.get(each, ""))})
    others = sum(not _is_chinese(named.get(each, "")) for each in columns)
    return [*said, _("内部记录 %(n)d 项") % {"n": others}] if others else said


def _is_chinese(text: str) -> bool:
    return any(0x4E00 <= ord(letter) <= 0x9FFF for letter in text)
