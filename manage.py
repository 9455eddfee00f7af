#!/usr/bin/env python
"""Django's command line."""

import gc
import os
import sys
from functools import partial

from django.core.management import execute_from_command_line

from minshi.room import with_room

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "minshi.settings")
    if sys.argv[1:2] == ["migrate"]:
        # Drawing the models anew for each operation makes nothing but cycles, and the process ends soon after.
        gc.disable()
    with_room(partial(execute_from_command_line, sys.argv))
