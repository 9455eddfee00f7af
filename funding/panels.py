"""What this app shows on a project's page."""
