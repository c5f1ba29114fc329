"""Memory of this process [bytes], as the system counts it (Linux)."""

import ctypes
import gc
import resource
from pathlib import Path

__all__ = ["most", "now"]


def most() -> int:
    """The most that it has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def now() -> int:
    """What it has, after it has given back what it does not need."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
