"""What a text was: simple-history with the platform's clock and the acting person.

Who changed which row is the audit's business; this keeps readable versions of texts beside it.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from simple_history.manager import HistoryManager
from simple_history.models import HistoricalRecords

from minshi.audit.actors import acting_key
from minshi.clock import Now


class PlatformHistoryManager(HistoryManager):
    def bulk_history_create(self, objs: Any, *args: Any, default_date: Any = None, **kwargs: Any) -> Any:
        return super().bulk_history_create(objs, *args, default_date=default_date or Now(), **kwargs)


class TextHistory(HistoricalRecords):
    """``history_user_id`` is a plain key: a version of a text outlives the account of its writer."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            get_user=_person_acting,
            history_user_id_field=models.BigIntegerField(null=True, blank=True),
            history_user_getter=_user_of,
            history_user_setter=_keep_key,
            history_manager=PlatformHistoryManager,
            **kwargs,
        )

    def create_historical_record(self, instance: Any, history_type: str, using: str | None = None) -> None:
        """An expression and not a value: the version is dated by the statement that writes it."""
        instance._history_date = Now()
        try:
            super().create_historical_record(instance, history_type, using)
        finally:
            del instance._history_date

    def get_history_user(self, instance: Any) -> int | None:
        return acting_key()


def _person_acting(**kwargs: Any) -> int | None:
    return acting_key()


def _user_of(version: Any) -> AbstractBaseUser | None:
    return get_user_model()._default_manager.filter(pk=version.history_user_id).first()


def _keep_key(version: Any, key: int | None) -> None:
    version.history_user_id = key
