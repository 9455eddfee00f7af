"""The demo as it was replayed once, put back from its dump: what the replay makes, in seconds.

Second factors and codes were sealed with another installation's key: the staff is equipped anew, the codes are dropped.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.db.models import FileField, Max

from minshi import clock
from minshi.accounts.models import User
from minshi.audit.actors import origin
from minshi.audit.models import Event
from minshi.health import looking
from minshi.notifications.models import Outbox
from minshi.signin import demo


class Spoiled(Exception):
    """What was put back is not what the release makes."""


def is_empty() -> bool:
    """Whether this database holds no table yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT NOT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public')")
        return bool(cursor.fetchone()[0])


def restore(dump: Path, pictures: Path, report: Callable[[int, int], None]) -> None:
    """Everything of a ``dump`` and its ``pictures`` into an empty database; ``Spoiled`` if it does not hold."""
    with clock.as_owner() as owner:
        owner.execute(gzip.decompress(dump.read_bytes()))
    report(1, 3)
    # Nothing is left to migrate; rights, guards and tables of steps are written as after every migration.
    call_command("migrate", database="owner", interactive=False, verbosity=0)
    report(2, 3)
    token = origin.set("manage.py restore_demo")
    try:
        stand_where_it_stood()
        unpack(pictures, Path(settings.MEDIA_ROOT))
        equip()
    finally:
        origin.reset(token)
    if wrong := list(faults()):
        raise Spoiled(f"{wrong[0]}" + (f"（另有 {len(wrong) - 1} 处）" if wrong[1:] else ""))


def stand_where_it_stood() -> None:
    """Time goes on from the last thing that happened: what was due soon is due as soon."""
    clock.set_to(Event.objects.aggregate(last=Max("at"))["last"])


def unpack(pictures: Path, media: Path) -> None:
    """Each under the name by which the database knows it; ``Spoiled`` when a picture is not the one that was packed."""
    with zipfile.ZipFile(pictures) as packed:
        names: dict[str, str] = json.loads(packed.read("names.json"))
        contents = {digest: packed.read(digest) for digest in set(names.values())}
    for digest, content in contents.items():
        if hashlib.sha256(content).hexdigest() != digest:
            raise Spoiled(f"{pictures.name} {digest[:12]}")
    for name, digest in names.items():
        file = (media / name).resolve()
        if not file.is_relative_to(media.resolve()):
            raise Spoiled(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(contents[digest])


def equip() -> None:
    """Whoever of the staff had a factor gets the demo's, sealed with this installation's key; the password stays."""
    Outbox.objects.filter(message=None).delete()
    for user in User.objects.filter(pk__in=Authenticator.objects.values("user")):
        demo.give_factor(user)


def faults() -> Iterator[str]:
    """What the night's look finds, and pictures that the database knows and nobody brought."""
    if seen := looking.look():
        yield from seen.found
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if isinstance(field, FileField):
                for name in model._base_manager.exclude(**{field.name: ""}).values_list(field.name, flat=True):
                    if name and not default_storage.exists(name):
                        yield f"picture-missing {name}"
