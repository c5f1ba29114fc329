"""Numba's samplers of random numbers, read from its files: importing Numba takes 0.15 CPU s.

The files are executed with only those of their imports that samplers need.  What they call to
draw, and Numba's types, are stand-ins here, which `known` turns into instructions.
"""

from __future__ import annotations

import builtins
import functools
from importlib.machinery import SourceFileLoader
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from .kinds import NotInSubsetError

__all__ = ["next_double", "next_uint64", "sampler"]

_FILES = ("numba.np.random.distributions", "numba.np.random._constants", "numba.cpython._binomial")


def next_double(generator: Any) -> float:
    """A number in [0, 1), uniform."""
    raise NotImplementedError


def next_uint64(generator: Any) -> int:
    """64 random bits."""
    raise NotImplementedError


def _single(generator: Any) -> Any:
    """What samplers of single precision draw, which no text asks for."""
    raise NotImplementedError


_STAND_INS = SimpleNamespace(
    next_double=next_double,
    next_uint64=next_uint64,
    next_float=_single,
    next_uint32=_single,
    register_jitable=lambda function: function,
    float32=np.float32,
    int64=np.int64,
    numpy_version=tuple(int(part) for part in np.__version__.split(".")[:2]),
)


def _import(name: str, *others: Any) -> Any:
    if name.partition(".")[0] != "numba":
        return __import__(name, *others)
    return SimpleNamespace(**_executed(name)) if name in _FILES else _STAND_INS


@functools.cache
def _executed(name: str) -> dict[str, Any]:
    """What the file of a module of Numba defines."""
    numba = find_spec("numba")
    assert numba is not None
    assert numba.origin is not None
    path = Path(numba.origin).parent.joinpath(*name.split(".")[1:]).with_suffix(".py")
    code = SourceFileLoader(name, str(path)).get_code(name)
    assert code is not None
    defined = {"__name__": name, "__builtins__": {**vars(builtins), "__import__": _import}}
    exec(code, defined)
    return defined


def sampler(name: str) -> Any:
    """A function of ``numba.np.random.distributions``.

    Raises NotInSubsetError if the installed Numba has its samplers elsewhere.
    """
    try:
        return _executed(_FILES[0])[name]
    except (ImportError, AttributeError, OSError, KeyError) as problem:
        raise NotInSubsetError(f"{name} of this Numba ({problem})") from problem
