"""The IDX format of the MNIST files: a big-endian header, then one byte for each number."""

from __future__ import annotations

import struct
from math import prod

import numpy as np
import numpy.typing as npt

__all__ = ["read_idx"]

_UNSIGNED_BYTE = 0x08


def read_idx(content: bytes, name: str = "the data") -> npt.NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes.

    The first four bytes are 0, 0, the kind of number (8 for unsigned bytes) and the number of
    axes; then comes the length of every axis as a 32-bit integer, then the numbers, last axis
    fastest.

    Parameters
    ----------
    content
        The unpacked file.
    name
        What an error calls it.

    Returns
    -------
    array of the shape that the header states, read-only.

    Raises
    ------
    ValueError
        When the header is not that of an IDX file of bytes, or the length does not fit it.
    """
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != _UNSIGNED_BYTE:
        raise ValueError(f"{name} is not an IDX file of bytes: it begins with {content[:4]!r}")
    axes = content[3]
    start = 4 + 4 * axes
    if len(content) < start:
        raise ValueError(f"{name} ends within its header: {len(content)} of {start} bytes")
    shape = struct.unpack(f">{axes}I", content[4:start])
    found = len(content) - start
    if found != prod(shape):
        raise ValueError(
            f"{name} holds {found:,} numbers, its header promises {prod(shape):,} (shape {shape})"
        )
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)
