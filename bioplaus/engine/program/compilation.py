"""The time that goes into compilation, which is a state of its own and no part of a simulation."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["compilation_seconds", "compiling", "while_compiling"]

_spent = 0.0
_since: float | None = None


def compiling() -> bool:
    """Whether the engine compiles just now; asked by another thread, which shows it."""
    return _since is not None


def compilation_seconds() -> float:
    """Wall time [s] that this process has spent on preparing and compiling, up to now."""
    return _spent + (time.monotonic() - _since if _since is not None else 0.0)


@contextmanager
def while_compiling() -> Iterator[None]:
    """Count the time of this block, in which the garbage collector rests.

    Syntax trees are many objects, for which it would look through all that a process holds; they
    go without it.
    """
    global _spent, _since
    _since = time.monotonic()
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
        _spent, _since = compilation_seconds(), None
