"""Celery: the usual path of tasks, never the only one. What it carries are hints that can be rebuilt.

No ``eta``, ``countdown`` or ``expires`` anywhere: they compare clocks of different machines.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from celery import Celery
from celery.contrib.django.task import DjangoTask
from django.db import transaction
from kombu.exceptions import KombuError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "minshi.settings")
log = logging.getLogger(__name__)


class Hint(DjangoTask):
    """A task whose sending may fail: the rows it is about are found again by the next round."""

    def delay_on_commit(self, *args: Any, **kwargs: Any) -> None:
        def send() -> None:
            # The transaction is committed by now: a broker that is down must not make a 500 of it.
            try:
                self.delay(*args, **kwargs)
            except (KombuError, OSError) as error:
                log.warning("%s not sent: %s", self.name, type(error).__name__)

        transaction.on_commit(send)


app = Celery("minshi", task_cls=Hint)
app.set_default()  # for every thread of the web process, not only the importing one
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.worker_redirect_stdouts = False  # what the console channel prints stays as it is
app.conf.beat_schedule = {
    "sweep due deadlines": {"task": "minshi.deadlines.tasks.sweep_due", "schedule": 20.0},
    "seal the chain": {"task": "minshi.audit.tasks.seal", "schedule": 60.0},
    "deliver messages": {"task": "minshi.notifications.tasks.deliver", "schedule": 20.0},
    "beat": {"task": "minshi.health.tasks.beat_heart", "schedule": 30.0},
    "leave a root": {"task": "minshi.health.tasks.leave_root", "schedule": 3600.0},
    "look": {"task": "minshi.health.tasks.look", "schedule": 600.0},
    "count provisional deadlines anew": {
        "task": "minshi.policy.tasks.recompute_provisional",
        "schedule": 3600.0,
    },
    "forget unsent files": {"task": "minshi.unsent.tasks.forget", "schedule": 3600.0},
    "forget drafts": {"task": "proposals.tasks.forget_drafts", "schedule": 3600.0},
    "forget what is over": {"task": "minshi.health.tasks.forget", "schedule": 3600.0},
    "watch terms": {"task": "minshi.arrivals.tasks.watch_terms", "schedule": 3600.0},
    "carry out registers": {"task": "minshi.intake.tasks.carry_out", "schedule": 60.0},
    "forget codes": {"task": "minshi.signin.tasks.forget", "schedule": 3600.0},
    "refresh turnouts": {"task": "deliberation.tasks.refresh_turnouts", "schedule": 10.0},
    "refresh totals": {"task": "proposals.tasks.refresh_totals", "schedule": 60.0},
}
