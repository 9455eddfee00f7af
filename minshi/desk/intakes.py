"""The staff's pages of registers that come as files: look at what one would do, carry it out, take it back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from minshi.accounts.models import User
from minshi.desk.admin import ScopedAdmin, by_name
from minshi.desk.deskwork import DeskForm
from minshi.desk.people import PlaceField
from minshi.desk.views import Job, register_jobs
from minshi.intake import actions, books, sheets
from minshi.intake.models import Intake, Outcome, State
from minshi.masking import one_line
from minshi.refusals import NotAllowed
from minshi.residents.register import KEEPERS
from minshi.residents.rules import roles_of
from minshi.signin import security
from minshi.territory.models import Household, LiesWithin, Territory

MOST_NAMED = 3
MOST_SHOWN = 200
"""Rows on the page; all of them are in the workbook."""
LOOKS_AGAIN = 5
"""Seconds after which a browser asks anew how far it is, also one without JavaScript."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class TakeIn(DeskForm):
    name = "take-in"
    label = _("导入户册")
    done = _("已读完，请看每一行的结果；还没有导入")
    permission = "intake.take_in"
    help = _("一行一户的 Excel（xlsx、xls）或 csv。先读一遍，逐行说明新增、更改、不变和不能导入的原因，看过再导入。")
    place = PlaceField(label=_("社区"), queryset=Territory.objects.none())
    file = forms.FileField(
        label=_("户册"),
        help_text=_("最多 10 MB。身份证号不要写，写了也不会收"),
        error_messages={"empty": _("这个文件是空的")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = Territory.objects.none()
        for held in roles_of(self.by):
            if held.role in KEEPERS:
                places |= Territory.objects.filter(level="community", path__startswith=held.path)
        field: Any = self.fields["place"]
        field.queryset = places.order_by("path")
        if len(chosen := places[:2]) == 1:
            field.initial = chosen[0]

    def run(self, subject: Any, by: User) -> object:
        data = self.cleaned_data
        content = data["file"].read(sheets.MOST_BYTES + 1)
        return actions.take_in(data["place"], one_line(data["file"].name), content, by=by)


class Start(DeskForm):
    name = "start"
    label = _("导入")
    help = _("全部导入，或者一行也不导入。导入以后，没有人用到之前可以撤销。")
    done = _("开始导入，办完会发消息给您；可以离开这一页")
    permission = "intake.carry_out"

    @classmethod
    def open_to(cls, subject: Intake) -> bool:
        return (
            subject.state == State.READ and not subject.rows_refused and bool(subject.rows_added + subject.rows_changed)
        )

    def facts(self) -> list[tuple[Any, Any]]:
        intake: Intake = self.subject
        return [(_("新增"), intake.rows_added), (_("更改"), intake.rows_changed), (_("不变"), intake.rows_left)]

    def run(self, subject: Intake, by: User) -> object:
        return actions.start(subject, by=by)


class TakeBack(DeskForm):
    name = "take-back"
    label = _("撤销导入")
    help = _("把这次导入的门牌、楼栋、产权和任命拿掉。有人已经登记、投票或者公示用到的，不能撤销。")
    done = _("开始撤销，办完会发消息给您")
    permission = "intake.carry_out"

    @classmethod
    def open_to(cls, subject: Intake) -> bool:
        return subject.state == State.DONE

    def run(self, subject: Intake, by: User) -> object:
        return actions.take_back(subject, by=by)


def _without_doors(user: User) -> Iterable[Job]:
    """Communities whose register one keeps and where not one door is entered yet."""
    mine = Q(pk__in=[])
    for held in roles_of(user):
        if held.role in KEEPERS:
            mine |= Q(path__startswith=held.path)
    doors = Household.objects.filter(LiesWithin(F("place__path"), OuterRef("path")))
    empty = Territory.objects.filter(mine, ~Exists(doors), level_id="community") if mine.children else None
    if empty is not None and (names := list(empty.order_by("path").values_list("name", flat=True)[: MOST_NAMED + 1])):
        more = gettext("等") if len(names) > MOST_NAMED else ""
        text = gettext("%(places)s%(more)s还没有门牌") % {"places": "、".join(names[:MOST_NAMED]), "more": more}
        yield Job(gettext("户册"), text, reverse("admin:intake_intake_add"), gettext("导入户册"))


register_jobs(_without_doors)


@admin.register(Intake)
class IntakeAdmin(ScopedAdmin):
    add_form = TakeIn
    desk_forms = (Start, TakeBack)
    change_form_template = "desk/intake.html"
    change_list_template = "desk/intakes.html"
    list_per_page = 20
    list_display = ("name", "place", "state", "rows_added", "rows_changed", "rows_left", "rows_refused", "at")
    list_select_related = ("place",)
    list_filter = ("state",)
    search_fields = ("name",)
    fields = ("name", "place", "state", "trouble", "without", by_name("by", _("经办人")), "at", "done_at", "undone_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Of the places whose register one keeps: their files name people and telephones."""
        mine = Q(pk__in=[])
        for held in roles_of(request.user):  # type: ignore[arg-type]
            if held.role in KEEPERS:
                mine |= Q(place__path__startswith=held.path)
        return super().get_queryset(request).filter(mine)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return actions.takes_in(request.user)  # type: ignore[arg-type]

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return actions.takes_in(request.user)  # type: ignore[arg-type]

    @admin.display(description=_("没有用到的列"))
    def without(self, intake: Intake) -> str:
        return "、".join(intake.unused) or "—"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("template.xlsx", view(self.template_view), name="intake_intake_template"),
            path("<int:pk>/rows.xlsx", view(self.rows_view), name="intake_intake_rows"),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # A refused photo is kept for the next try; a file that names a whole community is chosen again.
        request.unsent = None  # type: ignore[attr-defined]
        return super().add_view(request, *args, **kwargs)

    def template_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise NotAllowed(TakeIn.whose(request.user))  # type: ignore[arg-type]
        return _attached(books.template(), gettext("户册模板") + ".xlsx")

    def rows_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Every row with what came of it, in the order of the file; people in full only to whoever brought it."""
        intake = get_object_or_404(self.get_queryset(request), pk=pk)
        rows = intake.rows.order_by("pk").iterator(2000)
        is_mine = request.user.is_same(intake.by_id)  # type: ignore[union-attr]
        if is_mine:
            security.note_taken_out(f"{Intake._meta.label_lower} {pk}", by=request.user)  # type: ignore[arg-type]
        return _attached(
            books.outcome(rows, is_masked=not is_mine), f"{intake.place.name}{gettext('户册-逐行结果')}.xlsx"
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        intake: Any = self.get_object(request, object_id)
        context = {**(extra_context or {}), **(_shown(intake, request) if intake else {})}
        response = super().change_view(request, object_id, form_url, context)
        if context.get("is_working"):
            response.headers["Refresh"] = str(LOOKS_AGAIN)
        return response


def _shown(intake: Intake, request: HttpRequest) -> dict[str, Any]:
    """The rows that ask to be looked at: what is refused first, else what would change."""
    asked = request.GET.get("outcome", "")
    order = [Outcome.REFUSE, Outcome.CHANGE, Outcome.ADD, Outcome.LEAVE]
    count = {
        "refuse": intake.rows_refused,
        "change": intake.rows_changed,
        "add": intake.rows_added,
        "leave": intake.rows_left,
    }
    chosen = asked if asked in Outcome.values else next((each.value for each in order if count[each]), "add")
    rows = intake.rows.filter(outcome=chosen).order_by("pk")[:MOST_SHOWN]
    return {
        "tabs": [(each.value, each.label, count[each], each == chosen) for each in order],
        "rows": [(row, row.line.get("yard", ""), _door_of(row.line)) for row in rows],
        "more": max(0, count[chosen] - MOST_SHOWN),
        "chosen": Outcome(chosen).label,
        "is_working": intake.state in (State.QUEUED, State.UNDOING),
        "progress": actions.progress(intake),
        "rows_url": reverse("admin:intake_intake_rows", args=[intake.pk]),
    }


def _door_of(line: dict[str, str]) -> str:
    return " ".join(line[name] for name in ("building", "group", "unit", "door") if name in line)


def _attached(content: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=XLSX)
    answer.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    answer.headers["Cache-Control"] = "no-store"
    return answer
