"""By which means somebody came in, as allauth keeps it in the session: the one thing taken from its inside.

allauth says publicly how to read these records, not how to write one; its own stages and pages write through
this function, and ours must stand in the same list. When it moves, this line and its test are what breaks.
"""

from allauth.account.internal.flows.login import record_authentication

__all__ = ["record_authentication"]
