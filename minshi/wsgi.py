"""The door for gunicorn."""

import os
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django.core.wsgi import get_wsgi_application

from minshi.room import with_room

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "minshi.settings")
answer = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    return with_room(partial(answer, environ, start_response))
