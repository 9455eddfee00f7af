"""The ways in and out. Of allauth only the pages that are used; its names are kept."""

from allauth.account import views as account
from allauth.mfa.base import views as factor
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from django.urls import path

from minshi.signin import views
from minshi.signin.views import for_staff, unprocessable

urlpatterns = [
    path("signin/", views.request_code, name="account_request_login_code"),
    path("signin/code/", views.confirm_code, name="account_confirm_login_code"),
    path("signin/quiet/", views.quiet_number, name="quiet_number"),
    path("signin/fresh/", views.confirm_again, name="fresh_code"),
    path("signin/records/", views.my_signins, name="my_signins"),
    path("signout/", account.logout, name="account_logout"),
    # Two names for one page: ours, and the one allauth looks for.
    path("staff/signin/", views.staff_signin, name="account_login"),
    path("staff/signin/", views.staff_signin, name="staff_signin"),
    path("staff/activate/", views.activate, name="staff_activate"),
    path("staff/confirm/", for_staff(unprocessable(account.reauthenticate)), name="account_reauthenticate"),
    path("staff/password/", for_staff(unprocessable(account.password_change)), name="account_change_password"),
    path("staff/passkey/", views.sign_in_by_passkey, name="mfa_login_webauthn"),
    path("staff/factor/", for_staff(views.security_page), name="mfa_index"),
    path("staff/factor/passkey/", for_staff(unprocessable(views.add_passkey)), name="mfa_add_webauthn"),
    path("staff/factor/passkey/<int:pk>/", for_staff(unprocessable(views.name_passkey)), name="mfa_edit_webauthn"),
    path(
        "staff/factor/passkey/<int:pk>/remove/",
        for_staff(unprocessable(views.remove_passkey)),
        name="mfa_remove_webauthn",
    ),
    path("staff/factor/check/", unprocessable(factor.authenticate), name="mfa_authenticate"),
    path("staff/factor/confirm/", for_staff(unprocessable(factor.reauthenticate)), name="mfa_reauthenticate"),
    path("staff/factor/enrol/", for_staff(unprocessable(totp.activate_totp)), name="mfa_activate_totp"),
    path("staff/factor/remove/", for_staff(unprocessable(totp.deactivate_totp)), name="mfa_deactivate_totp"),
    path("staff/factor/recovery/", for_staff(recovery.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "staff/factor/recovery/new/",
        for_staff(unprocessable(recovery.generate_recovery_codes)),
        name="mfa_generate_recovery_codes",
    ),
    # Before the admin's own: that page would take a password alone.
    path("admin/login/", views.admin_login, name="admin_login"),
    path("demo/codes/", views.demo_codes, name="demo_codes"),
]
