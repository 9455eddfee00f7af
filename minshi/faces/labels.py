"""What a choice is called, by one look into its field's choices.

Django's ``get_…_display`` translates every choice of the field to find one: a list of twenty matters asked the
catalogue for each of the twenty-seven stages twenty times.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import partialmethod
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import trans_real


def _shown(self: Model, attname: str, labels: Mapping[Any, Any]) -> Any:
    value = getattr(self, attname)
    label = labels.get(value, value)
    return label if label is None else str(label)


def look_up_once() -> None:
    """For every field with choices, but where a model words them itself."""
    for model in apps.get_models():
        for field in model._meta.local_fields:
            name = f"get_{field.name}_display"
            theirs = model.__dict__.get(name)
            if isinstance(theirs, partialmethod) and theirs.func is Model._get_FIELD_display:  # type: ignore[attr-defined]
                setattr(model, name, partialmethod(_shown, field.attname, dict(field.flatchoices)))


def keep_near() -> None:
    """The language and the zone of the thread that answers, where it finds them at once.

    Django keeps both for tasks of asyncio, of which we have none: a page asks for them some hundred times, and each
    look cost what ten looks into a thread's own place do.
    """
    trans_real._active = threading.local()  # type: ignore[attr-defined]
    timezone._active = threading.local()  # type: ignore[attr-defined]
