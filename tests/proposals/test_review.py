"""初审: the chief passes, returns or declines; never one's own; silence climbs."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from minshi.accounts.models import User
from minshi.lifecycle.models import StepRecord
from minshi.refusals import NotAllowed, Refused
from minshi.territory.actions import add_households
from proposals import actions
from proposals.models import Proposal, Stage
from tests.cast import grant
from tests.way import Way, wait_until_over

pytestmark = pytest.mark.django_db


def test_the_chief_passes_a_proposal_and_the_record_says_who_and_why(way: Way, chief: User) -> None:
    proposal = way.submitted()
    actions.pass_review(proposal, by=chief, reason="院里老人多")

    assert proposal.stage == Stage.COSIGNING
    record = StepRecord.objects.of(proposal).latest("id")
    assert (record.by, record.as_role, record.reason) == (chief, "样板巷1号院楼栋长", "院里老人多")


def test_nobody_reviews_what_they_proposed(way: Way, chief: User) -> None:
    proposal = way.submitted(by=chief)
    with pytest.raises(NotAllowed):
        actions.pass_review(proposal, by=chief)


def test_a_neighbour_without_a_role_cannot_review(way: Way, neighbour: User) -> None:
    proposal = way.submitted()
    with pytest.raises(NotAllowed):
        actions.pass_review(proposal, by=neighbour)


def test_the_chief_of_another_yard_cannot_review(way: Way, stranger_chief: User) -> None:
    proposal = way.submitted()
    with pytest.raises(NotAllowed):
        actions.pass_review(proposal, by=stranger_chief)


def test_a_revoked_chief_cannot_review_any_more(way: Way, neighbour: User, clock: object) -> None:
    role = grant(neighbour, "ten_chief", way.yard)
    proposal = way.submitted()
    role.revoked_at = proposal.submitted_at
    role.save()
    with pytest.raises(NotAllowed):
        actions.pass_review(proposal, by=User.objects.get(pk=neighbour.pk))


def test_declining_needs_a_reason_beside_the_field(way: Way, chief: User) -> None:
    proposal = way.submitted()
    with pytest.raises(Refused) as refused:
        actions.decline(proposal, by=chief, reason="  ")
    assert "reason" in refused.value.fields
    proposal.refresh_from_db()
    assert proposal.stage == Stage.SUBMITTED


def test_a_returned_proposal_comes_back_with_a_new_version(way: Way, chief: User, resident: User) -> None:
    proposal = way.submitted()
    actions.return_for_revision(proposal, by=chief, reason="写清楚装在哪")
    actions.resubmit(proposal, by=resident, why="补了位置", spot="南门左侧")

    assert proposal.stage == Stage.SUBMITTED
    assert [version.spot for version in proposal.versions.all()] == ["院门口", "南门左侧"]


def test_only_the_proposer_resubmits(way: Way, chief: User, neighbour: User) -> None:
    proposal = way.submitted()
    actions.return_for_revision(proposal, by=chief, reason="写清楚装在哪")
    with pytest.raises(NotAllowed):
        actions.resubmit(proposal, by=neighbour, why="我来改")


def test_a_silent_chief_loses_it_to_the_community_then_to_the_street(way: Way, clerk: User, case_officer: User) -> None:
    proposal = way.submitted()
    wait_until_over(proposal)
    assert (proposal.stage, proposal.holder_role) == (Stage.SUBMITTED, "clerk")
    wait_until_over(proposal)
    assert proposal.holder_role == "case_officer"
    wait_until_over(proposal)
    assert proposal.holder_role == "case_officer"

    actions.pass_review(proposal, by=case_officer)
    assert proposal.stage == Stage.COSIGNING
    assert StepRecord.objects.of(proposal).filter(verb="climb").count() == 2
    assert StepRecord.objects.of(proposal).filter(verb="overdue").count() == 1


def test_a_merged_proposal_brings_its_supporters_once_each(way: Way, chief: User) -> None:
    light = way.cosigning(title="院门口照明", households=40)
    lamp = way.cosigning(households=40)
    both, only_light = way.households[0], way.households[1]
    way.sign_on_paper(lamp, [both])
    way.sign_on_paper(light, [both, only_light])

    actions.merge(light, lamp, by=chief, reason="说的是同一盏灯")

    assert (light.stage, light.merged_into) == (Stage.MERGED, lamp)
    assert sorted(lamp.cosigns.values_list("household_id", flat=True)) == [both.pk, only_light.pk]


def test_merging_carries_supporters_across_buildings_and_says_who_is_not_carried(way: Way, chief: User) -> None:
    building = way.households[0].place
    whole, part = way.cosigning(title="院门口照明", households=40), way.cosigning(place=building, households=40)
    gate = add_households(place=way.yard, addresses=["9号"], by=None)[0]
    way.sign_on_paper(whole, [way.households[0], gate])
    actions.merge(whole, part, by=way.who("clerk"), reason="说的是同一盏灯")
    assert list(part.cosigns.values_list("household_id", flat=True)) == [way.households[0].pk]
    record = StepRecord.objects.get(verb="merge")
    assert "1 户附议没有并过去：不在那件事的受益户里" in record.reason
    assert (record.evidence["carried"], record.evidence["left"]) == (1, 1)


def test_a_proposal_is_not_merged_into_itself(way: Way, chief: User) -> None:
    lamp = way.cosigning()
    with pytest.raises(Refused) as refused:
        actions.merge(lamp, lamp, by=chief, reason="自己并自己")
    assert "into" in refused.value.fields


def test_a_stage_written_by_raw_sql_is_refused(way: Way) -> None:
    proposal = way.submitted()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE proposals_proposal SET stage = 'archived' WHERE id = %s", [proposal.pk])


def test_a_stage_without_a_holder_is_refused_by_the_database(way: Way) -> None:
    proposal = way.submitted()
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.filter(pk=proposal.pk).update(holder_role="")


def test_a_step_the_table_does_not_know_cannot_be_recorded(way: Way) -> None:
    proposal = way.submitted()
    with pytest.raises(IntegrityError), transaction.atomic():
        StepRecord.objects.create(
            subject_type="proposals.proposal",
            subject_id=proposal.pk,
            verb="archive",
            source="submitted",
            target="archived",
            label="直接归档",
        )
