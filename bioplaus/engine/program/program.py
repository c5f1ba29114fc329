"""Programs: several kernels compiled to one function that runs them in order, and its arguments.

A program is called with five arguments whatever the network: ``control`` (positions, counters, ends
of the clocks), a table of addresses and lengths of arrays, the floats, the integers, and the random
generator.  Arrays may therefore move between calls, and entering a program costs a few
microseconds.

Kernels that must grow a buffer return to Python in the middle of a step, and the program is entered
again at the same kernel; objects that run in Python get their turn in the same way.
"""

from __future__ import annotations

import operator
import re
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from brian2.core.clocks import Clock
from brian2.core.variables import ArrayVariable

from .. import cache
from ..compiler import EntryPoint, NotInSubsetError, compiled
from ..machine.settings import preference
from .arguments import Arguments, Numbers
from .kernel import ArrayArgument
from .module import ENDS, LAST, STEPS, Module
from .step import Step

__all__ = ["CompilationError", "Program"]


class Program:
    """Kernels compiled together.

    steps : in order of execution; clocks : those of the steps; without clocks it does one step.
    """

    def __init__(self, steps: Sequence[Step], clocks: Sequence[Clock] = ()) -> None:
        self.steps = steps
        self._arguments = Arguments()
        module = Module(steps, self._arguments, clocks)
        self.text = module.text()
        self.text_for_numba = module.text_for_numba
        self.functions = module.functions
        self._origins, self._positions = module.origins, module.places
        self.control = np.zeros(ENDS + len(clocks) + len(steps), dtype=np.int64)
        #: Whether a switchable step is done, by position.
        self.switches = self.control[ENDS + len(clocks) :]
        self.switches[:] = 1
        self.control[[LAST, STEPS]] = len(steps), 1
        self.table = np.zeros(2 * len(self.arrays), dtype=np.uint64)
        self._numbers = Numbers(self._arguments)
        self.floats, self.integers = self._numbers.floats, self._numbers.integers
        #: Why Numba compiles it, where the direct compiler was asked first.
        self.refused = ""
        self._direct: EntryPoint | None = None
        # The arrays are kept alive for as long as the table points to them.
        self._alive: list[Any] = []
        self._moving = [row for row, array in enumerate(self.arrays) if not _stays(array)]
        self.forget()
        self._module: Any = None

    @property
    def arrays(self) -> list[ArrayArgument]:
        """All arrays of the program, in the order of the table."""
        return list(self._arguments.arrays.values())

    def refresh(self) -> None:
        """Look up again where the arrays are, and what the numbers from outside.

        Needed before every run, and after anything that may have moved an array or changed a
        number: a call into Python.
        """
        found = [fetch() for fetch in self._fetches]
        if not all(map(operator.is_, found, self._found)):
            for row, array in zip(self._places, found):
                self._alive[row] = array
                place = array.__array_interface__["data"][0], array.size
                self.table[2 * row : 2 * row + 2] = place
            self._look_at(self._moving)  # the others stay where they are now
        self._numbers.refresh()

    def _look_at(self, places: list[int]) -> None:
        """Look up the arrays in these rows of the table at the next `refresh`."""
        arguments, self._places = self.arrays, places
        self._fetches = [arguments[row].fetch for row in places]
        self._found = [self._alive[row] for row in places]

    def forget(self) -> None:
        """Keep no array alive; `refresh` looks all of them up again."""
        self._alive = [None] * len(self.arrays)
        self._look_at(list(range(len(self.arrays))))

    @property
    def compiled(self) -> bool:
        """Whether there is machine code for it."""
        return self._direct is not None or self._module is not None

    def compile(self, generator: np.random.Generator) -> None:
        """Make its machine code; nothing runs.

        Raises CompilationError for what nobody can compile.
        """
        arguments = (self.control, self.table, self.floats, self.integers, generator)
        if preference("compiler") == "direct":
            try:
                self._direct = compiled(self.text, self.functions, arguments)
            except NotInSubsetError as problem:
                self.refused = str(problem)
            else:
                return
        self._compile_with_numba(arguments)

    def enter(self, generator: np.random.Generator) -> int:
        """Run until a chunk is done, the run is finished, or Python is needed."""
        if not self.compiled:
            self.compile(generator)
        arguments = (self.control, self.table, self.floats, self.integers, generator)
        if self._direct is not None:
            return self._direct(*arguments)
        assert self._module is not None
        return int(self._module.run(*arguments))

    def _compile_with_numba(self, arguments: tuple[Any, ...]) -> None:
        from numba import typeof
        from numba.core.errors import NumbaError

        kinds = tuple(map(typeof, arguments))
        self._module = cache.load(self.text_for_numba(), self.functions)
        try:
            self._module.run.compile(kinds)
        except NumbaError as problem:
            self._module = None
            raise self._what_failed(str(problem)) from problem
        except Exception as problem:  # what unpickling a damaged file raises can be anything
            if not self._module.CACHE:
                raise
            warnings.warn(
                f"A file in the engine's cache could not be read and was made again ({problem}).",
                cache.EngineCacheWarning,
                stacklevel=2,
            )
            self._module = cache.purge(self._module)
            self._module.run.compile(kinds)

    def _what_failed(self, message: str) -> CompilationError:
        """Say in terms of the model which kernel could not be compiled, and where."""
        names = re.findall(r"function ((?:kernel|once|part)_\d+)", message)
        origin = self._origins[names[0]] if names else "this network"
        lines = message.splitlines()
        marked = [lines[n - 1].strip() for n, line in enumerate(lines) if line.strip(" ~") == "^"]
        where = f" ({marked[0]})" if marked else ""
        says = next((line for line in lines[1:] if line.strip()), lines[0]).strip()
        reason = f"Numba cannot compile it{where}: {says}"
        places = self._positions.get(names[0], []) if names else []
        return CompilationError(f"{origin}: {reason}", reason, places)


def _stays(argument: ArrayArgument) -> bool:
    """Whether it is one array from beginning to end: that of a variable whose size is fixed."""
    return isinstance(argument.key, ArrayVariable) and not argument.key.dynamic


class CompilationError(RuntimeError):
    """Numba cannot compile a kernel; names the object and the line.

    reason : without the name; places : where the kernel stands in a step.
    """

    def __init__(self, message: str, reason: str, places: Sequence[int]) -> None:
        super().__init__(message)
        self.reason = reason
        self.places = places
