"""Text for everybody without the neighbours in it: who lives there is written masked, whoever wrote the text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.db.models import Value
from django.db.models.functions import StrIndex

from minshi.accounts.models import User
from minshi.masking import mask_names
from minshi.residents.models import Residence
from minshi.residents.rules import person_of
from minshi.territory.models import Territory

LONG = 3
ADDRESSED = "(?:先生|女士|小姐|同志|大爷|大妈|大叔|大姐|大哥|阿姨|叔叔|伯伯|奶奶|爷爷|老师|师傅|医生|家|户|说|反映|提)"
"""What follows a name. One of two characters is often a word besides (高峰) and is known as a name by it alone."""


def without_neighbours(text: str, place: Territory, *, known: Iterable[str] = ()) -> str:
    """With the names of whoever lives in the place's community masked; ``known`` are names whatever their length.

    For text that people write, never for what a person agreed to have shown. One query.
    """
    flat = re.sub(r"\s", "", text)
    if not flat:
        return text
    around = place.at_level("community") or place
    homes = Residence.objects.current().confirmed().filter(household__place__path__startswith=around.path)
    named = homes.annotate(at=StrIndex(Value(flat), "person__name")).filter(at__gt=0)
    found = {name for name in named.values_list("person__name", flat=True).distinct() if name and _is_name(name, flat)}
    return mask_names(text, found | set(known))


def _is_name(name: str, flat: str) -> bool:
    return len(name) >= LONG or re.search(re.escape(name) + ADDRESSED, flat) is not None


def name_of(user: User | None) -> list[str]:
    """The registered name of whoever this is, as one of ``known``."""
    person = person_of(user) if user is not None else None
    return [person.name] if person else []
