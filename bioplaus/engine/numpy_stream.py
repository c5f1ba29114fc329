"""NumPy's global stream of random numbers, which belongs to the script: has it used or seeded it?

`numpy.random.get_state` copies the state word by word, which takes as long as entering a run.  A
generator gives the address of its state; there it is read in one piece.
"""

from __future__ import annotations

import copy
import ctypes
import sys
from typing import Any

import numpy as np
from numpy.random.mtrand import get_bit_generator

__all__ = ["first_words", "mark", "state"]

_WORDS, _BYTES = 624, 4
_LENGTH = (_WORDS + 1) * _BYTES
"""Of a Mersenne Twister's state: its words, and how many of them have been used."""
_DEAD_BITS = 2**31 - 1
_last_mark = 2**30  # seeds that people choose are smaller: they become the first word as they are
_known = False


def state() -> bytes | str:
    """All that the numbers to come depend on, but for a normal number that waits."""
    bits = get_bit_generator()
    if not isinstance(bits, np.random.MT19937):
        return repr(bits.state)
    if not _known:
        _check(bits)
    return ctypes.string_at(bits.ctypes.state_address, _LENGTH)


def mark() -> None:
    """Make a later seed show, also one that the stream had before; the stream stays as it is.

    Of the first word, once it has been used, only the highest bit has a meaning; the others are a
    number that never comes twice, and that every seed overwrites.
    """
    global _last_mark
    bits = get_bit_generator()
    if not isinstance(bits, np.random.MT19937) or state()[-_BYTES:] == bytes(_BYTES):
        return
    word = ctypes.c_uint32.from_address(bits.ctypes.state_address)
    _last_mark += 1 + (word.value & _DEAD_BITS == _last_mark + 1)
    word.value = (word.value & ~_DEAD_BITS) | _last_mark


def first_words(number: int) -> list[int]:
    """The next words of the stream, 32 bits each, drawn from a copy."""
    own = np.random.RandomState(copy.deepcopy(get_bit_generator()))
    words: list[int] = own.randint(0, 2**32, size=number, dtype=np.uint64).tolist()
    return words


def _check(bits: Any) -> None:
    """Raise RuntimeError if this NumPy keeps the state in another form than is read here."""
    global _known
    told = bits.state["state"]
    expected = told["key"].tobytes() + int(told["pos"]).to_bytes(_BYTES, sys.byteorder)
    if ctypes.string_at(bits.ctypes.state_address, _LENGTH) != expected:
        raise RuntimeError(
            f"NumPy {np.__version__} keeps the state of its random numbers in a form that the "
            "engine does not know: an older NumPy is needed."
        )
    _known = True
