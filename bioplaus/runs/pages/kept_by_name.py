"""What a page gives to ``run.keep``: how it is read into a state, and filled from one in place."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

__all__ = ["check", "fill", "read"]


def check(name: str, value: Any) -> None:
    """Refuse what could not be filled in place.

    Raises
    ------
    TypeError
        For such a value.
    """
    if not (isinstance(value, (np.ndarray, np.random.Generator, list, dict)) or _pair(value)):
        raise TypeError(
            f"keep({name}=...): a {type(value).__name__} cannot be filled in place; give an array, "
            "a list, a dict, a generator, an object with state() and restore(state), or a pair of "
            "functions (read, write)"
        )


def read(value: Any) -> Any:
    """Its state, as plain data."""
    if isinstance(value, np.random.Generator):
        return value.bit_generator.state
    pair = _pair(value)
    return copy.deepcopy(pair[0]() if pair else value)


def fill(value: Any, state: Any) -> None:
    """Be as it was when the state was read."""
    if isinstance(value, np.random.Generator):
        value.bit_generator.state = state
    elif isinstance(value, np.ndarray):
        value[...] = state
    elif isinstance(value, list):
        value[:] = state
    elif isinstance(value, dict):
        value.clear()
        value.update(state)
    elif pair := _pair(value):
        pair[1](state)


def _pair(value: Any) -> Any:
    """The functions that read and write a value, if it has any."""
    if isinstance(value, tuple):
        return value if len(value) == 2 and all(map(callable, value)) else None
    methods = (getattr(value, "state", None), getattr(value, "restore", None))
    return methods if all(map(callable, methods)) else None
