"""The platform with Django's own pool, which hands out dead connections, and pages that are made once."""

from minshi.settings import *  # noqa: F403
from minshi.settings import DATABASES, MIDDLEWARE

DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"
MIDDLEWARE.remove("minshi.health.middleware.OnceMore")
