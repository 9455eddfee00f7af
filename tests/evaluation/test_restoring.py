"""The demo put back from its dump: the same town, its chain and books, its pictures, and a clerk who gets in."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connections

from evaluation.replay import restoring
from minshi.servers import dump, ground
from tests import kept

NEWEST = max(file for file in dump.KEPT.glob("*.sql.gz") if dump.beside(file).exists())
"""Of this release or the last: guards and tables of what is put back are brought up to date."""
ASKED = """
import json
import django
from django.conf import settings
from django.core.management import call_command
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
django.setup()
for command in ("check_release", "check_chain", "check_ledger", "check_archives"):
    call_command(command)
call_command("migrate", check_unapplied=True)
from django.contrib.sessions.models import Session
from django.test import Client
from evaluation.replay import people
from minshi import clock
from minshi.accounts.models import User
from minshi.audit.models import Event
from minshi.health.models import Heartbeat, Process
from minshi.signin import second_factor
from minshi.signin.demo import PASSWORD
clerk = User.objects.get(username="clerk")
last = Event.objects.latest("id").at
browser = Client()
left = Session.objects.count() + Heartbeat.objects.count() + Process.objects.count()
browser.post("/staff/signin/", {"login": "clerk", "password": PASSWORD})
answer = browser.post("/staff/factor/check/", {"code": second_factor.present_code(clerk)})
print(json.dumps({
    "home": browser.get("/").status_code, "codes": Client().get("/demo/codes/").status_code,
    "desk": browser.get("/admin/").status_code, "left": left,
    "cast": [len(part) for part in people.cast()], "behind": abs((clock.now() - last).total_seconds()),
}))
"""


def address(role: str, database: str) -> str:
    use = connections[role].settings_dict
    return f"postgres://{use['USER']}:{use['PASSWORD']}@{use['HOST']}:{use['PORT']}/{database}"


@contextmanager
def put_back(file: Path, media: Path) -> Iterator[tuple[dict[str, str], subprocess.CompletedProcess[str]]]:
    """What ``file`` holds in a database of its own, as a first start does it."""
    name = f"restored_{os.getpid()}"
    with psycopg.connect(address("owner", "postgres"), autocommit=True) as owner:
        kept.drop(owner, name)
        owner.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")  # type: ignore[arg-type]
    env = {
        **os.environ,
        "DATABASE_URL": address("default", name),
        "DATABASE_OWNER_URL": address("owner", name),
        "MINSHI_ENV": "demo",
        "MINSHI_VAR": str(media),
        "MINSHI_SECRET_KEY": "of another installation",
        "DJANGO_SETTINGS_MODULE": "minshi.settings",
    }
    try:
        yield env, in_django(env, "manage.py", "restore_demo", str(file))
    finally:
        with psycopg.connect(address("owner", "postgres"), autocommit=True) as owner:
            kept.drop(owner, name)


def in_django(env: dict[str, str], *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *argv], env=env, cwd=ground.ROOT, capture_output=True, text=True)


def copy_of(file: Path, place: Path) -> Path:
    copy = place / file.name
    for part in (file, dump.beside(file)):
        shutil.copy(part, place / part.name)
    return copy


@pytest.mark.django_db
def test_it_is_the_town_as_it_was_left_and_a_clerk_gets_in(tmp_path: Path) -> None:
    with put_back(NEWEST, tmp_path) as (env, done):
        assert done.returncode == 0, done.stderr[-2000:]
        asked = in_django({**env, "MINSHI_HOSTS": "testserver"}, "-c", ASKED)
        assert asked.returncode == 0, asked.stderr[-2000:]
        told: dict[str, Any] = json.loads(asked.stdout.splitlines()[-1])
        again = in_django(env, "manage.py", "restore_demo", str(NEWEST))
    assert (told["home"], told["codes"], told["desk"]) == (200, 200, 200)
    assert told["left"] == 0
    assert told["cast"] == [3, 8]
    assert told["behind"] < 600
    assert again.returncode == 1 and "不是空的" in again.stderr
    names = json.loads(zipfile.ZipFile(dump.beside(NEWEST)).read("names.json"))
    assert len(names) > 100
    for name, digest in names.items():
        assert hashlib.sha256((tmp_path / "media" / name).read_bytes()).hexdigest() == digest


@pytest.mark.django_db
def test_a_dump_in_which_a_vote_was_changed_is_not_taken(tmp_path: Path) -> None:
    file = copy_of(NEWEST, tmp_path)
    script = gzip.decompress(file.read_bytes()).decode()
    ballots = script.index("INSERT INTO public.deliberation_ballot ")
    changed = script.index("'agree'", ballots)
    file.write_bytes(gzip.compress(f"{script[:changed]}'against'{script[changed + 7 :]}".encode(), 1))
    with put_back(file, tmp_path) as (_env, done):
        assert done.returncode == 1
        assert "核验没有通过" in done.stderr


def test_a_picture_that_is_not_the_one_packed_or_lies_elsewhere_is_not_taken(tmp_path: Path) -> None:
    for number, (name, digest) in enumerate([("a.jpg", "0" * 64), ("../a.jpg", hashlib.sha256(b"a").hexdigest())]):
        file = tmp_path / f"{number}.zip"
        with zipfile.ZipFile(file, "w") as packed:
            packed.writestr("names.json", json.dumps({name: digest}))
            packed.writestr(digest, b"a")
        with pytest.raises(restoring.Spoiled):
            restoring.unpack(file, tmp_path / "media")
    assert not (tmp_path / "a.jpg").exists()
