"""The staff's pages of wishes and proposals: read-only rows of my territories, actions as forms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from minshi.accounts.models import User
from minshi.clock import today
from minshi.deadlines.models import DeadlineQuerySet
from minshi.desk.admin import ScopedAdmin, until
from minshi.desk.corrections import CorrectionAdmin
from minshi.desk.people import RoleGrantAdmin
from minshi.desk.views import (
    Filter,
    Job,
    done_by_another,
    name_holders,
    register_filter,
    register_jobs,
    register_links,
    register_search,
)
from minshi.disclosure.models import Ruling
from minshi.ledger.money import format_yuan
from minshi.lifecycle.models import StepRecord
from minshi.residents.models import Role
from minshi.residents.rules import acting_title, acting_titles, holds
from minshi.searching import MOST_NAMED, keys_of
from minshi.territory.models import Territory
from proposals import rules
from proposals.actions.looking import LOOK
from proposals.deskwork import OF_CALL, OF_PROPOSAL, OF_QUESTION, OF_REQUEST, OF_RESOURCE, OF_WISH, OpenCall
from proposals.lifecycle import GROUP, HOLDER_LABELS, REQUEST, UNCONFIRMED
from proposals.models import (
    Call,
    CallEntry,
    Card,
    Handling,
    Look,
    LookState,
    Proposal,
    Question,
    QuestionStage,
    Resource,
    ResourceRequest,
    ResourceStage,
    Stage,
    Wish,
    end_of_number,
)
from proposals.panels import tasks_at_desk
from proposals.selectors import OUTCOMES, has_said_of_it, holder_of, wrote_the_sheet

DUE = until("due_at", _("期限"))
CLOSES = until("closes_at", _("截止"))
ANSWERERS = (Role.CLERK, Role.CASE_OFFICER)
MOST_BESIDE = 20
"""Rows of one kind whose steps stand on a project's page; the rest are in the list of that kind."""


def _jobs(user: User) -> Iterable[Job]:
    return [Job(task.title, task.text, task.url, task.button, task.until) for task in tasks_at_desk(user)]


def _pages_of(place: Territory) -> Iterable[tuple[str, str]]:
    name = {"place": place.name}
    yield gettext("%(place)s首页") % name, reverse("place", args=[place.code])
    yield gettext("%(place)s全部项目") % name, f"{reverse('projects')}?place={place.code}"
    yield gettext("%(place)s政策问答") % name, f"{reverse('questions')}?place={place.code}"
    yield gettext("%(place)s心愿") % name, f"{reverse('wishes')}?place={place.code}"
    yield gettext("%(place)s能人和资源") % name, f"{reverse('resources')}?place={place.code}"
    yield gettext("%(place)s提案大赛") % name, f"{reverse('calls')}?place={place.code}"
    yield gettext("%(place)s公示") % name, f"{reverse('notices')}?place={place.code}"


def _supervised(rows: DeadlineQuerySet) -> DeadlineQuerySet:
    watched = Proposal.objects.filter(supervised_at__gte=F("stage_since"), stage=Stage.HANDLING).values("pk")
    return rows.filter(subject_type=Proposal._meta.label_lower, subject_id__in=watched)


def _numbered(word: str) -> Q:
    """What waits with a project, or with anything of it, whose number is meant."""
    end = end_of_number(word)
    if not end:
        return Q(pk__in=[])
    found = Q(url__startswith="/projects/", url__contains=f"{end}/")
    numbered = Card.objects.ending(end).values("pk")
    for model, page in admin.site._registry.items():
        if isinstance(page, MatterAdmin):
            rows = page.model._default_manager.filter(**{f"{page._before}pk__in": numbered}).values("pk")
            found |= Q(subject_type=model._meta.label_lower, subject_id__in=rows)
    return found


done_by_another(LOOK, Look, "typed_by", roles=rules.LOOKERS, where=Q(state=LookState.WAITING))
done_by_another(LOOK, Look, also=wrote_the_sheet, roles=rules.LOOKERS)
done_by_another(f"stage:{Stage.SUBMITTED}", Proposal, "proposer")
done_by_another(f"stage:{Stage.SUBMITTED}", Proposal, also=has_said_of_it, where=Q(stage=Stage.SUBMITTED))
done_by_another("question", Question, "by", roles=ANSWERERS, where=Q(stage=QuestionStage.WAITING))
done_by_another(UNCONFIRMED, Resource, "by", roles=ANSWERERS, where=Q(stage=ResourceStage.OFFERED))
done_by_another(  # what one of the district proposed about a gate, for a second of them to confirm
    "",
    Proposal,
    "gate_notice__rulings__by",
    roles=(Role.DISTRICT_OFFICER,),
    where=Q(
        gate_notice__rulings__level=Ruling.Level.ABOVE,
        gate_notice__rulings__second=None,
        gate_notice__rulings__dropped_at=None,
    ),
)
register_jobs(_jobs)
register_search(_numbered)
register_links(_pages_of)
RoleGrantAdmin.print_as(
    lambda held, user: reverse("paper_post_print", args=[held.pk]) if rules.prints_post(user, held) else ""
)
CorrectionAdmin.print_as(
    lambda asked, user: reverse("paper_right_print", args=[asked.pk]) if rules.prints_request(user, asked) else ""
)
register_filter(Filter("supervised", _("督办"), Proposal._meta.label_lower, _supervised))
name_holders({name: label for name, label in HOLDER_LABELS.items() if name == GROUP})


class MatterAdmin(ScopedAdmin):
    """What belongs to a proposal is found in its place, and by the proposal's name and number.

    ``of_proposal`` is the lookup that leads to it; empty for a proposal itself.
    """

    place_path = "proposal__place__path"
    of_proposal: ClassVar[str] = "proposal"
    list_select_related: tuple[str, ...] = ("proposal",)
    search_help_text = _("项目名称或编号")

    @property
    def _before(self) -> str:
        return f"{self.of_proposal}__" if self.of_proposal else ""

    def get_search_fields(self, request: HttpRequest) -> Sequence[str]:
        return (f"{self._before}card__title", *super().get_search_fields(request))

    def few(self, word: str) -> set[int] | None:
        """Also by the indexes of the cards: a project is called as its card is."""
        titled = keys_of(Card, ("title",), word)
        own = super().few(word) if self.search_fields else set()
        if titled is None or own is None:
            return None
        numbered = self._numbered(word)
        found = own | set(self.led_to(self.of_proposal, [*titled, *numbered]))
        return found if len(found) <= MOST_NAMED else None

    def named(self, word: str, request: HttpRequest) -> Q:
        found = super().named(word, request)
        numbered = self._numbered(word)
        return found | Q(**{f"{self._before}pk__in": numbered}) if numbered else found

    @staticmethod
    def _numbered(word: str) -> list[int]:
        end = end_of_number(word)
        return list(Card.objects.ending(end).values_list("pk", flat=True)[:MOST_NAMED]) if end else []


def _learn_holders(rows: Iterable[tuple[Any, Territory, str]]) -> None:
    """Who holds or stands in for each, in one query; what was learnt stands on the row as ``held_by``."""
    held = list(rows)
    titles = acting_titles([(place, role) for _row, place, role in held], today())
    for row, place, role in held:
        row.held_by = titles[place.path, role]


@admin.register(Proposal)
class ProposalAdmin(MatterAdmin):
    """Higher apps add what may be done in their stages with ``ProposalAdmin.offer``."""

    place_path = "place__path"
    of_proposal = ""
    desk_forms = OF_PROPOSAL
    list_display = ("number", "title", "place", "stage", "tier", "holder", DUE)
    list_select_related = ("place", "holder_place")
    list_filter = ("stage", "category", "kind", "tier")
    fields = (
        "number", "title", "place", "kind", "category", "touches_common_parts", "proposer_public", "submitted_at",
        "need", "plan", "cost", "stage", "stage_since", "holder", DUE, "tier", "supervised_at", "notice",
    )  # fmt: skip

    def learn(self, rows: list[Any]) -> None:
        held = [(row, row.holder_place, row.holder_role) for row in rows if row.holder_place]
        _learn_holders((row, place, role) for row, place, role in held if role not in HOLDER_LABELS)

    @admin.display(description=_("现在承办"))
    def holder(self, proposal: Proposal) -> str:
        return getattr(proposal, "held_by", "") or holder_of(proposal) or "—"

    @admin.display(description=_("要解决什么"))
    def need(self, proposal: Proposal) -> str:
        return proposal.version.need

    @admin.display(description=_("打算怎么做"))
    def plan(self, proposal: Proposal) -> str:
        return proposal.version.plan

    @admin.display(description=_("预计费用（元）"))
    def cost(self, proposal: Proposal) -> str:
        return format_yuan(proposal.version.cost_fen)

    @admin.display(description=_("正在等的公示"))
    def notice(self, proposal: Proposal) -> str:
        return str(proposal.gate_notice or "—")


class OfSomebodyAdmin(ScopedAdmin):
    """Whose it is, and how they are reached, only for whoever handles it: supervisors of the place are neighbours."""

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[Any]:
        fields: Sequence[Any] = super().get_fields(request, obj)
        if obj is not None and holds(request.user, obj.place, Role.CLERK, Role.CASE_OFFICER):  # type: ignore[arg-type]
            return fields
        return [name for name in fields if name not in self.model.PERSONAL]


@admin.register(Wish)
class WishAdmin(OfSomebodyAdmin):
    desk_forms = OF_WISH
    list_display = ("text", "place", "category", "stage", "urgent", "at", DUE)
    list_select_related = ("place",)
    list_filter = ("stage", "category", "urgent")
    search_fields = ("text", "spot")
    search_help_text = _("心愿里或位置里的字")
    fields = ("text", "spot", "place", "category", "channel", "urgent", "wisher_name", "stage", "answer", DUE)


@admin.register(Resource)
class ResourceAdmin(OfSomebodyAdmin):
    desk_forms = OF_RESOURCE
    list_display = ("title", "kind", "place", "unit", "stage", "at", DUE)
    list_select_related = ("place",)
    list_filter = ("stage", "kind")
    search_fields = ("title", "about")
    looked_up = (("", Resource, ("title", "about")),)
    search_help_text = _("名称或说明里的字")
    fields = (
        "title", "kind", "about", "times", "category", "place", "unit", "offerer_name", "contact", "stage", "answer",
        "helped", DUE,
    )  # fmt: skip


ResourceAdmin.print_as(
    lambda offered, user: reverse("paper_offer_print", args=[offered.pk]) if rules.prints_offer(user, offered) else ""
)


@admin.register(ResourceRequest)
class ResourceRequestAdmin(ScopedAdmin):
    place_path = "resource__place__path"
    desk_forms = OF_REQUEST
    list_display = ("resource", "text", "stage", "at", DUE)
    list_select_related = ("resource",)
    list_filter = ("stage",)
    search_fields = ("text",)
    search_help_text = _("请他帮什么")
    fields = ("resource", "text", "stage", DUE)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What an office has to ask and answer for: what two residents say to one another nobody at a desk reads."""
        climbed = StepRecord.objects.filter(subject_type=REQUEST.subject, subject_id=OuterRef("pk"), verb="climb")
        return super().get_queryset(request).filter(~Q(resource__offerer_name="") | Exists(climbed))


@admin.register(Question)
class QuestionAdmin(ScopedAdmin):
    desk_forms = OF_QUESTION
    list_display = ("text", "proposal", "place", "stage", "at", DUE)
    list_select_related = ("place", "proposal")
    list_filter = ("stage",)
    search_fields = ("text", "answer")
    looked_up = (("", Question, ("text",)), ("", Question, ("answer",)))
    search_help_text = _("问题或答复里的字")
    fields = ("text", "proposal", "place", "asker_public", "at", "stage", "answer", "hidden_why", DUE)


@admin.register(Call)
class CallAdmin(ScopedAdmin):
    """Those that wait come first: the nearest day, then what is over."""

    desk_forms = OF_CALL
    add_form = OpenCall
    ordering = (F("due_at").asc(nulls_last=True), "-pk")
    list_display = ("theme", "place", "stage", "entered", "at", DUE)
    list_select_related = ("place",)
    list_filter = ("stage",)
    search_fields = ("theme", "text")
    search_help_text = _("主题或征集内容里的字")
    fields = ("theme", "place", "text", "criteria", "prizes", CLOSES, "stage", "result", DUE)

    def learn(self, rows: list[Any]) -> None:
        counted = CallEntry.objects.filter(call__in=[row.pk for row in rows]).order_by()
        found = dict(counted.values_list("call").annotate(n=Count("pk")))
        for row in rows:
            row.entries_here = found.get(row.pk, 0)

    @admin.display(description=_("参加"))
    def entered(self, call: Call) -> str:
        return _("%(n)d 件") % {"n": getattr(call, "entries_here", 0)}


@admin.register(Handling)
class HandlingAdmin(MatterAdmin):
    list_display = ("proposal", "tier", "urgent", "holder", "lead_office", "received_at", DUE, "how_it_ended")
    list_select_related = ("proposal", "place")
    list_filter = ("tier", "urgent")
    fields = (
        "proposal", "tier", "urgent", "holder", "received_at", DUE, "lead_office", "lead_name", "lead_at",
        "handed_back_to", "how_it_ended", "reason",
    )  # fmt: skip

    def learn(self, rows: list[Any]) -> None:
        _learn_holders((row, row.place, row.role) for row in rows)

    @admin.display(description=_("承办"))
    def holder(self, card: Handling) -> str:
        return getattr(card, "held_by", "") or acting_title(card.place, card.role)

    @admin.display(description=_("结果"))
    def how_it_ended(self, card: Handling) -> str:
        return str(OUTCOMES.get(card.outcome, "")) or "—"
