"""Room for deep calls, asked for once.

CPython keeps the frames of Python calls in pieces of 16 KB (``DATA_STACK_CHUNK_SIZE`` in ``Python/pystate.c``) and
hands a piece back to the system when the call that began it returns. Whatever is called again and again from the end
of a piece asks for memory and gives it back each time: templates and queries are deep enough for several such ends,
and a fifth of the processor went into that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
SLOTS = 140_000
"""A slot holds 8 bytes: these are 1.1 MB, for which the interpreter takes a piece of 2 MB."""


def with_room(call: Callable[[], T]) -> T:
    """What ``call`` gives. Whatever it calls finds its frames in the rest of one piece, some 0.9 MB.

    The system fills only what is used of it.
    """
    return call()


with_room.__code__ = with_room.__code__.replace(co_stacksize=SLOTS)
