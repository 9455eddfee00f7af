"""The notice board, a notice with its objections, objecting, and the sheet for the board on the wall."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from minshi.accounts.requests import somebody_of, user_of
from minshi.audit import roots
from minshi.audit.selectors import yesterdays_root
from minshi.disclosure import actions, rules, selectors
from minshi.disclosure.filters import BoardFilter
from minshi.disclosure.forms import DoorForm, EnteredObjectionForm, ObjectionForm, PostingForm, SheetForm, WithdrawForm
from minshi.disclosure.models import Notice, Objection, PostingPhoto
from minshi.faces.kept import State, kept_as, kept_page
from minshi.faces.pictures import answer_with
from minshi.policy.selectors import is_default
from minshi.prefix import absolute
from minshi.printing.sheets import as_file, as_page, qr_of
from minshi.refusals import NotAllowed, answering
from minshi.territory.models import Territory


def _state_of_board(request: HttpRequest) -> State:
    return State(None if request.META["QUERY_STRING"] else selectors.state_of_board())


@kept_as(_state_of_board)
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    code = request.GET.get("place", "")
    place = get_object_or_404(Territory, code=code) if code else None
    return kept_page(request, "disclosure/notices.html", lambda: _board(request, place))


def _board(request: HttpRequest, place: Territory | None) -> dict[str, str]:
    """One page of notices and the filters above them, as ready strings."""
    rows = Notice.objects.for_lists()
    board = BoardFilter(request.GET, rows.in_place(place) if place else rows)
    chosen = {name: request.GET[name] for name in ("q", "place", "kind", "when") if request.GET.get(name)}
    page = selectors.page_of(board.qs, chosen, before=request.GET.get("before", ""), after=request.GET.get("after", ""))
    context = {
        "board": board,
        "place": place,
        "line": place.ancestors() if place else (),
        "narrower": selectors.narrower(place),
        "page": page,
        "filtered": bool(chosen.keys() - {"place"}),
    }
    return {
        "place_name": place.full_name if place else "",
        "main": render_to_string("disclosure/notices_main.html", context),
    }


def _state_of_notice(request: HttpRequest, number: str) -> State:
    return State(selectors.state_of_notice(number))


@kept_as(_state_of_notice)
@require_safe
def notice(request: HttpRequest, number: str) -> HttpResponse:
    """A notice with its objections, kept until one of the rows it shows changes, or the hour does."""
    return kept_page(request, "disclosure/notice.html", lambda: _shown(request, number), lambda: _own(request, number))


def _shown(request: HttpRequest, number: str) -> dict[str, Any]:
    notice = get_object_or_404(Notice.objects.for_reading().with_posts(), number=number)
    objections = selectors.objections_of(notice)
    return {
        **_facts(notice),
        "objections": objections,
        "settled": selectors.settled_words(objections),
        "photos": notice.photos.all(),
        "progress": selectors.progress(notice, notice.read_at),
        "sample_policy": is_default(notice.place, ["objection.", rules.PERIODS[notice.kind]], at=notice.posted_at),
        **(_decided_above(notice) if notice.reopened_at else {}),
    }


def _decided_above(notice: Notice) -> dict[str, Any]:
    return {"ruling": notice.ruling, "reopened_again": rules.is_reopened_again(notice)}


def _own(request: HttpRequest, number: str) -> dict[str, str]:
    """What staff may do from here, and whoever objected with what they said."""
    user = somebody_of(request)
    notice = Notice.objects.filter(number=number).select_related("place").first() if user else None
    if notice is None:
        return {}
    own = {f"withdraw_{pk}": _drawn(notice, "withdraw", pk) for pk in rules.open_ones_of(user, notice)}
    if rules.may_enter(user, notice.place):
        own["enter"] = _drawn(notice, "enter")
    if rules.may_record_posting(user, notice.place):
        own["posting"] = _drawn(notice, "posting")
    return own


def _drawn(notice: Notice, gap: str, pk: int | None = None) -> str:
    return render_to_string("disclosure/own.html", {"notice": notice, "gap": gap, "pk": pk})


def _read(number: str) -> Notice:
    return get_object_or_404(Notice.objects.for_reading(), number=number)


def _facts(notice: Notice) -> dict[str, Any]:
    return {
        "notice": notice,
        "place": notice.place,
        "place_then": selectors.place_of(notice),
        "running": _is_running(notice),
    }


def _is_running(notice: Notice) -> bool:
    return notice.withdrawn_by_id is None and notice.read_at < notice.ends_at


# --- Objecting --------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def object_to(request: HttpRequest, number: str) -> HttpResponse:
    """Anybody reads how to object; the form is for who is signed in."""
    if request.method == "POST" and not request.user.is_authenticated:
        return redirect_to_login(request.path)
    notice = _read(number)
    form = ObjectionForm(request.POST or None) if request.user.is_authenticated else None
    if form is not None and request.method == "POST" and form.is_valid():
        with answering(form):
            objection = actions.object_to(notice, by=user_of(request), **form.cleaned_data)
            return _received(request, objection)
    return _object_page(request, notice, form)


def _object_page(request: HttpRequest, notice: Notice, form: ObjectionForm | None) -> HttpResponse:
    context = {
        **_facts(notice),
        "form": form,
        "household": rules.household_of(user_of(request), notice) if form is not None else None,
        "is_beside": form is not None and rules.is_beside(user_of(request), notice),
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "disclosure/object.html", context, status=status)


def _received(request: HttpRequest, objection: Objection) -> HttpResponse:
    messages.success(
        request,
        _("已收到异议，编号 %(number)s。%(who)s，结果写在这条异议旁边。")
        % {"number": objection.number, "who": objection.get_level_display()},
    )
    if objection.line is not None:
        messages.info(request, _("书面异议要由另一位照着照片核对，核对后这一户才计入。"))
    return redirect(objection)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def object_for(request: HttpRequest, number: str) -> HttpResponse:
    """Made at the desk, on the phone or on paper: written down by the community's staff."""
    notice = _read(number)
    if not rules.may_enter(user_of(request), notice.place):
        raise NotAllowed(_("只有这里的社区和街道工作人员可以替别人登记异议。"))
    asked = DoorForm(request.GET or None, notice=notice)
    if request.method != "POST" and not (asked.is_bound and asked.is_valid()):
        context = {**_facts(notice), "form": asked}
        return render(request, "disclosure/object_door.html", context, status=422 if asked.errors else 200)
    typed = {"door": request.GET.get("door", "")}
    form = EnteredObjectionForm(request.POST or None, request.FILES or None, initial=typed, notice=notice)
    if request.method == "POST" and form.is_valid():
        with answering(form, photo="photos", stub="photos", household="door"):
            objection = actions.object_to(notice, by=user_of(request), **form.as_arguments())
            return _received(request, objection)
    context = {**_facts(notice), "form": form}
    return render(request, "disclosure/object_for.html", context, status=422 if form.errors else 200)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def object_read(request: HttpRequest) -> HttpResponse:
    """One sheet per screen: its photo and two questions, without the first reading."""
    user = user_of(request)
    if not rules.paths_of_reading(user):
        raise NotAllowed(_("只有社区和街道工作人员可以核对书面异议。"))
    objection = _sheet_on_screen(request) or selectors.to_read(user)
    if objection is None:
        return render(request, "disclosure/object_read_done.html", {})
    if not rules.may_read_again(user, objection.notice):
        raise NotAllowed(_("只有这里的社区和街道工作人员可以核对书面异议。"))
    form = SheetForm(request.POST or None, notice=objection.notice, initial={"objection": objection.pk})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        if said["objection"] != objection.pk:
            raise Http404
        with answering(form, household="door"):
            line = actions.read_again(objection, said["door"], objects=said["objects"] == "yes", by=user).line
            is_alike = line is not None and line.is_settled
            messages.success(request, _("两次一致，已核对") if is_alike else _("和之前录入的不一样，已转第三位来看"))
            return redirect("objection_read")
    context = {"form": form, "objection": objection, "line": objection.line, "notice": objection.notice}
    return render(request, "disclosure/object_read.html", context, status=422 if form.errors else 200)


def _sheet_on_screen(request: HttpRequest) -> Objection | None:
    """The sheet that was read; after a refusal it stays on the screen."""
    chosen = request.POST.get("objection", "")
    return selectors.sheets().filter(pk=chosen).first() if chosen.isdecimal() else None


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw_objection(request: HttpRequest, pk: int) -> HttpResponse:
    """Whoever said it takes it back; it stays beside the notice, with why."""
    objection = get_object_or_404(Objection.objects.select_related("notice__place", "speaker"), pk=pk)
    if not rules.is_own(user_of(request), objection):
        raise NotAllowed(_("只有提出的人可以撤回这条异议。"))
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            actions.withdraw_objection(objection, reason=form.cleaned_data["reason"], by=user_of(request))
            messages.success(request, _("已撤回"))
            return redirect(objection.notice)
    context = {"form": form, "objection": objection, "notice": objection.notice}
    return render(request, "disclosure/withdraw.html", context, status=422 if form.errors else 200)


@never_cache
@login_required
@require_safe
def object_photo(request: HttpRequest, pk: int) -> FileResponse:
    """The signed sheet is seen by who reads sheets there, who answers, and who signed it; nobody else."""
    objection = get_object_or_404(selectors.sheets(), pk=pk)
    assert objection.line is not None
    if not rules.may_see_sheet(user_of(request), objection):
        raise NotAllowed(_("只有核对、答复的人和签名的人可以看书面异议。"))
    return answer_with(objection.line.sheet.stub)


# --- On the wall ------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def posting(request: HttpRequest, number: str) -> HttpResponse:
    """A photo of the sheet where it hangs."""
    notice = _read(number)
    if not rules.may_record_posting(user_of(request), notice.place):
        raise NotAllowed(_("只有这里的工作人员和楼栋长等可以记录张贴情况。"))
    form = PostingForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        with answering(form):
            actions.record_posting(
                notice, asked["photos"][0], where=asked["where"], taken_down=asked["taken_down"], by=user_of(request)
            )
            messages.success(request, _("已记录张贴照片。"))
            return redirect(notice)
    context = {**_facts(notice), "form": form}
    return render(request, "disclosure/posting.html", context, status=422 if form.errors else 200)


@require_safe
def photo(request: HttpRequest, pk: int) -> FileResponse:
    """Public like the board it shows; drawn anew when it was kept, so it carries nothing else."""
    return answer_with(get_object_or_404(PostingPhoto, pk=pk).picture)


@require_safe
def sheet(request: HttpRequest, number: str) -> HttpResponse:
    """The A4 sheet; ``?large=1`` in letters of 18 points."""
    return as_page(request, "disclosure/sheet.html", sheet_of(_read(number)))


def sheet_of(notice: Notice) -> dict[str, Any]:
    """What the sheet is drawn with."""
    address = absolute(notice.get_absolute_url())
    return {
        "notice": notice,
        "place_then": selectors.place_of(notice),
        "address": address,
        "qr": qr_of(address),
        "back": notice.get_absolute_url(),
        "page": reverse("notice_print", args=[notice.number]),
        "file": reverse("notice_pdf", args=[notice.number]),
        "root": yesterdays_root(),
        "hour": roots.newest(),
    }


@require_safe
def pdf(request: HttpRequest, number: str) -> HttpResponse:
    """The sheet as a file; where the machine cannot make one, the page to print."""
    notice = _read(number)
    facts = sheet_of(notice)
    of_chain = f"{facts['root']}-{facts['hour'] and facts['hour'].seq}"
    version = f"{notice.withdrawn_by_id}-{notice.ends_at:%Y%m%d}-{notice.provisional}-{of_chain}"
    return as_file(request, "disclosure/sheet.html", facts, name=number, version=version, page=facts["page"])
