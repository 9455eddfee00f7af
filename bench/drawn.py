"""The platform with nothing kept between two pages: each answer is a first draw."""

from __future__ import annotations

from django.core.cache.backends.dummy import DummyCache

from minshi.wsgi import application

from minshi.faces import kept  # isort: skip  # once the apps are there

kept.shelf = DummyCache("", {})  # type: ignore[assignment]
__all__ = ["application"]
