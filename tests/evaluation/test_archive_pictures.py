"""A sealed picture is its bytes: page, download and check find each that was changed or is gone."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from evaluation import reactions
from evaluation.actions.archive import archive
from evaluation.selectors import SealedPicture, sealed_pictures
from minshi.refusals import Refused
from proposals.actions import withhold_photo
from proposals.models import Proposal
from tests.way import Way

pytestmark = pytest.mark.django_db


def pictures(proposal: Proposal) -> list[SealedPicture]:
    return sealed_pictures(proposal.archive_files.all())


def failed(client: Client, proposal: Proposal) -> list[str]:
    """What ``sha256sum -c SHA256SUMS`` would complain about."""
    whole = zipfile.ZipFile(io.BytesIO(client.get(f"/projects/{proposal.number}/archive/zip/").content))
    lines = (line.split("  ", 1) for line in whole.read("SHA256SUMS").decode().splitlines())
    there = set(whole.namelist())
    return [name for told, name in lines if name not in there or hashlib.sha256(whole.read(name)).hexdigest() != told]


def states(client: Client, proposal: Proposal) -> list[str]:
    whole = zipfile.ZipFile(io.BytesIO(client.get(f"/projects/{proposal.number}/archive/zip/").content))
    return sorted(picture["state"] for picture in json.loads(whole.read("index.json"))["pictures"])


@pytest.fixture
def archived(way: Way) -> Proposal:
    return way.archived()


@pytest.mark.walked("archived")
def test_every_sealed_picture_is_in_the_download_and_fits(archived: Proposal, client: Client) -> None:
    assert len(pictures(archived)) >= 2
    assert not failed(client, archived) and set(states(client, archived)) == {"intact"}
    assert "和封存时不一样" not in client.get(f"/projects/{archived.number}/archive/").content.decode()
    call_command("check_archives")
    assert list(reactions.archives_are_spoiled()) == []


@pytest.mark.parametrize("which", [0, -1])
@pytest.mark.walked("archived")
def test_a_changed_one_is_found_everywhere(
    which: int, archived: Proposal, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = pictures(archived)[which]
    file = Path(settings.MEDIA_ROOT) / picture.file
    file.write_bytes(file.read_bytes() + b"\x00")
    # Of a signed paper the sum stands in the index: it is not handed out.
    assert failed(client, archived) == ([] if picture.is_paper else [picture.name])
    assert "changed" in states(client, archived)
    page = client.get(f"/projects/{archived.number}/archive/").content.decode()
    assert "1 张照片和封存时不一样" in page and "被改动" in page and picture.name in page
    with pytest.raises(SystemExit):
        call_command("check_archives")
    assert picture.name in capsys.readouterr().err
    assert list(reactions.archives_are_spoiled()) == [f"picture-changed {archived.number} {picture.name}"]


@pytest.mark.walked("archived")
def test_a_missing_one_is_found_everywhere(archived: Proposal, client: Client) -> None:
    picture = pictures(archived)[0]
    (Path(settings.MEDIA_ROOT) / picture.file).unlink()
    assert failed(client, archived) == [picture.name] and "missing" in states(client, archived)
    page = client.get(f"/projects/{archived.number}/archive/").content.decode()
    assert "1 张照片和封存时不一样" in page and "缺失" in page
    with pytest.raises(SystemExit):
        call_command("check_archives")


@pytest.mark.walked("archived")
def test_one_put_in_the_place_of_another_is_found(archived: Proposal, client: Client) -> None:
    first, last = pictures(archived)[0], pictures(archived)[-1]
    assert first.file != last.file
    (Path(settings.MEDIA_ROOT) / first.file).write_bytes(b"another")
    assert failed(client, archived) == [first.name]


@pytest.mark.walked("archived")
def test_the_photo_of_a_signed_paper_is_handed_out_to_nobody(archived: Proposal, client: Client) -> None:
    """A contract shows signatures, numbers and accounts; its own page is for staff of the place."""
    papers = [picture for picture in pictures(archived) if picture.is_paper]
    assert [picture.document for picture in papers] == ["合同"]
    whole = zipfile.ZipFile(io.BytesIO(client.get(f"/projects/{archived.number}/archive/zip/").content))
    assert papers[0].name not in whole.namelist()
    told = {each["file"]: each for each in json.loads(whole.read("index.json"))["pictures"]}
    assert told[papers[0].name]["sha256"] == papers[0].sha256 and told[papers[0].name]["enclosed"] is False
    assert any(each["enclosed"] for each in told.values())
    contract = archived.contracts.get()
    assert client.get(f"/money/contract-file/{contract.pk}/").status_code == 302


@pytest.mark.walked("settling")
def test_nothing_is_sealed_while_a_picture_is_gone(way: Way) -> None:
    proposal = way.settling()
    way.complete(proposal)
    photo = proposal.photos.first()
    assert photo
    photo.image.storage.delete(photo.image.name)
    with pytest.raises(Refused, match="照片的文件找不到"):
        archive(proposal, by=way.who("clerk"))


@pytest.mark.walked("archived")
def test_one_that_was_taken_back_after_the_seal_is_handed_out_to_nobody_and_nothing_is_spoiled(
    archived: Proposal, client: Client
) -> None:
    photo = archived.photos.select_related("by").first()
    assert photo and photo.by
    withhold_photo(photo, reason="照片里的人不同意了", by=photo.by)
    (picture,) = [each for each in pictures(archived) if each.file == photo.image.name]
    whole = zipfile.ZipFile(io.BytesIO(client.get(f"/projects/{archived.number}/archive/zip/").content))
    assert picture.name not in whole.namelist() and picture.sha256 in whole.read("index.json").decode()
    assert not failed(client, archived) and list(reactions.archives_are_spoiled()) == []
    assert client.get(reverse("photo", args=[photo.pk])).status_code == 410
    page = client.get(archived.get_absolute_url()).content.decode()
    assert picture.sha256[:16] in page and "照片里的人不同意了" in page
