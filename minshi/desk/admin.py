"""What every staff page of a thing has in common: it shows my territories only, and changes nothing but by actions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from minshi.accounts.models import User
from minshi.desk.deskwork import DeskForm
from minshi.faces.words import cn_until
from minshi.ledger.money import format_yuan
from minshi.masking import mask_name
from minshi.paging import words_of
from minshi.refusals import NotAllowed, answering
from minshi.residents.models import STAFF_ROLES, Person
from minshi.residents.rules import roles_of
from minshi.searching import MOST_NAMED, keys_of
from minshi.territory.models import Territory

COUNTED = 1000
"""Rows a list counts; beyond that it says that there are more."""


def territories_of(user: Any) -> list[str]:
    """The paths a person works in as staff; empty (and so nothing is shown) for everybody else."""
    return [held.path for held in roles_of(user) if held.role in STAFF_ROLES]


class CappedPaginator(Paginator):
    """Counting a million rows takes longer than reading the page of them."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows[: COUNTED + 1].count())


def until(field: str, label: Any) -> Callable[[Any], str]:
    """A column that says an exclusive end as people do: 11月26日 24:00, not 11月27日 00:00."""

    @admin.display(description=label, ordering=field)
    def last_day(row: Any) -> str:
        return cn_until(getattr(row, field)) or "—"

    last_day.__name__ = f"{field}_until"
    return last_day


def in_yuan(field: str, label: Any) -> Callable[[Any], str]:
    """A column of exact fen as people read money."""

    @admin.display(description=label, ordering=field)
    def amount(row: Any) -> str:
        fen = getattr(row, field)
        return "—" if fen is None else format_yuan(fen)

    amount.__name__ = f"{field}_in_yuan"
    return amount


def by_name(field: str, label: Any) -> Callable[[Any], str]:
    """Who it was, as the public reads it. For the page of one row: it asks the register."""

    @admin.display(description=label)
    def who(row: Any) -> str:
        return name_of(getattr(row, f"{field}_id"))

    who.__name__ = f"{field}_by_name"
    return who


def name_of(user_id: int | None) -> str:
    name = Person.objects.filter(user=user_id).values_list("name", flat=True).first() if user_id else None
    return mask_name(name) if name else "—"


def names_of(user_ids: Iterable[int | None]) -> dict[int | None, str]:
    """``name_of`` each of these that has a name, in one query."""
    found = Person.objects.filter(user__in=[key for key in user_ids if key]).order_by("-pk")
    return {key: mask_name(name) for key, name in found.values_list("user", "name") if name}


class Beneath(admin.SimpleListFilter):
    """The places one level below mine: Django's own filter would list every place there is."""

    title = _("地方")
    parameter_name = "beneath"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        self.place_path: str = model_admin.place_path
        below = Territory.objects.filter(parent__path__in=territories_of(request.user))
        return list(below.values_list("code", "name")[:200])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        chosen = Territory.objects.filter(code=self.value()).first()
        return queryset.filter(**{f"{self.place_path}__startswith": chosen.path}) if chosen else queryset.none()


class ScopedAdmin(ModelAdmin):
    """Rows of my territories, read-only; ``desk_forms`` are what may be done with one, ``add_form`` makes one.

    ``place_path`` is the lookup that leads to the path of the place a row belongs to. Whoever holds no
    staff role sees nothing at all, superusers included: running the servers is not a role here.
    ``list_filter`` names fields with choices, never one that leads to rows of others. ``looked_up`` says where the
    words of a search are looked up, instead of read for: the lookup that leads there ("" for the row itself), and
    the texts of that model that have an index of their bigrams.
    """

    place_path: ClassVar[str] = "place__path"
    looked_up: ClassVar[tuple[tuple[str, type[Model], tuple[str, ...]], ...]] = ()
    desk_forms: ClassVar[tuple[type[DeskForm], ...]] = ()
    beside: ClassVar[tuple[Callable[[Any], Iterable[Model]], ...]] = ()
    papers: ClassVar[tuple[Callable[[Any, User], str], ...]] = ()
    add_form: ClassVar[type[DeskForm] | None] = None
    change_form_template = "desk/subject.html"
    actions = None
    list_per_page = 50
    show_full_result_count = False
    paginator = CappedPaginator

    @classmethod
    def offer(cls, *forms: type[DeskForm]) -> None:
        """For higher apps: what else may be done with such a thing, once its stage is theirs."""
        cls.desk_forms = (*cls.desk_forms, *forms)

    @classmethod
    def place_beside(cls, *loads: Callable[[Any], Iterable[Model]]) -> None:
        """For higher apps: what of theirs belongs to such a thing, so that its page has their steps as well.

        A deadline leads to the thing that waits; what has to be done may stand on another row's page.
        """
        cls.beside = (*cls.beside, *loads)

    @classmethod
    def print_as(cls, *papers: Callable[[Any, User], str]) -> None:
        """For higher apps: the form on paper of such a thing, as its address; "" where it is not for this person."""
        cls.papers = (*cls.papers, *papers)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        mine = Q(pk__in=[])
        for territory in territories_of(request.user):
            mine |= Q(**{f"{self.place_path}__startswith": territory})
        rows: QuerySet[Any] = super().get_queryset(request).filter(mine)
        return rows

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [Beneath, *super().get_list_filter(request)]

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """Each word by itself, however wide it was typed and whatever stands between."""
        words = words_of(search_term)
        if search_term.strip() and not words:
            return queryset.none(), False
        for word in words:
            queryset = queryset.filter(self.named(word, request))
        return queryset, False

    def named(self, word: str, request: HttpRequest) -> Q:
        """The rows that one word of a search finds: by their keys where few have it, else by reading mine for it."""
        keys = self.few(word)
        if keys is not None:
            return Q(pk__in=keys)
        found = Q(pk__in=[])
        for field in self.get_search_fields(request):
            found |= Q(**{f"{field}__icontains": word})
        return found

    def few(self, word: str) -> set[int] | None:
        """Keys of the rows with the word, found in ``looked_up``; None where there is no index of it or too many."""
        found: set[int] = set()
        for lookup, model, columns in self.looked_up:
            keys = keys_of(model, columns, word)
            if keys is None:
                return None
            found.update(self.led_to(lookup, keys))
        return found if self.looked_up and len(found) <= MOST_NAMED else None

    def led_to(self, lookup: str, keys: list[int]) -> list[int]:
        """The rows that a lookup leads from to these keys, but for one too many."""
        if not lookup or not keys:
            return keys
        rows = self.model._default_manager.filter(**{f"{lookup}__in": keys}).order_by()
        return list(rows.values_list("pk", flat=True)[: MOST_NAMED + 1])

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        listed = super().get_changelist_instance(request)
        self.learn(list(listed.result_list))
        return listed

    def learn(self, rows: list[Any]) -> None:
        """What the columns of a page need besides its rows, asked once for all of them."""

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only the declared filters: a lookup on any column would let a masked name be guessed letter by letter."""
        declared = {each if isinstance(each, str) else each[0] for each in self.list_filter}
        return lookup.split("__", 1)[0] in declared | {Beneath.parameter_name}

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(territories_of(request.user))

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(territories_of(request.user))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.add_form is not None and self.add_form.offered(None, request.user)  # type: ignore[arg-type]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_do"
        do = path("<int:pk>/do/<slug:what>/", self.admin_site.admin_view(self.do_view), name=name)
        return [do, *super().get_urls()]

    def offered(self, subject: Model, user: User) -> list[dict[str, Any]]:
        """The actions this person may take on it now, each with its address."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_do"
        return [
            {
                "label": form.worded(form.label, subject),
                "help": form.worded(form.help, subject),
                "url": reverse(name, args=[subject.pk, form.name]),
            }
            for form in self.desk_forms
            if form.offered(subject, user)
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        subject = self.get_object(request, object_id)
        offered = self.offered(subject, request.user) if subject else []  # type: ignore[arg-type]
        others = list(self._offered_beside(subject, request)) if subject else []
        context = {
            **(extra_context or {}),
            "offered": offered,
            "beside": others,
            "papers": list(filter(None, (paper(subject, request.user) for paper in self.papers))) if subject else [],  # type: ignore[arg-type]
            "show_save": False,
            "show_close": True,
        }
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    def _offered_beside(self, subject: Model, request: HttpRequest) -> Iterator[dict[str, Any]]:
        """What this person may do with the things that belong to it; a thing without a step for them is left out."""
        for thing in (thing for load in self.beside for thing in load(subject)):
            page: Any = self.admin_site.get_model_admin(type(thing))
            if offered := page.offered(thing, request.user):
                yield {"label": f"{thing._meta.verbose_name}：{thing}", "offered": offered}

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Making one is an action, too."""
        if self.add_form is None or not self.has_add_permission(request):
            raise NotAllowed(self._why_not_add(request))
        return self._take(request, self.add_form, None, back=f"admin:{self._name}_changelist")

    def _why_not_add(self, request: HttpRequest) -> str:
        if self.add_form is None:
            return _("“%(thing)s”不在这里新增，由办理的步骤产生") % {"thing": self.opts.verbose_name}
        return self.add_form.whose(request.user)  # type: ignore[arg-type]

    def do_view(self, request: HttpRequest, pk: int, what: str) -> HttpResponse:
        """One action as a form."""
        subject = get_object_or_404(self.get_queryset(request), pk=pk)
        kind = next((form for form in self.desk_forms if form.name == what), None)
        if kind is None:
            raise NotAllowed(_("这里没有这一步，请回到“%(thing)s”看能办什么") % {"thing": subject})
        if reason := kind.why_not(subject, request.user):  # type: ignore[arg-type]
            raise NotAllowed(reason)
        return self._take(request, kind, subject, back=f"admin:{self._name}_change")

    @property
    def _name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"

    def _take(self, request: HttpRequest, kind: type[DeskForm], subject: Model | None, *, back: str) -> HttpResponse:
        """Show the form, or do what it says: refusals stand beside the fields, nothing typed is lost."""
        user: User = request.user  # type: ignore[assignment]
        sends = request.method == "POST"
        sent = (request.POST, request.FILES) if sends or request.POST else ()
        form = kind(*sent, subject=subject, by=user)
        if sends and form.is_valid():
            with answering(form, **kind.renamed):
                made: Any = form.run(subject, user)
                messages.add_message(request, form.said_as(), form.said())
                return redirect(f"admin:{self._name}_change", (subject or made).pk)
        context = {
            **self.admin_site.each_context(request),
            "title": kind.worded(kind.label, subject),
            "help": kind.worded(kind.help, subject),
            "subject": subject or self.opts.verbose_name,
            "form": form,
            "opts": self.opts,
            "back": reverse(back, args=[subject.pk] if subject else []),
        }
        return render(request, "desk/do.html", context, status=422 if form.errors else 200)
