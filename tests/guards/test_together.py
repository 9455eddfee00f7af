"""A new database makes the tables of an app together."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.migrations import AddField, CreateModel
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState
from django.db.models.signals import pre_migrate

from minshi.guards.together import CreateModels, joined

LABEL = "funding"


def one(name: str, *of: str) -> CreateModel:
    needs = [(each.lower(), models.ForeignKey(f"{LABEL}.{each}", models.PROTECT)) for each in of]
    return CreateModel(name, [("id", models.BigAutoField(primary_key=True)), *needs])


def test_models_that_follow_one_another_are_joined_and_all_else_stays_in_its_turn() -> None:
    added = AddField("first", "words", models.TextField(default=""))
    first, second, third = one("First"), one("Second"), one("Third")
    found = joined([first, second, added, third])
    assert isinstance(found[0], CreateModels) and found[0].models == [first, second]
    assert found[1:] == [added, third]
    assert joined([]) == []


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
