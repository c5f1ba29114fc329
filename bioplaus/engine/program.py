"""Programs: the text of one module that runs several kernels in order, and its tables of arguments.

A program is called with five arguments whatever the network: ``control`` (positions, counters, ends
of the clocks), a table of addresses and lengths of arrays, the floats, the integers, and the random
generator.  Arrays may therefore move between calls, and entering a program costs a few
microseconds.

Kernels that must grow a buffer return to Python in the middle of a step, and the program is entered
again at the same kernel; objects that run in Python get their turn in the same way.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba.core.errors import NumbaError

from . import cache
from .kernel import Argument, ArrayArgument, GeneratorArgument, Kernel, ValueArgument
from .preferences import preference

__all__ = [
    "BUFFER_FULL",
    "CHUNK_DONE",
    "FINISHED",
    "PYTHON_DUE",
    "CompilationError",
    "Program",
    "Step",
]

CHUNK_DONE, FINISHED, BUFFER_FULL, PYTHON_DUE = range(4)

# Positions in the array of control values.
FIRST, LAST, STEPS, STOP_FOR_PYTHON, ENDS = range(5)

_SAFE_FASTMATH = ("afn", "arcp", "contract", "nsz", "reassoc")


@dataclass(frozen=True)
class Step:
    """One kernel in the order of a step.

    clock : position in the program's clocks; grow : called when the kernel has no room left;
    switchable : whether it can be left out without writing another program; origin : the name of
    the object and its statements, for errors.
    """

    kernel: Kernel
    clock: int = 0
    grow: Callable[[], None] | None = None
    switchable: bool = False
    origin: str = ""


class Program:
    """Kernels compiled together.

    steps : in order of execution; None stands for an object that runs in Python.
    clocks : (timestep, t, dt) arguments of every clock; without clocks the program does one step.
    python_clocks : positions of the clocks that objects in Python run on.
    """

    def __init__(
        self,
        steps: Sequence[Step | None],
        clocks: Sequence[tuple[ArrayArgument, ArrayArgument, ArrayArgument]] = (),
        python_clocks: Sequence[int] = (),
    ) -> None:
        self.steps = steps
        self._arrays: dict[Any, ArrayArgument] = {}
        self._values: dict[str, list[float | int]] = {"float": [], "integer": []}
        text = _Text(self, clocks, python_clocks)
        self.text = text.module()
        self.functions = text.functions
        self.control = np.zeros(ENDS + len(clocks) + len(steps), dtype=np.int64)
        #: Whether a switchable step is done, by position.
        self.switches = self.control[ENDS + len(clocks) :]
        self.switches[:] = 1
        self.control[[LAST, STEPS]] = len(steps), 1
        self.table = np.zeros((len(self._arrays), 2), dtype=np.uint64)
        self.floats = np.array(self._values["float"], dtype=np.float64)
        self.integers = np.array(self._values["integer"], dtype=np.int64)
        self._module: Any = None

    def name_of(self, argument: Argument) -> str:
        """The expression for an argument in the text of the program."""
        if isinstance(argument, GeneratorArgument):
            return "generator"
        if isinstance(argument, ValueArgument):
            values = self._values[argument.kind]
            values.append(argument.value)
            table = "floats" if argument.kind == "float" else "integers"
            element = f"{table}[{len(values) - 1}]"
            return f"_nb_np.float32({element})" if argument.single else element
        self._arrays.setdefault(argument.key, argument)
        return f"_a{list(self._arrays).index(argument.key)}"

    @property
    def arrays(self) -> list[ArrayArgument]:
        """All arrays of the program, in the order of the table."""
        return list(self._arrays.values())

    def refresh(self) -> None:
        """Look up again where the arrays are; needed after anything may have moved one."""
        # The arrays are kept alive for as long as the table points to them.
        self._alive = [argument.fetch() for argument in self._arrays.values()]
        for row, array in enumerate(self._alive):
            self.table[row] = array.__array_interface__["data"][0], array.size

    def enter(self, generator: np.random.Generator) -> int:
        """Run until a chunk is done, the run is finished, or Python is needed."""
        arguments = (self.control, self.table, self.floats, self.integers, generator)
        if self._module is not None:
            return int(self._module.run(*arguments))
        self._module = cache.load(self.text, self.functions)
        try:
            return int(self._module.run(*arguments))
        except NumbaError as problem:
            self._module = None
            raise CompilationError(self._what_failed(str(problem))) from problem
        except Exception as problem:  # what unpickling a damaged file raises can be anything
            if not self._module.CACHE:
                raise
            warnings.warn(
                f"A file in the engine's cache could not be read and was made again ({problem}).",
                cache.EngineCacheWarning,
                stacklevel=2,
            )
            self._module = cache.purge(self._module)
            return int(self._module.run(*arguments))

    def _what_failed(self, message: str) -> str:
        """Say in terms of the model which kernel could not be compiled, and where."""
        numbers = re.findall(r"function kernel_(\d+)", message)
        texts = list(dict.fromkeys(step.kernel.text for step in self.steps if step is not None))
        failed = texts[int(numbers[0])] if numbers else ""
        origins = [s.origin for s in self.steps if s is not None and s.kernel.text == failed]
        lines = message.splitlines()
        marked = [lines[n - 1].strip() for n, line in enumerate(lines) if line.strip(" ~") == "^"]
        where = f"\nThe line that fails is: {marked[0]}" if marked else ""
        reason = next((line for line in lines[1:] if line.strip()), lines[0]).strip()
        return (
            f"Numba cannot compile the code of {origins[0] if origins else 'this network'}{where}"
            f"\nNumba says: {reason}\n"
            "Give the object codeobj_class=NumpyCodeObject to run it in Python beside the others."
        )


class CompilationError(RuntimeError):
    """Numba cannot compile an equation; names the object and the line."""


class _Text:
    """Writes the module of a program."""

    def __init__(
        self,
        program: Program,
        clocks: Sequence[tuple[ArrayArgument, ArrayArgument, ArrayArgument]],
        python_clocks: Sequence[int],
    ) -> None:
        self.program = program
        self.clocks = clocks
        self.python_clocks = sorted(set(python_clocks))
        self.functions: dict[str, Any] = {}
        self.kernels: dict[str, str] = {}

    def module(self) -> str:
        clock_names = [[self.program.name_of(array) for array in clock] for clock in self.clocks]
        calls = self._calls()
        loop = self._loop(clock_names, calls)
        views = [
            f"_a{row} = _nb_view(table[{row}, 0], table[{row}, 1], {_numpy_type(argument.kind)})"
            for row, argument in enumerate(self.program.arrays)
        ]
        options = "error_model='numpy', nogil=True"
        if preference("fastmath"):
            options += f", fastmath={set(_SAFE_FASTMATH)!r}"
        head = ["from bioplaus.engine.support import *", ""]
        if "flush_denormals" in preference("rewrites"):
            head.insert(1, "from bioplaus.engine.denormals import *")
            loop = ["before = _nb_flush_denormals()", *_restoring(loop)]
        for text, name in self.kernels.items():
            head += [
                f"@njit({options}, no_cpython_wrapper=True, no_cfunc_wrapper=True)",
                text.replace("def kernel(", f"def {name}(", 1),
                "",
            ]
        head += [f"@njit(cache=CACHE, {options})"]
        head += ["def run(control, table, floats, integers, generator):"]
        return "\n".join(head + _indented(views + loop)) + "\n"

    def _calls(self) -> list[str]:
        calls = []
        resumable = any(step is not None and step.kernel.resumable for step in self.program.steps)
        for position, step in enumerate(self.program.steps):
            if step is None:
                continue
            arguments = ", ".join(self.program.name_of(a) for a in step.kernel.arguments)
            name = self.kernels.setdefault(step.kernel.text, f"kernel_{len(self.kernels)}")
            self.functions.update(step.kernel.functions)
            call = f"{name}({arguments})"
            conditions = []
            if step.switchable:
                conditions.append(f"control[{ENDS + len(self.clocks) + position}] != 0")
            if len(self.clocks) > 1:
                conditions.append(f"due_{step.clock}")
            if resumable or self.python_clocks:
                conditions.append(f"first <= {position}")
            if self.python_clocks:
                conditions.append(f"last > {position}")
            if step.kernel.resumable:
                conditions.append(f"{call} != 0")
                calls.append(f"if {' and '.join(conditions)}:")
                calls += [f"    control[{FIRST}] = {position}", f"    return {BUFFER_FULL}"]
            elif conditions:
                calls += [f"if {' and '.join(conditions)}:", f"    {call}"]
            else:
                calls.append(call)
        return calls

    def _loop(self, clocks: list[list[str]], calls: list[str]) -> list[str]:
        begin = [f"first = control[{FIRST}]", f"last = control[{LAST}]"]
        if not clocks:
            return [*begin, *calls, f"return {CHUNK_DONE}"]
        step = self._which_clocks(clocks)
        if self.python_clocks:
            due = " or ".join(f"due_{clock}" for clock in self.python_clocks)
            turn = f"if control[{STOP_FOR_PYTHON}] != 0 and ({due}):"
            step += [turn, f"    return {PYTHON_DUE}"]
        step += calls
        if self.python_clocks:
            step += [f"if last < {len(self.program.steps)}:", f"    return {PYTHON_DUE}"]
        for number, (timestep, t, dt) in enumerate(clocks):
            tick = [f"{timestep}[0] += 1", f"{t}[0] = {timestep}[0] * {dt}[0]"]
            step += tick if len(clocks) == 1 else [f"if due_{number}:", *_indented(tick)]
        step += ["first = 0", f"control[{FIRST}] = 0", f"control[{STEPS}] -= 1"]
        return [
            *begin,
            f"while control[{STEPS}] > 0:",
            *_indented(step),
            f"return {CHUNK_DONE}",
        ]

    def _which_clocks(self, clocks: list[list[str]]) -> list[str]:
        """Find the clocks that are due, with the tolerance of Brian2's own network."""
        if len(clocks) == 1:
            lines = [f"if {clocks[0][0]}[0] >= control[{ENDS}]:", f"    return {FINISHED}"]
            return lines + (["due_0 = True"] if self.python_clocks else [])
        now, dt, timestep = "now", "now_dt", "now_timestep"
        lines = [f"{now} = {clocks[0][1]}[0]", f"{dt} = {clocks[0][2]}[0]"]
        lines += [f"{timestep} = {clocks[0][0]}[0]", f"end = control[{ENDS}]"]
        for number, clock in enumerate(clocks[1:], start=1):
            lines += [f"if {clock[1]}[0] < {now}:"]
            lines += _indented(
                [
                    f"{now} = {clock[1]}[0]",
                    f"{dt} = {clock[2]}[0]",
                    f"{timestep} = {clock[0]}[0]",
                    f"end = control[{ENDS + number}]",
                ]
            )
        lines += [f"if {timestep} >= end:", f"    return {FINISHED}"]
        for number, clock in enumerate(clocks):
            difference = f"abs({clock[1]}[0] - {now}) / min({dt}, {clock[2]}[0])"
            lines.append(f"due_{number} = {clock[1]}[0] == {now} or {difference} < 1e-4")
        return lines


def _numpy_type(kind: str) -> str:
    return "_nb_np." + ("bool_" if kind == "bool" else kind)


def _restoring(lines: Sequence[str]) -> list[str]:
    """Lines that set the processor back before they return."""
    restored = []
    for line in lines:
        if line.lstrip().startswith("return "):
            restored.append(line.partition("return")[0] + "_nb_restore_denormals(before)")
        restored.append(line)
    return restored


def _indented(lines: Sequence[str]) -> list[str]:
    return ["    " + line for line in lines]
