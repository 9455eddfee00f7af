"""The ways in. Residents: phone, then code. Staff: allauth's pages for password and second factor."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.account import views as account
from allauth.account.utils import get_login_redirect_url, get_next_redirect_url, perform_login
from allauth.mfa.base.views import index as factors
from allauth.mfa.webauthn import views as webauthn
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe

from minshi.accounts.models import User
from minshi.accounts.requests import SignedIn
from minshi.masking import mask_phone
from minshi.policy import selectors as policy
from minshi.refusals import NotAllowed, Refused, answering, onto
from minshi.signin import actions, browsers, demo, drafts, passkeys, questions, security, staff
from minshi.signin.addresses import address_of
from minshi.signin.forms import ActivationForm, CodeForm, PhoneForm, QuietForm
from minshi.signin.freshness import fresh_code
from minshi.signin.limits import exceeds
from minshi.signin.means import record_authentication
from minshi.signin.models import Code, SecurityEvent, keyed
from minshi.signin.rules import is_staff

View = Callable[..., HttpResponse]
MOST_TRIES = 10
MOST_PASSKEYS = 100
"""From one address in a quarter of an hour: nothing can be guessed, and an office shares its address."""
QUARTER = timedelta(minutes=15)
BEFORE_SIGNING_IN = 24 * 60 * 60
"""Seconds a session lives that nobody has signed in to."""


# --- Residents --------------------------------------------------------------------------------


@never_cache
def request_code(request: HttpRequest) -> HttpResponse:
    """Step one: the phone. The session begins with the page, so that two taps share it."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(get_login_redirect_url(request))
    session_key = _session_key(request)
    form, question = PhoneForm(request.POST or None), None
    if form.is_valid():
        phone = form.cleaned_data["phone"]
        browser = browsers.known_as(request, phone=phone)
        if not browser:
            question = questions.in_the_way(form, request.POST, actions.asked_by_strangers(phone))
        if question and actions.was_just_sent(phone, session_key=session_key):
            # The second of two taps: the first has used up the answer, and the code is on its way.
            return redirect(_with_next(request, "account_confirm_login_code"))
    if form.is_valid():
        try:
            actions.ask(
                phone, Code.Purpose.SIGN_IN, session_key=session_key, address=address_of(request), browser=browser
            )
        except Refused as refusal:
            security.note_phone(security.Kind.LOCKED, phone)
            # Asked again too early in the same browser: the code that was sent is still good.
            code = _latest_code(request, Code.Purpose.SIGN_IN)
            if code is None or code.phone != phone:
                onto(form, refusal)
            else:
                messages.info(request, " ".join(map(str, refusal.reasons)))
        else:
            security.note_phone(security.Kind.CODE_SENT, phone)
        if form.is_valid():
            return redirect(_with_next(request, "account_confirm_login_code"))
    following = get_next_redirect_url(request) or ""
    context = {"form": form, "question": question, "next": following, "is_kept": drafts.is_kept_for(request, following)}
    return render(request, "account/request_login_code.html", context, status=422 if form.errors else 200)


@never_cache
@sensitive_post_parameters("code")
def confirm_code(request: HttpRequest) -> HttpResponse:
    """Step two: the code. What is wrong is never said more closely than "wrong or expired"."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(get_login_redirect_url(request))
    asked = _latest_code(request, Code.Purpose.SIGN_IN)
    if asked is None:
        if request.method == "POST" and _was_just_used(request):
            return _in_already(request)
        if request.method == "POST":
            messages.warning(request, _("验证码已过期，请重新获取。"))
        return redirect(_with_next(request, "account_request_login_code"))
    form = CodeForm(request.POST or None)
    if form.is_valid():
        phone = actions.prove(form.cleaned_data["code"], Code.Purpose.SIGN_IN, session_key=_session_key(request))
        user = actions.admit(phone) if phone else None
        if user is not None and actions.is_quiet(user) and not _knows(request, user):
            request.session[QUIET] = user.pk
            return redirect(_with_next(request, "quiet_number"))
        if user is not None:
            return _let_in(request, user)
        if phone is None and _was_just_used(request):
            return _in_already(request)
        security.note_phone(security.Kind.WRONG_CODE, asked.phone)
        form.add_error("code", _wrong())
    context = {
        "form": form,
        "phone": asked.phone,
        "masked": mask_phone(asked.phone),
        "next": get_next_redirect_url(request) or "",
    }
    return render(request, "account/confirm_login_code.html", context, status=422 if form.errors else 200)


def _was_just_used(request: HttpRequest) -> bool:
    """By the session that this form was drawn in: it got another key when the first of two taps came in."""
    form, key = CodeForm(request.POST), request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    return bool(key) and form.is_valid() and actions.was_just_used(form.cleaned_data["code"], session_key=key)


def _in_already(request: HttpRequest) -> HttpResponse:
    if QUIET in request.session:
        return redirect(_with_next(request, "quiet_number"))
    messages.info(request, _("这个验证码刚才已经用过，一般已经登录好了；要是还要您登录，请重新获取。"))
    return redirect(get_next_redirect_url(request) or "mine")


QUIET = "quiet_number"


def _knows(request: HttpRequest, user: User) -> bool:
    return bool(browsers.known_as(request, user=user.pk))


def _let_in(request: HttpRequest, user: User) -> HttpResponse:
    record_authentication(request, user, "code")
    fresh_code(request, user)
    response: HttpResponse = perform_login(request, user, redirect_url=get_next_redirect_url(request))
    return response


@never_cache
def quiet_number(request: HttpRequest) -> HttpResponse:
    """A number that was proven after long silence, in a browser nobody knows: its door and name, in three tries."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(get_login_redirect_url(request))
    user = User.objects.filter(pk=request.session.get(QUIET) or 0, is_active=True).first()
    if user is None:
        return redirect(_with_next(request, "account_request_login_code"))
    form = QuietForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        tried = actions.has_tried_enough(user)
        if not tried and actions.recognises(user, form.cleaned_data["door"], form.cleaned_data["name"]):
            request.session.pop(QUIET, None)
            return _let_in(request, user)
        if tried:
            request.session.pop(QUIET, None)
            messages.info(request, _("已为您新开账号，请登记住在哪里，楼栋长或社区确认后就能用。"))
            return _let_in(request, actions.start_anew(user))
        form.add_error(None, _("对不上。这个号码很久没有登录过，试几次都不对就新开一个账号，由楼栋长确认。"))
    context = {"form": form, "next": get_next_redirect_url(request) or ""}
    return render(request, "signin/quiet_number.html", context, status=422 if form.errors else 200)


@never_cache
@login_required
@sensitive_post_parameters("code")
def confirm_again(request: SignedIn) -> HttpResponse:
    """A fresh proof: the code goes to one's own phone; staff use their second factor."""
    user = request.user
    if is_staff(user):
        return redirect(_with_next(request, "mfa_reauthenticate"))
    if not user.phone:
        raise NotAllowed(_("您的账号没有手机号，无法再次确认身份。请联系您所在的社区。"))
    form = CodeForm(request.POST if "code" in request.POST else None)
    reasons: list[str] = []
    if request.method == "POST" and "code" not in request.POST:
        with answering(lambda refusal: reasons.extend(refusal.reasons)):
            actions.ask(
                user.phone,
                Code.Purpose.FRESH,
                session_key=_session_key(request),
                address=address_of(request),
                # Whoever is signed in is no stranger, also where the browser has no name yet.
                browser=browsers.known_as(request, phone=user.phone) or keyed("browser", "of", str(user.pk)),
                by=user,
            )
            return redirect(_with_next(request, "fresh_code"))
    elif form.is_valid():
        digits = form.cleaned_data["code"]
        if actions.prove(digits, Code.Purpose.FRESH, session_key=_session_key(request)) == user.phone:
            fresh_code(request, user)
            return HttpResponseRedirect(get_next_redirect_url(request) or reverse("mine"))
        security.note(security.Kind.WRONG_CODE, user=user)
        form.add_error("code", _wrong())
    context = {
        "form": form,
        "reasons": reasons,
        "was_sent": _latest_code(request, Code.Purpose.FRESH) is not None,
        "masked": mask_phone(user.phone),
        "next": get_next_redirect_url(request) or "",
    }
    return render(request, "signin/fresh.html", context, status=422 if form.errors or reasons else 200)


@never_cache
@login_required
@require_safe
def my_signins(request: SignedIn) -> HttpResponse:
    """What was noted of one's own account: whoever sees a sign-in that was not theirs can say so."""
    events = SecurityEvent.objects.filter(user=request.user)[:100]
    months = policy.value("security.keep_months", None)
    return render(request, "signin/my_signins.html", {"events": events, "months": months})


def _session_key(request: HttpRequest) -> str:
    if request.session.session_key is None:
        request.session.create()
        request.session.set_expiry(BEFORE_SIGNING_IN)
    return request.session.session_key or ""


def _latest_code(request: HttpRequest, purpose: str) -> Code | None:
    key = request.session.session_key
    return Code.objects.of_browser(key, purpose).alive().order_by("-id").first() if key else None


def _with_next(request: HttpRequest, name: str) -> str:
    following = get_next_redirect_url(request)
    return reverse(name) + (f"?{urlencode({'next': following})}" if following else "")


def _wrong() -> str:
    return _("验证码不对或已过期。请核对短信，或重新获取。")


# --- Staff ------------------------------------------------------------------------------------


def unprocessable(view: View) -> View:
    """allauth answers a form with mistakes by 200; here that is 422 like everywhere."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if request.method == "POST" and response.status_code == 200:
            response.status_code = 422
        return response

    return answered


def for_staff(view: View) -> View:
    """allauth's pages about passwords and factors, of which residents have none."""

    @wraps(view)
    @login_required(login_url="staff_signin")
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_staff(request.user):
            raise NotAllowed(_("这里是工作人员的入口，您现在以居民身份登录。"))
        return view(request, *args, **kwargs)

    return guarded


def staff_signin(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated and not is_staff(request.user):
        raise NotAllowed(_("这里是工作人员的入口，您现在以居民身份登录。请先退出登录。"))
    request.passkeys_here = passkeys.can_here(request)  # type: ignore[attr-defined]
    return unprocessable(account.login)(request)


class SignInByPasskey(webauthn.LoginWebAuthnView):
    """In place of login name and password: what is asked next is the second factor, as after those."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        _session_key(request)
        answer: HttpResponse = super().get(request, *args, **kwargs)
        return answer

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if exceeds(MOST_PASSKEYS, QUARTER, "passkey", address_of(request)):
            return self._refused(_("试的次数太多，请过一刻钟再试，或者用登录名和密码登录。"))
        answer: HttpResponse = super().post(request, *args, **kwargs)
        return answer

    def form_valid(self, form: Any) -> HttpResponse:
        key = form.cleaned_data["credential"]
        key.record_usage()
        record_authentication(self.request, key.user, passkeys.METHOD, id=key.pk)
        response: HttpResponse = perform_login(self.request, key.user, redirect_url=get_next_redirect_url(self.request))
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        return self._refused(passkeys.not_accepted())

    def _refused(self, reason: str) -> HttpResponse:
        messages.error(self.request, reason)
        return redirect(_with_next(self.request, "staff_signin"))


sign_in_by_passkey = never_cache(SignInByPasskey.as_view())


class AddPasskey(webauthn.AddWebAuthnView):
    """One that its holder is asked for by finger, face or PIN, and that is found without a login name."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        options = passkeys.found_without_a_name(context["js_data"]["creation_options"])
        return {**context, "can_here": passkeys.can_here(self.request), "options": options}


add_passkey = transaction.atomic(AddPasskey.as_view())
name_passkey = transaction.atomic(webauthn.EditWebAuthnView.as_view(success_url=reverse_lazy("mfa_index")))
remove_passkey = transaction.atomic(webauthn.RemoveWebAuthnView.as_view(success_url=reverse_lazy("mfa_index")))


def security_page(request: SignedIn) -> HttpResponse:
    """allauth's list of factors, with the passkeys as their holder calls them."""
    request.passkeys = passkeys.keys_said(request.user)  # type: ignore[attr-defined]
    response: HttpResponse = factors(request)
    return response


@never_cache
@sensitive_post_parameters("code", "password1", "password2")
def activate(request: HttpRequest) -> HttpResponse:
    """The first password of whoever was given an account, or access anew: chosen with the code on their phone."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(get_login_redirect_url(request))
    form = ActivationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        name = data["username"].strip().lower()
        if exceeds(MOST_TRIES, QUARTER, "activation", name, address_of(request)):
            security.note_name(SecurityEvent.Kind.LOCKED, name)
            form.add_error(None, _("试的次数太多，请过一刻钟再试。"))
        with answering(form):
            if form.is_valid() and staff.activate(name, data["code"], data["password1"]):
                messages.success(request, _("已启用。请用登录名和新密码登录，再绑定动态口令。"))
                return redirect("staff_signin")
        if form.is_valid():
            security.note_name(SecurityEvent.Kind.WRONG_CODE, name)
            form.add_error("code", _("登录名或启用码不对，或者已经过期、用过。请联系给您开账号的人重发。"))
    return render(request, "signin/activate.html", {"form": form}, status=422 if form.errors else 200)


def admin_login(request: HttpRequest) -> HttpResponse:
    """The admin sends here whoever may not enter it: to sign in, or to hear that they may not."""
    if request.user.is_authenticated:
        raise NotAllowed(_("您的账号不能进入工作台。"))
    return redirect(_with_next(request, "staff_signin"))


# --- The demo ---------------------------------------------------------------------------------


@never_cache
def demo_codes(request: HttpRequest) -> HttpResponse:
    if not settings.DEMO:
        raise Http404
    context = {
        "texts": demo.latest_texts(),
        "staff": demo.staff(),
        "residents": demo.residents(),
        "password": demo.PASSWORD,
        "demo_data": True,
    }
    return render(request, "signin/demo_codes.html", context)
