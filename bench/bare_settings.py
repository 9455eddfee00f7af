"""Settings of the yardstick: the platform's database, cache, session and user, and nothing else."""

from minshi.settings import (  # noqa: F401
    ALLOWED_HOSTS,
    AUTH_USER_MODEL,
    BASE_DIR,
    CACHES,
    CLOCK_MOVABLE,
    DATABASES,
    DEFAULT_AUTO_FIELD,
    LANGUAGE_CODE,
    LOGGING,
    PASSWORD_HASHERS,
    SECRET_KEY,
    SESSION_ENGINE,
    TIME_ZONE,
    USE_TZ,
)

DEBUG = False
ROOT_URLCONF = "bench.bare"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "minshi.accounts"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "bench"],
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
