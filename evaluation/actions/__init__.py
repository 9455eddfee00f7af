"""Everything that changes a survey, a call-back, the accounts, the aftercare or the archive."""
