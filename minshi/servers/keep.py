"""The first process of a container: python -m minshi.servers.keep web|worker|beat|sweeper COMMAND …

It minds one child as run.py minds all: started again when it dies, ended and started again when it is silent. When
starts come to nothing for minutes it ends, and the container's own restart begins anew.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from minshi.servers import services
from minshi.servers.children import Child, Family, stop_on_signals
from minshi.servers.progress import Trouble, complain

PORT = 8000


def keep(name: str, argv: list[str], port: int = PORT) -> int:
    """Until it is told to stop (0) or gives up (1)."""
    stop_on_signals()
    try:
        with Family() as family:
            child = Child(name, argv, log=None, shows=True)
            family.start(services.heard_by(child, Path(tempfile.mkdtemp(prefix="minshi-")), port))
            while True:
                time.sleep(0.2)
                family.mind()
    except KeyboardInterrupt:
        return 0
    except Trouble as trouble:
        complain(str(trouble))
        return 1


if __name__ == "__main__":
    sys.exit(keep(sys.argv[1], sys.argv[2:]))
