"""A new database makes the tables of an app together, and each of them once."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.migrations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    CreateModel,
    Migration,
    RemoveConstraint,
    RemoveField,
    RunSQL,
)
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from django.db.models.signals import pre_migrate

from minshi.guards.operations import DropGuards, LoadGuard
from minshi.guards.together import CreateModels, create_together, joined, make_in_their_last_shape

LABEL = "funding"


def one(name: str, *of: str) -> CreateModel:
    needs = [(each.lower(), models.ForeignKey(f"{LABEL}.{each}", models.PROTECT)) for each in of]
    return CreateModel(name, [("id", models.BigAutoField(primary_key=True)), *needs])


def test_models_that_follow_one_another_are_joined_and_all_else_stays_in_its_turn() -> None:
    added = AddField("first", "words", models.TextField(default=""))
    first, second, third = one("First"), one("Second"), one("Third")
    found = joined([first, second, added, third])
    assert isinstance(found[0], CreateModels) and found[0].models == [first, second]
    assert found[1] == added
    assert isinstance(found[2], CreateModels) and found[2].models == [third]
    assert joined([]) == []


def step(*operations: Operation, label: str = LABEL) -> Migration:
    migration = Migration("0001", label)
    migration.operations = list(operations)
    return migration


def pointing_to(model: str) -> models.ForeignKey:  # type: ignore[type-arg]
    return models.ForeignKey(f"{LABEL}.{model}", models.PROTECT, null=True)


BOUND = models.CheckConstraint(condition=models.Q(fen__gte=0), name="not_negative")


def test_what_later_steps_add_to_a_new_table_is_made_with_it() -> None:
    steps = [
        step(one("First"), one("Second")),
        step(
            DropGuards("funding_first"),
            AddField("first", "fen", models.IntegerField(default=0)),
            AddField("first", "self", pointing_to("First")),
            AddConstraint("first", BOUND),
            AddField("second", "first", pointing_to("First")),
        ),
        step(RemoveConstraint("first", "not_negative"), AlterField("first", "fen", models.BigIntegerField(default=0))),
        step(AddConstraint("first", BOUND)),
    ]
    make_in_their_last_shape(steps)
    first, second = steps[0].operations
    assert isinstance(first, CreateModel) and isinstance(second, CreateModel)
    assert [name for name, _field in first.fields] == ["id", "fen", "self"]
    assert isinstance(dict(first.fields)["fen"], models.BigIntegerField)
    assert first.options["constraints"] == [BOUND]
    assert [name for name, _field in second.fields] == ["id", "first"]
    assert [len(each.operations) for each in steps] == [2, 1, 0, 0]


def test_what_needs_something_waits_and_so_does_all_that_follows_on_its_table() -> None:
    index = AddIndex("second", models.Index(fields=["id"], name="of_words"))
    forward = AddField("first", "third", pointing_to("Third"))
    after = AddField("first", "fen", models.IntegerField(default=0))
    taken = RemoveField("second", "fen")
    steps = [
        step(one("First"), one("Second")),
        step(LoadGuard(LABEL, "words.sql"), index, AddField("second", "fen", models.IntegerField(default=0)), taken),
        step(one("Third")),
        step(forward, after),
    ]
    make_in_their_last_shape(steps)
    assert len(steps[1].operations) == 4
    assert steps[3].operations == [forward, after]
    first, second = steps[0].operations
    assert isinstance(first, CreateModel) and isinstance(second, CreateModel)
    assert [name for name, _field in (*first.fields, *second.fields)] == ["id", "id"]


def test_a_table_that_stands_already_is_altered_step_by_step() -> None:
    operations = [
        RunSQL("SELECT 1"),
        AddField("first", "fen", models.IntegerField(default=0)),
        AddConstraint("first", BOUND),
    ]
    steps = [step(*operations)]
    make_in_their_last_shape(steps)
    assert steps[0].operations == operations


def test_a_model_is_drawn_anew_for_a_constraint_only_where_a_column_is_altered_later() -> None:
    def drawn_after(*operations: Operation) -> bool:
        state = ProjectState()
        one("First").state_forwards(LABEL, state)
        before = state.apps.get_model(LABEL, "first")
        plan = step(AddConstraint("first", BOUND), *operations)
        create_together([(plan, False)])
        plan.operations[0].state_forwards(LABEL, state)
        assert state.models[LABEL, "first"].options["constraints"] == [BOUND]
        return state.apps.get_model(LABEL, "first") is not before

    assert not drawn_after()
    assert drawn_after(AlterField("first", "id", models.IntegerField(primary_key=True)))


def test_whoever_migrates_has_them_joined_but_not_on_the_way_back() -> None:
    (before_migrating,) = [hook() for (name, _sender), hook, *_ in pre_migrate.receivers if name == "guards.together"]
    for is_backwards in (False, True):
        migration = next(
            migration
            for (label, _name), migration in MigrationLoader(None).disk_migrations.items()
            if label == LABEL and sum(isinstance(each, CreateModel) for each in migration.operations) > 20
        )
        before_migrating(plan=[(migration, is_backwards)])
        assert any(isinstance(each, CreateModels) for each in migration.operations) is not is_backwards


def test_each_state_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    render = ModelState.render

    def counted(state: ModelState, to: object) -> type:
        drawn.append(state.name)
        return render(state, to)  # type: ignore[no-any-return]

    monkeypatch.setattr(ModelState, "render", counted)
    state = ProjectState()
    assert state.apps
    (operation,) = joined([one("Model0"), *(one(f"Model{number}", "Model0") for number in range(1, 10))])
    operation.state_forwards(LABEL, state)
    assert state.apps.get_model(LABEL, "model9")
    assert sorted(drawn) == sorted(f"Model{number}" for number in range(10))


@pytest.mark.django_db
def test_the_tables_made_together_are_those_of_the_models() -> None:
    names = set(connection.introspection.table_names())
    assert {model._meta.db_table for model in apps.get_app_config(LABEL).get_models()} <= names
