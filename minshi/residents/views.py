"""Pages of the register: saying where one lives, what for, and the chief's confirmation."""

from __future__ import annotations

import unicodedata
from functools import reduce
from operator import or_
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from minshi.accounts.models import User
from minshi.accounts.requests import user_of
from minshi.masking import one_line
from minshi.prefix import is_ours
from minshi.refusals import NotAllowed, Refused, answering
from minshi.residents import actions, doors, representing, striking
from minshi.residents.forms import GoneForm, JoinForm
from minshi.residents.models import (
    STRIKE_REASON_LENGTH,
    Representation,
    Residence,
    StrikeOff,
)
from minshi.residents.rules import CONFIRMING, claims_for, home_of, person_of, register_of, roles_of
from minshi.territory.models import Household, Level, Territory
from minshi.territory.reading import plain_numbers

MOST = 50


@login_required
@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """First the yard, village group or community with doors, out of those whose name has what was typed."""
    user = request.user
    assert isinstance(user, User)
    text = one_line(request.GET.get("q", ""))[:40].replace(" ", "")
    plain = unicodedata.normalize("NFKC", text)[:40]
    yards = _joinable().order_by("path")
    if text:
        # As it was typed, in letters of a Chinese keyboard's width, and 十四号院 for 14号院.
        spelt = (Q(full_name__contains=each) for each in {text, plain, plain_numbers(plain)})
        yards = yards.filter(reduce(or_, spelt))
    found = list(yards.select_related("parent")[: MOST + 1])
    context = {
        "yards": found[:MOST],
        "more": len(found) > MOST,
        "q": text,
        "person": person_of(user),
        **_back(_following(request)),
    }
    return render(request, "residents/choose.html", context)


def _joinable() -> QuerySet[Territory]:
    """What people call the place they live in: a yard, else what stands right under the community; else itself."""
    # One door of each community that is met: asked whether any exists, PostgreSQL would read every door of the city.
    door = Subquery(Household.objects.filter(place=OuterRef("pk"), is_active=True).values("pk")[:1])
    below = Q(parent__level_id="community", level__rank__gt=F("parent__level__rank"))
    places = Territory.objects.filter(merged_into=None).alias(door=door)
    return places.filter(Q(level_id="yard") | below | Q(level_id="community") & Q(door__isnull=False))


def _following(request: HttpRequest) -> str:
    """The page somebody came from to say where they live; never another site's."""
    following = request.POST.get("next") or request.GET.get("next") or ""
    return following if following.startswith("/") and is_ours(following, request) else ""


def _back(following: str) -> dict[str, str]:
    return {"next": following, "after": "?" + urlencode({"next": following}) if following else ""}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, code: str) -> HttpResponse:
    """Then door, name, age and consent."""
    user = request.user
    assert isinstance(user, User)
    lowest = Level.objects.filter(code="community").values("rank")
    place = get_object_or_404(Territory.objects.select_related("parent"), code=code, level__rank__gte=lowest)
    following = _following(request)
    if request.method != "POST" and home_of(user) is not None:
        # What to do first, before a form is filled in vain.
        return render(request, "residents/choose.html", {"person": person_of(user), **_back(following)})
    form = JoinForm(request.POST or None, place=place)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        with answering(form):
            actions.join(user, data["household"], **form.said(), by=user)
            messages.success(request, _("已登记，等楼栋长或社区确认"))
            return redirect(following or "mine")
    context = {"form": form, "place": place, **_back(following)}
    return render(request, "residents/join.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def represent(request: HttpRequest) -> HttpResponse:
    """Who votes for my household; asking to, and the present one's answer."""
    user = request.user
    assert isinstance(user, User)
    reasons: list[str] = []
    if request.method == "POST":
        with answering(lambda refusal: reasons.extend(refusal.reasons)):
            messages.success(request, _represented(request, user))
            return redirect("representing")
    home = home_of(user)
    present = representing.representative_of(home) if home else None
    context = {
        "home": home,
        "present": present,
        "is_mine": bool(home and home.is_representative),
        "why_not": representing.why_not_ask(home),
        "requests": representing.asked_of(home) if home and home.is_representative else [],
        "others": representing.others_of(home),
        "reasons": reasons,
    }
    return render(request, "residents/represent.html", context, status=422 if reasons else 200)


def _represented(request: HttpRequest, user: User) -> str:
    """Do what the button says; returns what to tell."""
    if request.POST.get("what") == "ask":
        request_ = representing.ask(by=user)
        if representing.hears(representing.representative_of(request_.home)):
            return _("已经告诉现在的户代表和社区，等答复")
        return _("现在的户代表没有手机账号；已经告诉社区，等社区答复")
    if request.POST.get("what") == "gone":
        actions.gone(get_object_or_404(Residence, pk=_number(request.POST.get("home"))), by=user)
        return _("已登记搬走，对方会收到消息")
    asked = get_object_or_404(Representation, pk=_number(request.POST.get("request")))
    if request.POST.get("what") == "yes":
        representing.agree(asked, by=user)
        return _("已更换户代表")
    if request.POST.get("what") == "no":
        representing.disagree(asked, by=user)
        return _("已记下，由社区来定")
    raise Refused(_("请选择“同意”或“不同意”"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Who says they live here: one press each to confirm or refuse."""
    user = request.user
    assert isinstance(user, User)
    if not any(held.role in CONFIRMING for held in roles_of(user)):
        raise NotAllowed(_("只有楼栋长和社区工作人员可以确认住户；他们逾期没有答复的，转街道、区里"))
    if request.method == "POST":
        _judge(request, user)
        return redirect("confirm_residents")
    claims = claims_for(user).select_related("person", "household__place__parent").order_by("since", "pk")[:MOST]
    return render(request, "residents/confirm.html", {"claims": [(claim, actions.as_read(claim)) for claim in claims]})


@never_cache
@login_required
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Residents of my places by name, door or last digits, masked as on the desk; a miss tells nothing."""
    user = user_of(request)
    paths = _my_register(user)
    text = doors.typed(request.GET.get("q", ""))
    homes = (
        Residence.objects.current().filter(person__isnull=False).select_related("person", "household__place__parent")
    )
    found = homes.filter(doors.sought(text, paths)).order_by("household__place__path", "household__address", "pk")
    shown = list(found[: MOST + 1]) if text else []
    context = {"q": text, "found": shown[:MOST], "more": len(shown) > MOST}
    return render(request, "residents/find.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def found(request: HttpRequest, pk: int) -> HttpResponse:
    """One of them in full, for whoever confirms residents there; who moved out is written down here, too."""
    user = user_of(request)
    _my_register(user)
    rows = Residence.objects.current().filter(person__isnull=False)
    home = get_object_or_404(rows.select_related("person__user", "household__place__parent"), pk=pk)
    if not any(home.household.place.path.startswith(path) for path in register_of(user)):
        raise Http404
    form = GoneForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            actions.move_out(home, by=user)
            messages.success(request, _("已登记搬走，对方会收到消息"))
            return redirect("find_residents")
    is_mine = home.person is not None and user.is_same(home.person.user_id)
    context = {"home": home, "form": form if home.confirmed_at and not is_mine else None}
    return render(request, "residents/found.html", context, status=422 if form.errors else 200)


def _my_register(user: User) -> list[str]:
    paths = register_of(user)
    if not paths:
        raise NotAllowed(_("只有楼栋长和社区工作人员可以查住户"))
    return paths


def _judge(request: HttpRequest, user: User) -> None:
    claim = get_object_or_404(Residence, pk=_number(request.POST.get("claim")))
    with answering(lambda refusal: messages.warning(request, str(refusal))):
        if request.POST.get("verdict") == "yes":
            actions.confirm(claim, read=request.POST.get("read"), by=user)
            messages.success(request, _("已确认"))
        elif request.POST.get("verdict") == "no":
            actions.refuse(claim, by=user)
            messages.success(request, _("已退回，对方会收到消息"))
        else:
            raise Refused(_("请选择“是”或“不是”"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def strikes(request: HttpRequest) -> HttpResponse:
    """Doors that another asked to strike off: one press to confirm, a reason to refuse."""
    user = request.user
    assert isinstance(user, User)
    if not roles_of(user):
        raise NotAllowed(_("只有楼栋长等组织人和社区、街道、区的工作人员可以确认注销门牌"))
    typed, wrong = (0, ""), {}
    if request.method == "POST":
        strike = get_object_or_404(StrikeOff, pk=_number(request.POST.get("strike")))
        typed = (strike.pk, request.POST.get("reason", "")[:STRIKE_REASON_LENGTH])
        with answering(lambda refusal: wrong.update({strike.pk: str(refusal)})):
            messages.success(request, _answered(strike, request.POST.get("verdict"), typed[1], user))
            return redirect("strikes")
    rows = [
        {"strike": each, "typed": typed[1] if each.pk == typed[0] else "", "wrong": wrong.get(each.pk, "")}
        for each in striking.to_answer(user)
    ]
    context = {"rows": rows, "most": STRIKE_REASON_LENGTH, "gone": [] if any(row["wrong"] for row in rows) else wrong}
    return render(request, "residents/strikes.html", context, status=422 if wrong else 200)


def _answered(strike: StrikeOff, verdict: str | None, reason: str, user: User) -> str:
    if verdict == "yes":
        striking.confirm_strike(strike, by=user)
        return _("已注销")
    if verdict == "no":
        striking.refuse_strike(strike, reason=reason, by=user)
        return _("已答复，申请的人会收到消息")
    raise Refused(_("请选择“同意注销”或“不同意”"))


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0
