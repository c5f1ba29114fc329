"""The runtime device with the target ``numba``.

The class of Brian2's one runtime device is replaced, so that the arrays and random buffers that
belong to it stay what they are.  For every other target each method does what it did before.
"""

from __future__ import annotations

import sys
import weakref
from collections import ChainMap
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
from brian2.codegen.runtime.numpy_rt import NumpyCodeObject
from brian2.core.functions import Function, FunctionImplementationContainer
from brian2.core.namespace import get_local_namespace
from brian2.core.network import Network
from brian2.core.preferences import prefs
from brian2.devices.device import RuntimeDevice, all_devices
from brian2.synapses.synapses import Synapses
from brian2.units.allunits import second

from ..cache import register
from ..functions.translation import UnsupportedFunctionError
from ..rewrites.drawn_ahead import Drawn, sources
from . import numpy_stream
from .codeobject import NumbaCodeObject, PushSpikes
from .connect import connect
from .indices import IndexArray
from .overflow import checked
from .queue import EventQueue
from .watching import WatchedArray, watch

__all__ = ["NumbaDevice", "install"]


class NumbaDevice(RuntimeDevice):
    """Brian2's runtime device; networks of the target ``numba`` run through `run_fused`."""

    _generator: np.random.Generator | None = None
    _seen: Any = None
    _began: Any = None
    #: Runs a network whose target is ``numba`` as one loop; False where it is not to be fused.
    run_fused: ClassVar[Callable[..., bool]]
    #: Whether the present run goes object by object.
    one_by_one = False
    #: What sources of random events have drawn ahead, by their places in the network.
    drawn: dict[str, Drawn]
    #: The places of the objects of the network that is prepared, by name.
    sources: Mapping[str, str] = MappingProxyType({})

    def code_object(
        self,
        owner: Any,
        name: str,
        abstract_code: dict[str, str],
        variables: dict[str, Any],
        template_name: str,
        variable_indices: dict[str, str],
        codeobj_class: Any = None,
        template_kwds: dict[str, Any] | None = None,
        override_conditional_write: Any = None,
        compiler_kwds: dict[str, Any] | None = None,
    ) -> Any:
        """Make a code object; where Numba cannot serve, one of NumPy that says why."""
        codeobj_class = self.code_object_class(codeobj_class)
        arguments = (owner, name, abstract_code, variables, template_name, variable_indices)
        options: dict[str, Any] = {
            "codeobj_class": codeobj_class,
            "template_kwds": template_kwds,
            "override_conditional_write": override_conditional_write,
            "compiler_kwds": compiler_kwds,
        }
        given = dict(options)
        if codeobj_class is not NumbaCodeObject:
            return super().code_object(*arguments, **options)
        if template_name not in NumbaCodeObject.kernel_templates:
            reason = f"the template '{template_name}' runs outside the time loop"
            return self._numpy_code_object(arguments, options, reason)
        pathway = (template_kwds or {}).get("pathway")
        if pathway is not None:
            pathway = pathway.__repr__.__self__  # when it is made again it is behind a proxy
            _adopt_queue(pathway)
            pathway.initialise_queue()
            delivery = {
                "delivery": pathway.queue.delivery,
                "rows_in_order": pathway.queue.rows_in_order,
            }
            options["template_kwds"] = {**(template_kwds or {}), **delivery}
            # A plan, which has the code object, must not keep the pathway alive.
            weak = {"pathway": weakref.proxy(pathway)}
            given["template_kwds"] = {**(template_kwds or {}), **weak}
        if template_name == "summed_variable":
            given_sum = dict(template_kwds or {})
            target = given_sum["_target_var"]
            title = next(name for name, known in variables.items() if known is target)
            fits = checked(title, target.dtype, "_nb_place", value="_nb_sum")
            options["template_kwds"] = {**given_sum, "sum_fits": "\n".join(fits)}
        options["compiler_kwds"] = {}
        if template_name == "statemonitor":
            # Brian2 may take them from a set, whose order is another one in every process.
            lines = {key: sorted(code.splitlines()) for key, code in abstract_code.items()}
            abstract_code = {key: "\n".join(code) for key, code in lines.items()}
            arguments = (*arguments[:2], abstract_code, *arguments[3:])
        try:
            code_object = super().code_object(*arguments, **options)
        except UnsupportedFunctionError as problem:
            return self._numpy_code_object(arguments, options, str(problem))
        statements = "\n".join(code.strip() for code in abstract_code.values())
        code_object.origin = f"'{name.rstrip('*')}', whose statements are:\n{statements}"
        owner_name = name.removesuffix("_codeobject*")
        code_object.source = self.sources.get(owner_name, owner_name)
        code_object.again = partial(self.code_object, code_object.owner, *arguments[1:], **given)
        code_object.statements = str(code_object.code)
        if code_object.statements in NumbaCodeObject.uncompilable:
            reason = NumbaCodeObject.uncompilable[code_object.statements]
            return self._numpy_code_object(arguments, options, reason)
        code_object.prepare(pathway)
        return code_object

    def _numpy_code_object(self, arguments: Any, options: dict[str, Any], reason: str) -> Any:
        for variable in arguments[3].values():
            if isinstance(variable, Function):
                _python_implementation(variable)
        pushes = arguments[4] == "synapses_push_spikes"
        options = {**options, "codeobj_class": PushSpikes if pushes else NumpyCodeObject}
        code_object = super().code_object(*arguments, **options)
        code_object.engine_reason = reason
        return code_object

    def spike_queue(self, source_start: int, source_end: int) -> Any:
        """A queue that compiled code can reach, if that is the target."""
        if self.code_object_class() is NumbaCodeObject:
            return EventQueue(source_start, source_end)
        return super().spike_queue(source_start, source_end)

    def synapses_connect(
        self,
        synapses: Any,
        condition: Any = None,
        i: Any = None,
        j: Any = None,
        p: Any = 1.0,
        n: Any = 1,
        skip_if_invalid: bool = False,
        namespace: Any = None,
        level: int = 0,
    ) -> None:
        """Create synapses, many at a time where they can be."""
        ours = prefs["codegen.target"] == "numba" and not (skip_if_invalid and i is not None)
        if ours and connect(synapses, i, j, condition, p, n, self.arrays):
            return
        if namespace is None:
            namespace = get_local_namespace(level=level + 2)
        options = {"skip_if_invalid": skip_if_invalid, "namespace": namespace, "level": level + 1}
        Synapses.connect.original_function(synapses, condition, i, j, p, n, **options)

    def random_generator(self) -> np.random.Generator:
        """The generator of compiled code."""
        if self._generator is None:
            words = numpy_stream.first_words(4)
            self._generator = np.random.Generator(np.random.PCG64(words))
        return self._generator

    def begin_run(self) -> None:
        """Seed the generator anew if NumPy's global one was seeded or moved on since the last run.

        In this way ``numpy.random.seed`` and Brian2's ``seed`` both decide what follows, and runs
        that come directly after each other continue one stream.
        """
        if numpy_stream.state() != self._seen:
            self._forget()
        self._began = numpy_stream.position(self.random_generator().bit_generator)

    def end_run(self) -> None:
        """Remember where NumPy's global generator stands."""
        if numpy_stream.position(self.random_generator().bit_generator) != self._began:
            numpy_stream.mark()
        self._seen = numpy_stream.state()

    def seed(self, seed: int | None = None) -> None:
        """Seed all random numbers that follow."""
        super().seed(seed)
        self._forget()

    def _forget(self) -> None:
        """Take the random numbers of compiled code from NumPy's global generator anew."""
        self._generator = None
        for drawn in self.drawn.values():
            drawn.forget()

    def get_random_state(self) -> dict[str, Any]:
        """The state of NumPy's global generator and of compiled code's."""
        state: dict[str, Any] = super().get_random_state()
        if self._generator is not None:
            drawn = {name: known.state() for name, known in self.drawn.items()}
            state["bioplaus_engine"] = (self._generator.bit_generator.state, self._seen, drawn)
        return state

    def set_random_state(self, state: dict[str, Any]) -> None:
        """Go back to a state; one that Brian2 itself has stored seeds compiled code from it."""
        super().set_random_state(state)
        self._forget()
        if "bioplaus_engine" in state:
            generator_state, self._seen, drawn = state["bioplaus_engine"]
            self.drawn |= {name: Drawn.of_state(known) for name, known in drawn.items()}
            bits = np.random.PCG64()
            bits.state = generator_state
            self._generator = np.random.Generator(bits)

    def network_run(
        self,
        network: Network,
        duration: Any,
        report: Any = None,
        report_period: Any = 10 * second,
        namespace: Any = None,
        profile: bool | None = None,
        level: int = 0,
    ) -> None:
        """Run a network, fused where the target is ``numba``."""
        if namespace is None:
            caller = sys._getframe(level + 2)
            namespace = ChainMap(caller.f_locals, caller.f_globals)
        if profile is None:
            profile = self.build_options.get("profile", False)
        options = {"report": report, "report_period": report_period, "namespace": namespace}
        if prefs["codegen.target"] != "numba":
            Network.run.original_function(network, duration, profile=profile, **options)
            return
        self.begin_run()
        if profile or not self.run_fused(self, network, duration, **options):
            self.one_by_one = True
            self.sources = sources(network.sorted_objects)
            try:
                Network.run.original_function(network, duration, profile=profile, **options)
            finally:
                self.one_by_one = False
        self.end_run()

    def add_array(self, var: Any) -> None:
        """Make the array of a variable."""
        super().add_array(var)
        watch(self.arrays, var)

    def borrowed(self, variable: Any) -> Any:
        """The array of a variable for compiled code, which is not noted as handed out."""
        array = self.arrays[variable]
        if isinstance(array, np.ndarray):
            return array
        return array.own if isinstance(array, (WatchedArray, IndexArray)) else array.data


def _adopt_queue(pathway: Any) -> None:
    """Replace the queue of a pathway that was made for another target."""
    if not isinstance(pathway.queue, EventQueue):
        queue = EventQueue(pathway.source.start, pathway.source.stop)
        queue._restore_from_full_state(pathway.queue._full_state())
        pathway.queue = queue
        pathway.variables._variables["_queue"] = queue


def _python_implementation(function: Function) -> None:
    """Give a plain Python function the implementation that Brian2 gives it for NumPy."""
    if NumpyCodeObject not in function.implementations:
        function.implementations.add_numpy_implementation(function.pyfunc)


def install(run_fused: Callable[..., bool]) -> None:
    """Make the target available: called once, by the import of the package.

    run_fused : see `NumbaDevice`, which it is given before its other arguments.
    """
    NumbaDevice.run_fused = staticmethod(run_fused)
    all_devices["runtime"].__class__ = NumbaDevice
    all_devices["runtime"].drawn = {}
    for variable in list(all_devices["runtime"].arrays):
        watch(all_devices["runtime"].arrays, variable)
    register()
    lookup = FunctionImplementationContainer.__getitem__

    def with_python_functions(container: Any, key: Any) -> Any:
        try:
            return lookup(container, key)
        except KeyError:
            # Brian2 accepts plain Python functions for NumPy only; this target runs them too.
            if key is not NumbaCodeObject or prefs["codegen.target"] != "numba":
                raise
            container.add_numpy_implementation(container._function.pyfunc)
            return lookup(container, key)

    FunctionImplementationContainer.__getitem__ = with_python_functions
