"""A cache that may be away: Redis holds only hints, so losing it slows pages and refuses none."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

PAUSE_SECONDS = 5.0


class ForgivingRedisCache(RedisCache):
    """Every failure is a miss; after one the cache is left alone for a few seconds.

    The pause keeps a dead Redis from adding its timeout to every request.
    """

    _away_until = 0.0

    def _try(self, name: str, missing: Any, *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() < ForgivingRedisCache._away_until:
            return missing
        try:
            return getattr(RedisCache, name)(self, *args, **kwargs)
        except (RedisError, OSError) as error:
            ForgivingRedisCache._away_until = time.monotonic() + PAUSE_SECONDS
            log.warning("cache is away: %s", type(error).__name__)
            return missing

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._try("add", True, *args, **kwargs))

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        return self._try("get", default, key, default, version)

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._try("set", None, *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._try("touch", False, *args, **kwargs))

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._try("delete", False, *args, **kwargs))

    def get_many(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        found: dict[Any, Any] = self._try("get_many", {}, *args, **kwargs)
        return found

    def set_many(self, *args: Any, **kwargs: Any) -> list[Any]:
        failed: list[Any] = self._try("set_many", [], *args, **kwargs)
        return failed

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._try("has_key", False, *args, **kwargs))
