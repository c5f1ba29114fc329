"""How a network runs: what its objects become in a step, and the program that does it.

The order of objects is Brian2's own; rewrites change it, and what stands in it.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from operator import methodcaller
from typing import Any

from brian2.core.base import BrianObject
from brian2.core.clocks import Clock
from brian2.core.network import Network
from brian2.equations.equations import Equations

from ..brian.codeobject import NumbaCodeObject, PushSpikes
from ..functions.translation import implementations
from ..program.memory import seen_through
from ..program.program import Program
from ..program.step import Step
from ..rewrites import rewritten
from .reentry import Circumstances, is_monitor

__all__ = ["Plan", "last_plan", "plan"]


class Plan:
    """The parts of a step of a network, and the program that does them.

    circumstances : what must be the same in the next run.
    """

    circumstances: Circumstances

    def __init__(
        self, objects: Sequence[BrianObject], steps: list[Step], clocks: list[Clock]
    ) -> None:
        self.steps, self.clocks, self.program = steps, clocks, Program(steps, clocks)
        #: What can be left out, and its place.
        self.switchable = [(n, step.owner) for n, step in enumerate(steps) if step.switchable]
        #: Steps to the first look at the clock in a run.
        self.chunk = 1
        #: Whether anything runs in the compiled loop.
        self.is_fused = any(step.kernel is not None for step in steps)
        #: What was given for the functions in it when it was prepared.
        given = implementations(c for o in objects for c in o.code_objects)
        self._functions = [function for function, _ in given]
        self._implementations = [implementation for _, implementation in given]
        own = [step.code_object for step in steps if step.code_object is not None]
        self._may_change = [c for c in own if c.may_change]
        proxies = [weakref.proxy(thing) for thing in objects]
        self._begin = [begin for step in steps for begin in step.begin]
        self._begin_again: list[Callable[[], None]] = [
            c.before_run
            for proxy in proxies
            for c in proxy.code_objects
            if c.compiled_code["before_run"] and not isinstance(c, PushSpikes)
        ]
        self._begin_again += self._begin
        self._flush = [c.flush for c in own if getattr(c, "buffer", None) is not None]
        self._finish = [step.finish for step in steps if step.finish is not None]
        self._records = list(dict.fromkeys(r for step in steps for r in step.records))
        self._ending = [proxy for proxy in proxies if _has_end(proxy)]
        self._integrating = [
            proxy for proxy in proxies if isinstance(getattr(proxy, "equations", None), Equations)
        ]
        self._integrated = _arrays(
            proxy.variables[name]
            for proxy in self._integrating
            for name in proxy.equations.diff_eq_names
        )

    @property
    def notes(self) -> list[str]:
        """What rewrites have done to the loop as a whole."""
        flushed = any(step.flushed for step in self.steps)
        notes = ["flush_denormals: numbers too small for full precision are zero"] * flushed
        refused = self.program.refused
        return [*notes, f"Numba compiles it: {refused}"] if refused else notes

    def holds(self) -> bool:
        """Whether the functions of the user's in it would be translated in the same way now."""
        return all(map(methodcaller("holds"), self._may_change))

    def holds_before_a_run(self) -> bool:
        """As `holds`, and whether the functions still mean the same to Brian2."""
        given = [function.implementations._implementations for function in self._functions]
        return given == self._implementations and self.holds()

    def begin_run(self, anew: bool) -> None:
        """Do what comes before a run; anew : whether Brian2 has just prepared the code objects."""
        for begin in self._begin if anew else self._begin_again:
            begin()

    def begin_with(self, steps: int) -> None:
        """Let the next run do as many steps before it looks at the clock as this one does now.

        Where there may be records a run looks soon whether it is worthwhile to make them.
        """
        self.chunk = 1 if self._records else steps

    def flush(self) -> None:
        """Hand over what the monitors' buffers hold."""
        for flush in self._flush:
            flush()

    def gather(self, seconds: float, left: float) -> None:
        """Make records of what is visited together, where that pays; see `Records`."""
        found = [r for r in self._records if r.is_worthwhile(seconds, left)]
        for records in found:
            records.gather()
        if found:
            self.program.refresh()

    def scatter(self) -> None:
        """Have all numbers where Python looks for them."""
        scattered = [records for records in self._records if records.scatter()]
        if scattered:
            self.program.refresh()

    def end_loop(self, device: Any) -> None:
        """Do what has been put off to the end of the loop."""
        for finish in self._finish:
            finish(device)

    def check_states(self) -> None:
        """Have Brian2 warn of values that are not numbers or very large."""
        arrays, variables = self._integrated
        values = arrays + [variable.get_value() for variable in variables]
        # One pass; a sum that is not small is no reason yet.
        if not sum([float(v.dot(v)) for v in values]) < _SUSPICIOUS:
            for group in self._integrating:
                group._check_for_invalid_states()

    def end_run(self) -> None:
        """Do what objects do after a run."""
        for thing in self._ending:
            if thing.active:
                thing.after_run()


_SUSPICIOUS = 1e100
"""Sum of squares above which some value may be as large as Brian2 warns of."""


def _arrays(variables: Iterable[Any]) -> tuple[list[Any], list[Any]]:
    """The arrays of those that have one for ever, and the other variables."""
    variables = list(variables)
    stay = [variable.get_value() for variable in variables if not variable.dynamic]
    return stay, [variable for variable in variables if variable.dynamic]


def _has_end(thing: Any) -> bool:
    own = type(thing.__repr__.__self__).after_run is not BrianObject.after_run
    return own or any(c.compiled_code["after_run"] for c in thing.code_objects)


def plan(network: Network) -> Plan:
    """Decide for every active object of a prepared network how it runs."""
    objects = network.sorted_objects
    steps = [
        step
        for thing in objects
        if thing.active or (is_monitor(thing) and thing.code_objects)
        for step in _steps(thing)
    ]
    widened = seen_through(step.kernel for step in steps if step.kernel is not None)
    steps = [
        step if step.kernel is None else replace(step, kernel=widened(step.kernel))
        for step in steps
    ]
    clocks = sorted(network._clocks, key=lambda clock: clock.name)
    return Plan(objects, rewritten(steps), clocks)


def _steps(thing: BrianObject) -> list[Step]:
    proxy = weakref.proxy(thing)
    if type(thing).run is not BrianObject.run:
        return [Step(None, owner=proxy, clock=thing.clock, reason="it is a Python operation")]
    code_objects = [c.__repr__.__self__ for c in thing.code_objects]
    compiled = [c for c in code_objects if isinstance(c, NumbaCodeObject)]
    if len(compiled) == len(code_objects) or _is_pathway(code_objects, compiled):
        return [c.step(proxy, thing.clock, is_monitor(thing)) for c in compiled]
    reasons = [getattr(c, "engine_reason", f"target '{c.class_name}'") for c in code_objects]
    return [Step(None, owner=proxy, clock=thing.clock, reason="; ".join(reasons))]


def _is_pathway(code_objects: Sequence[Any], compiled: Sequence[Any]) -> bool:
    """A pathway's own kernel also pushes the spikes."""
    names = [c.template_name for c in code_objects if c not in compiled]
    return bool(compiled) and names == ["synapses_push_spikes"]


def last_plan(network: Network) -> Plan | None:
    """How the network ran last, None if it has not run fused."""
    return getattr(network, "_engine_plan", None)
