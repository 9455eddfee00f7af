"""Pages of the register: saying where one lives, what for, and the chief's confirmation."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from minshi.accounts.models import User
from minshi.masking import one_line
from minshi.refusals import NotAllowed, answering
from minshi.residents import actions
from minshi.residents.forms import JoinForm
from minshi.residents.models import ORGANISERS, Residence, Role
from minshi.residents.rules import person_of, roles_of
from minshi.territory.models import Territory

MOST = 50


@login_required
@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """First the yard, out of those whose name has what was typed."""
    user = request.user
    assert isinstance(user, User)
    text = one_line(request.GET.get("q", ""))[:40].replace(" ", "")
    yards = Territory.objects.filter(level_id="yard").order_by("path")
    if text:
        yards = yards.filter(full_name__contains=text)
    found = list(yards.select_related("parent")[: MOST + 1])
    context = {"yards": found[:MOST], "more": len(found) > MOST, "q": text, "person": person_of(user)}
    return render(request, "residents/choose.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, code: str) -> HttpResponse:
    """Then door, name, age and consent."""
    user = request.user
    assert isinstance(user, User)
    place = get_object_or_404(Territory, code=code, level_id="yard")
    form = JoinForm(request.POST or None, place=place)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        with answering(form):
            actions.join(user, data["household"], name=data["name"], is_adult=data["age"] == "adult", by=user)
            messages.success(request, _("已登记，等楼栋长或社区确认"))
            return redirect("mine")
    return render(request, "residents/join.html", {"form": form, "place": place}, status=422 if form.errors else 200)


@require_safe
def consent(request: HttpRequest) -> HttpResponse:
    """个人信息告知: what is kept of a resident, what for, for how long, and their rights."""
    return render(request, "residents/consent.html")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Who says they live here: one press each to confirm or refuse."""
    user = request.user
    assert isinstance(user, User)
    paths = [held.path for held in roles_of(user) if held.role in (Role.CLERK, *ORGANISERS)]
    if not paths:
        raise NotAllowed(_("只有楼栋长和社区工作人员可以确认住户"))
    if request.method == "POST":
        _judge(request, user)
        return redirect("confirm_residents")
    mine = Q(pk__in=[])
    for path in paths:
        mine |= Q(household__place__path__startswith=path)
    waiting = Residence.objects.claims().filter(mine).exclude(person__user=user).order_by("pk")
    claims = waiting.select_related("person", "household__place__parent")[:MOST]
    return render(request, "residents/confirm.html", {"claims": claims})


def _judge(request: HttpRequest, user: User) -> None:
    claim = get_object_or_404(Residence, pk=_number(request.POST.get("claim")))
    with answering(lambda refusal: messages.warning(request, str(refusal))):
        if request.POST.get("verdict") == "yes":
            actions.confirm(claim, by=user)
            messages.success(request, _("已确认"))
        elif request.POST.get("verdict") == "no":
            actions.refuse(claim, by=user)
            messages.success(request, _("已退回，对方会收到消息"))
        else:
            messages.warning(request, _("请选择“是”或“不是”"))


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0
