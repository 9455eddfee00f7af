"""News of the register, sent inside the transaction that writes it."""

from django.dispatch import Signal

judged = Signal()
"""Somebody was confirmed where they say they live, or was not. Arguments: ``residence``, ``lives_there``."""

appointed = Signal()
"""A role was given or taken back. Arguments: ``held`` (the grant), ``ended``."""

described = Signal()
"""The telephone of a place's office is another. Argument: ``place``."""

renamed = Signal()
"""A yard, building or group has another name. Argument: ``place``."""

asked = Signal()
"""Somebody says where they live. Arguments: ``residence``, ``before`` (what they said earlier, ended by it)."""

representation_asked = Signal()
representation_answered = Signal()
"""Somebody asks to speak for their household; that was answered. Argument: ``request``."""

moved_out = Signal()
"""Somebody no longer lives there, as another said. Arguments: ``residence``, ``by``, ``said_by`` (as whom)."""

strike_asked = Signal()
strike_answered = Signal()
"""Somebody asks to strike a door off; another person answered that. Argument: ``strike``."""

of_age = Signal()
"""A minor is adult from today on. Argument: ``person``."""
