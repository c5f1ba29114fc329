"""The one writer of a run directory holds a lock, which the system drops when the process dies."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from bioplaus.records.layout import LOCK

__all__ = ["acquire", "is_held", "release"]


def acquire(directory: Path) -> int | None:
    """Take the lock of a run directory; returns a descriptor, or None when another has it."""
    descriptor = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    for _ in range(4):  # a reader that asks `is_held` has it for an instant
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            time.sleep(0.05)
    os.close(descriptor)
    return None


def release(descriptor: int) -> None:
    """Give the lock back."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)


def is_held(directory: Path) -> bool:
    """Whether some living process writes this run directory."""
    if not (directory / LOCK).exists():
        return False
    try:
        descriptor = os.open(directory / LOCK, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        return False
    finally:
        os.close(descriptor)
