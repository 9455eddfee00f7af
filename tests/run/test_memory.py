"""What a process holds before anybody asks it anything."""

from __future__ import annotations

import os
import subprocess
import sys

from minshi.servers import ground, postgres

LARGE = ("holidays", "weasyprint", "fontTools", "pillow_heif")
ASK = f"""
import sys, django; django.setup()
from minshi.celery import app
app.loader.import_default_modules()
import minshi.urls
print([name for name in {LARGE!r} if name in sys.modules])
"""


def test_what_is_large_and_seldom_needed_is_not_read_at_the_start() -> None:
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "minshi.settings", "MINSHI_ENV": "test"}
    done = subprocess.run([sys.executable, "-c", ASK], env=env, cwd=ground.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_the_demos_database_takes_less_than_that_of_tests() -> None:
    assert int(postgres.OF_THE_DEMO["shared_buffers"][:-2]) < int(postgres.SETTINGS["shared_buffers"][:-2])
