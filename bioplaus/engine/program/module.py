"""The text of a program: a module with its kernels, and one function with the loop over steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from brian2.core.clocks import Clock

from ..machine.settings import preference
from .apart import Apart, Call, View
from .arguments import Arguments
from .kernel import ArrayArgument, Kernel
from .memory import may_overlap
from .step import Split, Step

__all__ = ["BUFFER_FULL", "CHUNK_DONE", "FINISHED", "PYTHON_DUE", "Module"]

CHUNK_DONE, FINISHED, BUFFER_FULL, PYTHON_DUE = range(4)

# Positions in the array of control values.
FIRST, LAST, STEPS, STOP_FOR_PYTHON, ENDS = range(5)

_APART = "no_cpython_wrapper=True, no_cfunc_wrapper=True"
_INLINED = f"forceinline=True, {_APART}"
_SAFE_FASTMATH = ("afn", "arcp", "contract", "nsz", "reassoc")


class Module:
    """Writes the module of a program, for either compiler.

    functions : those of the users' that its text calls, by name; origins : where a function of the
    text comes from, for errors; places : at which positions of a step it is called.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        arguments: Arguments,
        clocks: Sequence[Clock],
    ) -> None:
        self.steps, self.arguments, self.clocks = steps, arguments, clocks
        #: Positions of the clocks that objects in Python run on.
        self.python_clocks = sorted({clocks.index(s.clock) for s in steps if s.kernel is None})
        self.functions: dict[str, Any] = {}
        self.origins: dict[str, str] = {}
        self.places: dict[str, list[int]] = {}
        self.kernels: dict[str, str] = {}
        self.once: dict[str, str] = {}
        self.parts: dict[tuple[str, bool], str] = {}
        self.divided: list[str] = []
        self.before: list[str] = []
        self.overlapping: set[str] = set()
        self.flush = any(step.flushed for step in steps)
        self.options = "error_model='numpy', nogil=True"
        if preference("fastmath"):
            self.options += f", fastmath={{{', '.join(map(repr, _SAFE_FASTMATH))}}}"
        #: Names of arrays that the loop itself uses, beside those that calls of kernels are given.
        self.named: set[str] = set()
        self.clock_names = [self._names_of(clock) for clock in clocks]
        self.calls: dict[int, Call] = {}
        self.calls_of_threads: dict[int, str] = {}
        for position, step in enumerate(steps):
            if step.kernel is not None:
                self.calls[position] = self._call(step, step.kernel, position)
            if step.part is not None:
                self.calls_of_threads[position] = self._divided(step, step.part, position)
        self.definitions = self._definitions()
        self.views = {
            f"_a{n}": View(f"table[{2 * n}]", f"table[{2 * n + 1}]", _numpy_type(array.kind))
            for n, array in enumerate(arguments.arrays.values())
        }

    def text(self) -> str:
        """The whole text, as the direct compiler reads it."""
        return self._text("support", self.views, [], str)

    def text_for_numba(self) -> str:
        """The same with Numba's form of the functions that it calls, and shared kernels apart."""
        apart = Apart(list(self.calls.values()), self.views)
        named = self.named.union(*(call.arguments for call in apart.inlined))
        views = {name: view for name, view in self.views.items() if name in named}
        decorator = f"@njit({self.options}, {_APART})"
        functions = [line for text in apart.functions for line in (decorator, text)]
        return self._text("for_numba", views, functions, apart.written)

    def _text(
        self,
        machine: str,
        views: dict[str, View],
        apart: list[str],
        written: Callable[[Call], str],
    ) -> str:
        loop = self._loop(self._calls(written))
        values = [f"{name} = {element}" for name, element in self.arguments.loads.items()]
        head = [f"from bioplaus.engine.machine.{machine} import *", ""]
        if self.flush:
            loop.insert(0, "before = _nb_flush_denormals()")
        head += self.definitions
        # Inlined, because a call would copy the description of every array that it passes.
        inner = f"{self.options}, {_INLINED}"
        for text, name in [*self.once.items(), *self.kernels.items()]:
            head += ["@_nb_apart"] * (name not in self.overlapping)
            head += ["@_nb_once"] * (text in self.once)
            head += [f"@njit({inner})", f"def {name}(" + text.partition("(")[2], ""]
        head += self.divided + apart
        head += [f"@njit(cache=CACHE, {self.options})"]
        head += ["def run(control, table, floats, integers, generator):"]
        entry = [f"{name} = {view}" for name, view in views.items()] + values
        return "\n".join(head + _indented(entry + self.before + loop)) + "\n"

    def _names_of(self, clock: Clock) -> list[str]:
        """What its step, time and duration of a step are called."""
        variables = [clock.variables[name] for name in ("timestep", "t", "dt")]
        names = [self.arguments.name_of(ArrayArgument(v, v.get_value)) for v in variables]
        self.named.update(names)
        return names

    def _definitions(self) -> list[str]:
        """The user's functions; what is left in ``functions`` are compiled ones."""
        defined = {n: texts for n, texts in self.functions.items() if isinstance(texts, tuple)}
        self.functions = {n: f for n, f in self.functions.items() if n not in defined}
        texts = dict.fromkeys(text for name in defined for text in defined[name])
        return [line for text in texts for line in (f"@njit({self.options}, {_INLINED})", text)]

    def _calls(self, written: Callable[[Call], str]) -> list[str]:
        calls = []
        kernels = [step.kernel for step in self.steps]
        resumable = any(kernel is not None and kernel.resumable for kernel in kernels)
        for position, step in enumerate(self.steps):
            if step.kernel is None:
                continue
            call = written(self.calls[position])
            conditions = []
            if step.switchable:
                conditions.append(f"control[{ENDS + len(self.clocks) + position}] != 0")
            if len(self.clocks) > 1:
                conditions.append(f"due_{self.clocks.index(step.clock)}")
            if resumable or self.python_clocks:
                conditions.append(f"first <= {position}")
            if self.python_clocks:
                conditions.append(f"last > {position}")
            if step.kernel.resumable:
                conditions.append(f"{call} != 0")
                calls.append(f"if {' and '.join(conditions)}:")
                calls += _indented([f"control[{FIRST}] = {position}", *self._leave(BUFFER_FULL)])
            else:
                done = [call]
                if step.part is not None:
                    done.append(self.calls_of_threads[position])
                calls += (
                    [f"if {' and '.join(conditions)}:", *_indented(done)] if conditions else done
                )
        return calls

    def _call(self, step: Step, kernel: Kernel, position: int) -> Call:
        """The call of a kernel; what it needs to be computed once is computed before the loop."""
        origins = self.origins
        arguments = [self.arguments.name_of(argument) for argument in kernel.arguments]
        parts = step.split or Split(kernel.text)
        if parts.once:
            once = self.once.setdefault(parts.once, f"once_{len(self.once)}")
            origins.setdefault(once, step.origin)
            self.places.setdefault(once, []).append(position)
            values = [f"_once_{position}_{number}" for number in range(parts.values)]
            taken = Call(once, tuple(arguments[number] for number in parts.taken))
            self.named.update(taken.arguments)
            self.before.append(f"{', '.join(values)}, = {taken}")
            arguments += values
        name = self.kernels.setdefault(parts.text, f"kernel_{len(self.kernels)}")
        origins.setdefault(name, step.origin)
        self.places.setdefault(name, []).append(position)
        if may_overlap(kernel):
            self.overlapping.add(name)
        self.functions.update(kernel.functions)
        return Call(name, tuple(arguments))

    def _divided(self, step: Step, kernel: Kernel, position: int) -> str:
        """The call of a kernel that threads do together."""
        same = kernel.text, may_overlap(kernel)
        if same not in self.parts:
            name = self.parts[same] = f"part_{len(self.parts)}"
            self.origins[name] = step.origin
            self.divided += self._threads(kernel, name)
        self.places.setdefault(self.parts[same], []).append(position)
        self.functions.update(kernel.functions)
        arguments = [self.arguments.name_of(argument) for argument in kernel.arguments[1:]]
        self.named.update(arguments)
        return str(Call(self.parts[same], tuple(arguments)))

    def _threads(self, kernel: Kernel, name: str) -> list[str]:
        """A function that does one block, and one that gives every thread a block.

        The first two arguments of the kernel are the number of the block and that of all blocks.
        """
        head, *body = kernel.text.splitlines()
        arguments = [f"_nb_x{number}" for number in range(len(kernel.arguments))]
        if self.flush:
            # Every thread has a control register of its own.
            restore = "    _nb_restore_denormals(before)"
            body = ["    before = _nb_flush_denormals()", *body, restore]
        return [
            *["@_nb_apart"] * (not may_overlap(kernel)),
            f"@njit({self.options})",
            head.replace("kernel", f"block_of_{name}"),
            *body,
            "",
            f"@njit(parallel=True, {self.options})",
            f"def {name}({', '.join(arguments[1:])}):",
            f"    for {arguments[0]} in prange({arguments[1]}):",
            f"        block_of_{name}({', '.join(arguments)})",
            "",
        ]

    def _leave(self, status: int) -> list[str]:
        """Return, with the processor as it was."""
        return [*["_nb_restore_denormals(before)"] * self.flush, f"return {status}"]

    def _loop(self, calls: list[str]) -> list[str]:
        clocks = self.clock_names
        begin = [f"first = control[{FIRST}]", f"last = control[{LAST}]"]
        if not clocks:
            return [*begin, *calls, *self._leave(CHUNK_DONE)]
        step = self._which_clocks(clocks)
        if self.python_clocks:
            due = " or ".join(f"due_{clock}" for clock in self.python_clocks)
            turn = f"if control[{STOP_FOR_PYTHON}] != 0 and ({due}):"
            step += [turn, *_indented(self._leave(PYTHON_DUE))]
        step += calls
        if self.python_clocks:
            step += [f"if last < {len(self.steps)}:", *_indented(self._leave(PYTHON_DUE))]
        for number, (timestep, t, dt) in enumerate(clocks):
            tick = [f"{timestep}[0] += 1", f"{t}[0] = {timestep}[0] * {dt}[0]"]
            step += tick if len(clocks) == 1 else [f"if due_{number}:", *_indented(tick)]
        step += ["first = 0", f"control[{FIRST}] = 0", f"control[{STEPS}] -= 1"]
        return [
            *begin,
            f"while control[{STEPS}] > 0:",
            *_indented(step),
            *self._leave(CHUNK_DONE),
        ]

    def _which_clocks(self, clocks: list[list[str]]) -> list[str]:
        """Find the clocks that are due, with the tolerance of Brian2's own network."""
        if len(clocks) == 1:
            lines = [f"if {clocks[0][0]}[0] >= control[{ENDS}]:", *_indented(self._leave(FINISHED))]
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
        lines += [f"if {timestep} >= end:", *_indented(self._leave(FINISHED))]
        for number, clock in enumerate(clocks):
            difference = f"abs({clock[1]}[0] - {now}) / min({dt}, {clock[2]}[0])"
            lines.append(f"due_{number} = {clock[1]}[0] == {now} or {difference} < 1e-4")
        return lines


def _numpy_type(kind: str) -> str:
    return "_nb_np." + ("bool_" if kind == "bool" else kind)


def _indented(lines: Sequence[str]) -> list[str]:
    return ["    " + line for line in lines]
