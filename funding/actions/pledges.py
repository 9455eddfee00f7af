"""Neighbours and units promise, give by voucher, give in kind; nobody is forced, nobody named without consent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db.models import Max, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from funding import told
from funding.actions.claims import account_of, cover_claims
from funding.actions.plans import note_money
from funding.lifecycle import admin_url
from funding.models import Claim, Contribution, ContributionStage, GroupMember, InKind, Pledge, Purse, Refund, Sponsor
from funding.rules import demand
from minshi.accounts.models import User
from minshi.audit.actions import erase
from minshi.clock import now
from minshi.deadlines import actions as deadlines
from minshi.faces.pictures import reencoded
from minshi.ledger.actions import post
from minshi.ledger.money import format_yuan
from minshi.lifecycle.action import action, just_said
from minshi.lifecycle.machine import begin, lock, take
from minshi.lifecycle.models import StepRecord
from minshi.masking import mask_name, mask_text, one_line, seen
from minshi.mydata.actions import agree, take_back
from minshi.notifications.actions import tell, tell_doors, tell_role
from minshi.notifications.catalogue import Event
from minshi.paper import actions as paper
from minshi.refusals import NotAllowed, Refused, refusing
from minshi.residents import speaking
from minshi.residents.models import Person, Residence, Role
from minshi.territory.models import Household
from proposals import actions as proposals
from proposals.lifecycle import holder_place, period
from proposals.models import ENDED, Proposal, Stage

GIVING = (
    Stage.RAISING,
    Stage.FUNDED,
    Stage.PROCURING,
    Stage.AWARDED,
    Stage.DELIVERING,
    Stage.ACCEPTING,
    Stage.ACCEPTED,
    Stage.RATING,
    Stage.REWORK,
    Stage.RATED,
)
"""While money may be promised and received: until the accounts are announced (domain.md 4)."""


def _must_be_open(proposal: Proposal) -> Purse:
    lock(proposal)
    if proposal.stage not in GIVING:
        raise Refused(_("现在是“%s”，不收钱") % Stage(proposal.stage).label)
    return Purse.objects.select_related("account").get(proposal=proposal)


# --- Pledges -------------------------------------------------------------------------------------


@action
def pledge(
    proposal: Proposal, household: Household, *, amount_fen: int, publishes_name: bool = False, by: User
) -> Pledge:
    """Promise money for a household, of its own will; a new promise takes the place of the one before."""
    _must_be_open(proposal)
    person = speaking.speaker(by, household, act=_("认缴"), any_adult=True)
    giver = giver_of(proposal, household, person)
    _refuse_unfit(proposal, household, amount_fen)
    if Pledge.objects.waiting().filter(proposal=proposal, household=household).exists():
        raise Refused(_("您家在纸上的认缴已经登记，正等另一位核对；要改，请先撤回"))
    if any(map(_has_moved, Pledge.objects.standing().filter(proposal=proposal, household=household))):
        raise Refused(_("这一户原来住的人已经认缴，由他们决定；您想出钱，请联系社区"))
    said = {"household": household, "amount_fen": amount_fen, "publishes_name": publishes_name, "by": by}
    if again := just_said(Pledge.objects.standing().filter(proposal=proposal), speaker=person, **said):
        return again
    _retire(proposal, household, by)
    if publishes_name:
        agree_to_name(proposal, person, by=by)
    with refusing(one_pledge_per_person=("amount", TWICE)):
        promised = Pledge.objects.create(
            proposal=proposal,
            household=household,
            giver=giver,
            speaker=person,
            ordinal=_next_ordinal(proposal),
            amount_fen=amount_fen,
            publishes_name=publishes_name,
            name_public=public_name(household, person.name, publishes_name),
            by=by,
        )
    name_as_agreed(proposal, person, publishes_name, by=by)
    proposals.note_on_card(proposal)
    tell(by, *_told(promised, _("已登记认缴：%s")), event=told.PLEDGED.name)
    return promised


TWICE = gettext_lazy("您已经以原来的住户认缴过，一个人只认缴一次；要改请联系社区")
SIGNED_TWICE = gettext_lazy("签名的人已经代表另一户认缴过，一个人只认缴一次")


def _refuse_unfit(proposal: Proposal, household: Household, amount_fen: int) -> None:
    if not proposal.beneficiaries().filter(pk=household.pk).exists():
        raise Refused(_("只接受受益住户的自愿出资"))
    if received_from(proposal, household):
        raise Refused(_("您家的钱已经收到，不能再改；想多出，请联系社区"))
    if amount_fen <= 0:
        raise Refused(amount=_("请填写愿意出多少钱"))


def _has_moved(promised: Pledge) -> bool:
    """Whether whoever gives lives there no more: theirs it stays, and nobody changes it on a screen (domain.md 5)."""
    return promised.giver.person_id is not None and promised.giver.until is not None


def _next_ordinal(proposal: Proposal) -> int:
    last = Pledge.objects.filter(proposal=proposal).aggregate(last=Max("ordinal"))["last"]
    return (last or 0) + 1


def _told(promised: Pledge, title: str) -> tuple[str, str, str]:
    text = _("%(number)s　%(yuan)s 元") % {"number": promised.number, "yuan": format_yuan(promised.amount_fen)}
    return title % promised.proposal.title, text, reverse("pledge", args=[promised.proposal.number])


def _tell_household(promised: Pledge, title: str, event: Event, why: str = "") -> None:
    title, body, url = _told(promised, title)
    matter = f"pledge:{promised.pk}"
    doors, then = [promised.household_id], promised.at
    tell_doors(doors, title, why or body, url, asked=False, then=then, event=event.name, matter=matter)


# --- Pledges on paper ----------------------------------------------------------------------------


@action
def pledge_on_paper(
    proposal: Proposal,
    household: Household,
    *,
    signer: Person | None = None,
    amount_fen: int,
    publishes_name: bool = False,
    photo: UploadedFile | None,
    by: User,
) -> Pledge:
    """Register a door's sheet and read it for the first time: it waits, and counts once another has read it alike.

    ``signer`` is one of the door's people, ``None`` 未登记. The household is told and may withdraw it.
    """
    demand("funding.record_money", by, proposal, _("代登记认缴"))
    stub = photo and paper.picture_of(photo)  # before the lock: no neighbour who pledges on a phone waits for it
    _must_be_open(proposal)
    demand("funding.record_money", by, proposal, _("代登记认缴"))
    _refuse_unfit(proposal, household, amount_fen)
    if stub is None:
        raise Refused(photo=_("请拍下认缴单，另一位要照着照片核对"))
    if Pledge.objects.waiting().filter(proposal=proposal, household=household).exists():
        raise Refused(household=_("这一户的认缴单已经登记过，等另一位核对"))
    voices = speaking.entries_of([signer.pk])[signer.pk] if signer else ()
    if Pledge.objects.kept().filter(proposal=proposal, speaker__in=voices).exclude(household=household).exists():
        raise Refused(signer=SIGNED_TWICE)
    sheet = paper.register(proposal.place, [(household, signer)], about=proposal.title, stub=stub, by=by)
    line = paper.read(sheet.lines.get(), _reading(amount_fen, publishes_name), by=by)
    promised = Pledge.objects.create(
        proposal=proposal,
        household=household,
        giver=giver_of(proposal, household, signer) if signer else _unregistered(household),
        speaker=signer,
        ordinal=_next_ordinal(proposal),
        amount_fen=amount_fen,
        name_public=public_name(household, signer.name if signer else "", False),
        line=line,
        is_waiting=True,
        by=by,
    )
    _await_reader(promised)
    _tell_household(promised, _("已登记您家在纸上的认缴：%s"), told.PAPER_PLEDGE)
    title, place = _("请核对纸质认缴：%s") % proposal.title, holder_place(proposal.place, "community")
    tell_role(Role.SUPERVISOR, place, title, url=admin_url(promised), event=told.PLEDGE_UNREAD.name)
    return promised


def _reading(amount_fen: int, publishes_name: bool) -> dict[str, int | bool]:
    return {"amount_fen": amount_fen, "publishes_name": publishes_name}


def _unregistered(household: Household) -> Residence:
    """The door's 未登记 one."""
    nobody = Residence.objects.filter(household=household, person=None, until=None)
    return nobody.first() or Residence.objects.create(household=household)


def _await_reader(promised: Pledge) -> None:
    span = period(promised.proposal.place, "paper.second_reading_days", now())
    deadlines.schedule(
        promised,
        "funding.pledge",
        span.end,
        role=Role.SUPERVISOR,
        place_path=holder_place(promised.proposal.place, "community").path,
        title=_("核对纸质认缴：%s") % promised.proposal.title,
        url=admin_url(promised),
        basis=span.basis,
        provisional=span.provisional,
    )


@action
def read_pledge(promised: Pledge, *, amount_fen: int, publishes_name: bool, by: User) -> Pledge:
    """Read a sheet from its photo without having seen the first reading. Alike, it counts; else a third decides."""
    proposal = promised.proposal
    lock(proposal)
    lock(promised)
    demand("funding.confirm_money", by, proposal, _("核对纸质认缴"))
    if promised.withdrawn_at or promised.line is None:
        raise Refused(_("这份认缴已经撤回"))
    line = paper.read_again(promised.line, _reading(amount_fen, publishes_name), by=by)
    if line.settled is None:
        return promised
    _retire(proposal, promised.household, by)
    name = promised.speaker.name if promised.speaker else ""
    promised.is_waiting = False
    promised.amount_fen, promised.publishes_name = line.settled["amount_fen"], line.settled["publishes_name"]
    promised.name_public = public_name(promised.household, name, promised.publishes_name)
    if promised.publishes_name and promised.giver.person is not None:
        agree_to_name(proposal, promised.giver.person, by=by)
    with refusing(one_pledge_per_person=("amount_fen", TWICE), one_human_speaks_once=("amount_fen", SIGNED_TWICE)):
        promised.save(update_fields=["is_waiting", "amount_fen", "publishes_name", "name_public"])
    if promised.giver.person is not None:
        name_as_agreed(proposal, promised.giver.person, promised.publishes_name, by=by)
    deadlines.meet(promised)
    proposals.note_on_card(proposal)
    _tell_household(promised, _("您家在纸上的认缴已核对：%s"), told.PLEDGE_READ)
    return promised


# --- Whose it is ---------------------------------------------------------------------------------


def giver_of(proposal: Proposal, household: Household, person: Person | None = None) -> Residence:
    """Who gives for this door: whoever promised or gave before, else the one who speaks for it, else 未登记.

    Never somebody who only says that they live there, nor one of several without a representative.
    """
    homes = Residence.objects.select_for_update(of=("self",)).select_related("person", "household__place")
    at_door = homes.filter(household=household)
    if person is not None and (own := at_door.filter(person=person, until=None).first()):
        return own
    promised = at_door.filter(pledges__proposal=proposal, pledges__withdrawn_at=None)
    given = at_door.filter(contributions__proposal=proposal).order_by("-contributions__pk")
    present = at_door.filter(person=speaking.only_speaker(household), until=None)
    return promised.first() or given.first() or present.first() or Residence.objects.create(household=household)


def _who_gave(proposal: Proposal, household: Household, by_former: bool | None) -> Residence:
    """The giver of money that came from this door; whoever lives there now is not whoever promised and moved away."""
    promised = Pledge.objects.kept().filter(proposal=proposal).values("giver")
    given = Contribution.objects.filter(proposal=proposal).values("giver")
    away = Residence.objects.filter(household=household, person__isnull=False, until__isnull=False)
    former = away.filter(Q(pk__in=promised) | Q(pk__in=given)).order_by("-until").first()
    if former is None:
        return giver_of(proposal, household)
    if by_former:
        return former
    if by_former is None:
        raise Refused(former=_("这一户换过住户，请选这笔钱是谁出的：退款时退给出钱的人"))
    here = Residence.objects.filter(household=household, person=speaking.only_speaker(household), until=None)
    return here.first() or _unregistered(household)


def public_name(household: Household, name: str, publishes: bool) -> str:
    """The building and the name, masked unless the person agreed to show it."""
    shown = name if publishes and name else mask_name(name) if name else _("一户")
    return f"{household.place.name} {shown}"


def received_from(proposal: Proposal, household: Household) -> bool:
    """Whether money of this household has arrived or waits to be confirmed."""
    waiting = (ContributionStage.RECORDED, ContributionStage.CONFIRMED)
    return Contribution.objects.filter(proposal=proposal, giver__household=household, stage__in=waiting).exists()


def _retire(proposal: Proposal, household: Household, by: User) -> None:
    for earlier in Pledge.objects.standing().filter(proposal=proposal, household=household):
        _withdraw(earlier, by)


def _withdraw(promised: Pledge, by: User) -> None:
    promised.withdrawn_at, promised.withdrawn_by = now(), by
    promised.save(update_fields=["withdrawn_at", "withdrawn_by"])


@action
def withdraw_pledge(promised: Pledge, *, by: User) -> Pledge:
    """Take a promise back; possible until money has arrived."""
    proposal = promised.proposal
    lock(proposal)
    lock(promised)
    if promised.withdrawn_at:
        raise Refused(_("已经撤回过了"))
    line = promised.line if promised.is_waiting else None
    for_them = _has_moved(promised) or speaking.why_not(by, promised.household, any_adult=True, act=_("认缴"))
    if for_them:
        demand("funding.record_money", by, proposal, _("代撤回认缴"))
    if received_from(proposal, promised.household):
        raise Refused(_("您家的钱已经收到，不能再撤回认缴；有困难请联系社区"))
    if line is not None and not line.is_settled:
        paper.void(line, reason=_("本户撤回"), by=by)
    _take_back(promised, by)
    if for_them:
        _tell_household(promised, _("已替您家撤回认缴：%s"), told.PLEDGE_WITHDRAWN)
    return promised


def _take_back(promised: Pledge, by: User) -> None:
    _withdraw(promised, by)
    deadlines.meet(promised)
    proposals.note_on_card(promised.proposal)


@action
def void_pledge(promised: Pledge, *, reason: str, by: User) -> Pledge:
    """Take back a pledge whose sheet was registered by mistake: the wrong door, or nobody there signed it.

    By another than who registered it, also where two have read it; the household hears why, and may pledge again.
    """
    proposal = promised.proposal
    lock(proposal)
    lock(promised)
    demand("funding.confirm_money", by, proposal, _("撤销登记错的认缴单"))
    if promised.withdrawn_at or promised.line is None:
        raise Refused(_("这份认缴不是纸质登记的，或者已经撤回"))
    if by.is_same(promised.line.sheet.registered_by_id):
        raise Refused(_("这张认缴单是您登记的，撤销要由另一位来办"))
    if received_from(proposal, promised.household):
        raise Refused(_("这一户的钱已经收到，不能再撤销认缴"))
    line = paper.void(promised.line, reason=reason, when_settled=True, by=by)
    _take_back(promised, by)
    _tell_household(promised, _("登记错的认缴已撤销：%s"), told.PLEDGE_VOIDED, line.void_reason)
    return promised


@action
def publish_name(promised: Pledge, publishes: bool, *, by: User) -> Pledge:
    """Give or take back the consent to show the name; what was given, goes back or is claimed under it follows at once.

    It is given with a promise that stands, and taken back whenever they like: also when the promise or the whole
    project has ended, and wherever they live by then.
    """
    proposal = promised.proposal
    lock(proposal)
    lock(promised)
    person = promised.giver.person
    if person is None or not by.is_same(person.user_id):
        raise NotAllowed(_("只有本人可以决定要不要公开姓名"))
    if promised.is_waiting:
        raise Refused(_("您家在纸上的认缴正等另一位核对，核对以后再改"))
    if publishes and promised.withdrawn_at:
        raise Refused(_("这份认缴已经撤回或者结束，不能再改为公开姓名"))
    if publishes:
        agree_to_name(proposal, person, by=by)
        promised.publishes_name = True
        promised.save(update_fields=["publishes_name"])
    name_as_agreed(proposal, person, publishes, by=by)
    promised.refresh_from_db()
    proposals.note_on_card(proposal)
    return promised


NAMED = (Pledge, Contribution, Refund, Claim)
"""Whatever says in public who gave, or gets back, or owes."""


PLEDGE = Pledge._meta.label_lower
"""The act of the consent to be named among those who give; its subject is the project."""


def agree_to_name(proposal: Proposal, person: Person, *, by: User) -> None:
    """The consent, before any of them shows the name."""
    url = reverse("pledge", args=[proposal.number])
    agree(person, PLEDGE, proposal.pk, title=proposal.title, url=url, place=proposal.place, by=by)


def name_as_agreed(proposal: Proposal, person: Person, publishes: bool, *, by: User | None) -> str:
    """Each of them as this person agreed to be named, from whichever door and account they gave; and what the last one
    shows."""
    said = ""
    people = known_as(person)
    theirs = Pledge.objects.filter(proposal=proposal, giver__person__in=people)
    if not publishes:
        for promised in theirs.filter(publishes_name=True):
            promised.publishes_name = False
            promised.save(update_fields=["publishes_name"])
    for model in NAMED:
        rows = model._default_manager.filter(proposal=proposal, giver__person__in=people)
        row: Any
        for row in rows.select_related("giver__household__place", "giver__person"):
            is_named = publishes and not (isinstance(row, Pledge) and not row.publishes_name)
            shown = public_name(row.giver.household, row.giver.person.name, is_named)
            if row.name_public != shown:
                row.name_public = shown
                row.save(update_fields=["name_public"])
            said = shown if is_named else said
    if not publishes and by is not None:
        take_back(person, PLEDGE, proposal.pk, by=by)
    return said


def known_as(person: Person) -> list[Person]:
    """The register's entries of this human, by each account they have or had."""
    keys = person.user.keys if person.user else frozenset()
    return list(Person.objects.filter(Q(pk=person.pk) | Q(user__in=keys)))


@action
def forget_giver(person: Person, *, by: None = None) -> None:
    """Whoever closed their account agrees to no name any more: only the masked one stays beside what they gave."""
    named = Pledge.objects.filter(giver__person=person, publishes_name=True).values("proposal")
    for proposal in Proposal.objects.filter(pk__in=named).order_by("pk"):
        lock(proposal)
        name_as_agreed(proposal, person, publishes=False, by=None)
        proposals.note_on_card(proposal)
    for model in NAMED:
        erase(model, model._default_manager.filter(giver__person=person).values_list("pk", flat=True), by=None)
    erase(GroupMember, GroupMember.objects.filter(person=person).values_list("pk", flat=True), by=None)


@action
def add_sponsor(
    proposal: Proposal,
    *,
    name: str,
    agreement: str,
    promised_fen: int = 0,
    contact: str = "",
    publishes_name: bool = True,
    by: User,
) -> Sponsor:
    """A unit that gives, with its agreement; its name is shown unless it prefers not."""
    _must_be_open(proposal)
    demand("funding.plan", by, proposal, _("登记赞助单位"))
    name = mask_text(one_line(name))
    with refusing(one_sponsor_of_a_name=("name", _("这个单位已经登记过"))):
        sponsor = Sponsor.objects.create(
            proposal=proposal,
            name=name,
            publishes_name=publishes_name,
            name_public=name if publishes_name else _("某单位"),
            contact=contact.strip(),
            promised_fen=promised_fen,
            agreement=mask_text(agreement.strip()),
            by=by,
        )
    proposals.note_on_card(proposal)
    return sponsor


@action
def end_promises(proposal: Proposal, *, by: User | None) -> None:
    """What was promised and has not come is asked for no more: the project is over, or its accounts are."""
    for promised in Pledge.objects.kept().filter(proposal=proposal):
        promised.withdrawn_at, promised.withdrawn_by = now(), by
        promised.save(update_fields=["withdrawn_at", "withdrawn_by"])
        deadlines.meet(promised)


# --- Money that arrived ----------------------------------------------------------------------------


@action
def record_contribution(
    proposal: Proposal,
    *,
    household: Household | None = None,
    sponsor: Sponsor | None = None,
    amount_fen: int,
    voucher: str,
    photo: UploadedFile | None = None,
    by_former: bool | None = None,
    by: User,
) -> Contribution:
    """Write down money in the community's account by its voucher; it counts once another person confirms it.

    ``by_former``: where whoever promised or gave for this door has moved away, whether it is theirs again.
    """
    _must_be_open(proposal)
    demand("funding.record_money", by, proposal, _("登记到账"))
    if (household is None) == (sponsor is None):
        raise Refused(_("请选择是哪一户，或哪个单位"))
    if sponsor is not None and sponsor.proposal_id != proposal.pk:
        raise Refused(sponsor=_("这个单位不是赞助本项目的"))
    if sponsor is not None and sponsor.withdrawn_at:
        raise Refused(sponsor=_("这个单位已经登记不再出；又出的，请重新登记协议"))
    giver = _who_gave(proposal, household, by_former) if household else None
    keeper = holder_place(proposal.place, "community")
    given = Contribution(
        proposal=proposal,
        giver=giver,
        sponsor=sponsor,
        amount_fen=amount_fen,
        keeper=keeper,
        voucher=one_line(voucher),
        name_public=_giver_name(proposal, giver, sponsor),
        recorded_by=by,
        stage=ContributionStage.RECORDED,
    )
    if photo is not None:
        picture = reencoded(photo)
        given.voucher_photo.save(picture.name or "voucher.jpg", picture, save=False)
    with refusing(
        one_contribution_per_voucher=("voucher", _("这张凭证已经登记过，一张凭证只能登记一次")),
        contribution_has_a_voucher=("voucher", _("请填写凭证号")),
        contribution_is_something=("amount", _("金额要大于零")),
        paper_is_on_file=("photo", _("请拍下收款凭证")),
    ):
        given.save(force_insert=True)
    begin(given, "record", by=by, evidence={"fen": amount_fen, "voucher": given.voucher})
    span = period(proposal.place, "receipt.days", now())
    deadlines.schedule(
        given,
        "funding.contribution",
        span.end,
        role=Role.SUPERVISOR,
        place_path=keeper.path,
        title=_("复核到账：%(title)s %(sum)s 元") % {"title": proposal.title, "sum": format_yuan(amount_fen)},
        url=admin_url(given),
        basis=span.basis,
        provisional=span.provisional,
    )
    return given


def _giver_name(proposal: Proposal, giver: Residence | None, sponsor: Sponsor | None) -> str:
    if sponsor is not None:
        return sponsor.name_public
    assert giver
    if promised := Pledge.objects.standing().filter(proposal=proposal, giver=giver).first():
        return promised.name_public
    return public_name(giver.household, giver.person.name if giver.person else "", publishes=False)


def _decide(given: Contribution, verb: str, *, by: User, reason: str = "", **setting: object) -> StepRecord:
    lock(given.proposal)
    lock(given)
    obstacles = [_("登记的人不能自己复核，要由另一个人来办")] if by.is_same(given.recorded_by_id) else []
    record = take(given, verb, by=by, reason=reason, setting=setting, obstacles=obstacles)
    deadlines.meet(given)
    return record


@action
def confirm_contribution(given: Contribution, *, by: User) -> StepRecord:
    """The second person has seen voucher and statement: the money is the project's."""
    record = _decide(given, "confirm", by=by, confirmed_by=by)
    proposal = given.proposal
    post(
        key=f"contribution:{given.pk}",
        kind="contribution",
        postings=[(account_of(given), -given.amount_fen), (proposal.purse.account, given.amount_fen)],
        memo=_("居民自筹") if given.giver_id else _("单位赞助"),
        voucher=given.voucher,
        by=given.recorded_by,
        confirmed_by=by,
        subject=proposal,
    )
    cover_claims(proposal)
    note_money(proposal)
    _thank(given)
    return record


def _thank(given: Contribution) -> None:
    """Whoever promised it hears that it has arrived."""
    promised = Pledge.objects.standing().filter(proposal=given.proposal, giver=given.giver_id).first()
    if given.giver_id and promised and not promised.on_paper:
        tell(
            promised.by,
            _("已收到您家的钱，谢谢：%s") % given.proposal.title,
            _("%(sum)s 元，凭证号 %(voucher)s") % {"sum": format_yuan(given.amount_fen), "voucher": given.voucher},
            reverse("books", args=[given.proposal.number]),
            event=told.THANKS.name,
        )


@action
def reject_contribution(given: Contribution, *, by: User, reason: str) -> StepRecord:
    """Voucher and statement do not agree: it never counted; the voucher may be entered again, rightly."""
    return _decide(given, "reject", by=by, reason=reason, confirmed_by=by)


# --- In kind ----------------------------------------------------------------------------------------


@action
def record_in_kind(
    proposal: Proposal, *, who: str, what: str, value_fen: int, hours: Decimal | None = None, by: User
) -> InKind:
    """Hours or goods somebody will give, with the value agreed for them; ``who`` is masked here."""
    _must_be_open(proposal)
    demand("funding.record_money", by, proposal, _("登记投工投劳"))
    said = {
        "name_public": mask_name(one_line(who)),
        "what": mask_text(one_line(what)),
        "hours": hours,
        "value_fen": value_fen,
        "recorded_by": by,
    }
    if again := just_said(proposal.in_kind.filter(rejected_at=None, confirmed_at=None), "recorded_at", **said):
        return again
    with refusing(in_kind_is_worth_something=("value", _("请填写折合多少钱"))):
        given = InKind.objects.create(proposal=proposal, **said)
    proposals.note_on_card(proposal)
    return given


@action
def reject_in_kind(given: InKind, *, reason: str, by: User) -> InKind:
    """It was typed wrong, or will not be done after all: it covers nothing of the plan any more."""
    lock(given.proposal)
    lock(given)
    demand("funding.drop_in_kind", by, given, _("作废投工投劳"))
    if given.confirmed_at or given.rejected_at:
        raise Refused(_("这一项已经确认或者作废"))
    if not seen(reason):
        raise Refused(reason=_("请写明理由，对方和大家都看得到"))
    given.rejected_by, given.rejected_at, given.rejected_why = by, now(), mask_text(one_line(reason))[:200]
    given.save(update_fields=["rejected_by", "rejected_at", "rejected_why"])
    proposals.note_on_card(given.proposal)
    return given


@action
def withdraw_sponsor(sponsor: Sponsor, *, reason: str, by: User) -> Sponsor:
    """It will not give what it had agreed to, or its sum was typed wrong: it promises nothing any more.

    What has come from it stays; by its name it may be entered again with another agreement.
    """
    lock(sponsor.proposal)
    lock(sponsor)
    demand("funding.plan", by, sponsor.proposal, _("登记单位不再出"))
    if sponsor.withdrawn_at:
        raise Refused(sponsor=_("这个单位已经登记不再出"))
    if not seen(reason):
        raise Refused(reason=_("请写明理由，对方和大家都看得到"))
    sponsor.withdrawn_by, sponsor.withdrawn_at = by, now()
    sponsor.withdrawn_why = mask_text(one_line(reason))[:200]
    sponsor.save(update_fields=["withdrawn_by", "withdrawn_at", "withdrawn_why"])
    proposals.note_on_card(sponsor.proposal)
    return sponsor


def _is_accounted_for(proposal: Proposal) -> bool:
    return proposal.stage in (Stage.SETTLING, *ENDED)


@action
def confirm_in_kind(given: InKind, *, by: User) -> InKind:
    """It was done or handed over, says a second person."""
    lock(given.proposal)
    lock(given)
    demand("funding.confirm_money", by, given, _("确认投工投劳"))
    if given.confirmed_at:
        raise Refused(_("已经确认过了"))
    if given.rejected_at:
        raise Refused(_("这一项已经作废"))
    if _is_accounted_for(given.proposal):
        raise Refused(_("现在是“%s”，结算以后不再确认投工投劳") % Stage(given.proposal.stage).label)
    if by.is_same(given.recorded_by_id):
        raise Refused(_("登记的人不能自己复核，要由另一个人来办"))
    given.confirmed_by, given.confirmed_at = by, now()
    given.save(update_fields=["confirmed_by", "confirmed_at"])
    proposals.note_on_card(given.proposal)
    return given
