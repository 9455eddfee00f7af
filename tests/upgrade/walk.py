"""One restored database after its migration: what must hold, and a vote in it. Run as a process of its own.

Prints one line of JSON. Its DATABASE_URL and DATABASE_OWNER_URL name the restored database.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ["DJANGO_SETTINGS_MODULE"] = "minshi.settings"

import django

django.setup()

from django.db import connection
from django.db.models import Max

from deliberation import actions
from deliberation.models import Ballot, Motion, MotionStage
from minshi.accounts.models import User
from minshi.audit.chain import faults
from minshi.audit.models import Event
from minshi.clock import as_owner
from minshi.ledger.checks import findings
from minshi.notifications.models import Outbox
from minshi.residents.models import Residence
from minshi.rolls.models import Unit
from minshi.signin import second_factor


def stand_where_it_stood() -> None:
    """Time goes on from the last thing that happened in it."""
    last = Event.objects.aggregate(last=Max("at"))["last"]
    with as_owner() as owner:
        owner.execute("UPDATE clock_offset SET shift = %s - clock_timestamp()", [last])


def forget_what_was_sealed_elsewhere() -> int:
    """Codes and second factors were sealed with the key of that installation: new ones for the staff, texts dropped."""
    staff = User.objects.filter(is_staff=True, is_active=True)
    for user in staff:
        second_factor.enrol(user, "JBSWY3DPEHPK3PXP")
    Outbox.objects.filter(message=None).delete()
    return staff.count()


def vote() -> str:
    """Somebody who may and has not yet."""
    motion = Motion.objects.filter(stage=MotionStage.OPEN).latest("closes_at")
    homes = Residence.objects.current().filter(is_representative=True, person__user__isnull=False)
    unit = Unit.objects.filter(
        roll=motion.roll, ballot=None, papers=None, household__in=homes.values("household")
    ).first()
    assert unit, "nobody is left to vote"
    voter = homes.get(household=unit.household).person.user
    receipt = actions.cast(motion, "agree", receipt_id=uuid4(), by=voter)
    return str(Ballot.objects.get(slip_number=receipt.number).choice)


def main() -> None:
    stand_where_it_stood()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal")
        triggers = cursor.fetchone()[0]
    told = {
        "staff": forget_what_was_sealed_elsewhere(),
        "voted": vote(),
        "triggers": triggers,
        "ledger": [str(finding) for finding in findings()],
        "chain": [f"{fault.code} {fault.where}" for fault in faults()],
    }
    print(json.dumps(told, ensure_ascii=False))


main()
