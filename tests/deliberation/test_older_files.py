"""Votes published before the file held check numbers: its digest is computed anew, once, by the migration."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.db import connection

from deliberation import selectors
from deliberation.models import Motion
from tests.way import Way

DIGESTS = import_module("deliberation.migrations.0002_secrecy").DIGESTS


@pytest.mark.django_db
def test_the_statement_of_the_migration_computes_the_digest_of_the_file(motion: Motion, way: Way) -> None:
    published = way.vote_on_paper(motion.proposal, agree=8, against=1)
    computed = "SELECT" + DIGESTS.split("SET digest = (\n        SELECT")[1].split("\n    ) WHERE stage")[0]
    computed = computed.replace("motion.id", str(published.pk))
    with connection.cursor() as cursor:
        cursor.execute(computed)
        assert cursor.fetchone() == (selectors.digest_of(published),)
