"""What the site gives out for checking is what was published: the checks compute it anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from deliberation.models import Ballot, Motion, MotionStage
from deliberation.reactions import published_ballots_differ
from evaluation.reactions import archives_are_spoiled
from evaluation.selectors import changed_pieces
from minshi.clock import as_owner
from tests.way import Way

pytestmark = pytest.mark.django_db(transaction=True)


def behind_the_guards(table: str, statement: str, *values: object) -> int:
    """As whoever owns the database could do it."""
    with as_owner() as owner, owner.transaction():
        owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")  # type: ignore[arg-type]
        changed = owner.execute(statement, values).rowcount  # type: ignore[arg-type]
        owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")  # type: ignore[arg-type]
    return changed


def test_a_ballot_changed_after_publication_is_found_by_its_file(way: Way) -> None:
    way.consulting()
    motion = Motion.objects.get(stage=MotionStage.PUBLISHED)
    assert list(published_ballots_differ()) == []
    ballot = Ballot.objects.filter(unit__roll=motion.roll_id, choice="agree").first()
    assert ballot
    swap = "UPDATE deliberation_ballot SET choice = 'against' WHERE unit_id = %s"
    assert behind_the_guards("deliberation_ballot", swap, ballot.unit_id) == 1
    assert list(published_ballots_differ()) == [f"file-changed motion {motion.pk}"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE evaluation_archivefile SET content = content || ' ' WHERE ordinal = 2",
        "UPDATE evaluation_archivefile SET (content, sha256) = "
        "(content || ' ', encode(sha256(convert_to(content || ' ', 'UTF8')), 'hex')) WHERE ordinal = 2",
        "DELETE FROM evaluation_archivefile WHERE ordinal = (SELECT files_count FROM evaluation_archive)",
    ],
)
def test_a_changed_piece_of_an_archive_is_found(
    change: str, way: Way, tmp_path: Path, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    archived = way.archived()
    assert changed_pieces() == []
    assert behind_the_guards("evaluation_archivefile", change) == 1
    assert [number for number, _ordinal in changed_pieces()] == [archived.number] * len(changed_pieces()) != []
    assert any(line.startswith(f"file-changed {archived.number}") for line in archives_are_spoiled())
    with pytest.raises(SystemExit):
        call_command("check_archives")
    assert archived.number in capsys.readouterr().err
