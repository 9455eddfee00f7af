"""The wall of wishes: reading it, wishing, wanting it too."""

from __future__ import annotations

import rules
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.db.models import Count, Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from minshi import paging, searching
from minshi.accounts.models import User
from minshi.accounts.requests import pressing, somebody_of, user_of
from minshi.clock import Instant
from minshi.faces.kept import State, kept_as, kept_page, state_of_page
from minshi.faces.pictures import answer_with
from minshi.refusals import answering
from minshi.residents.rules import home_of, person_of
from minshi.territory.models import Territory
from proposals import actions, selectors
from proposals.forms import JudgeWishForm, PartWishForm, WishForm
from proposals.models import Wish, WishPhoto, WishStage
from proposals.rules import enters_paper, walks_round


def _state_of_wall(request: HttpRequest) -> State:
    place = selectors.home_place(request.GET.get("place") or None)
    links = urlencode({"place": place.code}) if place and "place" in request.GET else ""
    if place is None or request.META["QUERY_STRING"] != links:
        return State(None, place)
    return State(selectors.state_of_wall(place), place, links)


@kept_as(_state_of_wall)
@require_safe
def wishes(request: HttpRequest) -> HttpResponse:
    """心愿墙: newest first, page by key."""
    place = state_of_page(request).about
    return kept_page(request, "proposals/wishes.html", lambda: _wall(request, place))


def _wall(request: HttpRequest, place: Territory | None) -> dict[str, str]:
    """One page of wishes and the search above them, as ready strings."""
    rows = selectors.wishes_in(place).select_related("place") if place else Wish.objects.none()
    words = paging.words_of(request.GET.get("q", ""))
    for word in words:
        rows = rows.filter(_has(word))
    page = paging.page_of(rows, paging.NUMBER, request.GET.get("before", ""))
    here = {"place": place.code} if place else {}
    if words:
        here["q"] = " ".join(words)
    context = {
        "place": place,
        "asked": " ".join(words),
        "wishes": page.rows,
        "older": paging.link(here, before=page.next) if page.next else "",
        "newer": "" if page.is_first else paging.link(here),
    }
    return {
        "place_name": place.full_name if place else "",
        "main": render_to_string("proposals/wishes_main.html", context),
    }


def _has(word: str) -> Q:
    """In its words or its place, or the number in its address."""
    found = searching.found(Wish, "text", word) | searching.found(Wish, "spot", word)
    is_number = word.isascii() and word.isdigit() and len(word) < 19
    return found | Q(pk=int(word)) if is_number else found


@require_safe
def wish(request: HttpRequest, pk: int) -> HttpResponse:
    """One wish: what became of it, and "I want it too"."""
    rows = Wish.objects.select_related("place", "proposal", "holder_place", "joined_to").annotate(
        read_at=Instant(), joined_here=Count("joined")
    )
    wished = get_object_or_404(rows, pk=pk)
    user = somebody_of(request)
    open_ = wished.stage in (WishStage.NEW, WishStage.CLAIMED)
    photos = list(wished.photos.filter(taken_back_at=None).order_by("ordinal"))
    handles = bool(photos) and user is not None and bool(rules.has_perm("proposals.answer_wish", user, wished))
    sees_all = handles or (user is not None and wrote(user, wished))
    context = {
        "wish": wished,
        "holder": selectors.holder_of(wished),
        "way": selectors.way_of_wish(wished),
        "look": selectors.look_of(wished.sheet_id),
        "changes": list(wished.changes.all()) if wished.sheet_id else [],
        "moment": wished.read_at,  # type: ignore[attr-defined]
        "mine": user is not None and user.is_same(wished.by_id),
        "is_said": wished.stage == WishStage.SAID,
        "like": selectors.wishes_like(wished, 3),
        "may_judge": user is not None and may_judge(user, wished),
        "urgent": selectors.urgent_terms(wished.place) if wished.urgent and wished.due_at else None,
        "wanted": user is not None and wished.supports.filter(by=user).exists(),
        "photos": [photo for photo in photos if photo.is_shown],
        "unseen": [] if not sees_all else [photo for photo in photos if not photo.is_shown],
        "looks": handles,
        "may_promote": open_ and user is not None and rules.has_perm("proposals.promote_wish", user, wished),
    }
    return render(request, "proposals/wish.html", context)


def wrote(user: User, wished: Wish) -> bool:
    """Whose wish it is, or who typed it for them."""
    return bool(user.is_same(wished.by_id) or user.is_same(wished.entered_by_id))


@require_safe
def wish_photo(request: HttpRequest, pk: int, *, small: bool = False) -> FileResponse:
    """In public once it was looked at; before that, and where it was not for everybody, for those it concerns."""
    rows = WishPhoto.objects.filter(taken_back_at=None).select_related("wish__place", "wish__holder_place")
    photo = get_object_or_404(rows, pk=pk)
    user = somebody_of(request)
    is_theirs = user is not None and (
        wrote(user, photo.wish) or rules.has_perm("proposals.answer_wish", user, photo.wish)
    )
    if not (photo.is_shown or is_theirs):
        raise Http404
    response = answer_with(photo.small, "image/webp") if small else answer_with(photo.image)
    response["Cache-Control"] = "no-cache"  # it may be taken back
    return response


@login_required
@require_POST
@pressing(gettext_lazy("撤下照片"))
def take_back_wish_photos(request: HttpRequest, pk: int) -> HttpResponse:
    wished = get_object_or_404(Wish, pk=pk)
    if not user_of(request).is_same(wished.by_id):
        raise Http404
    with answering(lambda refusal: messages.warning(request, str(refusal))):
        actions.take_back_wish_photos(wished, by=user_of(request))
        messages.success(request, _("照片撤下了，谁也看不到了"))
    return redirect("wish", pk)


@require_safe
def three_lists(request: HttpRequest, code: str) -> HttpResponse:
    """What residents need, what there is, what is being done, side by side; and how long wishes take here."""
    asked = get_object_or_404(Territory.objects.select_related("level"), code=code)
    community = asked.at_level("community")
    place = community or asked
    context = {
        "place": place,
        "taken": cache.get_or_set(f"taken:{place.pk}", lambda: selectors.time_taken(place), MINUTES * 60),
        "lists": selectors.three_lists(community) if community else [],
        "below": [] if community else selectors.places_around(place)["below"],
    }
    return render(request, "proposals/three_lists.html", context)


MINUTES = 10
"""How long is kept what a place's wishes took: a district has many."""


@login_required
def make_wish(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    form = WishForm(request.POST or None, request.FILES or None, by=user)
    if request.method == "POST" and form.is_valid():
        with answering(form, other="same"):
            said = form.cleaned_data
            same = said.pop("same", None)
            wished = actions.wish_too(same, **said, by=user) if same else actions.wish_once(**said, by=user)
            messages.success(request, _("已加入，一起答复您") if same else _("心愿已上墙，社区会答复您"))
            return redirect("wish", wished.pk)
    home = home_of(user)
    context = {
        "form": form,
        "person": person_of(user),
        "enters_paper": enters_paper(user),
        "walks_round": walks_round(user),
        "urgent": selectors.urgent_terms(home.household.place if home else None),
    }
    return render(request, "proposals/make_wish.html", context, status=422 if form.errors else 200)


def may_judge(user: User, wished: Wish) -> bool:
    """Whoever wished, while they are asked; those who were told of it say so at their desk."""
    is_asked = wished.stage == WishStage.SAID and user.is_same(wished.by_id) and not wished.is_for_another
    return is_asked and rules.has_perm("proposals.judge_wish", user, wished)


@login_required
def judge_wish(request: HttpRequest, pk: int) -> HttpResponse:
    """Is it done? Asked of whoever wished, until their days are over."""
    wished = get_object_or_404(Wish.objects.select_related("place"), pk=pk)
    user = user_of(request)
    if not user.is_same(wished.by_id):
        raise Http404
    form = JudgeWishForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            said = form.cleaned_data
            actions.judge_wish(wished, is_done=said["is_done"] == "yes", reason=said["reason"], by=user)
            messages.success(request, _("谢谢，记下了"))
            return redirect("wish", pk)
    context = {"form": form, "wish": wished, "is_asked": may_judge(user, wished)}
    return render(request, "proposals/judge_wish.html", context, status=422 if form.errors else 200)


@login_required
def part_wish(request: HttpRequest, pk: int) -> HttpResponse:
    """Whoever wished says that theirs is another matter than the one it was joined to."""
    wished = get_object_or_404(Wish.objects.select_related("place", "joined_to"), pk=pk)
    user = user_of(request)
    if not user.is_same(wished.by_id):
        raise Http404
    form = PartWishForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            actions.part_wish(wished, reason=form.cleaned_data["reason"], by=user)
            messages.success(request, _("分开单办了，社区会另外答复您"))
            return redirect("wish", pk)
    context = {"form": form, "wish": wished}
    return render(request, "proposals/part_wish.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
@pressing(gettext_lazy("我也想要"))
def support_wish(request: HttpRequest, pk: int) -> HttpResponse:
    wished = get_object_or_404(Wish, pk=pk)
    with answering(lambda refusal: messages.warning(request, str(refusal))):
        actions.support(wished, by=user_of(request))
    return redirect("wish", pk)
