"""Code objects of the target ``numba``: one kernel each, run alone or as part of a network."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property, partial
from operator import getitem
from types import FunctionType
from typing import Any, ClassVar

import numpy as np
from brian2.codegen.codeobject import constant_or_scalar
from brian2.codegen.runtime.numpy_rt import NumpyCodeObject
from brian2.codegen.targets import codegen_targets
from brian2.core.variables import ArrayVariable, Constant
from brian2.utils.stringtools import get_identifiers

from ..functions.translation import translate
from ..machine.settings import preference
from ..program.compilation import while_compiling
from ..program.kernel import (
    Argument,
    ArrayArgument,
    GeneratorArgument,
    Kernel,
    Number,
    ValueArgument,
    of_user,
    without_builtins,
)
from ..program.loop import Loop
from ..program.module import BUFFER_FULL
from ..program.program import CompilationError, Program
from ..program.step import Step
from ..rewrites import rewritten
from ..rewrites.nan_check import raise_if_invalid
from .generator import NumbaCodeGenerator, translated
from .overflow import FAULT, raise_if_overflown
from .queue import EventQueue, form_of
from .recording import RecordBuffer
from .rendering import single_precision

__all__ = ["NumbaCodeObject", "PushSpikes"]


class NumbaCodeObject(NumpyCodeObject):
    """Runs its block ``run`` as compiled code; what happens before and after a run is Python."""

    templater = NumpyCodeObject.templater.derive(
        "bioplaus.engine.brian", env_globals={"constant_or_scalar": constant_or_scalar}
    )
    generator_class = NumbaCodeGenerator
    class_name = "numba"

    #: Templates that become kernels; the others run outside the time loop and stay with NumPy.
    kernel_templates = frozenset(
        {
            "ratemonitor",
            "reset",
            "spatialstateupdate",
            "spikegenerator",
            "spikemonitor",
            "statemonitor",
            "stateupdate",
            "summed_variable",
            "synapses",
            "threshold",
        }
    )

    kernel: Kernel
    loop: Loop
    #: Name of the object and its statements, for errors.
    origin: str = ""
    #: Its place in the network, by which what it has drawn ahead is kept (`ahead.sources`).
    source: str = ""
    buffer: RecordBuffer | None = None
    queue: EventQueue | None = None
    #: Makes the code object again, from what Brian2 wrote.
    again: Callable[[], Any]
    #: The statements as they were generated, by which `uncompilable` knows them.
    statements: str = ""

    #: Statements that Numba could not compile, and why; they run in Python.
    uncompilable: ClassVar[dict[str, str]] = {}

    def prepare(self, pathway: Any = None) -> None:
        """Make the kernel from the generated text; pathway: of a code object of ``synapses``."""
        functions = self._functions = translated(self.variables, self.owner)
        self._memory: dict[str, Callable[[], Any]] = {}
        self._faults: dict[str, Any] = {}
        if self.template_name.endswith("monitor"):
            self._attach_buffer()
        if self.template_name == "synapses":
            self._pathway = weakref.proxy(pathway)
            self._attach_queue(pathway)
        called = {
            function.name: function.compiled or function.definitions
            for function in functions.values()
            if function.outside is not None
        }
        self._array_names = {
            self.generator_class.get_array_name(variable): variable
            for variable in self.variables.values()
            if isinstance(variable, ArrayVariable)
        }
        if pathway is not None:
            fired = pathway.source.variables[pathway.eventspace_name]
            self._array_names["_nb_queue_fired"] = fired
        self.loop = Loop.of(
            self.template_name,
            self.code,
            without_builtins,
            resolve=self._resolve,
            arrays=self._array_names,
            functions=called,
        )
        self.kernel = self.loop.kernel()
        self._program: Program | None = None
        self._instead: Any = None
        self._nan_check = bool(preference("nan_check"))

    def _resolve(self, name: str) -> Argument:
        if name == "_nb_generator":
            return GeneratorArgument()
        if name in self._memory:
            source = self.queue if name.startswith("_nb_queue") else self.buffer
            return ArrayArgument((id(source), name), self._memory[name])
        if name.startswith(FAULT):
            fault = self._faults.setdefault(name, np.zeros(1, dtype=np.int64))
            return ArrayArgument((id(self), name), lambda: fault)
        if name in self._array_names:
            variable = self._array_names[name]
            return ArrayArgument(variable, lambda: self.device.borrowed(variable))
        for called, function in self._functions.items():
            if name in function.values:
                return ValueArgument(partial(self._value_of, called, name))
            if name in function.arrays:
                # One key for all code objects that call the same function.
                key = (id(self.variables[called]), list(function.arrays).index(name))
                return ArrayArgument(key, partial(self._array_of, called, name))
        single = isinstance(self._number(name), float) and single_precision(self.variables)
        variable = self.variables[of_user(name)]
        fixed = isinstance(variable, Constant) and not isinstance(variable.value, np.ndarray)
        object_of = partial(getitem, self.variables, of_user(name)) if fixed else None
        return ValueArgument(lambda: self._number(name), single, object_of)

    def translate_again(self, function: str) -> None:
        """Take over another function of the same kind under the name of the last one."""
        self._functions[function] = translate(function, self.variables[function], self.owner)

    def _value_of(self, function: str, name: str) -> Number:
        return self._functions[function].values[name]()

    def _array_of(self, function: str, name: str) -> Any:
        return self._functions[function].arrays[name]()

    def _number(self, name: str) -> Number:
        value = self.variables[of_user(name)].get_value()
        plain = type(value) in (float, int)
        return value if plain or not isinstance(value, (np.ndarray, np.generic)) else value.item()

    def _attach_buffer(self) -> None:
        monitor, least = self.owner, 1
        widths: dict[str, int] = {}
        if self.template_name == "spikemonitor":
            names = sorted(monitor.record_variables)
            least = int(self.variables["_source_stop"].get_value())
        elif self.template_name == "statemonitor":
            names = ["t", *monitor.recorded_variables]
            widths = dict.fromkeys(monitor.recorded_variables, monitor.n_indices)
        else:
            names = ["t", "rate"]
        fields = {name: monitor.variables[name] for name in names}
        buffer = RecordBuffer(monitor, fields, {n: widths.get(n, 1) for n in names}, least)
        self.buffer = buffer
        self._memory["_nb_buffer_rows"] = lambda: buffer.rows
        self._memory["_nb_buffer_capacity"] = lambda: buffer.capacity
        for name in names:
            self._memory[f"_nb_buffer_{name}"] = partial(buffer.data.get, name)

    def _attach_queue(self, pathway: Any) -> None:
        queue = self.queue = pathway.queue
        self._form = form_of(queue)
        self._memory = {
            "_nb_queue_first_source": lambda: queue.first_source,
            "_nb_queue_sources": lambda: queue.sources,
            "_nb_queue_row_start": lambda: queue.row_start,
            "_nb_queue_rows": lambda: queue.rows,
            "_nb_queue_delay": lambda: queue.delays,
            "_nb_queue_offset": lambda: queue.offset,
            "_nb_queue_ends": lambda: queue.ends,
            "_nb_queue_firsts": lambda: queue.firsts,
            "_nb_queue_following": lambda: queue.following,
            "_nb_queue_free": lambda: queue.free,
            "_nb_queue_events": lambda: queue.events,
            "_nb_queue_wanted": lambda: queue.wanted,
        }

    def array_name(self, variable: Any) -> str:
        """What the array of a variable is called in the text."""
        return str(self.generator_class.get_array_name(variable))

    def step(self, owner: Any, clock: Any, switchable: bool = False) -> Step:
        """What it is in the step of a network; see `Step`."""
        return Step(
            self.kernel,
            self.loop,
            owner,
            clock,
            self,
            begin=(self.begin_run,) * bool(self._faults),
            grow=self.grow,
            switchable=switchable,
            origin=self.origin,
        )

    @property
    def reads_numbers(self) -> bool:
        """Whether functions of the user's read numbers, which Python may change during a run."""
        return any(function.trailing for function in self._functions.values())

    @property
    def reads_outside(self) -> bool:
        """Whether a function of the user's stands in it, which may come to read other things."""
        return any(function.outside is not None for function in self._functions.values())

    @property
    def may_change(self) -> bool:
        """Whether Python may bring it about, during a run, that it does not hold any more."""
        return self.reads_outside or self.queue is not None

    def holds(self) -> bool:
        """Whether its functions would be translated in the same way now, and spikes queued so."""
        if self.queue is not None and form_of(self.queue) != self._form:
            return False
        outside = [function.outside for function in self._functions.values()]
        return all(reads is None or reads.holds() for reads in outside)

    def begin_run(self) -> None:
        """No number has left its range yet; called before every run."""
        for fault in self._faults.values():
            fault[0] = 0

    def grow(self) -> None:
        """Make room where the kernel found none, or say which number does not fit."""
        raise_if_overflown(self, self._faults)
        if self.buffer is not None:
            self.buffer.flush()
        if self.queue is not None:
            self.queue.grow()

    def flush(self) -> None:
        """Hand over what has been recorded so far."""
        if self.buffer is not None:
            self.buffer.flush()

    def compile_block(self, block: str) -> Any:
        """Compile the Python of the blocks around a run; the block of the run is a kernel."""
        code = None if block == "run" else super().compile_block(block)
        # A function: there is one at every end of a run, and to execute text is an event of
        # `sys.audit`, for which whoever listens pays.
        return FunctionType(code, self.namespace) if code and block == "after_run" else code

    def after_run(self) -> None:
        """Do what the template says of the end of a run."""
        if end := self.compiled_code["after_run"]:
            end()

    @cached_property
    def _in_blocks(self) -> dict[str, str]:
        """The variables that the blocks around a run name, and what these call them."""
        named = get_identifiers(f"{self.code.before_run}\n{self.code.after_run}")
        called = {
            name: self.generator_class.get_array_name(variable)
            if isinstance(variable, ArrayVariable)
            else name
            for name, variable in self.variables.items()
            if hasattr(variable, "get_value")
        }
        return {name: call for name, call in called.items() if call in named}

    def variables_to_namespace(self) -> None:
        """Fill the namespace of the blocks around a run with what they name, and nothing else."""
        self.nonconstant_values: list[Any] = []
        for name, called in self._in_blocks.items():
            self.namespace[called] = self.variables[name].get_value()

    def before_run(self) -> None:
        """Get ready; where objects run one by one, compile, which is no part of the run."""
        super().before_run()
        if self.device.one_by_one and self._program is None:
            with while_compiling(), suppress(CompilationError):  # again when its turn has come
                self._program = self._alone()
                self._program.compile(self.device.random_generator())

    def _alone(self) -> Program:
        steps = rewritten([self.step(self.owner, None)], alone=True)
        for begin in (begin for step in steps for begin in step.begin):
            begin()
        program = Program(steps)
        program.refresh()
        return program

    def run(self) -> None:
        """Run the kernel once: the way of networks that are not fused."""
        if self._instead is None and self.holds():
            try:
                self._run_kernel()
            except CompilationError as problem:
                self.uncompilable[self.statements] = problem.reason
            else:
                return
        if self._instead is None:
            self._instead = self.again()
            self._instead.before_run()
        if self.queue is not None and not isinstance(self._instead, NumbaCodeObject):
            self._pathway.push_spikes()
        self._instead()

    def _run_kernel(self) -> None:
        if self._program is None:
            self._program = self._alone()
        else:
            self._program.refresh()  # what Python did since may have moved any array
        while self._program.enter(self.device.random_generator()) == BUFFER_FULL:
            self.grow()
            self._program.refresh()
        self.flush()
        if self._nan_check:
            clock = getattr(self.owner, "clock", None)
            raise_if_invalid(self.kernel, clock.t_ if clock is not None else math.nan)


class PushSpikes(NumpyCodeObject):
    """Queues the spikes of a pathway, unless its kernel, which does so itself, is compiled."""

    class_name = None

    def run(self) -> None:
        """Push what fired in this step."""
        if not isinstance(self.owner.codeobj, NumbaCodeObject):
            self.owner.push_spikes()


codegen_targets.add(NumbaCodeObject)
