"""No page asks the database more often than its ceiling says; that none asks once per row is told beside each page."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.access.addresses import ONWARD, SHOWN, Browser
from tests.access.table import TABLE, Row
from tests.world import World

LOOKED_AT = [row for row in TABLE if row.see and row.shows in (SHOWN, ONWARD)]
PUBLIC, OF_ONES_OWN = 4, 10
"""For everybody, and for who signed in: session, person, roles, household and unread messages come first there."""

CEILINGS = {
    # One project's money, each source of it and each kind of movement by itself; the same for few and many.
    "books": 17,
    "log": 20,
    "suppliers": 16,
    "acceptance": 8,
    # And under what one's name is shown where no promise stands any more.
    "pledge": 14,
    # The door with its sheet, and who of its people may have signed.
    "rating_paper_unit": 11,
    # One of each kind of thing that is kept of a person.
    "my_export": 28,
    "my_copy": 29,
    # Envelopes, second readings and call-backs of a round; who stands in where a post is empty.
    "rating_checks": 12,
    # The sheet, the second one, and who stands in where a post is empty.
    "rating_paper_second": 12,
    # Four lists; with the totals still to be computed, three more to find the place.
    "home": 7,
    "place": 6,
    # The place and its community, three lists, how long wishes took.
    "three_lists": 7,
    # Whether a calendar published since lets its window end later.
    "motion": 5,
    # The days in which whoever is discontent is called, from the place's policy.
    "rate": 11,
    # All of what was written so far: its place, who benefits, its photos, what is like it around here, its days.
    "draft": 12,
    # The share of those who benefit that reopens a matter.
    "review_benefits": 11,
    # The hour its list of doors is of.
    "paper": 11,
    # Of whoever reads paper again: the next sheet of each kind, and for each whether nobody nearer is left to read
    # it; at the street, the letters to print and who still lives there; and what they did, by kind.
    "mine": 30,
    # What was typed from a sheet, by kind; who wrote it and where they live; the next sheet that waits.
    "look": 13,
    # Whose it is and where they live, the place and whom to ring; that it was taken out is noted.
    "paper_post_print": 12,
    "paper_post_pdf": 12,
    "paper_right_print": 12,
    "paper_right_pdf": 12,
    # Each thing it watches, and to where the chain is sealed.
    "healthz": 13,
    # The page, what it may be merged into, why any step may not be taken, who stepped aside, and what was merged.
    "review": 15,
    # What was declined and when, whether it was appealed already, and until when it may be.
    "appeal": 14,
    # Another's pages.
    "mfa_activate_totp": 10,
    "mfa_deactivate_totp": 11,
    # What of five kinds one said in public, what one agreed to and took back.
    "my_names": 13,
}


TIGHTER = {
    # Pages that ask less than others of their kind: no more than two statements beyond what they ask today.
    2: "find_receipt",
    3: (
        "account_login account_request_login_code log_photo notice_photo notices object photo "
        "photo_small project receipt staff_activate staff_signin"
    ),
    5: "account_change_password account_logout unsent_file",
    6: "wish messages my_leave my_name objection_withdraw paper_photo representing withdraw",
    7: (
        "find_residents join join_at judge_wish mfa_index my_close my_number my_signins objection_photo "
        "pledge_photo voucher"
    ),
    8: (
        "confirm_residents found_resident fresh_code letter make_wish notice_posting object_for "
        "objection_read paper_confirm_correction propose rating_correct review_queue strikes to_tell_pdf "
        "to_tell_print"
    ),
    9: (
        "add_log ask_letter corrections cosign_photo cosign_read finish_work group_sheet money_paper "
        "paper_reading_photo rating_sheet receipt_correct submitted account_reauthenticate mfa_reauthenticate "
        "mfa_generate_recovery_codes"
    ),
}
# The matter, its newest words, who benefits, what became of it, who holds it, whom to ring.
TIGHTER[8] += " paper_proposal_print paper_signatures_print paper_answer_print paper_dispatch_print paper_poster_print"
TIGHTER[5] += " paper_chief_print paper_resource_print paper_consent_print paper_rights_print"
TIGHTER[5] += " paper_chief_pdf paper_resource_pdf paper_consent_pdf paper_rights_pdf"
TIGHTER[8] += " paper_proposal_pdf paper_signatures_pdf paper_answer_pdf paper_dispatch_pdf paper_poster_pdf"
CEILINGS |= {name: ceiling for ceiling, names in TIGHTER.items() for name in names.split()}


@pytest.mark.parametrize("row", LOOKED_AT, ids=lambda row: row.name)
def test_no_page_asks_more_than_its_ceiling(row: Row, world: World, browsers: dict[str, Browser]) -> None:
    who = "anonymous" if "anonymous" in row.see else min(row.see)
    asked = browsers[who].queries(reverse(row.name, args=row.args(world)))
    ceiling = CEILINGS.get(row.name, PUBLIC if who == "anonymous" else OF_ONES_OWN)
    assert len(asked) <= ceiling, "\n".join(asked)


def test_every_ceiling_is_of_a_page() -> None:
    assert set(CEILINGS) <= {row.name for row in LOOKED_AT}
