"""The project's settings, as the tests run them: on several processors each process has servers of its own."""

import json
import os

os.environ["MINSHI_ENV"] = "test"
worker = os.environ.get("PYTEST_XDIST_WORKER", "")
# Databases of one PostgreSQL would not do: what is sealed waits for the oldest transaction of all of them.
# In the environment and only once, since the processes that a test starts are told other databases by it.
if worker and (servers := os.environ.pop("MINSHI_TEST_SERVERS", "")):
    os.environ.update(json.loads(servers)[int(worker.removeprefix("gw"))])

from minshi.settings import *  # noqa: E402, F403
