"""The pages of wishes and proposals; each is a thin door to a selector or an action."""

from proposals.views import papers
from proposals.views.asking import answer_question, ask, project_questions, question, questions
from proposals.views.calling import call, calls, enter_call, judge_call, open_call
from proposals.views.cosigning import cosign, cosign_on_paper, cosign_photo, cosign_read
from proposals.views.drafting import draft, draft_photo, draft_step, drafts, drop_draft
from proposals.views.entering import propose_for, wish_at_door, wish_book
from proposals.views.exporting import projects_file
from proposals.views.following import follow_place, follow_project, following
from proposals.views.front import home, how
from proposals.views.library import figures, photo, project, projects, supervision
from proposals.views.looking import look, look_correct, look_photo
from proposals.views.personal import mine
from proposals.views.proposing import appeal, propose, revise, submitted, withdraw
from proposals.views.resources import (
    ask_resource,
    cancel_request,
    my_requests,
    offer,
    resource,
    resource_request,
    resources,
    withdraw_resource,
)
from proposals.views.reviewing import review, review_benefits, review_queue, split
from proposals.views.wishing import (
    judge_wish,
    make_wish,
    part_wish,
    support_wish,
    take_back_wish_photos,
    three_lists,
    wish,
    wish_photo,
    wishes,
)
from proposals.views.withholding import withhold_photo

__all__ = [
    "answer_question",
    "appeal",
    "ask",
    "ask_resource",
    "call",
    "calls",
    "cancel_request",
    "cosign",
    "cosign_on_paper",
    "cosign_photo",
    "cosign_read",
    "draft",
    "draft_photo",
    "draft_step",
    "drafts",
    "drop_draft",
    "enter_call",
    "figures",
    "follow_place",
    "follow_project",
    "following",
    "home",
    "how",
    "judge_call",
    "judge_wish",
    "look",
    "look_correct",
    "look_photo",
    "make_wish",
    "mine",
    "my_requests",
    "offer",
    "open_call",
    "papers",
    "part_wish",
    "photo",
    "project",
    "project_questions",
    "projects",
    "projects_file",
    "propose",
    "propose_for",
    "question",
    "questions",
    "resource",
    "resource_request",
    "resources",
    "review",
    "review_benefits",
    "review_queue",
    "revise",
    "split",
    "submitted",
    "supervision",
    "support_wish",
    "take_back_wish_photos",
    "three_lists",
    "wish",
    "wish_at_door",
    "wish_book",
    "wish_photo",
    "wishes",
    "withdraw",
    "withdraw_resource",
    "withhold_photo",
]
