"""Where streams of random numbers stand, above all NumPy's global one, which belongs to the script:
has it used or seeded it?

`numpy.random.get_state` copies the state word by word, which takes as long as entering a run.  A
generator gives the address of its state; there it is read in one piece, through an array that is
kept: each new look at an address is an event for `sys.audit`, and whoever listens pays for it.
"""

from __future__ import annotations

import copy
import ctypes
import functools
from typing import Any

import numpy as np
from numpy.random.mtrand import get_bit_generator

__all__ = ["first_words", "mark", "position", "state"]

_WORDS = 624
"""Of a Mersenne Twister's state; after the words it keeps how many of them have been used."""
_DEAD_BITS = 2**31 - 1
_last_mark = 2**30  # seeds that people choose are smaller: they become the first word as they are
_Words = ctypes.c_uint32 * (_WORDS + 1)
_Pcg = ctypes.c_uint64 * 4


def state() -> bytes | str:
    """All that the numbers to come depend on, but for a normal number that waits."""
    bits = get_bit_generator()
    if not isinstance(bits, np.random.MT19937):
        return repr(bits.state)
    return bytes(_words(bits))


def position(bits: Any) -> bytes:
    """What is another after each number that has been drawn from a PCG64."""
    state, waiting = _pcg(bits)
    return bytes(state) + bytes(waiting)


def mark() -> None:
    """Make a later seed show, also one that the stream had before; the stream stays as it is.

    Of the first word, once it has been used, only the highest bit has a meaning; the others are a
    number that never comes twice, and that every seed overwrites.
    """
    global _last_mark
    bits = get_bit_generator()
    if not isinstance(bits, np.random.MT19937):
        return
    words = _words(bits)
    if words[_WORDS] == 0:
        return
    first = words[0]
    _last_mark += 1 + (first & _DEAD_BITS == _last_mark + 1)
    words[0] = (first & ~_DEAD_BITS) | _last_mark


def first_words(number: int) -> list[int]:
    """The next words of the stream, 32 bits each, drawn from a copy."""
    own = np.random.RandomState(copy.deepcopy(get_bit_generator()))
    words: list[int] = own.randint(0, 2**32, size=number, dtype=np.uint64).tolist()
    return words


@functools.lru_cache(maxsize=1)
def _words(bits: np.random.MT19937) -> ctypes.Array[ctypes.c_uint32]:
    """The state of `bits` where it lies.

    Raises RuntimeError if this NumPy keeps the state in another form than is read here.
    """
    words = _Words.from_address(bits.ctypes.state_address)
    told = bits.state["state"]
    if list(words) != [*told["key"].tolist(), int(told["pos"])]:
        raise _unknown()
    return words


@functools.lru_cache(maxsize=1)
def _pcg(bits: Any) -> tuple[ctypes.Array[ctypes.c_uint64], ctypes.c_uint64]:
    """The state of `bits` where it lies, and half a number that may wait behind it.

    Raises RuntimeError if this NumPy keeps the state in another form than is read here.
    """
    place = bits.ctypes.state_address
    state = _Pcg.from_address(ctypes.c_void_p.from_address(place).value or 0)
    waiting = ctypes.c_uint64.from_address(place + ctypes.sizeof(ctypes.c_void_p))
    told = bits.state
    kept = (told["has_uint32"] | told["uinteger"] << 32, *told["state"].values())
    if kept != (waiting.value, state[0] | state[1] << 64, state[2] | state[3] << 64):
        raise _unknown()
    return state, waiting


def _unknown() -> RuntimeError:
    return RuntimeError(
        f"NumPy {np.__version__} keeps the state of its random numbers in a form that the "
        "engine does not know: an older NumPy is needed."
    )
