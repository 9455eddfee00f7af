"""The platform with nothing kept between two pages: each answer is a first draw."""

from __future__ import annotations

from django.core.cache.backends.dummy import DummyCache
from django.core.wsgi import get_wsgi_application

from minshi.faces import kept

application = get_wsgi_application()
kept.shelf = DummyCache("", {})  # type: ignore[assignment]
