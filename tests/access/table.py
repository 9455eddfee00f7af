"""Who gets what from every address: one row for each, arguments from the prepared world.

A row says who sees the page (GET) and who may send its form (POST); whoever is not named is sent to sign in when
nobody, and refused when somebody. Sending, where it is not for you, changes nothing, whatever is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from deliberation.selectors import reading_key
from minshi.addresses import told
from minshi.residents.models import Role, RoleGrant
from proposals.models import Wish
from tests.access.addresses import CORRECTED, HIDDEN, NOT_TAKEN, ONWARD, REFUSED, SHOWN, SIGN_IN
from tests.cast import home_of
from tests.way import a_picture
from tests.world import WALKS, World

Who = frozenset[str]


def only(*names: str) -> Who:
    return frozenset(names)


# --- Who, seen from one yard with its community, street and district ------------------------------

NOBODY = only()
VISITOR = only("anonymous")

RESIDENT, NEIGHBOUR, MINOR, CHIEF = only("resident"), only("neighbour"), only("minor"), only("chief")
NEWCOMER = only("newcomer")  # signed in, said where they live, not confirmed
IN_THE_YARD = RESIDENT | NEIGHBOUR | CHIEF | MINOR
FAMILY = RESIDENT | MINOR
NEXT_DOOR = only("next_resident", "next_chief")  # the other yard of the same community
FAR_RESIDENTS = only("stranger", "stranger_chief")

CLERK = only("clerk", "second_clerk")
PARTY, SUPERVISOR = only("party"), only("supervisor")
CASE_OFFICER, APPROVER, CASHIER = only("case_officer"), only("approver"), only("cashier")
DISTRICT = only("district_officer", "district_finance")
STAFF_HERE = CLERK | PARTY | SUPERVISOR | CASE_OFFICER | APPROVER | CASHIER | DISTRICT
FAR_STAFF = only("next_clerk", "stranger_clerk", "stranger_officer", "stranger_approver", "stranger_cashier")
STAFF = STAFF_HERE | FAR_STAFF

OPERATOR = only("superuser")  # runs the servers, holds no role
FORMER = only("former_clerk")  # the account is still the staff's, the role was taken back
BY_PHONE = IN_THE_YARD | NEWCOMER | NEXT_DOOR | FAR_RESIDENTS
BY_FACTOR = STAFF | OPERATOR | FORMER
SIGNED_IN = BY_PHONE | BY_FACTOR
EVERYBODY = VISITOR | SIGNED_IN

ADULTS = RESIDENT | NEIGHBOUR | CHIEF
GROUP = CHIEF  # of the project: the chief leads it, the others are neighbours of theirs
ORGANISERS = CHIEF | only("next_chief", "stranger_chief")
COLLECTORS = CHIEF | CLERK  # of paper, in this yard
ANY_COLLECTORS = ORGANISERS | CLERK | only("next_clerk", "stranger_clerk")


AT_THE_STREET = CASE_OFFICER | APPROVER | CASHIER
AT_A_STREET = AT_THE_STREET | only("stranger_officer", "stranger_approver", "stranger_cashier")
READERS = CLERK | PARTY | SUPERVISOR | CASE_OFFICER | APPROVER | only("district_officer")  # of objections' sheets
ENTERERS = CLERK | only("next_clerk", "stranger_clerk")  # of what came on paper, each for their own doors
LOOKERS = only("second_clerk", "next_chief", "district_officer") | PARTY | SUPERVISOR | CASE_OFFICER | APPROVER
"""Who looks again at the sheet of what the clerk typed for a door of this building."""
RATING_READERS = SUPERVISOR | only("district_officer")  # of a project that the street holds
ELSEWHERE = only("next_clerk", "stranger_clerk", "stranger_officer", "stranger_approver")


# --- What ----------------------------------------------------------------------------------------

Arguments = Callable[[World], list[Any]]
Body = Callable[[World], dict[str, Any]]

TAKEN = frozenset({ONWARD, CORRECTED})
TURNED_AWAY = frozenset({REFUSED, HIDDEN, NOT_TAKEN, CORRECTED})
"""What may come of sending a form: for whom it is, and for whom it is not."""


@dataclass(frozen=True)
class Row:
    """One address.

    ``shows``: what those in ``see`` get; ``others``: what somebody else gets; ``visitors``: what nobody gets.
    ``besides``: what some of the others get instead. ``variants``: more arguments under which the page looks
    different, for the pictures. ``query``: what its address may ask for.
    """

    name: str
    args: Arguments = lambda world: []
    see: Who = NOBODY
    send: Who = NOBODY
    shows: str = SHOWN
    others: str = REFUSED
    visitors: str = SIGN_IN
    besides: tuple[tuple[Who, str], ...] = ()
    variants: tuple[Arguments, ...] = ()
    query: str = ""
    taken: frozenset[str] = TAKEN
    turned_away: frozenset[str] = TURNED_AWAY

    @property
    def proper(self) -> Body | None:
        return PROPER.get(self.name)

    def expected(self, who: str) -> str:
        if who in self.see:
            return self.shows
        for some, word in self.besides:
            if who in some:
                return word
        return self.visitors if who in VISITOR else self.others


def number(thing: str) -> Arguments:
    return lambda world: [world[thing].number]


def pk(thing: str) -> Arguments:
    return lambda world: [world[thing].pk]


def stages(*names: str) -> tuple[Arguments, ...]:
    return tuple(number(name) for name in names)


def unit(thing: str) -> Arguments:
    return lambda world: [world["voting"].number, world[thing].ordinal]


CALLERS = CLERK | CASE_OFFICER | only("next_clerk", "stranger_clerk", "stranger_officer")
LIBRARY_ASKED = "place&shown&q&category&kind&tier&stage&year&least&most&sort&before"


def json_file(world: World) -> list[Any]:
    return ["json"]


def xlsx_file(world: World) -> list[Any]:
    return ["xlsx"]


def blank(world: World) -> list[Any]:
    return []


def chiefs_post(world: World) -> list[Any]:
    return [RoleGrant.objects.get(user=world.who("chief"), role=Role.CHIEF).pk]


def step_of_draft(step: str) -> Arguments:
    return lambda world: [world["draft"].pk, step]


def contract_file(world: World) -> list[Any]:
    return ["contract-file", world["delivering"].contracts.get().pk]


def rating_unit(thing: str) -> Arguments:
    return lambda world: [world["rating"].number, world[thing].ordinal]


def sheet_unit(world: World) -> list[Any]:
    return [world["rating"].number, world["rating_sheet"].unit.ordinal]


def family_unit(world: World) -> list[Any]:
    return [world["counting"].number, world["family_sheet"].unit.ordinal]


def a_vote(world: World) -> dict[str, Any]:
    return {"choice": "agree", "receipt": str(uuid4()), "motion": world["motion"].pk}


def a_plan(world: World) -> dict[str, Any]:
    return {
        "place": world.place("community").pk, "title": "给信报箱换新", "need": "旧的都锈了", "plan": "换一排新的",
        "spot": "门卫室旁", "kind": "works", "category": "convenience", "cost": "3000",
        "self_raised": "3000", "keeper": "院落自管小组", "liable": "no", "private": "no", "why": "改了价钱",
    }  # fmt: skip


STAGES = [name for name, _title, _days in WALKS]
PROPER: dict[str, Body] = {
    "propose": a_plan,
    "revise": a_plan,
    "open_call": lambda w: {
        "place": w.place("community").pk,
        "theme": "让孩子放学有地方去",
        "text": "书桌、台灯、看管",
        "criteria": "受益户多",
        "prizes": "一口锅",
        "last_day": "2026-12-20",
    },
    "enter_call": lambda w: {"proposal": w["cosigning"].pk},
    "judge_call": lambda w: {"reason": "受益户最多的得奖"},
    "drafts": lambda w: {"title": "给信报箱换新", "need": "旧的都锈了", "plan": "换一排新的"},
    "draft_step": lambda w: {"title": "给信报箱换新", "need": "旧的都锈了", "plan": "换一排新的"},
    "drop_draft": lambda w: {},
    "propose_for": lambda w: {
        **a_plan(w),
        "door": w.way.households[6].address,
        "name": "申老伯",
        "scope": "yard",
        "sheet": a_picture(),
    },
    "wish_book": lambda w: {
        "place": w.place("community").pk,
        "lines": f"{w.way.households[6].address} 申老伯 想要一张长椅",
        "photos": a_picture(),
    },
    "wish_at_door": lambda w: {
        "door": w.way.households[6].address,
        "name": "申老伯",
        "text": "想要一张长椅",
        "category": "other",
    },
    "look": lambda w: {"verdict": "alike"},
    "look_correct": lambda w: {
        "why": "照原件",
        **{f"text_{wish.pk}": "想要两张石凳" for wish in Wish.objects.filter(sheet=w["differing"].sheet_id)},
    },
    "withdraw": lambda w: {"reason": "不办了"},
    "withhold_photo": lambda w: {"reason": "里面的人不同意"},
    "withhold_log_photo": lambda w: {"reason": "里面的人不同意"},
    "ask": lambda w: {"text": "什么时候动工？"},
    "ask_policy": lambda w: {"text": "加装电梯有补助吗？"},
    "answer_question": lambda w: {"text": "装在南门左侧"},
    "appeal": lambda w: {"reason": "这件事物业不管"},
    "split": lambda w: {"reason": "说的不是一件事"},
    "cosign": lambda w: {},
    "cosign_on_paper": lambda w: {
        "photos": a_picture(),
        "doors": "\n".join(door.address for door in w.way.households[8:10]),
    },
    "cosign_read": lambda w: {"sheet": told("signed_list", w["signed_list"].pk), "doors": w.way.households[7].address},
    "make_wish": lambda w: {"place": w.place("community").pk, "text": "想要一张长椅", "category": "other"},
    "support_wish": lambda w: {},
    "take_back_wish_photos": lambda w: {},
    "offer": lambda w: {
        "place": w.place("community").pk,
        "kind": "tool",
        "title": "能借手推车",
        "times": "天天",
        "category": "other",
    },
    "ask_resource": lambda w: {"text": "周日帮我看看链条"},
    "withdraw_resource": lambda w: {},
    "resource_request": lambda w: {"agrees": "yes", "answer": "周六上午九点，院门口"},
    "cancel_request": lambda w: {},
    "judge_wish": lambda w: {"is_done": "yes"},
    "part_wish": lambda w: {"reason": "那一个在院外"},
    "review": lambda w: {"verdict": "pass_review", "reason": "确实需要"},
    "review_benefits": lambda w: {"doors": w.way.households[0].door, "reason": "只有这一户用得上"},
    "vote": a_vote,
    "paper_unit": lambda w: {"photos": a_picture(), "choice": "agree", "receipt": str(uuid4())},
    "paper_void": lambda w: {"reason": "登记错了门牌"},
    "paper_unreachable": lambda w: {"note": "两次敲门没人"},
    "paper_confirm": lambda w: {"paper": reading_key(w["waiting_sheet"].line_id), "choice": "agree"},
    "ask_letter": lambda w: {"door": w.way.households[5].door},
    "letters": lambda w: {"letter": w["letter"].pk},
    "paper_second": lambda w: {"photos": a_picture(), "choice": "against"},
    "receipt_correct": lambda w: {"choice": "against", "reason": "勾的是不同意", "receipt": str(uuid4())},
    "object": lambda w: {"facts": "这里写的和说好的不一样"},
    "objection_withdraw": lambda w: {"reason": "说清楚了"},
    "object_for": lambda w: {"facts": "这里写的和说好的不一样", "channel": "hall", "name": "某某"},
    "objection_read": lambda w: {"objection": w["objection_sheet"].pk, "objects": "yes", "door": ""},
    "notice_posting": lambda w: {"photos": a_picture(), "where": "院门口"},
    "to_tell": lambda w: {"row": w["to_tell"].told_as},
    "confirm_bylaws": lambda w: {"bylaw": w["waiting_bylaw"].pk, "verdict": "yes"},
    "strikes": lambda w: {"strike": w["strike"].pk, "verdict": "yes"},
    "confirm_residents": lambda w: {"claim": w["claim"].pk, "verdict": "yes"},
    "pledge": lambda w: {"choice": "5000"},
    "withdraw_pledge": lambda w: {},
    "publish_name": lambda w: {"publishes": "1"},
    "add_log": lambda w: {"text": "砌好了一段", "photos": a_picture()},
    "finish_work": lambda w: {"reason": "都做完了"},
    "rate": lambda w: {"level": "1"},
    "rating_paper_unit": lambda w: {"receipt": str(uuid4())},
    "rating_paper_void": lambda w: {"reason": "登记错了门牌"},
    "rating_check": lambda w: {"level": "1"},
    "message_open": lambda w: {},
}
"""What does something when it is sent by whom it is for; else it is known to be refused for its form only."""

PUBLIC = {"see": EVERYBODY}

TABLE: tuple[Row, ...] = (
    # --- proposals: for everybody
    Row("home", **PUBLIC),
    Row("place", lambda w: [w.place("yard").code], **PUBLIC),
    Row("figures", lambda w: [w.place("yard").code], **PUBLIC, query="of&before"),
    Row("three_lists", lambda w: [w.place("community").code], **PUBLIC, variants=(lambda w: [w.place("street").code],)),
    Row("how", **PUBLIC),
    Row("projects", **PUBLIC, query=LIBRARY_ASKED),
    Row("projects_file", lambda w: ["csv"], **PUBLIC, query=LIBRARY_ASKED, variants=(json_file, xlsx_file)),
    Row("project", number("voting"), **PUBLIC, variants=stages(*(stage for stage in STAGES if stage != "voting"))),
    Row("photo", pk("photo"), **PUBLIC),
    Row("photo_small", pk("photo"), **PUBLIC),
    Row("withhold_photo", pk("photo"), see=RESIDENT | CLERK | CASE_OFFICER, send=RESIDENT | CLERK | CASE_OFFICER),
    Row("wishes", **PUBLIC, query="place&q&before"),
    Row("wish", pk("wish"), **PUBLIC),
    Row("wish_photo", pk("wish_photo"), **PUBLIC),
    Row("wish_photo_small", pk("wish_photo"), **PUBLIC),
    Row("take_back_wish_photos", pk("wish"), others=NOT_TAKEN, send=NEIGHBOUR),
    Row("resources", **PUBLIC, query="place&kind&q&before"),
    Row("resource", pk("resource"), **PUBLIC),
    # --- calls for proposals
    Row("calls", **PUBLIC, query="place&before"),
    Row("call", pk("call"), **PUBLIC, variants=(pk("judged_call"),)),
    Row("open_call", see=CALLERS, send=CLERK),
    Row("enter_call", pk("call"), see=SIGNED_IN, send=RESIDENT),
    Row("judge_call", pk("judged_call"), see=CLERK | CASE_OFFICER, send=CLERK | CASE_OFFICER),
    # --- forms on paper
    Row("papers", **PUBLIC, query="place"),
    Row("paper_proposal_print", number("cosigning"), **PUBLIC, variants=(blank,), query="place"),
    Row("paper_proposal_pdf", number("cosigning"), **PUBLIC, variants=(blank,), query="place"),
    Row("paper_signatures_print", number("cosigning"), **PUBLIC, variants=(blank,), query="place"),
    Row("paper_signatures_pdf", number("cosigning"), **PUBLIC, variants=(blank,), query="place"),
    Row("paper_answer_print", number("cosigning"), **PUBLIC, variants=(blank,), query="place"),
    Row("paper_answer_pdf", number("cosigning"), **PUBLIC, variants=(blank,), query="place"),
    Row("paper_dispatch_print", number("cosigning"), **PUBLIC, variants=(blank,), query="place"),
    Row("paper_dispatch_pdf", number("cosigning"), **PUBLIC, variants=(blank,), query="place"),
    Row("paper_poster_print", number("cosigning"), **PUBLIC),
    Row("paper_poster_pdf", number("cosigning"), **PUBLIC),
    Row("paper_chief_print", **PUBLIC, query="place"),
    Row("paper_chief_pdf", **PUBLIC, query="place"),
    Row("paper_resource_print", **PUBLIC, query="place"),
    Row("paper_resource_pdf", **PUBLIC, query="place"),
    Row("paper_consent_print", **PUBLIC, query="place"),
    Row("paper_consent_pdf", **PUBLIC, query="place"),
    Row("paper_rights_print", **PUBLIC, query="place"),
    Row("paper_rights_pdf", **PUBLIC, query="place"),
    Row("paper_post_print", chiefs_post, see=CHIEF | CLERK | APPROVER, others=HIDDEN),
    Row("paper_post_pdf", chiefs_post, see=CHIEF | CLERK | APPROVER, others=HIDDEN),
    Row("paper_offer_print", pk("resource"), see=NEIGHBOUR | CLERK | CASE_OFFICER, others=HIDDEN),
    Row("paper_offer_pdf", pk("resource"), see=NEIGHBOUR | CLERK | CASE_OFFICER, others=HIDDEN),
    Row("paper_agreed_print", see=BY_PHONE - only("stranger_chief"), others=HIDDEN),  # who lives nowhere here
    Row("paper_agreed_pdf", see=BY_PHONE - only("stranger_chief"), others=HIDDEN),
    Row("paper_right_print", pk("asked_of_data"), see=NEIGHBOUR | CLERK | CASE_OFFICER, others=HIDDEN),
    Row("paper_right_pdf", pk("asked_of_data"), see=NEIGHBOUR | CLERK | CASE_OFFICER, others=HIDDEN),
    Row("supervision", **PUBLIC, query="place&before"),
    Row("questions", **PUBLIC, query="place&q&before"),
    Row("question", pk("question"), **PUBLIC, variants=(pk("policy_question"), pk("hidden_question"))),
    Row("project_questions", number("cosigning"), **PUBLIC, query="before"),
    # --- proposals: for residents
    Row("offer", see=SIGNED_IN, send=IN_THE_YARD | CLERK | NEXT_DOOR),
    Row("my_requests", see=SIGNED_IN),
    Row("resource_request", pk("request"), see=RESIDENT | NEIGHBOUR, others=HIDDEN, send=NEIGHBOUR),
    Row("cancel_request", pk("request"), others=NOT_TAKEN, send=RESIDENT),
    Row("ask_resource", pk("resource"), see=SIGNED_IN, send=CHIEF | MINOR | NEXT_DOOR | FAR_RESIDENTS | STAFF),
    Row("withdraw_resource", pk("resource"), others=NOT_TAKEN, send=NEIGHBOUR),
    Row("mine", see=SIGNED_IN),
    Row("my_signins", see=SIGNED_IN),
    Row("following", see=SIGNED_IN),
    Row("follow_project", number("cosigning"), see=SIGNED_IN, send=SIGNED_IN),
    Row("follow_place", lambda w: [w.place("community").code], see=SIGNED_IN, send=SIGNED_IN),
    # --- my data: everybody's own
    Row("my_data", see=SIGNED_IN),
    Row("my_name", see=SIGNED_IN, send=SIGNED_IN),
    Row("my_request", see=SIGNED_IN, send=SIGNED_IN),
    Row("my_names", see=SIGNED_IN, send=SIGNED_IN),
    Row("my_number", see=SIGNED_IN, send=SIGNED_IN),
    Row("my_leave", see=SIGNED_IN, send=SIGNED_IN),
    Row("my_close", see=SIGNED_IN, send=SIGNED_IN, taken=TAKEN | {SHOWN}),
    Row("my_export", see=SIGNED_IN),
    Row("my_copy", see=SIGNED_IN),
    Row("propose", see=SIGNED_IN, send=IN_THE_YARD | NEXT_DOOR | CLERK, query="wish"),
    Row("drafts", see=SIGNED_IN, send=IN_THE_YARD | NEXT_DOOR | FAR_RESIDENTS | ENTERERS, query="wish"),
    Row("draft", pk("draft"), see=RESIDENT, others=HIDDEN, send=RESIDENT),
    Row(
        "draft_step", lambda w: [w["draft"].pk, "what"], see=RESIDENT, others=HIDDEN, send=RESIDENT,
        variants=tuple(map(step_of_draft, ("where", "who", "kind", "money", "photos"))),
    ),
    Row("drop_draft", pk("spare_draft"), others=NOT_TAKEN, send=RESIDENT),
    Row("draft_photo", pk("draft_photo"), see=RESIDENT, others=HIDDEN),
    Row("propose_for", see=ENTERERS, send=CLERK),
    Row("wish_book", see=ENTERERS, send=CLERK, query="sheet"),
    Row("wish_at_door", see=ANY_COLLECTORS, send=COLLECTORS),
    Row("look", pk("look"), see=LOOKERS | CLERK, send=LOOKERS),
    Row("look_photo", pk("look"), see=LOOKERS | CLERK),
    Row("look_correct", pk("differing"), see=LOOKERS | CLERK, send=LOOKERS | CLERK),
    Row("submitted", number("submitted"), see=RESIDENT, others=HIDDEN),
    Row("unsent_file", lambda w: [w["unsent"].token], see=RESIDENT, others=HIDDEN),
    Row("revise", number("returned"), see=RESIDENT, send=RESIDENT),
    Row("withdraw", number("submitted"), see=RESIDENT, send=RESIDENT),
    # Each household asks once a week; the neighbours' and the chief's have.
    Row("ask", number("voting"), see=SIGNED_IN, send=RESIDENT | MINOR | NEXT_DOOR),
    Row("ask_policy", see=SIGNED_IN, send=RESIDENT | MINOR | CHIEF | NEXT_DOOR | only("stranger")),
    Row("answer_question", pk("question"), see=RESIDENT | CLERK | CASE_OFFICER, send=RESIDENT | CLERK | CASE_OFFICER),
    Row("appeal", number("declined"), see=RESIDENT, send=RESIDENT),
    Row("split", number("merged"), see=COLLECTORS, send=COLLECTORS),
    Row("cosign", number("cosigning"), see=SIGNED_IN, send=ADULTS),
    Row("cosign_on_paper", number("cosigning"), see=COLLECTORS, send=COLLECTORS),
    # Without its list nothing is read: what was typed belongs to one list alone.
    Row("cosign_read", see=ANY_COLLECTORS, send=CLERK, taken=TAKEN | {REFUSED}, turned_away=TURNED_AWAY | {SHOWN}),
    Row("cosign_photo", pk("signed_list"), see=COLLECTORS),
    Row("make_wish", see=SIGNED_IN, send=IN_THE_YARD | CLERK | NEXT_DOOR),
    Row("judge_wish", pk("said_wish"), see=NEIGHBOUR, others=HIDDEN, send=NEIGHBOUR),
    Row("part_wish", pk("joined_wish"), see=NEIGHBOUR, others=HIDDEN, send=NEIGHBOUR),
    Row("support_wish", pk("wish"), others=NOT_TAKEN, send=SIGNED_IN),
    Row("review_queue", see=CHIEF | CLERK, shows=ONWARD, others=SHOWN),
    Row("review", number("submitted"), see=CHIEF, send=CHIEF, taken=TAKEN | {SHOWN}),
    Row("review_benefits", number("submitted"), see=CHIEF, send=CHIEF),
    # --- deliberation
    Row("vote", number("voting"), see=SIGNED_IN, send=ADULTS),
    Row("motion", number("voting"), **PUBLIC, variants=stages("consulting", "counting", "submitted")),
    Row("motion_receipts", lambda w: [w["consulting"].number, 1], **PUBLIC, query="after"),
    Row("motion_export", lambda w: [w["consulting"].number, 1], **PUBLIC),
    Row("paper", number("voting"), see=COLLECTORS, query="door&building&after"),
    Row("paper_unit", unit("unvisited"), see=COLLECTORS, send=COLLECTORS),
    Row("paper_void", unit("visited"), see=COLLECTORS, send=COLLECTORS),
    Row("paper_unreachable", unit("unvisited"), see=COLLECTORS, send=COLLECTORS),
    Row("paper_confirm", see=ANY_COLLECTORS, send=CLERK, turned_away=TURNED_AWAY | {SHOWN}),
    Row("paper_second", family_unit, see=COLLECTORS, send=COLLECTORS),
    Row("paper_confirm_correction", see=ANY_COLLECTORS, shows=ONWARD),
    Row("paper_reading_photo", lambda w: [reading_key(w["waiting_sheet"].line_id)], see=CLERK, others=HIDDEN),
    Row("paper_photo", lambda w: [w["sheet"].line_id], see=CHIEF),  # who read it
    Row("group_sheet", number("consulting"), see=CLERK),
    Row("my_ballot", lambda w: [w["consulting"].number, 1], see=ADULTS),
    Row("ask_letter", lambda w: [w["consulting"].number, 1], see=COLLECTORS, send=COLLECTORS),
    Row("letters", see=AT_A_STREET, send=AT_THE_STREET),
    Row("letter", pk("printed_letter"), see=only("case_officer"), others=HIDDEN),
    Row("find_receipt", **PUBLIC, query="number"),
    Row("receipt", lambda w: [w["receipt"].number], **PUBLIC),
    Row("receipt_correct", lambda w: [w["family_sheet"].slip_number], see=RESIDENT, send=RESIDENT),
    Row("meeting", lambda w: [w["deciding"].number, 1], **PUBLIC),
    Row("decision", number("announced"), **PUBLIC),
    # --- disclosure
    Row("notices", **PUBLIC, query="q&place&kind&when&before&after"),
    Row("notice", number("notice"), **PUBLIC),
    Row("notice_photo", pk("posting"), **PUBLIC),
    Row("notice_print", number("notice"), **PUBLIC),
    Row("notice_pdf", number("notice"), **PUBLIC),
    Row("object", number("quiet_notice"), **PUBLIC, send=SIGNED_IN),
    Row("objection_withdraw", pk("objection"), see=only("neighbour"), send=only("neighbour")),
    Row("object_for", number("notice"), see=CLERK | CASE_OFFICER, send=CLERK | CASE_OFFICER, query="door"),
    Row(
        "objection_read", see=READERS | ELSEWHERE, send=READERS - only("clerk"), turned_away=TURNED_AWAY | {SHOWN},
    ),
    Row("objection_photo", pk("objection_sheet"), see=READERS),
    Row("notice_posting", number("notice"), see=STAFF_HERE | CHIEF, send=STAFF_HERE | CHIEF),
    # --- residents
    Row("join", see=SIGNED_IN, query="q"),
    Row("consent", **PUBLIC, send=SIGNED_IN, taken=TAKEN | {REFUSED}),
    Row("join_at", lambda w: [w.place("yard").code], see=SIGNED_IN, send=SIGNED_IN),
    Row("representing", see=SIGNED_IN, send=SIGNED_IN, taken=TAKEN | {HIDDEN}),
    Row(
        "confirm_residents", see=ANY_COLLECTORS | CASE_OFFICER | only("stranger_officer", "district_officer"),
        send=COLLECTORS, taken=TAKEN | {HIDDEN},
    ),
    Row("find_residents", see=ANY_COLLECTORS, query="q"),
    Row(
        "found_resident", lambda w: [home_of(w.who("resident")).pk], see=COLLECTORS, send=COLLECTORS,
        besides=((ANY_COLLECTORS - COLLECTORS, HIDDEN),),
    ),
    Row(
        "corrections", see=ANY_COLLECTORS | CASE_OFFICER | only("stranger_officer"),
        send=COLLECTORS | CASE_OFFICER, taken=TAKEN | {HIDDEN},
    ),
    Row("bylaws", **PUBLIC, query="place&past&before"),
    Row("bylaw", pk("bylaw"), **PUBLIC),
    Row("bylaw_print", pk("bylaw"), **PUBLIC),
    Row("bylaw_pdf", pk("bylaw"), **PUBLIC),
    Row("bylaw_scan", pk("bylaw"), see=CLERK | PARTY | CASE_OFFICER | APPROVER | only("district_officer")),
    Row("confirm_bylaws", see=ORGANISERS | STAFF, send=only("clerk"), taken=TAKEN | {HIDDEN}),
    Row("strikes", see=ORGANISERS | STAFF, send=only("clerk"), taken=TAKEN | {HIDDEN}),
    # --- funding
    Row("pledge", number("raising"), see=SIGNED_IN, send=ADULTS, variants=stages("delivering")),
    Row("withdraw_pledge", number("raising"), others=NOT_TAKEN, send=NEIGHBOUR),
    Row("publish_name", number("raising"), others=NOT_TAKEN, send=NEIGHBOUR),
    Row("books", number("raising"), **PUBLIC, variants=stages("archived", "submitted", "delivering")),
    Row("suppliers", number("delivering"), **PUBLIC, variants=stages("procuring", "submitted")),
    Row("log", number("delivering"), **PUBLIC, variants=stages("submitted", "archived")),
    Row("add_log", number("delivering"), see=GROUP | CLERK, send=GROUP | CLERK),
    Row("start_work", number("delivering"), others=NOT_TAKEN, send=GROUP | CLERK),
    Row("finish_work", number("delivering"), see=GROUP | CLERK, send=GROUP | CLERK),
    Row("acceptance", number("accepted"), **PUBLIC, variants=stages("submitted")),
    Row("log_photo", pk("log_photo"), **PUBLIC),
    Row("withhold_log_photo", pk("log_photo"), see=CHIEF | CLERK | CASE_OFFICER, send=CHIEF | CLERK | CASE_OFFICER),
    Row("voucher", pk("given"), see=STAFF_HERE),
    Row("money_paper", contract_file, see=STAFF_HERE),
    Row("pledge_photo", pk("pledge_sheet"), see=COLLECTORS | PARTY | SUPERVISOR),
    # --- evaluation
    Row("rate", number("rating"), see=ADULTS, send=ADULTS, variants=stages("submitted", "rated")),
    Row("ratings", number("rated"), **PUBLIC, variants=stages("rating", "submitted")),
    Row("rating_paper", number("rating"), see=COLLECTORS, query="door&after"),
    Row("rating_paper_unit", rating_unit("unrated"), see=COLLECTORS, send=COLLECTORS),
    Row("rating_paper_void", sheet_unit, see=COLLECTORS, send=COLLECTORS),
    Row("rating_paper_second", sheet_unit, see=COLLECTORS, send=COLLECTORS),
    Row("rating_checks", number("rating"), see=RATING_READERS),
    Row("rating_check", pk("rating_sheet"), see=RATING_READERS, send=only("district_officer")),
    Row("rating_sheet", pk("rating_sheet"), see=RATING_READERS),
    Row("rating_correct", pk("family_rating"), see=RESIDENT, send=RESIDENT),
    Row("callback", lambda w: [w["callback"].token], see=RESIDENT | RATING_READERS | CLERK | CASE_OFFICER),
    Row("archive", number("archived"), **PUBLIC, variants=stages("settling")),
    Row("archive_zip", number("archived"), **PUBLIC),
    Row("archive_file", lambda w: [w["archived"].number, 1], **PUBLIC),
    Row("report", lambda w: [w.place("community").code], **PUBLIC, query="year"),
    # --- faces, health, the chain
    Row("elder", see=NOBODY, others=NOT_TAKEN, visitors=NOT_TAKEN, send=EVERYBODY),
    Row("faces", others=HIDDEN, visitors=HIDDEN),
    Row("healthz", **PUBLIC, query="only"),
    Row("chain", **PUBLIC, query="before"),
    Row("witness", **PUBLIC),
    Row("roots_file", **PUBLIC, query="since"),
    # --- messages
    Row("messages", see=SIGNED_IN, query="before"),
    Row("messages_read", others=NOT_TAKEN, send=SIGNED_IN),
    Row("to_tell", see=ANY_COLLECTORS, send=COLLECTORS, taken=TAKEN | {HIDDEN}),
    Row("to_tell_print", see=ANY_COLLECTORS),
    Row("to_tell_pdf", see=ANY_COLLECTORS),
    Row("how_told", see=SIGNED_IN, send=SIGNED_IN),
    Row("message_stop", pk("followed_message"), others=NOT_TAKEN, send=RESIDENT),
    Row("message_open", pk("message"), others=NOT_TAKEN, send=RESIDENT),
    # --- the ways in
    Row("account_request_login_code", see=VISITOR, send=VISITOR, others=ONWARD, query="next"),
    Row("account_confirm_login_code", others=ONWARD),
    Row("quiet_number", others=ONWARD),
    Row("fresh_code", see=BY_PHONE, send=BY_PHONE, others=ONWARD),
    Row("account_logout", see=SIGNED_IN, send=SIGNED_IN, visitors=ONWARD),
    Row("account_login", see=VISITOR, send=VISITOR, besides=((BY_FACTOR, ONWARD),)),
    Row("staff_signin", see=VISITOR, send=VISITOR, besides=((BY_FACTOR, ONWARD),), query="next"),
    Row("staff_activate", see=VISITOR, send=VISITOR, others=ONWARD),
    Row("account_reauthenticate", see=BY_FACTOR, send=BY_FACTOR),
    Row("account_change_password", see=BY_FACTOR, send=BY_FACTOR),
    Row("mfa_index", see=BY_FACTOR),
    Row("mfa_login_webauthn", others=ONWARD),
    Row("mfa_add_webauthn", see=BY_FACTOR, shows=ONWARD, send=BY_FACTOR),
    Row("mfa_edit_webauthn", lambda w: [1], besides=((BY_FACTOR, ONWARD),)),
    Row("mfa_remove_webauthn", lambda w: [1], besides=((BY_FACTOR, ONWARD),)),
    Row("mfa_authenticate", others=ONWARD),
    Row("mfa_reauthenticate", see=BY_FACTOR, send=BY_FACTOR),
    Row("mfa_activate_totp", see=BY_FACTOR, shows=ONWARD, send=BY_FACTOR),
    Row("mfa_deactivate_totp", see=BY_FACTOR, shows=ONWARD, send=BY_FACTOR),
    Row("mfa_view_recovery_codes", besides=((BY_FACTOR, HIDDEN),)),
    Row("mfa_generate_recovery_codes", see=BY_FACTOR, shows=ONWARD, send=BY_FACTOR),
    Row("admin_login", others=REFUSED),
    Row("demo_codes", others=HIDDEN, visitors=HIDDEN),
)  # fmt: skip
