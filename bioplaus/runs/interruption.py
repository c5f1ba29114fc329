"""Ctrl-C and termination signals, heard wherever they fall."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from bioplaus.records import atomic

__all__ = ["signals_as_interrupts"]


@contextlib.contextmanager
def signals_as_interrupts() -> Iterator[Callable[[], None]]:
    """Let Ctrl-C and a termination signal end a run; yields a check for one that went unheard.

    Python prints and drops an exception that a signal raises while an object is being deleted,
    which Brian2 does often: then it is not printed, and the check raises it again.  Numba crashes
    on one that is raised while a compiled function hands over its result, and HDF5, which calls
    Python, on one while it writes: then only the check raises it.
    """
    heard: list[int] = []
    told_before = sys.unraisablehook

    def tell(dropped: Any) -> None:
        if not (heard and isinstance(dropped.exc_value, KeyboardInterrupt)):
            told_before(dropped)

    def interrupt(number: int, frame: FrameType | None) -> None:
        heard.append(number)
        if not _cannot_bear_one(frame):
            raise KeyboardInterrupt

    def check() -> None:
        if heard:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield check
        return
    # With half a module, which an interrupted import leaves, Python crashes at its end.
    import h5py  # noqa: F401  # the first segment would import it in its midst

    before = {n: signal.signal(n, interrupt) for n in (signal.SIGINT, signal.SIGTERM)}
    sys.unraisablehook = tell
    try:
        yield check
    finally:
        sys.unraisablehook = told_before
        for number, handler in before.items():
            signal.signal(number, handler)


def _cannot_bear_one(frame: FrameType | None) -> bool:
    """Whether Numba turns a result into Python objects, or a file is being written."""
    while frame is not None:
        if frame.f_code.co_name == "_numba_unpickle" or frame.f_code is atomic.write.__code__:
            return True
        frame = frame.f_back
    return False
