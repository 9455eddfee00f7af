"""The staff's pages of money and work: read-only rows of my territories, and actions as forms."""

from __future__ import annotations

from django.contrib import admin

from funding.models import Allocation, Change, Contribution, Grant, InKind, Payment, Pot, Purse, Refund
from minshi.desk.admin import ScopedAdmin


@admin.register(Pot)
class PotAdmin(ScopedAdmin):
    place_path = "place__path"


@admin.register(Allocation)
class AllocationAdmin(ScopedAdmin):
    place_path = "pot__place__path"


@admin.register(Purse, Grant, Contribution, InKind, Refund)
class ProjectMoneyAdmin(ScopedAdmin):
    place_path = "proposal__place__path"


@admin.register(Payment, Change)
class ContractAdmin(ScopedAdmin):
    place_path = "contract__proposal__place__path"
