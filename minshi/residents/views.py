"""Pages of the register: saying where one lives, and the chief's confirmation."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.refusals import NotAllowed, Refused, onto
from minshi.residents import actions
from minshi.residents.forms import JoinForm
from minshi.residents.models import ORGANISERS, Person, Role
from minshi.residents.rules import person_of, roles_of
from minshi.territory.models import Territory

MOST = 50


@login_required
def join(request: HttpRequest, code: str = "") -> HttpResponse:
    """First the yard, from the communities that have one; then door, name and consent."""
    user = request.user
    assert isinstance(user, User)
    if not code:
        text = request.GET.get("q", "").strip()[:40]
        yards = Territory.objects.filter(level_id="yard").order_by("path")
        yards = yards.filter(full_name__contains=text) if text else yards
        return render(request, "residents/choose.html", {"yards": yards[:MOST], "q": text, "person": person_of(user)})
    place = get_object_or_404(Territory, code=code, level_id="yard")
    form = JoinForm(request.POST or None, place=place)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            actions.join(user, data["household"], name=data["name"], is_adult=data["is_adult"], by=user)
        except Refused as refusal:
            onto(form, refusal)
        else:
            messages.success(request, _("已登记，等楼栋长或社区确认"))
            return redirect("mine")
    return render(request, "residents/join.html", {"form": form, "place": place}, status=422 if form.errors else 200)


@login_required
def confirm(request: HttpRequest) -> HttpResponse:
    """Who says they live here: one press each to confirm or refuse."""
    user = request.user
    assert isinstance(user, User)
    paths = [held.path for held in roles_of(user) if held.role in (Role.CLERK, *ORGANISERS)]
    if not paths:
        raise NotAllowed(_("只有楼栋长和社区工作人员可以确认住户"))
    if request.method == "POST":
        person = get_object_or_404(
            Person.objects.select_related("household__place"), pk=_number(request.POST.get("person"))
        )
        verdict = actions.confirm if request.POST.get("verdict") == "yes" else actions.refuse
        try:
            verdict(person, by=user)
        except NotAllowed:
            raise
        except Refused as refusal:
            messages.warning(request, str(refusal))
        return redirect("confirm_residents")
    waiting = Person.objects.filter(confirmed_at=None, household__isnull=False).select_related("household__place")
    rows = [person for path in paths for person in waiting.filter(household__place__path__startswith=path)[:MOST]]
    return render(request, "residents/confirm.html", {"people": rows})


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0
