"""One event for each row, however many a statement writes, and the same as if each had been watched by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from minshi.accounts.models import User
from minshi.audit.models import ClearValue, Event
from minshi.audit.tracking import TRIGGERS
from tests.audit.conftest import Connection


def sql(statement: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


@pytest.mark.django_db
def test_thousands_of_rows_in_one_statement_leave_as_many_events() -> None:
    sql("INSERT INTO auth_group (name) SELECT '组' || n FROM generate_series(1, 5000) AS n")
    sql("UPDATE auth_group SET name = name || '甲' WHERE id %% 2 = 0")
    sql("DELETE FROM auth_group WHERE id %% 5 = 0")
    events = Event.objects.filter(table_name="auth_group")
    assert [events.filter(op=op).count() for op in "IUD"] == [5000, 2500, 1000]
    assert events.values("row_pk").distinct().count() == 5000
    assert events.filter(op="I", after__name="组77").count() == 1
    assert events.filter(op="U", before__name__startswith="组", after__name__endswith="甲").count() == 2500


@pytest.mark.django_db
def test_a_statement_that_changes_nothing_leaves_no_event() -> None:
    Group.objects.bulk_create([Group(name=f"组{n}") for n in range(3)])
    before = Event.objects.count()
    sql("UPDATE auth_group SET name = name")
    sql("UPDATE auth_group SET name = name WHERE name = '组1'")
    sql("UPDATE auth_group SET name = 'x' WHERE false")
    sql("DELETE FROM auth_group WHERE false")
    sql("INSERT INTO auth_group (name) SELECT 'x' WHERE false")
    assert Event.objects.count() == before
    sql("UPDATE auth_group SET name = CASE name WHEN '组1' THEN '组一' ELSE name END")
    assert Event.objects.count() == before + 1


@pytest.mark.django_db
def test_a_row_whose_key_is_changed_is_gone_and_another_is_new() -> None:
    first, second = Group.objects.create(name="甲"), Group.objects.create(name="乙")
    for keys in ([first.pk], [first.pk + 1000, second.pk]):
        sql("UPDATE auth_group SET id = id + 1000 WHERE id = ANY(%s)", keys)
    ops = dict.fromkeys((first.pk, first.pk + 1000, second.pk), "")
    for row_pk, op in Event.objects.filter(table_name="auth_group").order_by("id").values_list("row_pk", "op"):
        ops[int(row_pk)] = ops.get(int(row_pk), "") + op
    assert ops == {
        first.pk: "ID",
        first.pk + 1000: "ID",
        first.pk + 2000: "I",
        second.pk: "ID",
        second.pk + 1000: "I",
    }


@pytest.mark.django_db
def test_personal_values_of_many_rows_have_a_salt_each() -> None:
    users = User.objects.bulk_create([User(username=f"u{n}", phone="13800000001"[:10] + str(n)) for n in range(3)])
    User.objects.filter(pk__in=[user.pk for user in users]).update(is_staff=True)
    User.objects.filter(pk__in=[user.pk for user in users[:2]]).update(phone=None)
    events = Event.objects.filter(table_name="accounts_user")
    digests = [event.after["phone"] for event in events.filter(op="I")]
    assert len(set(digests)) == 3 and all(digest.startswith("sha256:") for digest in digests)
    clear = ClearValue.objects.filter(event_id__in=events.values("id"))
    assert set(clear.filter(field="phone", old=None).values_list("new", flat=True)) == {user.phone for user in users}
    assert set(clear.filter(field="phone", new=None).values_list("old", flat=True)) == {
        user.phone for user in users[:2]
    }
    changed = events.filter(op="U").order_by("id")
    assert [event.after for event in changed[:3]] == [{"is_staff": True}] * 3
    assert [set(event.before) for event in changed[3:]] == [{"phone"}] * 2


NAIVE = """
CREATE TABLE twin (id bigint PRIMARY KEY, word text, size int, parent bigint REFERENCES twin ON DELETE CASCADE);
CREATE TABLE twin_echo (id bigint PRIMARY KEY, said text);
CREATE TABLE twin_seen (place text, op text, row_pk text, before jsonb, after jsonb);
CREATE FUNCTION twin_watch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' AND OLD.id <> NEW.id THEN
        INSERT INTO twin_seen VALUES (TG_TABLE_NAME, 'I', NEW.id, NULL, to_jsonb(NEW));
    END IF;
    IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND OLD.id <> NEW.id THEN
        INSERT INTO twin_seen VALUES (TG_TABLE_NAME, 'D', OLD.id, to_jsonb(OLD), NULL);
    ELSIF TG_OP = 'UPDATE' AND OLD <> NEW THEN
        INSERT INTO twin_seen VALUES (TG_TABLE_NAME, 'U', OLD.id,
            (SELECT jsonb_object_agg(key, value) FROM jsonb_each(to_jsonb(OLD)) WHERE value <> to_jsonb(NEW) -> key),
            (SELECT jsonb_object_agg(key, value) FROM jsonb_each(to_jsonb(NEW)) WHERE value <> to_jsonb(OLD) -> key));
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION twin_answer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO twin_echo VALUES (NEW.id, NEW.word) ON CONFLICT (id) DO UPDATE SET said = EXCLUDED.said;
    RETURN NULL;
END $$;
CREATE TRIGGER answer AFTER INSERT OR UPDATE ON twin FOR EACH ROW EXECUTE FUNCTION twin_answer();
"""

STATEMENTS = (
    "INSERT INTO twin SELECT n, 'w' || n, n % 7, NULL FROM generate_series(1, 300) AS n",
    "INSERT INTO twin SELECT n, 'c' || n, NULL, n - 300 FROM generate_series(301, 400) AS n",
    "UPDATE twin SET size = 3 WHERE id <= 200",
    "UPDATE twin SET word = word WHERE id > 100",
    "UPDATE twin SET word = 'one', size = NULL WHERE id = 5",
    "UPDATE twin SET word = word WHERE id = 6",
    "UPDATE twin SET size = -1 WHERE id > 1000",
    "INSERT INTO twin VALUES (7, 'again', 1, NULL), (1001, 'new', 1, NULL)"
    " ON CONFLICT (id) DO UPDATE SET word = EXCLUDED.word, size = EXCLUDED.size",
    "INSERT INTO twin VALUES (8, 'not', 1, NULL) ON CONFLICT DO NOTHING",
    "UPDATE twin SET id = id + 5000 WHERE id BETWEEN 200 AND 210",
    "UPDATE twin SET id = 9999 WHERE id = 211",
    "WITH moved AS (DELETE FROM twin WHERE id BETWEEN 220 AND 230 RETURNING *)"
    " INSERT INTO twin SELECT id + 7000, word, size, parent FROM moved",
    "MERGE INTO twin USING (VALUES (12, 'm'), (2000, 'n'), (13, NULL)) AS s (id, word) ON twin.id = s.id"
    " WHEN MATCHED AND s.word IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET word = s.word"
    " WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.word, 0, NULL)",
    "DELETE FROM twin WHERE id <= 50",
    "DELETE FROM twin WHERE id = 60",
)
"""Many and one, none and unchanged, changed keys, upserts, a table twice in one statement, cascades, answers."""


@pytest.fixture
def twin(owner: Connection) -> Iterator[Connection]:
    """A table and one that answers it, each with the audit's triggers and with a naive one that watches every row."""
    owner.execute(NAIVE)
    for table in ("twin", "twin_echo"):
        for name, (function, _number, verb, rows) in TRIGGERS.items():
            owner.execute(
                f"CREATE TRIGGER {name} AFTER {verb} ON {table} REFERENCING {rows}"  # type: ignore[arg-type]
                f" FOR EACH STATEMENT EXECUTE FUNCTION {function}('id')"
            )
        owner.execute(
            f"CREATE TRIGGER watch AFTER INSERT OR UPDATE OR DELETE ON {table}"  # type: ignore[arg-type]
            " FOR EACH ROW EXECUTE FUNCTION twin_watch()"
        )
    yield owner
    owner.execute("DROP TABLE twin, twin_echo, twin_seen; DROP FUNCTION twin_watch; DROP FUNCTION twin_answer")


@pytest.mark.django_db(transaction=True)
def test_the_events_are_those_of_a_naive_twin_that_watches_every_row(twin: Connection) -> None:
    for statement in STATEMENTS:
        twin.execute(statement)  # type: ignore[arg-type]
        told = twin.execute(
            "SELECT table_name, op, row_pk, before, after FROM audit_event WHERE table_name IN ('twin', 'twin_echo')"
            " EXCEPT ALL SELECT * FROM twin_seen"
        ).fetchall()
        missing = twin.execute(
            "SELECT * FROM twin_seen EXCEPT ALL SELECT table_name, op, row_pk, before, after FROM audit_event"
            " WHERE table_name IN ('twin', 'twin_echo')"
        ).fetchall()
        assert (told, missing) == ([], []), statement
    seen = dict(twin.execute("SELECT place || op, count(*) FROM twin_seen GROUP BY 1").fetchall())
    assert set(seen) == {"twinI", "twinU", "twinD", "twin_echoI", "twin_echoU"} and seen["twinD"] > 100
