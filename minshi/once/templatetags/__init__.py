"""Tags of forms that are done once."""
