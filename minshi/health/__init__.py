"""Is the platform well: database, migrations, workers."""
