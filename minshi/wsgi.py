"""The door for gunicorn."""

import os
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from minshi.room import with_room

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "minshi.settings")
Answer = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def beneath(prefix: str, site: Answer) -> Answer:
    """The site under a path, whether the proxy leaves it before what it passes on or has taken it off."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == prefix:  # cookies are for what is beneath
            asked = environ.get("QUERY_STRING", "")
            start_response("308 Permanent Redirect", [("Location", f"{prefix}/{asked and '?'}{asked}")])
            return []
        if path.startswith(f"{prefix}/"):
            environ = {**environ, "SCRIPT_NAME": prefix, "PATH_INFO": path.removeprefix(prefix)}
        return site(environ, start_response)

    return answer


_site = get_wsgi_application()


def roomy(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    return with_room(partial(_site, environ, start_response))


application: Answer = roomy
if settings.PREFIX:
    application = beneath(settings.PREFIX, application)
