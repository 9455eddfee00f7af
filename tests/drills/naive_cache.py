"""The platform with Django's own Redis cache, whose failures are everybody's."""

from minshi.settings import *  # noqa: F403
from minshi.settings import CACHES

CACHES["default"]["BACKEND"] = "django.core.cache.backends.redis.RedisCache"
