"""One audit hook for all that listens; Python has no way to take one away again."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bioplaus.runs.world.caller import on_behalf_of_script

__all__ = ["heard"]

Listener = Callable[[str, tuple[Any, ...]], None]

_listeners: dict[str, Listener] = {}
_hooked = False
_busy = False
_process = 0


@contextmanager
def heard(listener: Listener, events: tuple[str, ...]) -> Iterator[None]:
    """Call a function with each of some events inside the ``with`` block.

    Only what the script asks for is heard, in its own process.
    """
    global _hooked, _process
    if not _hooked:
        sys.addaudithook(_hook)
        _hooked = True
    _process = os.getpid()
    _listeners.update(dict.fromkeys(events, listener))
    try:
        yield
    finally:
        for event in events:
            _listeners.pop(event, None)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    global _busy
    if event not in _listeners or _busy or os.getpid() != _process:
        return
    _busy = True
    try:
        if on_behalf_of_script(sys._getframe(1)):
            _listeners[event](event, arguments)
    finally:
        _busy = False
