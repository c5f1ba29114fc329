"""The state of all random streams: NumPy's, Python's, Brian's and the engine's."""

from __future__ import annotations

import ctypes
import functools
import random
import sys
from typing import Any
from zlib import crc32

import numpy as np
from brian2.devices.device import get_device
from numpy.random import mtrand

from bioplaus.runs.kept.brian_objects import plain

__all__ = ["digest", "restore", "state"]

_BUFFERED = 20000
"""Numbers in a buffer of Brian2's cython target (``rand_buffer`` in its templates)."""
_WORDS = 624
"""Words of the Mersenne Twister, which NumPy keeps before its position, as 32-bit integers."""
_LOOKED_AT = 16
"""Of these: a seed, and every 624 numbers, change all."""
_HIGHEST_BIT, _MARK = 2**31, 2**30
"""The marks that the engine gives begin above this one."""


def digest(python: bool) -> int:
    """A number that is another one as soon as NumPy's global stream has given a number.

    python : Python's stream counts, too.
    """
    found = crc32(_words(mtrand._rand._bit_generator))
    if python:
        found ^= hash(random.getstate()[1]) & 0xFFFFFFFF
    return found


@functools.lru_cache(maxsize=1)
def _words(generator: Any) -> memoryview:
    """The words that are looked at, and the position: where they are, not a copy."""
    words = ctypes.c_uint32 * (_LOOKED_AT + 1)
    first = generator.ctypes.state_address + 4 * (_WORDS - _LOOKED_AT)
    return memoryview(words.from_address(first))


def state() -> dict[str, Any]:
    """All streams, as plain data; cython's buffers by what is in them, not by their addresses."""
    device = get_device()
    found = device.get_random_state()
    for kind in ("rand", "randn"):
        address = int(found.pop(f"{kind}_buffer")[0])
        found[f"{kind}_content"] = _content(address) if address else np.zeros(0)
    found |= _without_mark(found)
    name, words, gauss = random.getstate()
    found["python"] = (name, np.array(words, np.uint64), gauss)
    return {key: plain(value) for key, value in found.items()}


def _without_mark(found: dict[str, Any]) -> dict[str, Any]:
    """The states with one mark for all.

    The engine marks NumPy's stream in bits that mean nothing, with a number that counts through
    the process, and remembers the stream as it saw it; but equal runs leave equal states.
    """
    generator, seen, *others = found.get("bioplaus_engine", (None, None))
    kind, words, *rest = found["numpy_state"]
    if kind != "MT19937" or not isinstance(seen, bytes) or seen[-4:] == bytes(4):
        return {}
    marked = int.from_bytes(seen[:4], sys.byteorder)
    common = (marked & _HIGHEST_BIT) | _MARK
    words = np.array(words)
    if words[0] == marked:
        words[0] = common
    seen = common.to_bytes(4, sys.byteorder) + seen[4:]
    return {"numpy_state": (kind, words, *rest), "bioplaus_engine": (generator, seen, *others)}


def restore(kept: dict[str, Any]) -> None:
    """Take all streams up where they were."""
    device = get_device()
    kept = dict(kept)
    version, words, gauss = kept.pop("python")
    random.setstate((version, tuple(int(word) for word in words), gauss))
    for kind in ("rand", "randn"):
        pointer = getattr(device, f"{kind}_buffer")
        content = np.ascontiguousarray(kept.pop(f"{kind}_content"))
        kept[f"{kind}_buffer"] = np.array([_filled(int(pointer[0]), content)], pointer.dtype)
    name, keys, *rest = kept["numpy_state"]
    kept["numpy_state"] = (name, np.asarray(keys, np.uint32), *rest)
    device.set_random_state(kept)


def _content(address: int) -> Any:
    numbers = ctypes.cast(address, ctypes.POINTER(ctypes.c_double))
    return np.ctypeslib.as_array(numbers, (_BUFFERED,)).copy()


def _filled(address: int, content: Any) -> int:
    """The address of a buffer with that content, made where there is none; Brian frees it."""
    if not content.size:
        return address
    if not address:
        library = ctypes.CDLL(None)
        library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
        address = library.malloc(content.nbytes)
    ctypes.memmove(address, content.ctypes.data, content.nbytes)
    return address
