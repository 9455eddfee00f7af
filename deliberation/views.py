"""The pages of votes, paper ballots, meetings and decisions; each is a thin door to a selector or an action."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import rules
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from deliberation import actions, selectors
from deliberation.actions.paper import why_not_correct
from deliberation.forms import (
    CorrectionForm,
    DoorForm,
    FindReceiptForm,
    PaperForm,
    ReadingForm,
    SecondSheetForm,
    UnreachableForm,
    VoidForm,
    VoteForm,
)
from deliberation.models import Ballot, CheckLetter, Choice, Meeting, Motion, MotionStage, PaperBallot
from deliberation.rules import collects_paper, is_theirs, why_not_vote
from minshi import paging
from minshi.accounts.models import User
from minshi.accounts.requests import somebody_of, user_of
from minshi.clock import now, today
from minshi.faces.kept import State, kept_as, kept_page
from minshi.faces.pictures import answer_with
from minshi.health.middleware import may_come_again
from minshi.paper import numbers
from minshi.paper.actions import why_not_theirs
from minshi.paper.models import Line
from minshi.policy import calendar
from minshi.policy import selectors as policy
from minshi.refusals import NotAllowed, Refused, answering, onto
from minshi.residents.rules import home_of
from minshi.rolls.models import Channel, Unit
from minshi.rolls.selectors import unit_of
from minshi.signin.freshness import needs_fresh_code
from proposals.models import Proposal
from proposals.panels import Found, found_by

# --- Voting --------------------------------------------------------------------------------------


@may_come_again
@sensitive_post_parameters()
@never_cache
@login_required
def vote(request: HttpRequest, number: str) -> HttpResponse:
    """One question. Posting it costs one statement beside the session and the person."""
    if request.method != "POST":
        return _vote_page(request, number, VoteForm())
    refused: Refused | None = None
    form = VoteForm(request.POST)
    if sent := _sent(request) or _as_the_form_takes_it(form):
        motion_id, choice, receipt_id = sent
        try:
            given = actions.cast(motion_id, choice, receipt_id=receipt_id, by=user_of(request))
        except Refused as refusal:
            refused = refusal
        except Motion.DoesNotExist:
            raise Http404 from None
        else:
            return redirect("receipt", numbers.shown(given.number))
    if refused:
        onto(form, refused)
    return _vote_page(request, number, form)


def _sent(request: HttpRequest) -> tuple[int, str, UUID] | None:
    """What a whole request holds, read without the form: this is the busiest page. The form says what is wrong."""
    try:
        motion = int(request.POST["motion"])
        choice, number = Choice(request.POST["choice"]), UUID(request.POST["receipt"])
    except (KeyError, ValueError):
        return None
    return (motion, choice.value, number) if 0 < motion < 2**63 else None


def _as_the_form_takes_it(form: VoteForm) -> tuple[int, str, UUID] | None:
    """What is not written as our page writes it, and is no fault either: 34.0, or no number of its own."""
    if not form.is_valid():
        return None
    said = form.cleaned_data
    return said["motion"], said["choice"], said["receipt"]


def _vote_page(request: HttpRequest, number: str, form: VoteForm) -> HttpResponse:
    motion = selectors.running_motion(number)
    if motion is None:
        get_object_or_404(Proposal, number=number)
        return redirect("motion", number)
    user = user_of(request)
    unit = unit_of(user, motion.roll)
    mine = selectors.ballot_by(user, unit)
    reasons = why_not_vote(user, motion, unit, mine)
    if not form.is_bound:
        form = VoteForm(initial={"motion": motion.pk, "choice": mine.choice if mine else None})
    context = {
        "motion": motion,
        "proposal": motion.proposal,
        "unit": unit,
        "reasons": reasons,
        "is_beside": unit is None and home_of(user) is not None,
        "mine": mine,
        "mine_shown": numbers.shown(mine.slip_number) if mine else "",
        "form": form,
        "days_left": calendar.working_days_left(now(), motion.closes_at),
    }
    return render(request, "deliberation/vote.html", context, status=422 if form.errors else 200)


@never_cache
@require_safe
def receipt(request: HttpRequest, code: str) -> HttpResponse:
    """What a slip number stands for: to everybody whether it was counted or replaced; to its household what it says."""
    found = selectors.ballot_of(numbers.normal(code)) if numbers.is_number(code) else None
    if found is None:
        context = {
            "code": code,
            "is_slip": not numbers.is_number(code),
            "form": FindReceiptForm(initial={"number": code}),
        }
        return render(request, "deliberation/no_receipt.html", context, status=404)
    motion = found.unit.roll.motion
    is_mine = _is_mine(request, found)
    sheet = _sheet_of(found) if is_mine else None
    context = {
        "found": found,
        "kind": found._meta.model_name,
        "line": found.line if isinstance(found, PaperBallot) else None,
        "number": numbers.shown(found.slip_number),
        "motion": motion,
        "proposal": motion.proposal,
        "is_mine": is_mine,
        "may_change": is_mine and sheet is None and _may_change(request, found),
        "correction": _correction(sheet),
    }
    return render(request, "deliberation/receipt.html", context)


def _is_mine(request: HttpRequest, found: selectors.Found) -> bool:
    return request.user.is_authenticated and is_theirs(user_of(request), found.unit, selectors.spoken_at(found))


def _may_change(request: HttpRequest, found: selectors.Found) -> bool:
    user = somebody_of(request)
    if user is None or not isinstance(found, Ballot) or not Channel(found.channel).is_own_hand:
        return False
    motion, unit = found.unit.roll.motion, found.unit
    if not user.is_same(found.by_id) or motion.stage != MotionStage.OPEN or now() >= motion.closes_at:
        return False
    home = home_of(user)  # who moved out keeps the ballot and changes it no more
    return unit.household_id is None or (home is not None and home.household_id == unit.household_id)


def _sheet_of(found: selectors.Found) -> PaperBallot | None:
    """The household's sheet: it takes the place of what was cast online, and only it is corrected."""
    return (
        found if isinstance(found, PaperBallot) else selectors.papers().filter(unit=found.unit, is_void=False).first()
    )


def _correction(paper: PaperBallot | None) -> dict[str, Any] | None:
    """Whether what was entered for the household can still be corrected, and until when."""
    if paper is None or not paper.choice:
        return None
    return {"paper": paper, "reasons": why_not_correct(paper), "code": numbers.shown(paper.slip_number)}


@never_cache
@login_required
@require_safe
def my_ballot(request: HttpRequest, number: str, ordinal: int) -> HttpResponse:
    """The check number and the choice, for the household alone; nothing here tells the slip or the time."""
    motions = Motion.objects.select_related("roll", "proposal__place")
    motion = get_object_or_404(motions, proposal__number=number, ordinal=ordinal)
    ballot = selectors.ballot_to_read(user_of(request), motion)
    if ballot is None:
        raise NotAllowed(_("这次投票里没有您可以看的票：您家没有投票，或者是别人住在这里时投的"))
    context = {
        "motion": motion,
        "proposal": motion.proposal,
        "choice": ballot.get_choice_display(),
        "check_number": numbers.shown(ballot.check_number),
        "is_published": motion.stage == MotionStage.PUBLISHED,
    }
    return render(request, "deliberation/my_ballot.html", context)


@sensitive_post_parameters()
@never_cache
@login_required
def receipt_correct(request: HttpRequest, code: str) -> HttpResponse:
    """The household's own word on a sheet that somebody entered for it."""
    paper = get_object_or_404(selectors.papers(), line__slip_number=numbers.normal(code))
    if why_not_theirs(paper.line, user_of(request)):
        raise NotAllowed(_("只有这一户的人可以更正"))
    form = CorrectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        with answering(form):
            actions.correct_paper(
                paper, data["choice"], reason=data["reason"], receipt_id=data["receipt"], by=user_of(request)
            )
            messages.success(request, _("已按您说的更正"))
            return redirect("receipt", numbers.shown(numbers.number_of(data["receipt"])))
    context = {
        "form": form,
        "paper": paper,
        "motion": paper.motion,
        "reasons": why_not_correct(paper),
        "code": numbers.shown(paper.slip_number),
    }
    return render(request, "deliberation/correct.html", context, status=422 if form.errors else 200)


@require_safe
def find_receipt(request: HttpRequest) -> HttpResponse:
    """Type a number from paper or screen, of whatever kind: of a vote, a rating, a pledge, an objection, a project."""
    form = FindReceiptForm(request.GET or None)
    found: list[Found] = []
    if form.is_valid():
        number = form.cleaned_data["number"]
        found = found_by(number)
        if len(found) == 1:
            return redirect(found[0].url)
        if not found and numbers.is_number(number):
            return redirect("receipt", numbers.shown(numbers.normal(number)))
        if not found:  # in its own words: what is no slip number would lose letters that slips do not have
            context = {"code": request.GET["number"].strip(), "is_slip": True, "form": form}
            return render(request, "deliberation/no_receipt.html", context, status=404)
    return render(request, "deliberation/find_receipt.html", {"form": form, "found": found})


# --- Results, for everybody ----------------------------------------------------------------------


def _state_of_motion(request: HttpRequest, number: str) -> State:
    return State(selectors.state_of_motions(number))


@kept_as(_state_of_motion)
@require_safe
def motion(request: HttpRequest, number: str) -> HttpResponse:
    """While it is open only how many have voted; the result once it is published, and how to check it."""
    return kept_page(request, "deliberation/motion.html", lambda: _results(number), lambda: _to_check(request, number))


def _results(number: str) -> dict[str, Any]:
    proposal = get_object_or_404(Proposal.objects.select_related("place", "card"), number=number)
    return {
        "proposal": proposal,
        "results": [selectors.result_of(motion, proposal) for motion in selectors.motions_of(proposal)],
        "sample_policy": policy.is_default(proposal.place, ["canvass.", "formal_vote."]),
        "demo_data": proposal.is_demo,
    }


def _to_check(request: HttpRequest, number: str) -> dict[str, str]:
    """Where somebody reads their household's check number, and asks for the letter of one without a phone."""
    user = somebody_of(request)
    if user is None:
        return {}
    motions = Motion.objects.filter(proposal__number=number, stage=MotionStage.PUBLISHED)
    return {
        f"check_{motion.ordinal}": render_to_string(
            "deliberation/to_check.html",
            {"number": number, "motion": motion, "may_ask_letter": collects_paper(user, motion.proposal)},
        )
        for motion in motions.select_related("proposal__place")
    }


def _published(number: str, ordinal: int) -> Motion:
    motions = Motion.objects.select_related("place", "roll", "proposal__place")
    return get_object_or_404(motions, proposal__number=number, ordinal=ordinal, stage=MotionStage.PUBLISHED)


def _state_of_receipts(request: HttpRequest, number: str, ordinal: int) -> State:
    return State(selectors.state_of_receipts(number, ordinal))


@kept_as(_state_of_receipts)
@require_safe
def motion_receipts(request: HttpRequest, number: str, ordinal: int) -> HttpResponse:
    """Every slip number: counted, or replaced by a later one. What was chosen stands in the file, by other numbers."""
    after = request.GET.get("after", "")
    return kept_page(request, "deliberation/receipts.html", lambda: _slips(_published(number, ordinal), after))


def _slips(motion: Motion, after: str) -> dict[str, Any]:
    page = selectors.receipts_page(motion, after)
    return {
        "motion": motion,
        "proposal": motion.proposal,
        "rows": [(numbers.shown(slip.number), slip.is_counted) for slip in page.rows],
        "older": paging.link({}, after=page.next) if page.next else "",
        "newer": "" if page.is_first else "?",
    }


@require_safe
def motion_export(request: HttpRequest, number: str, ordinal: int) -> StreamingHttpResponse:
    """The file whose digest stands on the result's page."""
    motion = _published(number, ordinal)
    lines = (line.encode() for line in selectors.export_lines(motion))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{number}-{ordinal}.csv"'
    return response


# --- Paper, on the chief's phone -----------------------------------------------------------------


def _running(request: HttpRequest, number: str) -> Motion:
    """The motion that takes paper now, for whoever may take it in."""
    motion = selectors.running_motion(number)
    if motion is None:
        last = Motion.objects.select_related("place").filter(proposal__number=number).order_by("-ordinal").first()
        if last and rules.has_perm("deliberation.paper", request.user, last):
            raise NotAllowed(_("这次表决的结果已经公布，纸票不再登记、更正和撤销；有不同意见可以对结果公告提出"))
        raise Http404
    if not rules.has_perm("deliberation.paper", request.user, motion):
        raise NotAllowed(_("只有这里的楼栋长等组织人和社区工作人员可以录纸票"))
    return motion


def _unit(motion: Motion, ordinal: int) -> Unit:
    return get_object_or_404(motion.roll.units.select_related("household__place__parent", "ballot"), ordinal=ordinal)


@never_cache
@needs_fresh_code
@require_safe
def paper(request: HttpRequest, number: str) -> HttpResponse:
    """Type the door whose sheet came in; who has not voted yet, door by door, and the sheets that did."""
    motion = _running(request, number)
    asked = DoorForm(request.GET or None, doors=selectors.doors_of(motion))
    if asked.is_valid():
        return redirect("paper_unit", number, motion.roll.units.get(household=asked.cleaned_data["door"]).ordinal)
    as_of = selectors.lists_as_of(motion)
    building = request.GET.get("building", "")
    left = selectors.to_visit(motion, as_of, building)
    sheets = selectors.papers_of(motion, request.GET.get("after", ""))
    context = {
        "motion": motion,
        "proposal": motion.proposal,
        "form": asked,
        "left": left,
        "building": building,
        "as_of": as_of,
        "papers": sheets.rows,
        "older": paging.link({"building": building} if building else {}, after=sheets.next) if sheets.next else "",
        "newer": "" if sheets.is_first else paging.link({"building": building} if building else {}),
        "done": motion.electorate - left.number,
        "is_open": motion.stage == MotionStage.OPEN,
        "to_confirm": selectors.to_confirm(user_of(request)),
    }
    return render(request, "deliberation/paper.html", context)


@sensitive_post_parameters()
@never_cache
@needs_fresh_code
def paper_unit(request: HttpRequest, number: str, ordinal: int) -> HttpResponse:
    """One household's sheet: register it, or read it."""
    motion = _running(request, number)
    unit = _unit(motion, ordinal)
    sheet = selectors.papers().filter(unit=unit, is_void=False).first()
    form = PaperForm(request.POST or None, request.FILES or None, door=unit.household, registered=sheet is not None)
    if request.method == "POST" and form.is_valid():
        with answering(form, photo="photos", stub="stubs"):
            _take_in(unit, sheet, form, user_of(request))
            messages.success(request, _("已登记：%(door)s") % {"door": unit.household.door if unit.household else ""})
            return redirect("paper", number)
    context = {
        "motion": motion,
        "proposal": motion.proposal,
        "unit": unit,
        "paper": sheet,
        "code": numbers.shown(sheet.slip_number) if sheet else "",
        "form": form,
        "is_open": motion.stage == MotionStage.OPEN,
        # Answered for one door, once its sheet is registered; while counting it would tell whose sheet was just read.
        "has_voted": sheet is not None and motion.stage == MotionStage.OPEN and hasattr(unit, "ballot"),
    }
    return render(request, "deliberation/paper_unit.html", context, status=422 if form.errors else 200)


def _take_in(unit: Unit, sheet: PaperBallot | None, form: PaperForm, by: User) -> None:
    data = form.cleaned_data
    if sheet is None:
        actions.register_paper(
            unit,
            receipt_id=data["receipt"],
            signer=data["signer"],
            stub=form.stub,
            photo=form.photo,
            choice=data["choice"],
            by=by,
        )
    else:
        actions.enter_paper(sheet, data["choice"], photo=form.photo, by=by)


@never_cache
@needs_fresh_code
def paper_void(request: HttpRequest, number: str, ordinal: int) -> HttpResponse:
    motion = _running(request, number)
    unit = _unit(motion, ordinal)
    sheet = get_object_or_404(selectors.papers(), unit=unit, is_void=False)
    form = VoidForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            actions.void_paper(sheet, reason=form.cleaned_data["reason"], by=user_of(request))
            messages.success(request, _("已撤销登记"))
            return redirect("paper", number)
    context = {"motion": motion, "proposal": motion.proposal, "unit": unit, "form": form}
    return render(request, "deliberation/paper_void.html", context, status=422 if form.errors else 200)


@never_cache
@needs_fresh_code
def paper_unreachable(request: HttpRequest, number: str, ordinal: int) -> HttpResponse:
    motion = _running(request, number)
    unit = _unit(motion, ordinal)
    form = UnreachableForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            actions.mark_unreachable(unit, note=form.cleaned_data["note"], by=user_of(request))
            messages.success(request, _("已记下联系不上，这一户仍在名册里"))
            return redirect("paper", number)
    context = {"motion": motion, "proposal": motion.proposal, "unit": unit, "form": form}
    return render(request, "deliberation/paper_unreachable.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters()
@never_cache
@needs_fresh_code
def paper_confirm(request: HttpRequest) -> HttpResponse:
    """One sheet per screen: its photo and the question, without the first reading."""
    user = user_of(request)
    if not selectors.reads_paper(user):
        raise NotAllowed(_("只有楼栋长等组织人和社区工作人员可以核对纸票"))
    form = ReadingForm(request.POST or None)
    shown = selectors.sheet_to_read(user, request.POST.get("paper", "")) if request.method == "POST" else None
    if request.method == "POST" and shown is None:
        return _not_theirs_to_read(request, form, selectors.to_confirm(user))
    if shown and form.is_valid():
        read = shown
        with answering(form):
            actions.confirm_paper(read, form.cleaned_data["choice"], by=user)
            told = _("两次一致，已计入") if read.line.is_settled else _("和第一次录入不一样，已转第三位来看")
            messages.success(request, told)
            return redirect("paper_confirm")
    # After a refusal the same sheet stays on the screen, if it still waits for this reader.
    sheet = shown if shown and selectors.photo_to_read(user, selectors.reading_key(shown.line)) else None
    if sheet is None and form.errors:
        return render(request, "deliberation/confirm_done.html", {"form": form}, status=422)
    sheet = sheet or selectors.to_confirm(user)
    if sheet is None:
        if selectors.correction_to_confirm(user):
            return redirect("paper_confirm_correction")
        return render(request, "deliberation/confirm_done.html", {})
    if not form.is_bound:
        form = ReadingForm(initial={"paper": selectors.reading_key(sheet.line)})
    return _reading(request, form, sheet.motion, sheet.line)


def _not_theirs_to_read(request: HttpRequest, form: ReadingForm, waiting: object) -> HttpResponse:
    """Nothing of the sheet that was asked for is told."""
    gone = _("没有这张纸票，或者不在您核对的地方")
    if waiting is None:
        raise NotAllowed(gone)
    form.add_error(None, gone)
    return render(request, "deliberation/confirm_done.html", {"form": form}, status=422)


def _reading(request: HttpRequest, form: ReadingForm, motion: Motion, line: Line) -> HttpResponse:
    """The half with the vote and the question: nothing that says which door it came from."""
    context = {"form": form, "motion": motion, "line": line, "key": selectors.reading_key(line)}
    return render(request, "deliberation/confirm.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters()
@never_cache
@needs_fresh_code
def paper_second(request: HttpRequest, number: str, ordinal: int) -> HttpResponse:
    """A household without a phone brings a second sheet, with the slip of the first."""
    motion = _running(request, number)
    unit = _unit(motion, ordinal)
    sheet = get_object_or_404(selectors.papers(), unit=unit, is_void=False)
    form = SecondSheetForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        with answering(form, photo="photos"):
            choice = form.cleaned_data["choice"]
            actions.bring_correction(sheet, photo=form.photo, choice=choice, by=user_of(request))
            messages.success(request, _("已登记更正，等另一位核对"))
            return redirect("paper", number)
    context = {
        "motion": motion,
        "proposal": motion.proposal,
        "unit": unit,
        "form": form,
        "code": numbers.shown(sheet.slip_number),
        "reasons": why_not_correct(sheet),
    }
    return render(request, "deliberation/paper_second.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters()
@never_cache
@needs_fresh_code
def paper_confirm_correction(request: HttpRequest) -> HttpResponse:
    """The second reading of a second sheet."""
    user = user_of(request)
    if not selectors.reads_paper(user):
        raise NotAllowed(_("只有楼栋长等组织人和社区工作人员可以核对纸票"))
    form = ReadingForm(request.POST or None)
    shown = selectors.correction_to_read(user, request.POST.get("paper", "")) if request.method == "POST" else None
    if request.method == "POST" and shown is None:
        return _not_theirs_to_read(request, form, selectors.correction_to_confirm(user))
    if shown and form.is_valid():
        with answering(form):
            actions.confirm_correction(shown, form.cleaned_data["choice"], by=user)
            messages.success(request, _("已核对"))
            return redirect("paper_confirm")
    second = shown if shown and selectors.photo_to_read(user, selectors.reading_key(shown)) else None
    if second is None and form.errors:
        return render(request, "deliberation/confirm_done.html", {"form": form}, status=422)
    second = second or selectors.correction_to_confirm(user)
    if second is None:
        return redirect("paper_confirm")
    if not form.is_bound:
        form = ReadingForm(initial={"paper": selectors.reading_key(second)})
    return _reading(request, form, second.correcting.paper_ballot.motion, second)  # type: ignore[union-attr]


@never_cache
@login_required
@require_safe
def paper_photo(request: HttpRequest, pk: int) -> FileResponse:
    """The half with the vote is seen by who read this sheet and by its household; nobody else."""
    line = get_object_or_404(Line.objects.exclude(words="").select_related("correcting"), pk=pk)
    get_object_or_404(selectors.papers(), line=line.correcting or line)
    if not rules.has_perm("deliberation.see_sheet", user_of(request), line):
        raise NotAllowed(_("只有录票、核对的人和这一户自己可以看纸票"))
    return answer_with(line.words)


@never_cache
@login_required
@require_safe
def group_sheet(request: HttpRequest, number: str) -> FileResponse:
    """The signed sheet of who was chosen without an account; for who keeps such papers there."""
    proposal = get_object_or_404(Proposal.objects.select_related("place"), number=number)
    if not rules.has_perm("deliberation.run", user_of(request), proposal):
        raise NotAllowed(_("只有这里的社区工作人员可以看推选表"))
    group = selectors.group_of(proposal)
    if group is None or group.sheet is None:
        raise Http404
    return answer_with(group.sheet.stub)


@never_cache
@login_required
@require_safe
def paper_reading_photo(request: HttpRequest, key: str) -> FileResponse:
    """The half with the vote, for whoever is to read it now; its address does not tell whose it is."""
    line = selectors.photo_to_read(user_of(request), key)
    if line is None:
        raise Http404
    return answer_with(line.words)


# --- Check numbers by letter ---------------------------------------------------------------------


@never_cache
@needs_fresh_code
def ask_letter(request: HttpRequest, number: str, ordinal: int) -> HttpResponse:
    """A household without a phone asks the chief or the community for its check number."""
    motion = _published(number, ordinal)
    user = user_of(request)
    if not rules.has_perm("deliberation.paper", user, motion):
        raise NotAllowed(_("只有这里的楼栋长等组织人和社区工作人员可以代住户申请"))
    form = DoorForm(request.POST or None, doors=selectors.doors_of(motion))
    if request.method == "POST" and form.is_valid():
        with answering(form):
            actions.ask_letter(motion.roll.units.get(household=form.cleaned_data["door"]), by=user)
            messages.success(request, _("已替这一户申请，街道打印封好以后送到家"))
            return redirect("motion", number)
    context = {"motion": motion, "proposal": motion.proposal, "form": form}
    return render(request, "deliberation/ask_letter.html", context, status=422 if form.errors else 200)


@never_cache
@needs_fresh_code
def letters(request: HttpRequest) -> HttpResponse:
    """The letters that wait at the street, for somebody there without a part in the place."""
    user = user_of(request)
    waiting = selectors.letters_to_print(user)
    if not waiting and not selectors.is_at_the_street(user):
        raise NotAllowed(_("核对号信由街道打印"))
    if request.method == "POST":
        asked = CheckLetter.objects.filter(pk=paging.number(request.POST.get("letter")) or 0).first()
        if asked is None:
            raise Refused(_("没有这封信"))
        return redirect("letter", actions.print_letter(asked, by=user).pk)
    return render(request, "deliberation/letters.html", {"letters": waiting})


@never_cache
@needs_fresh_code
@require_safe
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """The sheet, for whoever prints it and on that day alone."""
    around = ("unit__ballot", "unit__household__place__parent", "unit__roll__motion__proposal__place")
    printed = get_object_or_404(CheckLetter.objects.select_related(*around), pk=pk, printed_by=user_of(request))
    if printed.printed_at is None or calendar.china_date(printed.printed_at) != today():
        raise Http404
    motion = printed.motion
    context = {
        "letter": printed,
        "motion": motion,
        "proposal": motion.proposal,
        "check_number": numbers.shown(printed.unit.ballot.check_number),
    }
    return render(request, "deliberation/letter.html", context)


# --- Meetings and decisions, for everybody -------------------------------------------------------


@require_safe
def meeting(request: HttpRequest, number: str, ordinal: int) -> HttpResponse:
    meetings = Meeting.objects.select_related("proposal__place", "agenda_notice", "minutes_notice", "plan")
    held = get_object_or_404(
        meetings.prefetch_related("attendances", "resolutions"), proposal__number=number, ordinal=ordinal
    )
    context = {
        "meeting": held,
        "proposal": held.proposal,
        "plan": getattr(held, "plan", None),
        "shares": selectors.shares_of(getattr(held, "plan", None)),
        "demo_data": held.proposal.is_demo,
    }
    return render(request, "deliberation/meeting.html", context)


@require_safe
def decision(request: HttpRequest, number: str) -> HttpResponse:
    proposal = get_object_or_404(Proposal.objects.select_related("place"), number=number)
    decided = selectors.decisions_of(proposal)
    studies = list(proposal.studies.select_related("version"))
    if not decided and not studies:
        raise Http404
    context = {
        "proposal": proposal,
        "decisions": [(each, selectors.shares_of(each.version)) for each in decided],
        "studies": studies,
        "demo_data": proposal.is_demo,
    }
    return render(request, "deliberation/decision.html", context)
