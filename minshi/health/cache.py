"""A cache that may be away: Redis holds only hints, so losing it slows pages and refuses none."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

PAUSE_SECONDS = 5.0


class KeptClient(RedisCacheClient):
    """One client per server for the whole process; Django's own makes a new one for every call."""

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        pool = self._get_connection_pool(write)  # type: ignore[attr-defined]
        if not hasattr(pool, "kept_client"):
            pool.kept_client = Redis(connection_pool=pool)
        return pool.kept_client


class ForgivingRedisCache(RedisCache):
    """Every failure is a miss; after one the cache is left alone for a few seconds.

    The pause keeps a dead Redis from adding its timeout to every request. What could not be written
    or deleted meanwhile is deleted before anything is read again: Redis comes back with what it had,
    and a session that was ended must not come back with it.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = KeptClient

    _away_until = 0.0
    _outdated: set[Any] = set()

    def _try(self, name: str, missing: Any, *args: Any, outdates: Iterable[Any] = (), **kwargs: Any) -> Any:
        shared = ForgivingRedisCache
        try:
            if time.monotonic() < shared._away_until:
                shared._outdated.update(outdates)
                return missing
            if shared._outdated:
                late = set(shared._outdated)
                RedisCache.delete_many(self, late)
                shared._outdated -= late
            return getattr(RedisCache, name)(self, *args, **kwargs)
        except (RedisError, OSError) as error:
            shared._away_until = time.monotonic() + PAUSE_SECONDS
            shared._outdated.update(outdates)
            log.warning("cache is away: %s", type(error).__name__)
            return missing

    def add(self, key: Any, *args: Any, **kwargs: Any) -> bool:
        return bool(self._try("add", True, key, *args, outdates=[key], **kwargs))

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        return self._try("get", default, key, default, version)

    def set(self, key: Any, *args: Any, **kwargs: Any) -> None:
        self._try("set", None, key, *args, outdates=[key], **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._try("touch", False, *args, **kwargs))

    def delete(self, key: Any, *args: Any, **kwargs: Any) -> bool:
        return bool(self._try("delete", False, key, *args, outdates=[key], **kwargs))

    def get_many(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        found: dict[Any, Any] = self._try("get_many", {}, *args, **kwargs)
        return found

    def set_many(self, data: dict[Any, Any], *args: Any, **kwargs: Any) -> list[Any]:
        failed: list[Any] = self._try("set_many", [], data, *args, outdates=data, **kwargs)
        return failed

    def delete_many(self, keys: Iterable[Any], *args: Any, **kwargs: Any) -> None:
        keys = list(keys)
        self._try("delete_many", None, keys, *args, outdates=keys, **kwargs)

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._try("has_key", False, *args, **kwargs))

    def incr(self, key: Any, delta: int = 1, version: Any = None) -> int:
        return int(self._try("incr", delta, key, delta, version))

    def clear(self) -> None:
        self._try("clear", None)
