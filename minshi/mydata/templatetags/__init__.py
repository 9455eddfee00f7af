"""Tags of one's own data."""
