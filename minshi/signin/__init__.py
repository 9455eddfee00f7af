"""Who may come in: residents by phone and code, staff by password and a second factor.

allauth carries the staff's way and every login's last steps (its stages ask for the second factor).
The residents' codes are our own: allauth keeps a code in clear in the session and counts guesses by
reading and writing back, its limits live in the cache and its time is the server's, while trust.md
asks for hashed codes, one counting statement and limits in PostgreSQL on the platform's clock.
"""
