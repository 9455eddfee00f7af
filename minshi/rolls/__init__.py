"""Rolls: who is asked, frozen when asking begins, and how what they said is counted."""
