"""Arrays that were read from files, held as long as there is room."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

__all__ = ["MOST_BYTES", "Held"]

MOST_BYTES = 64 * 2**20


class Held:
    """The arrays (or tuples of them) that were used last, 64 MB at most."""

    def __init__(self) -> None:
        self._found: OrderedDict[Any, Any] = OrderedDict()
        self._lock = threading.Lock()  # nobody waits with it for a file

    def get(self, key: Any, read: Callable[[], Any]) -> Any:
        """What is held under a key, read if it is not; None, which is not held, if it cannot be."""
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
        found = read()
        if found is not None:
            with self._lock:
                self._found[key] = found
                held = sum(_bytes(values) for values in self._found.values())
                while held > MOST_BYTES and len(self._found) > 1:
                    held -= _bytes(self._found.popitem(last=False)[1])
        return found


def _bytes(values: Any) -> int:
    return sum(array.nbytes for array in (values if isinstance(values, tuple) else (values,)))
