"""Ctrl-C and termination signals, heard wherever they fall."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["signals_as_interrupts"]


@contextlib.contextmanager
def signals_as_interrupts() -> Iterator[Callable[[], None]]:
    """Let Ctrl-C and a termination signal end a run; yields a check for one that went unheard.

    Python prints and drops an exception that a signal raises while an object is being deleted,
    which Brian2 does often: then it is not printed, and the check raises it again.
    """
    heard: list[int] = []
    told_before = sys.unraisablehook

    def tell(dropped: Any) -> None:
        if not (heard and isinstance(dropped.exc_value, KeyboardInterrupt)):
            told_before(dropped)

    def interrupt(number: int, frame: Any) -> None:
        heard.append(number)
        raise KeyboardInterrupt

    def check() -> None:
        if heard:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield check
        return
    before = {n: signal.signal(n, interrupt) for n in (signal.SIGINT, signal.SIGTERM)}
    sys.unraisablehook = tell
    try:
        yield check
    finally:
        sys.unraisablehook = told_before
        for number, handler in before.items():
            signal.signal(number, handler)
