"""Sealing one document into a project's file; the database checks its checksum and writes the seal."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.db.models import Max

from evaluation.catalogue import Document
from evaluation.models import ArchiveFile
from minshi.accounts.models import User
from proposals.models import Proposal

UNSEALED = "0" * 64
"""What stands in a seal's place until the database writes it."""


def canonical(content: dict[str, Any]) -> str:
    """One text for one content: what is hashed."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def seal(proposal: Proposal, document: Document, *, by: User | None) -> ArchiveFile:
    """Add it after all that is sealed already; part of the action that holds the proposal's lock."""
    content = canonical(document.content)
    last = proposal.archive_files.aggregate(last=Max("ordinal"))["last"] or 0
    return ArchiveFile.objects.create(
        proposal=proposal,
        ordinal=last + 1,
        kind=document.kind,
        title=document.title,
        content=content,
        sha256=hashlib.sha256(content.encode()).hexdigest(),
        seal=UNSEALED,
        by=by,
    )
