"""Wishes, proposals and all that is known of them before money and votes: the things of this app."""

from proposals.models.cards import Bigrams, Card, CardPlace, CardQuerySet, PlaceTotal
from proposals.models.choices import (
    CASH,
    ENDED,
    LIBRARY,
    PUBLIC,
    READING,
    SOURCES,
    Category,
    Channel,
    Kind,
    Source,
    SourceRule,
    Stage,
    Tier,
    bars_of,
)
from proposals.models.handling import Handling
from proposals.models.households import NOT_SIGNED, SIGNED, Beneficiary, Cosign
from proposals.models.photos import Photo
from proposals.models.proposals import (
    KEEPER_LENGTH,
    SPOT_LENGTH,
    TITLE_LENGTH,
    WHY_LENGTH,
    NumberCounter,
    Proposal,
    ProposalQuerySet,
    Version,
)
from proposals.models.wishes import WISH_ENDED, WISH_LENGTH, Wish, WishStage, WishSupport

__all__ = [
    "CASH",
    "ENDED",
    "KEEPER_LENGTH",
    "LIBRARY",
    "NOT_SIGNED",
    "PUBLIC",
    "READING",
    "SIGNED",
    "SOURCES",
    "SPOT_LENGTH",
    "TITLE_LENGTH",
    "WHY_LENGTH",
    "WISH_ENDED",
    "WISH_LENGTH",
    "Beneficiary",
    "Bigrams",
    "Card",
    "CardPlace",
    "CardQuerySet",
    "Category",
    "Channel",
    "Cosign",
    "Handling",
    "Kind",
    "NumberCounter",
    "Photo",
    "PlaceTotal",
    "Proposal",
    "ProposalQuerySet",
    "Source",
    "SourceRule",
    "Stage",
    "Tier",
    "Version",
    "Wish",
    "WishStage",
    "WishSupport",
    "bars_of",
]
