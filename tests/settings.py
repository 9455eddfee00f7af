"""The project's settings, as the tests run them: on several processors each process has servers of its own."""

import json
import os

os.environ["MINSHI_ENV"] = "test"
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    # In the environment, so that the processes a test starts use the same ones. Databases of one PostgreSQL would not
    # do: what is sealed waits for the oldest transaction of all of them.
    os.environ.update(json.loads(os.environ["MINSHI_TEST_SERVERS"])[int(worker.removeprefix("gw"))])

from minshi.settings import *  # noqa: E402, F403
