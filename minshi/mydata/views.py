"""Pages of one's own data: what is kept, and each right with its button."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from minshi import paging
from minshi.accounts.models import User
from minshi.accounts.requests import somebody_of, user_of
from minshi.clock import now, today
from minshi.faces.words import said_late
from minshi.masking import mask_phone
from minshi.mydata import actions
from minshi.mydata.forms import AnswerForm, NameForm, NewNumberForm, RightForm, SureForm
from minshi.mydata.models import Consent, Correction
from minshi.policy import selectors as policy
from minshi.prefix import is_ours
from minshi.refusals import NotAllowed, Refused, answering, onto
from minshi.residents import actions as residents
from minshi.residents import notice
from minshi.residents.models import ORGANISERS, Person, Residence, Role, RoleGrant
from minshi.residents.rules import person_of, roles_of
from minshi.signin import actions as codes
from minshi.signin.addresses import address_of
from minshi.signin.forms import CodeForm, PhoneForm
from minshi.signin.freshness import needs_fresh_code
from minshi.signin.models import Code

MOST = 50


@require_http_methods(["GET", "HEAD", "POST"])
def consent(request: HttpRequest) -> HttpResponse:
    """个人信息告知: what is kept of a resident, what for, for how long, and their rights; agreed to anew here."""
    days = {"keep_months": "security.keep_months", "erase_days": "mydata.erase_days"}
    context: dict[str, Any] = {name: policy.value(parameter, None) for name, parameter in days.items()}
    reasons: list[str] = []
    if request.method == "POST":
        user = somebody_of(request)
        if user is None:
            return redirect_to_login(request.get_full_path())
        with answering(lambda refusal: reasons.extend(refusal.reasons)):
            residents.consent(paging.number(request.POST.get("version")) or 0, by=user)
            messages.success(request, _("已记下，谢谢"))
            return redirect("my_data")
    person = person_of(somebody_of(request))
    asks = person is not None and person.consented_at is not None and person.consented_to != notice.VERSION
    context |= {"version": notice.VERSION, "since": notice.SINCE, "asks": asks, "reasons": reasons}
    context["changed"] = notice.CHANGES.get(notice.VERSION, "")
    return render(request, "residents/consent.html", context, status=422 if reasons else 200)


@never_cache
@login_required
@require_safe
def my_data(request: HttpRequest) -> HttpResponse:
    """All that is kept of the signed-in person, and what they can do about it."""
    user = user_of(request)
    person = person_of(user)
    homes = Residence.objects.filter(person=person).select_related("household__place__parent").order_by("-since")
    asked = Correction.objects.filter(home__person=person).order_by("-pk").first() if person else None
    held = roles_of(user)
    posts = RoleGrant.objects.active(today()).filter(user__in=user.keys, role__in=ORGANISERS).select_related("place")
    context = {
        "person": person,
        "homes": list(homes) if person else [],
        "roles": [each.label for each in held],
        "posts": list(posts) if any(each.role in ORGANISERS for each in held) else [],
        "asked": asked,
        "late": said_late(asked.due_at, now()) if asked and asked.answered_at is None else "",
        "answer_days": policy.value("mydata.answer_days", None),
        "erase_days": policy.value("mydata.erase_days", None),
    }
    return render(request, "mydata/my_data.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def corrections(request: HttpRequest) -> HttpResponse:
    """Names that residents of my places ask to have put right: one press each, a refusal with its reason."""
    user = user_of(request)
    if not answers_somewhere(user):
        raise NotAllowed(_("只有楼栋长、社区工作人员和街道经办可以答复更正申请"))
    sent = paging.number(request.POST.get("correction")) or 0
    form = AnswerForm(request.POST if request.method == "POST" else None, auto_id=f"c{sent}_%s")
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        asked = get_object_or_404(Correction, pk=data["correction"])
        with answering(form):
            actions.answer_correction(asked, granted=data["verdict"] == "yes", answer=data["answer"], by=user)
            messages.success(request, _("已答复，对方会收到消息"))
            return redirect("corrections")
    waiting = list(actions.to_answer(user)[:MOST])
    rows = [(asked, form if asked.pk == sent else AnswerForm(auto_id=f"c{asked.pk}_%s")) for asked in waiting]
    context = {"rows": rows, "form": form, "moment": now()}
    return render(request, "mydata/corrections.html", context, status=422 if form.errors else 200)


def answers_somewhere(user: User) -> bool:
    return any(held.role in (Role.CLERK, Role.CASE_OFFICER, *ORGANISERS) for held in roles_of(user))


@never_cache
@login_required
def my_name(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    form = NameForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            asked = actions.correct_name(form.cleaned_data["name"], by=user)
            messages.success(request, _("已申请，等社区答复") if asked else _("已更正"))
            return redirect("my_data")
    context = {"form": form, "answer_days": policy.value("mydata.answer_days", None)}
    return render(request, "mydata/my_name.html", context, status=422 if form.errors else 200)


@never_cache
@login_required
def my_request(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    form = RightForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            actions.ask_right(form.cleaned_data["kind"], form.cleaned_data["text"], by=user)
            messages.success(request, _("已申请，等社区答复"))
            return redirect("my_data")
    context = {"form": form, "answer_days": policy.value("mydata.answer_days", None)}
    return render(request, "mydata/my_request.html", context, status=422 if form.errors else 200)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def my_names(request: HttpRequest) -> HttpResponse:
    """Where one's whole name stands in public, beside which act; each given and taken back with one press."""
    user = user_of(request)
    reasons: list[str] = []
    if request.method == "POST":
        sent = request.POST
        publishes = sent.get("publishes") == "1"
        with answering(lambda refusal: reasons.extend(refusal.reasons)):
            actions.publish_name(sent.get("act", ""), paging.number(sent.get("subject")) or 0, publishes, by=user)
            messages.success(request, _("已公开姓名") if publishes else _("已收回，马上隐去"))
            back = sent.get("next", "")
            return redirect(back if back and is_ours(back, request) else reverse("my_names"))
    person = person_of(user)
    context = {"rows": _rows_of_names(person), "reasons": reasons, "before": []}
    if person is not None:
        context["before"] = actions.taken_back(person)[:MOST]
    return render(request, "mydata/my_names.html", context, status=422 if reasons else 200)


def _rows_of_names(person: Person | None) -> list[dict[str, Any]]:
    """What they could let be named, and what stands besides."""
    if person is None:
        return []
    standing = {(each.act, each.subject, each.what): each for each in actions.standing(person)}
    rows: list[dict[str, Any]] = []
    for act in actions.acts_of(person):
        named = standing.pop((act.act, act.subject, Consent.What.NAME), None)
        rows.append({**vars(act), "named": named is not None})
    for each in standing.values():
        photos = each.what == Consent.What.PHOTO
        rows.append(
            {"act": each.act, "subject": each.subject, "title": each.title, "url": each.url,
             "shown": each.shown, "named": True, "photos": photos}
        )  # fmt: skip
    return rows


@never_cache
@needs_fresh_code
@sensitive_post_parameters("code")
def my_number(request: HttpRequest) -> HttpResponse:
    """The new number, then the code that was sent to it. The old one was proven to get here."""
    key = request.session.session_key or ""
    form = NewNumberForm(request.POST if "phone" in request.POST else None)
    code = CodeForm(request.POST if "code" in request.POST else None)
    if request.method == "POST" and _number_was_changed(request, key, form, code):
        return redirect("my_data" if code.is_bound else "my_number")
    sent = Code.objects.of_browser(key, Code.Purpose.NUMBER).alive().order_by("-id").first()
    context = {
        "form": form,
        "code": code if sent or code.is_bound else None,
        "masked": mask_phone(sent.phone) if sent else "",
    }
    wrong = request.method == "POST"
    return render(request, "mydata/my_number.html", context, status=422 if wrong else 200)


def _number_was_changed(request: HttpRequest, key: str, form: PhoneForm, code: CodeForm) -> bool:
    """Take the step that was sent: a code goes to the new number, or the code proves it."""
    user = user_of(request)
    with answering(lambda refusal: code.add_error("code", str(refusal)) if code.is_bound else onto(form, refusal)):
        if code.is_bound and code.is_valid():
            proven = codes.prove(code.cleaned_data["code"], Code.Purpose.NUMBER, session_key=key)
            if proven is None:
                raise Refused(_("验证码不对或已过期。请核对短信，或重新获取。"))
            actions.change_number(proven, by=user)
            messages.success(request, _("手机号已更换"))
            return True
        if form.is_bound and form.is_valid():
            phone = form.cleaned_data["phone"]
            codes.ask(phone, Code.Purpose.NUMBER, session_key=key, address=address_of(request), by=user)
            return True
    return False


@never_cache
@login_required
def my_leave(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    form = SureForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            actions.move_out(by=user)
            messages.success(request, _("已登记搬走，到新住处可以重新登记"))
            return redirect("my_data")
    person = person_of(user)
    context = {"form": form, "home": person.residence if person else None}
    return render(request, "mydata/my_leave.html", context, status=422 if form.errors else 200)


@never_cache
@needs_fresh_code
def my_close(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    form = SureForm(request.POST if request.method == "POST" else None)
    days = policy.value("mydata.erase_days", None)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            actions.close(by=user)
            logout(request)
            return render(request, "mydata/closed.html", {"erase_days": days})
    context = {"form": form, "erase_days": days}
    return render(request, "mydata/my_close.html", context, status=422 if form.errors else 200)
