"""Object files on disk, each under the name of the function that it defines.

The name contains a hash of all that the machine code depends on.  A file begins with a hash of its
content, by which a damaged one is known, and with the names of the kernels that its function calls.
"""

from __future__ import annotations

import hashlib
import os
import warnings
from pathlib import Path

from .. import cache

__all__ = ["Object", "keep", "read"]

Object = tuple[tuple[str, ...], bytes]
"""The kernels that a function calls, and its object file."""


def _path(symbol: str) -> Path:
    return cache.folder() / f"bioplaus_engine_{symbol}{cache.OBJECT}"


def read(symbol: str) -> Object | None:
    """What is kept of a function, or None; a damaged file is told, and counts as none."""
    path = _path(symbol)
    try:
        digest, _, content = path.read_bytes().partition(b"\n")
        os.utime(path)  # used just now
    except OSError:
        return None
    if digest.decode(errors="replace") != hashlib.sha256(content).hexdigest():
        warnings.warn(
            f"A file in the engine's cache could not be read and was made again ({path}).",
            cache.EngineCacheWarning,
            stacklevel=2,
        )
        return None
    kernels, _, code = content.partition(b"\n")
    return tuple(kernels.decode().split()), code


def keep(objects: dict[str, Object]) -> None:
    """Write object files, so that no other process ever sees half of one."""
    try:
        cache.folder().mkdir(parents=True, exist_ok=True)
        cache.register()
        for symbol, (kernels, code) in objects.items():
            content = " ".join(kernels).encode() + b"\n" + code
            digest = hashlib.sha256(content).hexdigest().encode()
            cache.write(_path(symbol), digest + b"\n" + content)
        cache.make_room(*map(_path, objects))
    except OSError as problem:
        cache.warn_memory_only(problem)
