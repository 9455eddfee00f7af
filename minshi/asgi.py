"""The door for an ASGI server; nothing here needs one yet."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "minshi.settings")
application = get_asgi_application()
