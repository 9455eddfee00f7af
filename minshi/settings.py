"""One settings file; what differs between places comes from the environment.

MINSHI_ENV is one of ``dev``, ``demo``, ``test``, ``production``. Production takes every secret
and address from the environment and refuses to start without them.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static

BASE_DIR = Path(__file__).resolve().parent.parent
ENV = os.environ.get("MINSHI_ENV", "dev")
if ENV not in {"dev", "demo", "test", "production"}:
    raise ImproperlyConfigured(f"MINSHI_ENV must be dev, demo, test or production, not {ENV!r}")
PRODUCTION = ENV == "production"
VAR_DIR = Path(os.environ.get("MINSHI_VAR", BASE_DIR / "var"))


def env(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, None if PRODUCTION else default)
    if value is None:
        raise ImproperlyConfigured(f"{name} must be set in the environment")
    return value


SECRET_KEY = env("MINSHI_SECRET_KEY", "only-for-development-and-tests-never-in-production")
SECRET_KEY_FALLBACKS = [key for key in os.environ.get("MINSHI_SECRET_KEY_FALLBACKS", "").split(",") if key]
"""Keys of before: what was signed or sealed with them is still read."""
DEBUG = ENV == "dev"
ALLOWED_HOSTS = env("MINSHI_HOSTS", "127.0.0.1,localhost,testserver").split(",")
SITE_URL = env("MINSHI_SITE_URL", "http://127.0.0.1:8000").rstrip("/")
"""The public address, for QR codes and messages; a path in it is where the whole site stands on its host."""
_SITE = re.fullmatch(r"(https?://[^/?#\s]+)((?:/[A-Za-z0-9_-]+)*)", SITE_URL)
if not _SITE:
    raise ImproperlyConfigured(
        f"MINSHI_SITE_URL must be http(s)://host or http(s)://host/path in plain letters, not {SITE_URL!r}"
    )
ORIGIN, PREFIX = _SITE.groups()
FORCE_SCRIPT_NAME = PREFIX or None
CSRF_TRUSTED_ORIGINS = [ORIGIN] if ORIGIN.startswith("https://") else []

INSTALLED_APPS = [
    "minshi.desk.site.MinshiAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_filters",
    "django_htmx",
    "rules",
    "csp",
    "minshi.guards",  # first of ours: loaded before any other app acts on a migration
    "minshi.clock",
    "minshi.audit",
    "minshi.accounts",
    "minshi.deadlines",
    "minshi.ledger",
    "minshi.lifecycle",
    "minshi.territory",
    "minshi.residents",
    "minshi.rolls",
    "minshi.paper",
    "minshi.policy",
    "minshi.disclosure",
    "minshi.notifications",
    "minshi.arrivals",
    "minshi.bylaws",
    "minshi.signin",
    "minshi.mydata",
    "minshi.unsent",
    "minshi.intake",
    "minshi.once",
    "minshi.faces",
    "minshi.health",
    "minshi.desk",
    "proposals",
    "deliberation",
    "funding",
    "evaluation",
]
# unfold must come before the admin it dresses.
# Basic: its other configuration would put unfold's own site in place of our desk.
INSTALLED_APPS = ["unfold.apps.BasicAppConfig", *INSTALLED_APPS]

MIDDLEWARE = [
    "minshi.health.middleware.OnceMore",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "minshi.faces.middleware.SecurityPolicyMiddleware",
    "minshi.faces.kept.KeptPages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "minshi.signin.middleware.KeptByNobody",
    "minshi.signin.middleware.NoteRefusals",
    "minshi.signin.middleware.RemembersBrowsers",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "minshi.signin.middleware.SentBeforeSigningIn",
    "minshi.unsent.middleware.KeepsFiles",
    "minshi.signin.middleware.StaffNeedSecondFactor",
    "minshi.audit.middleware.OriginMiddleware",
    "minshi.once.middleware.OncePerForm",
    "minshi.faces.middleware.RefusalMiddleware",
]

ROOT_URLCONF = "minshi.urls"
WSGI_APPLICATION = "minshi.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "minshi.faces.context.face",
            ],
            "builtins": ["minshi.once.templatetags.once"],
            "libraries": {"i18n": "minshi.faces.templatetags.said_once"},
        },
    }
]

# --- Data -------------------------------------------------------------------------------------

_APPLICATION = dj_database_url.parse(env("DATABASE_URL", "postgres://minshi_app@127.0.0.1:5432/minshi"))
_OWNER = dj_database_url.parse(
    os.environ.get("DATABASE_OWNER_URL") or env("DATABASE_URL", "postgres://minshi_owner@127.0.0.1:5432/minshi")
)
APPLICATION_ROLE = _APPLICATION["USER"]
WAITS = {
    # Who waits for another's lock is told so, rather than holding a thread of the site.
    "lock_timeout": "10s",
    # Who holds locks and does nothing, stopped or cut off, is ended: sealing and everybody behind would wait for it.
    "idle_in_transaction_session_timeout": "10min" if ENV == "test" else "60s",
}
DATABASES: dict[str, Any] = {
    # The application role: everything runs as it.
    "default": {
        **_APPLICATION,
        "ENGINE": "minshi.engine",
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            "pool": {
                "min_size": 1,
                "max_size": int(os.environ.get("MINSHI_POOL", "12")),
                "timeout": 10,
                "max_idle": 60,
            },
            "server_side_binding": True,
            "options": " ".join(f"-c {name}={value}" for name, value in WAITS.items()),
        },
    },
    # The owner role: migrations and nothing else.
    "owner": {**_OWNER, "CONN_MAX_AGE": 0},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CLOCK_MOVABLE = ENV in {"test", "demo"}
TIME_SOURCE = os.environ.get("MINSHI_TIME_SOURCE", "")
"""Who is asked after a new boot whether the clock is right: ntp://host or an https:// address; else the kernel is."""

REDIS_URL = env("REDIS_URL", "redis://127.0.0.1:6379/0")
CACHES = {
    # Hints only: losing them slows things and refuses nothing.
    "default": {
        "BACKEND": "minshi.health.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "minshi",
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
    },
    # Whole pages, in each process; their names hold their version.
    "near": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "pages",
        "TIMEOUT": 3600,
        "OPTIONS": {"MAX_ENTRIES": 200},
    },
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 60  # residents stay signed in
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = False
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = f"{PREFIX}/"
"""Of every cookie of ours: a neighbour under another path of the host is sent none."""
BROWSER_COOKIE_NAME = "browser"
"""Names a browser in which somebody came in before (minshi/signin/browsers.py)."""

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": "minshi:",
    "socket_timeout": 5,
    "socket_connect_timeout": 1,
    "max_retries": 0,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TIMEZONE = "Asia/Shanghai"

# --- People -----------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "minshi.accounts.backends.AccountBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if ENV == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "minshi.signin.passwords.VariedPasswordValidator"},
    {"NAME": "minshi.signin.passwords.NotTheLoginValidator"},
]
LOGIN_URL = "account_request_login_code"
LOGIN_REDIRECT_URL = "mine"
LOGOUT_REDIRECT_URL = "home"
# allauth is the staff's way in and the second factor; residents' codes are our own (minshi.signin says why).
ACCOUNT_ADAPTER = "minshi.signin.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_FORMS = {
    "login": "minshi.signin.forms.StaffForm",
    "change_password": "minshi.signin.forms.AnotherPasswordForm",
}
# Counted in PostgreSQL instead: the cache may be away, and an estate shares one address.
ACCOUNT_RATE_LIMITS: dict[str, str] | bool = False
MFA_ADAPTER = "minshi.signin.adapters.FactorAdapter"
MFA_FORMS = {
    "authenticate": "minshi.signin.forms.FactorForm",
    "reauthenticate": "minshi.signin.forms.FactorAgainForm",
    "activate_totp": "minshi.signin.forms.EnrolForm",
    "add_webauthn": "minshi.signin.forms.AddPasskeyForm",
    "edit_webauthn": "minshi.signin.forms.NamePasskeyForm",
    "login_webauthn": "minshi.signin.forms.PasskeyForm",
    "authenticate_webauthn": "minshi.signin.forms.NoPasskeyHere",
}
# A passkey stands in for login name and password; the six digits are asked after either (minshi/signin/passkeys.py).
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # finger, face or PIN: having the thing is not enough
MFA_RATE_LIMITS = False
MFA_TOTP_ISSUER = "民生小实事"
MFA_TOTP_TOLERANCE = 1  # phones run up to half a minute off
SIGNIN_CODES_PER_ADDRESS_AN_HOUR = int(os.environ.get("MINSHI_CODES_PER_ADDRESS", "200"))
SIGNIN_CODES_A_DAY = int(os.environ.get("MINSHI_CODES_A_DAY", "0"))  # 0: the policy's share of all texts
# Files of forms that were not taken, kept for their authors (minshi/unsent): how many, and how large each.
UNSENT_OF_A_FORM = 8
UNSENT_OF_A_PERSON = 24
UNSENT_SIGNED_OUT = int(os.environ.get("MINSHI_UNSENT_SIGNED_OUT", "200"))  # of all whose session had ended
UNSENT_BYTES = 15 * 1024 * 1024
TRUSTED_PROXIES = {proxy for proxy in os.environ.get("MINSHI_TRUSTED_PROXIES", "").split(",") if proxy}
"""Peers whose X-Forwarded-For is believed, by address."""

DEMO = ENV in {"demo", "dev"}
"""Codes are shown on a page and on the console; never in production."""
SMS_CHANNEL = os.environ.get("MINSHI_SMS_CHANNEL", "minshi.notifications.channels.ConsoleChannel")
SMS_GATEWAY_URL = os.environ.get("MINSHI_SMS_GATEWAY_URL", "")
SMS_GATEWAY_TOKEN = os.environ.get("MINSHI_SMS_GATEWAY_TOKEN", "")

ALARM_WEBHOOK = os.environ.get("MINSHI_ALARM_WEBHOOK", "")
ALARM_MAIL = os.environ.get("MINSHI_ALARM_MAIL", "")
"""Where alarms go: an https:// robot, and smtps://user:password@host/?from=…&to=… (smtp:// with STARTTLS)."""

ROOTS_MAIL = os.environ.get("MINSHI_ROOTS_MAIL", "")
ROOTS_WEBHOOK = os.environ.get("MINSHI_ROOTS_WEBHOOK", "")
"""To whom each hour's root of the chain goes, in the form of ALARM_MAIL and ALARM_WEBHOOK: whoever asked for it."""

HOME_PLACE = os.environ.get("MINSHI_HOME", "530103")
"""The territory code whose district the home page shows; the top of the tree when there is none such."""
HOTLINE = os.environ.get("MINSHI_HOTLINE", "") or "12345"
"""The number people are told to ring, on every page and where something failed; 12345 is the government's own."""
if not re.fullmatch(r"\+?[0-9][0-9-]{2,19}", HOTLINE):
    raise ImproperlyConfigured(f"MINSHI_HOTLINE must be a telephone number, not {HOTLINE!r}")

# --- Faces ------------------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "minshi" / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
STATIC_URL = f"{PREFIX}/static/"
WHITENOISE_STATIC_PREFIX = "/static/"  # it is asked behind the prefix
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = VAR_DIR / "media"
ROOTS_FILE = os.environ.get("MINSHI_ROOTS", VAR_DIR / "roots.txt")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if ENV in {"test", "dev"}
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
BODY_BYTES_OF_WORDS = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_BYTES_OF_WORDS
BODY_BYTES = UNSENT_OF_A_FORM * UNSENT_BYTES + BODY_BYTES_OF_WORDS
"""Of one request: all the photos a form takes and its words; what has no photos sends no more than a page of words."""
PICTURE_MEMORY_MB = int(os.environ.get("MINSHI_PICTURE_MEMORY_MB", "1024"))
"""What the process that opens one uploaded picture may have of address space; 24 megapixels of PNG take about half."""
PICTURE_SECONDS = int(os.environ.get("MINSHI_PICTURE_SECONDS", "10"))
"""Of the processor for one picture; it is killed after twice as many on the clock."""
FORM_RENDERER = "minshi.faces.controls.Controls"
INSTALLED_APPS.append("django.forms")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PRODUCTION:
    SECURE_SSL_REDIRECT = os.environ.get("MINSHI_SSL_REDIRECT", "1") == "1"
    SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
    # Beneath a path the host is somebody else's, and so is every other name under it.
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not PREFIX
    # No neighbour under the same domain can set these, and none is sent in the clear.
    # A browser takes ``__Host-`` for the path / alone.
    _BEFORE = "__Secure-" if PREFIX else "__Host-"
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_BEFORE}session", f"{_BEFORE}csrf"
    BROWSER_COOKIE_NAME = f"{_BEFORE}browser"
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    # The address of the proxy is the only one whose X-Forwarded-Proto is believed.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

UNFOLD = {
    "SITE_TITLE": "民生小实事",
    "SITE_HEADER": "民生小实事 · 工作台",
    "SITE_URL": f"{PREFIX}/",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "minshi.desk.views.dashboard",
    "STYLES": [lambda request: static("css/desk.css")],
    "SITE_ICON": lambda request: static("img/seal.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/seal.svg")},
    ],
    "THEME": "light",
    "COLORS": {
        "primary": {
            "50": "240 249 245",
            "100": "224 240 232",
            "200": "187 222 206",
            "300": "136 196 170",
            "400": "79 163 130",
            "500": "31 132 95",
            "600": "10 107 77",
            "700": "9 88 64",
            "800": "9 70 52",
            "900": "8 58 44",
            "950": "4 33 25",
        }
    },
}

# --- Logs: events and keys, never personal values ----------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"without numbers": {"()": "minshi.paper.numbers.WithoutNumbers"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["without numbers"]}},
    "root": {"handlers": ["console"], "level": os.environ.get("MINSHI_LOG", "WARNING" if ENV == "test" else "INFO")},
    "loggers": {"fontTools": {"level": "ERROR"}, "weasyprint": {"level": "ERROR"}},
}
SILENCED_SYSTEM_CHECKS = ["templates.W003"]
"""One library stands in for another on purpose: ``i18n`` (above). tests/faces/test_libraries.py asks for any other."""
if PREFIX:
    SILENCED_SYSTEM_CHECKS += ["security.W005", "security.W021"]  # HSTS of other names: their host decides
