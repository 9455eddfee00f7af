"""What is asked on the way in."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ChangePasswordForm, LoginForm
from allauth.account.utils import perform_login
from allauth.core import context
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from minshi.accounts.models import User
from minshi.signin import browsers, limits, passkeys, questions, second_factor
from minshi.signin.means import record_authentication
from minshi.signin.phones import CodeField, PhoneField
from minshi.signin.rules import is_staff


class PhoneForm(forms.Form):
    """One form for signing in and signing up."""

    phone = PhoneField(help_text=_("第一次登录会自动开通。未满14周岁请由监护人办理。"))


class CodeForm(forms.Form):
    code = CodeField(help_text=_("短信里的6位数字，短信里说的时间内有效。"))


class QuietForm(forms.Form):
    """What whoever has held the number before knows of themselves."""

    door = forms.CharField(label=_("您登记的门牌"), max_length=80, help_text=_("例如 301、1-301、1单元301"))
    name = forms.CharField(label=_("您登记的姓名"), max_length=40)


class StaffForm(LoginForm):
    """Name and password; for staff alone, and no others learn whether they had it right."""

    user: User | None = None
    question: questions.Question | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("登录名")
        self.fields["password"].label = _("密码")
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
            field.help_text = ""

    def clean(self) -> dict[str, Any] | None:
        name, request = str(self.cleaned_data.get("login", "")).strip().lower(), context.request
        if not browsers.known_as(request, login=name):
            self.question = questions.in_the_way(self, request.POST, limits.count("password", name))
        cleaned: dict[str, Any] | None = super().clean()
        if self.user is not None and not is_staff(self.user):
            self.user = None
            raise get_adapter().validation_error("username_password_mismatch")
        return cleaned

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        """Without allauth's "remember me": how long a staff session lives is set when it begins."""
        record_authentication(request, self.user, "password", username=self.cleaned_data["login"])
        response: HttpResponse = perform_login(request, self.user, redirect_url=redirect_url)
        return response


class AnotherPasswordForm(ChangePasswordForm):
    """Guesses at the old password are counted, limited and noted as those at the door: it may be a found session."""

    def clean_oldpassword(self) -> str:
        old: str = self.cleaned_data["oldpassword"]
        if not get_adapter().reauthenticate(self.user, old):
            raise get_adapter().validation_error("enter_current_password")
        return old


class ActivationForm(forms.Form):
    """The first password, chosen by the holder with the code that went to their phone."""

    username = forms.CharField(
        label=_("登录名"), max_length=32, widget=forms.TextInput(attrs={"autocomplete": "username"})
    )
    code = forms.CharField(
        label=_("启用码"),
        max_length=20,
        help_text=_("短信里的 10 位字母和数字；过了短信里说的天数，请给您开账号的人重发"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}),
    )
    password1 = forms.CharField(
        label=_("给自己定一个密码"),
        max_length=128,
        strip=False,
        help_text=_("至少 12 位；除了您，谁也不知道"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label=_("再写一遍"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if cleaned.get("password1") and cleaned.get("password2") and cleaned["password1"] != cleaned["password2"]:
            self.add_error("password2", _("两次写的不一样"))
        return cleaned


class _Named:
    """allauth's field under the name our pages use."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("动态验证码")
        self.fields["code"].widget.attrs.pop("placeholder", None)
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


class _FactorCode(_Named):
    """allauth counts guesses and used codes in the cache, which may be away; we do in PostgreSQL."""

    user: Any
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        self.authenticator = second_factor.accept(self.user, code)
        return code


class EnrolForm(_Named, ActivateTOTPForm):
    pass


class FactorForm(_FactorCode, mfa.AuthenticateForm):
    pass


class FactorAgainForm(_FactorCode, mfa.ReauthenticateForm):
    pass


class CredentialField(forms.JSONField):
    """What a browser's device says. Too deep or too long a number is no credential, and no fault of the site."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except (ValueError, RecursionError):
            raise forms.ValidationError(passkeys.not_accepted(), code="incorrect_code") from None


class _NamedPasskey(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name: Any = self.fields["name"]
        name.label, name.max_length = _("给它起个名字"), 40
        name.validators.append(MaxLengthValidator(40))
        name.widget.attrs["maxlength"] = 40
        name.help_text = _("例如 办公室电脑、我的手机；以后好认出是哪一个")


class AddPasskeyForm(_NamedPasskey, webauthn.AddWebAuthnForm):
    user: User
    credential = CredentialField()

    def clean(self) -> dict[str, Any]:
        if not passkeys.may_use(self.user):
            raise forms.ValidationError(_("通行密钥给有任职的工作人员用；您现在没有任职。"))
        if len(passkeys.of(self.user)) >= passkeys.MOST:
            raise forms.ValidationError(_("通行密钥已经有 %(n)d 个，请先删去不用的。") % {"n": passkeys.MOST})
        refusal = str(_("没有登记成。请再试一次；设备要能用指纹、面容或密码确认是您本人。"))
        return passkeys.read(super().clean, refusal) or {}


class NamePasskeyForm(_NamedPasskey, webauthn.EditWebAuthnForm):
    pass


class PasskeyForm(webauthn.LoginWebAuthnForm):
    """In place of login name and password; for staff alone, and no others learn whether they have one."""

    credential = CredentialField()

    def clean_credential(self) -> Any:
        found = passkeys.read(super().clean_credential, passkeys.not_accepted())
        if not passkeys.may_use(found.user):
            raise forms.ValidationError(passkeys.not_accepted(), code="incorrect_code")
        return found


class NoPasskeyHere(webauthn.AuthenticateWebAuthnForm):
    """The second factor is the six digits, also after a passkey: one thing found or stolen opens nothing."""

    credential = CredentialField(required=False)

    def clean_credential(self) -> Any:
        raise forms.ValidationError(_("请填手机上的动态验证码。"))
