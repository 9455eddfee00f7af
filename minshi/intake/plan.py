"""What a file would make of the register: row by row added, changed, left or refused, with the reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import today
from minshi.intake.columns import LABELS, Line, folded
from minshi.intake.models import Outcome
from minshi.masking import mask_name, mask_text, one_line
from minshi.residents.models import Ownership, Person, Role, RoleGrant
from minshi.residents.rules import may_appoint
from minshi.territory import reading
from minshi.territory.models import ADDRESS_LENGTH, Household, Territory

LONGEST_PLACE = 40
_NUMBER = re.compile(r"[0-9]+|[A-Z]|[〇零一二三四五六七八九十]+|[甲乙丙丁东西南北]")
_UNITS = (
    "公司",
    "局",
    "学校",
    "医院",
    "中心",
    "协会",
    "委员会",
    "厂",
    "集团",
    "银行",
    "幼儿园",
    "研究所",
    "政府",
    "大学",
)


@dataclass(eq=False)
class Node:
    """A yard, building or ten-household group: one that is there, or one that would be made."""

    name: str
    level: str
    above: Node | None
    place: Territory | None = None
    doors: dict[str, Door] = field(default_factory=dict)
    beneath: dict[str, Node] = field(default_factory=dict)

    @property
    def within(self) -> tuple[str, ...]:
        """The names from the yard down to here."""
        return (*(self.above.within if self.above and self.above.level != "community" else ()), self.name)

    def find(self, name: str) -> Node | None:
        return self.beneath.get(_sign(name))

    def add(self, node: Node) -> Node:
        self.beneath[_sign(node.name)] = node
        return node


@dataclass(eq=False)
class Door:
    """A door in its place: the row that has it now, or the line that would make it."""

    household: Household | None = None
    owners: frozenset[str] = frozenset()
    line: Line | None = None


@dataclass(eq=False)
class Step:
    """What one line comes to; ``said`` are the sentences beside it, in which people are masked."""

    line: Line
    outcome: str = Outcome.LEAVE
    said: list[str] = field(default_factory=list)
    node: Node | None = None
    key: str = ""
    household: Household | None = None
    area_m2: Decimal | None = None
    floor: int | None = None
    owners: list[str] = field(default_factory=list)
    gone: frozenset[str] = frozenset()
    chiefs: list[tuple[str, str]] = field(default_factory=list)

    def refuse(self, *why: str) -> None:
        self.outcome, self.said = Outcome.REFUSE, list(why)


def is_organisation(name: str) -> bool:
    """Whether an owner's name is a unit's: what is not is a person."""
    return len(name) > 3 and name.endswith(_UNITS)


def _sign(name: str) -> str:
    """One name however it is written: 一栋, 1号楼 and 1 栋 are one building."""
    building = reading.building_of(name)
    return f"b{building}" if building else reading.plain_numbers(folded(name).upper())


class Plan:
    """The register of a community in memory, and what each line does to it."""

    def __init__(self, community: Territory, by: User) -> None:
        self.by = by
        self.root = Node(community.name, "community", None, community)
        self.may_appoint = may_appoint(by, Role.CHIEF, community)
        self._nodes: dict[int, Node] = {community.pk: self.root}
        self._load_places(community)
        self._load_doors(community)
        self._load_chiefs(community)
        self._appointed: set[tuple[Node, str]] = set()
        self._named: dict[str, str] = {}

    def _load_places(self, community: Territory) -> None:
        below = Territory.objects.within(community).exclude(pk=community.pk).select_related("merged_into")
        below = below.order_by("path")
        for place in below:
            above = self._nodes.get(place.parent_id or 0)
            if above:
                self._nodes[place.pk] = above.add(Node(place.name, place.level_id, above, place))

    def _load_doors(self, community: Territory) -> None:
        doors = Household.objects.filter(place__path__startswith=community.path)
        owned: dict[int, set[str]] = {}
        current = Ownership.objects.current().filter(household__place__path__startswith=community.path)
        for pk, person, organisation in current.values_list("household", "person__name", "organisation"):
            owned.setdefault(pk, set()).add(person or organisation)
        for door in doors.iterator(chunk_size=5000):
            node = self._nodes.get(door.place_id)
            if node and door.key:
                node.doors[door.key] = Door(door, frozenset(owned.get(door.pk, ())))

    def _load_chiefs(self, community: Territory) -> None:
        held = RoleGrant.objects.active(today()).filter(role=Role.CHIEF, place__path__startswith=community.path)
        self.chiefs = set(held.values_list("place", "user__phone"))

    # --- One line after the other -------------------------------------------------------------------

    def steps(self, lines: Iterable[Line], reach: Callable[[int], object] = lambda done: None) -> list[Step]:
        """In the order of the file. ``reach`` is told how many are done."""
        lines = list(lines)
        self._learn_numbers(lines)
        found = []
        for done, line in enumerate(lines, start=1):
            found.append(self._step(line))
            if done % 1000 == 0:
                reach(done)
        return found

    def _learn_numbers(self, lines: list[Line]) -> None:
        """Whose the numbers of the file are already."""
        numbers = {phone for line in lines for _name, phone in line.chiefs}
        known = Person.objects.filter(user__phone__in=numbers).values_list("user__phone", "name")
        self._known = {phone: name for phone, name in known if phone}
        self._taken = set(User.objects.filter(phone__in=numbers).values_list("phone", flat=True))
        self._mine = self.by.phone

    def _step(self, line: Line) -> Step:
        step = Step(line)
        if line.is_passed_over:
            step.said = [line.is_passed_over]
            return step
        if line.wrong:
            step.refuse(*line.wrong)
            return step
        try:
            node, key = self._where(line)
            _refuse_merged(node.place)
        except reading.NoDoor as why:
            step.refuse(str(why))
            return step
        step.node, step.key = node, key
        known = node.doors.get(key)
        if known and known.line:
            self._again(step, known.line)
        elif known and known.household:
            self._known_door(step, known.household, known.owners)
        else:
            step.outcome, step.area_m2, step.floor, step.owners = Outcome.ADD, line.area_m2, line.floor, line.owners
        if step.outcome != Outcome.REFUSE:
            self._chiefs(step)
        if step.outcome != Outcome.REFUSE:
            node.doors[key] = Door(step.household, frozenset(), line)
        return step

    def _again(self, step: Step, first: Line) -> None:
        """The same door a second time in the file."""
        same = all(
            getattr(first, name) == getattr(step.line, name) for name in ("area_m2", "floor", "owners", "chiefs")
        )
        if same:
            step.said = [_("和第 %(n)d 行相同") % {"n": first.number}]
        else:
            step.refuse(_("和第 %(n)d 行是同一户，写的却不一样") % {"n": first.number})

    def _known_door(self, step: Step, door: Household, owners: frozenset[str]) -> None:
        step.household = door
        line = step.line
        if not door.is_active:
            step.refuse(_("这一户已经注销；还有人住的，请先在工作台恢复"))
            return
        if line.area_m2 is not None and line.area_m2 != door.area_m2:
            step.area_m2 = line.area_m2
            step.said.append(_changed(LABELS["area"], door.area_m2, line.area_m2))
        if line.floor is not None and line.floor != door.floor:
            step.floor = line.floor
            step.said.append(_changed(LABELS["floor"], door.floor, line.floor))
        if line.owners and frozenset(line.owners) != owners:
            step.owners = [name for name in line.owners if name not in owners]
            step.gone = owners - set(line.owners)
            step.said.append(_("产权人登记为新的") if owners else _("登记产权人"))
        if step.said:
            step.outcome = Outcome.CHANGE

    def _chiefs(self, step: Step) -> None:
        line, node = step.line, step.node
        assert node
        for name, phone in line.chiefs:
            if self._named.setdefault(phone, name) != name:
                step.refuse(_("这个手机号在表里写了两个姓名"))
                return
            if (node, phone) in self._appointed:
                continue
            if node.place and (node.place.pk, phone) in self.chiefs:
                self._appointed.add((node, phone))
                continue
            if why := self._why_no_chief(line, name, phone):
                step.refuse(why)
                return
            self._appointed.add((node, phone))
            step.chiefs.append((name, phone))
            step.said.append(_("任命楼栋长%(name)s") % {"name": mask_name(name)})
            if step.outcome == Outcome.LEAVE:
                step.outcome = Outcome.CHANGE

    def _why_no_chief(self, line: Line, name: str, phone: str) -> str:
        if not self.may_appoint:
            return _("楼栋长由社区工作人员任命，请由社区导入，或者先空着")
        if phone == self._mine:
            return _("自己不能任命自己")
        if phone in self._taken and self._known.get(phone) != name:
            return _("楼栋长%(name)s的手机号和已有的登记对不上，请核对") % {"name": mask_name(name)}
        if line.until and line.until <= today():
            return _("楼栋长的任期已经结束")
        return ""

    # --- Where a line's door stands ------------------------------------------------------------------

    def _where(self, line: Line) -> tuple[Node, str]:
        yard = self._node(self.root, line.yard, "yard")
        address = line.address
        building = _building_named(line.building)
        if not building and (said := _building_in(address, yard.within)):
            building = said
        node = self._node(yard, building, "building") if building else yard
        if line.group:
            node = self._node(node, _group_named(line.group), "group")
        # A group stands in its building, whose name a door may repeat.
        door = reading.read(address, within=(node.above or node).within if node.level == "group" else node.within)
        if len(address) > ADDRESS_LENGTH:
            raise reading.NoDoor(_("门牌太长，一行只写一户"))
        if node.level == "yard" and door.building and f"b{door.building}" in yard.beneath:
            raise reading.NoDoor(_("请写在“%(name)s”一栏") % {"name": LABELS["building"]})
        if node.level == "group" and (other := _elsewhere(node, door.key)):
            raise reading.NoDoor(_("这一户已经登记在“%(name)s”") % {"name": other.name})
        return node, door.key

    def _node(self, above: Node, name: str, level: str) -> Node:
        name = one_line(name)
        if known := above.find(name):
            return known
        if len(name) > LONGEST_PLACE or mask_text(name) != name:
            raise reading.NoDoor(_("“%(text)s”不像“%(name)s”") % {"text": mask_text(name)[:12], "name": LABELS[level]})
        return above.add(Node(name, level, above))


def _elsewhere(node: Node, key: str) -> Node | None:
    """The same door in the building itself or in another of its groups."""
    above = node.above
    assert above
    others = [above, *(each for each in above.beneath.values() if each.level == "group" and each is not node)]
    return next((each for each in others if key in each.doors), None)


def _building_named(text: str) -> str:
    """3 → 3栋; what has its word already stays."""
    plain = text.upper()
    return f"{plain}栋" if _NUMBER.fullmatch(plain) else text


def _group_named(text: str) -> str:
    return _("第%(n)s十户") % {"n": text} if re.fullmatch(r"[0-9〇零一二三四五六七八九十]+", text) else text


def _building_in(address: str, within: tuple[str, ...]) -> str:
    """The building that the door itself names: 2栋1单元301."""
    try:
        building = reading.read(address, within=within).building
    except reading.NoDoor:
        return ""
    return f"{building}栋" if building and re.search(r"[栋幢座]|号楼", address) else ""


def _changed(label: object, before: object, after: object) -> str:
    return f"{label} {'—' if before is None else before} → {after}"


def _refuse_merged(place: Territory | None) -> None:
    if place and place.merged_into:
        names = {"old": place.name, "new": place.merged_into.name}
        raise reading.NoDoor(_("“%(old)s”已经并入“%(new)s”，请写现在的名称") % names)
