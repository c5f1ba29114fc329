"""Compiled passes over arrays outside of the time loop: what NumPy would do in many.

A pass is a kernel without a network, compiled and kept as programs are.  Nobody but the pass has
the arrays while it runs, and none is part of another.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from .kernel import ArrayArgument, Kernel
from .program import Program
from .step import Step

__all__ = ["Pass"]

_UNUSED = np.random.Generator(np.random.PCG64(0))
"""Passes draw no random numbers."""


class Pass:
    """Statements over flat arrays, which are given by their names at every call.

    body : the statements; kinds : type of every array by name.
    """

    def __init__(self, body: str, **kinds: Any) -> None:
        self._body, self._kinds = body, kinds
        self._arrays: dict[str, Any] = {}
        self._program: Program | None = None

    def __call__(self, **arrays: Any) -> None:
        """Do it; arrays : contiguous, of the types that were announced."""
        for name, kind in self._kinds.items():
            if arrays[name].dtype != kind or not arrays[name].flags.c_contiguous:
                raise TypeError(f"'{name}' is {arrays[name].dtype}, not flat {np.dtype(kind)}")
        self._arrays = arrays
        if self._program is None:
            self._program = self._written()
        self._program.refresh()
        self._program.enter(_UNUSED)
        self._arrays = {}
        self._program.forget()

    def _written(self) -> Program:
        def resolve(name: str) -> ArrayArgument:
            return ArrayArgument((id(self), name), partial(self._arrays_of, name))

        return Program([Step(Kernel.from_body(self._body, resolve), origin="a pass over arrays")])

    def _arrays_of(self, name: str) -> Any:
        return self._arrays[name]
