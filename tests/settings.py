"""The project's settings, as the tests run them."""

import os

os.environ["MINSHI_ENV"] = "test"

from minshi.settings import *  # noqa: F403
