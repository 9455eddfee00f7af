"""Questions in public: asked by a resident, answered by whoever holds the matter, hidden only with a public reason."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import now
from minshi.lifecycle.action import action, in_turn, just_said
from minshi.lifecycle.machine import begin, take
from minshi.lifecycle.models import StepRecord
from minshi.masking import mask_name
from minshi.refusals import NotAllowed, Refused, refusing
from minshi.residents.models import Role
from minshi.residents.rules import home_of, person_of
from proposals.actions.stages import in_public, note_on_card
from proposals.lifecycle import holder_place, next_answerer
from proposals.models import ANSWER_LENGTH, ENDED, QUESTION_LENGTH, Proposal, Question, QuestionStage, Stage


@action
def ask(text: str, *, by: User, proposal: Proposal | None = None, is_demo: bool = False) -> Question:
    """Ask under a project, or else about the policy of one's community; the same words moments later are the first.

    Raises ``NotAllowed`` and ``Refused``: for who does not live there, and for one more than a household's policy lets.
    """
    in_turn(by, "question")
    home, person = home_of(by), person_of(by)
    if home is None or person is None:
        raise NotAllowed(_("确认过住处的居民可以提问；请先登记住在哪里"))
    if proposal is not None and not is_open_to_questions(proposal):
        raise Refused(_("这件事已经结束，不再提问"))
    place = proposal.place if proposal else holder_place(home.household.place, "community")
    public = in_public(text, place=place, author=by, door=home.household)[:QUESTION_LENGTH]
    if again := just_said(Question.objects.filter(proposal=proposal, place=place, by=by), text=public):
        return again
    question = Question(
        place=place,
        proposal=proposal,
        text=public,
        by=by,
        asker_public=mask_name(person.name),
        household=home.household,
        is_demo=is_demo,
        stage=QuestionStage.WAITING,
        holder_role=Role.CLERK,
        holder_place=holder_place(place, "community"),
        due_at=now(),
    )
    with refusing(questions_of_one_household=("text", "")):
        question.save(force_insert=True)
    begin(question, "ask", by=by)
    show_question(question)
    return question


def is_open_to_questions(proposal: Proposal) -> bool:
    """While somebody holds it, and once it is done: not where it came to nothing."""
    return proposal.stage not in ENDED or proposal.stage == Stage.ARCHIVED


def show_question(question: Question) -> None:
    """It stands on the page of its project, and of what that was merged into."""
    if question.proposal_id:
        for shown in Proposal.objects.filter(Q(pk=question.proposal_id) | Q(merged=question.proposal_id)):
            note_on_card(shown)


@action
def answer_question(question: Question, text: str, *, by: User) -> StepRecord:
    """Once, in public."""
    public = _beside(question, text)
    if not public.strip():
        raise Refused(text=_("请写下答复，大家都看得到"))
    record = take(question, "answer", by=by, reason=public, setting={"answer": public})
    show_question(question)
    return record


def _beside(question: Question, text: str) -> str:
    """What others write to it, without who asked."""
    hidden = in_public(text, place=question.place, author=question.by, door=question.household)
    return hidden[:ANSWER_LENGTH]


@action
def hide_question(question: Question, *, reason: str, by: User) -> StepRecord:
    """Staff take it off the page; that it was asked, and why it was hidden, stays there."""
    public = _beside(question, reason)
    record = take(question, "hide", by=by, reason=public, setting={"hidden_why": public})
    show_question(question)
    return record


@action
def climb_question(question: Question, *, by: User | None = None) -> StepRecord | None:
    """Nobody answered in time: the next above answers; at its end nobody follows, and it stays due there."""
    found = next_answerer(question)
    if found is None or found == (question.holder_role, question.holder_place):
        take(question, "overdue", by=by)
        return None
    role, place = found
    record = take(question, "climb", by=by, setting={"role": role, "place": place})
    show_question(question)
    return record


@action
def follow_calendar_of_question(pk: int, due: datetime, *, by: User | None = None) -> None:
    """As ``follow_calendar``, for a question."""
    Question.objects.filter(pk=pk).update(due_at=due)
