"""One sealer chains every event once, in whatever order their transactions end."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction

from minshi.audit import actions
from minshi.audit.chain import broken_links, one_snapshot, unsealed_events, wrong_roots
from minshi.audit.models import DayRoot, Event, Link
from minshi.audit.selectors import yesterdays_root
from tests.audit.conftest import Connection

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("empty_chain")]
INSERT = "INSERT INTO auth_group (name) VALUES (%s)"


def sealed() -> list[str]:
    """Names of the sealed groups in the order of the chain."""
    events = Event.objects.in_bulk(Link.objects.order_by("seq").values_list("event_id", flat=True))
    return [events[key].after["name"] for key in Link.objects.order_by("seq").values_list("event_id", flat=True)]


class NaiveSealer:
    """Takes everything above the last id: the twin that must fail."""

    def __init__(self) -> None:
        self.upto, self.taken = 0, list[str]()

    def seal(self) -> None:
        for event in Event.objects.filter(pk__gt=self.upto, table_name="auth_group").order_by("pk"):
            self.upto = event.pk
            self.taken.append(event.after["name"])


def test_ids_that_commit_out_of_order_are_all_sealed(connect: Callable[[], Connection]) -> None:
    naive, slow, quick = NaiveSealer(), connect(), connect()
    slow.execute(INSERT, ["slow"])  # the lower id, and the lower transaction
    quick.execute(INSERT, ["quick"])
    quick.commit()
    actions.seal()
    naive.seal()
    assert (sealed(), naive.taken) == ([], ["quick"])

    slow.commit()
    actions.seal()
    naive.seal()
    assert (sealed(), naive.taken) == (["slow", "quick"], ["quick"])
    assert not list(broken_links_and_more())


def test_a_transaction_begun_earlier_may_write_the_higher_id(connect: Callable[[], Connection]) -> None:
    early, late = connect(), connect()
    early.execute("SELECT pg_current_xact_id()")
    late.execute(INSERT, ["low id"])
    early.execute(INSERT, ["high id"])
    late.commit()
    assert actions.seal() == 0
    early.commit()
    assert actions.seal() == 2
    assert sealed() == ["high id", "low id"]
    assert not list(broken_links_and_more())


def test_an_undone_transaction_holds_nothing_up(connect: Callable[[], Connection]) -> None:
    undone = connect()
    undone.execute(INSERT, ["undone"])
    Group.objects.create(name="kept")
    assert actions.seal() == 0
    undone.rollback()
    assert actions.seal() == 1
    assert sealed() == ["kept"]


def test_sealing_again_finds_nothing_new() -> None:
    Group.objects.create(name="once")
    assert (actions.seal(), actions.seal()) == (1, 0)


def test_the_sealer_does_not_seal_its_own_transaction() -> None:
    with transaction.atomic():
        Group.objects.create(name="own")
        assert actions.seal() == 0
    assert actions.seal() == 1


def test_the_command_seals(capsys: Any) -> None:
    Group.objects.create(name="once")
    call_command("seal")
    assert "1" in capsys.readouterr().out
    assert Link.objects.count() == 1


def guarded(work: Callable[[], None], errors: list[BaseException]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def writer(number: int, raw: Connection, seed: int, done: threading.Event) -> Callable[[], None]:
    def work() -> None:
        dice = random.Random(seed + number)
        for turn in range(40):
            for line in range(dice.randint(1, 3)):
                raw.execute(INSERT, [f"{number}-{turn}-{line}"])
                done.wait(dice.random() * 0.004)
            if dice.random() < 0.15:
                raw.rollback()
            else:
                raw.commit()

    return work


def test_writers_and_sealers_at_the_same_time_leave_one_whole_chain(connect: Callable[[], Connection]) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    naive, done = NaiveSealer(), threading.Event()
    errors: list[BaseException] = []

    def sealer() -> None:
        while not done.is_set():
            actions.seal()

    def naive_sealer() -> None:
        while not done.is_set():
            naive.seal()

    writers = [guarded(writer(number, connect(), seed, done), errors) for number in range(6)]
    others = [guarded(work, errors) for work in (sealer, sealer, naive_sealer)]
    for thread in writers:
        thread.join()
    done.set()
    for thread in others:
        thread.join()
    assert not errors
    actions.seal()
    naive.seal()
    written = set(Group.objects.values_list("name", flat=True))
    assert len(sealed()) == len(written)
    assert set(sealed()) == written
    assert set(naive.taken) < written, "the naive sealer was lucky: it skipped nothing"
    assert not list(broken_links_and_more())


def broken_links_and_more() -> Any:
    yield from broken_links()
    for question in (unsealed_events, wrong_roots):
        with one_snapshot():
            yield from question()


def test_a_dump_in_a_younger_cluster_is_sealed_on(owner: Connection) -> None:
    """There, new transactions have lower numbers than the sealed ones: nothing may be skipped for that."""
    Group.objects.create(name="sealed in the old cluster")
    actions.seal()
    Group.objects.create(name="left over")
    owner.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
    owner.execute("ALTER TABLE audit_link DISABLE TRIGGER USER")
    owner.execute("UPDATE audit_link SET cluster = 1, horizon = horizon + 1000000000")
    owner.execute("UPDATE audit_event SET xid = xid + 1000000000")
    owner.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")
    owner.execute("ALTER TABLE audit_link ENABLE TRIGGER USER")

    Group.objects.create(name="new")
    assert actions.seal() == 2
    Group.objects.create(name="newer")
    assert (actions.seal(), actions.seal()) == (1, 0)
    assert sealed() == ["sealed in the old cluster", "new", "left over", "newer"]


def test_a_transaction_running_while_the_cluster_changes_is_sealed_when_it_ends(
    owner: Connection, connect: Callable[[], Connection]
) -> None:
    Group.objects.create(name="old")
    actions.seal()
    owner.execute("ALTER TABLE audit_link DISABLE TRIGGER USER")
    owner.execute("UPDATE audit_link SET cluster = 1, horizon = horizon + 1000000000")
    owner.execute("ALTER TABLE audit_link ENABLE TRIGGER USER")
    Group.objects.create(name="before")
    slow = connect()
    slow.execute(INSERT, ["slow"])
    Group.objects.create(name="quick")
    actions.seal()
    slow.commit()
    actions.seal()
    assert sorted(sealed()) == ["before", "old", "quick", "slow"]


def test_a_day_gets_its_root_when_it_is_over(clock: Any) -> None:
    clock.set("2026-11-03 22:00")
    Group.objects.create(name="first")
    actions.seal()
    Group.objects.create(name="second")
    actions.seal()
    assert not DayRoot.objects.exists()
    assert yesterdays_root() is None

    clock.set("2026-11-04 00:00")
    Group.objects.create(name="third")
    actions.seal()
    root = DayRoot.objects.get()
    assert (str(root.day), root.seq, root.hash) == ("2026-11-03", 2, Link.objects.get(seq=2).hash)
    assert yesterdays_root() == root


def test_a_day_without_changes_has_no_root_and_prints_carry_the_one_before(clock: Any) -> None:
    clock.set("2026-11-03 22:00")
    Group.objects.create(name="first")
    actions.seal()
    clock.set("2026-11-06 08:00")
    actions.seal()
    assert [str(root.day) for root in DayRoot.objects.all()] == ["2026-11-03"]
    root = yesterdays_root()
    assert root is not None
    assert str(root.day) == "2026-11-03"


def test_the_root_of_a_day_is_asked_with_one_query(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        yesterdays_root()


def test_nobody_but_the_sealer_writes_links() -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        Link.objects.create(seq=1, event_id=1, sealed_at="2026-11-03T00:00Z", horizon=1, cluster=1, hash=b"x" * 32)
