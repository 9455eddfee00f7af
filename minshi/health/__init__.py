"""Whether the platform is well: heartbeats of its processes, the database's promises, ``/healthz``."""
