"""One model of a run: what is recorded of it, what is shown to it, and its state."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from brian2 import Clock, SpikeMonitor, StateMonitor, Synapses, prefs, second
from brian2.core.variables import ArrayVariable
from numpy.typing import NDArray

from bioplaus.neurons.counting import forget_responses
from bioplaus.parameters import ParameterError, unknown_name
from bioplaus.quantity import to_quantity
from bioplaus.runs.finite import check_finite
from bioplaus.runs.inspection import plastic_weights, recording_growth, shortest_intervals
from bioplaus.runs.pages.presenting import namespace
from bioplaus.runs.recorded import Recorded, Spikes, Trace
from bioplaus.runs.thresholds import level_to_fire
from bioplaus.units import unit_of

if TYPE_CHECKING:
    from bioplaus.records import Recording
    from bioplaus.tasks import Schedule

__all__ = ["Simulated"]

_SNAPSHOT = "bioplaus"
_RANDOM = "_random_generator_state"


class Simulated:
    """A model whose network runs.

    model : has ``network`` and ``populations`` (name to group).  Every object and clock of the
    network should have a name of its own, because a state is kept by names, and those that Brian2
    finds depend on what else lives in the process.
    """

    def __init__(self, model: Any) -> None:
        self.model, self.network = model, model.network
        self._monitors: dict[Recorded, Any] = {}
        self._last: float | None = None
        self._shown: dict[Any, Any] = {}
        self._told_of_fallbacks = False

    @property
    def time(self) -> float:
        """Simulated time so far [s]."""
        return float(np.asarray(self.network.t_))  # while it runs, a view of its clock

    # Recording

    def record(self, items: tuple[Recorded, ...], last: Any, asked: bool) -> None:
        """Add a monitor to the network for each item.

        last : how much of the end of every schedule is recorded (text with unit); None for all;
        asked : whether items are those of ``--record``, which names cells that there are; a page's
        are of as many cells as its settings give.

        Raises
        ------
        ParameterError
            For a population or a variable that does not exist, with the nearest that does, and
            for more cells than there are.
        """
        self._last = None if last is None else float(to_quantity(last))
        for item in items:
            populations = self.model.populations
            if item.population not in populations:
                raise ParameterError(unknown_name("population", item.population, list(populations)))
            group, name = populations[item.population], f"record_{item.population}"
            if isinstance(item, Spikes):
                monitor = SpikeMonitor(group, name=f"{name}_spikes")
            elif item.variable not in group.variables:
                known = [each for each in group.variables if not each.startswith("_")]
                raise ParameterError(unknown_name("variable to record", item.variable, known))
            elif asked and item.cells > max(len(group), Trace.cells):
                raise ParameterError(
                    f"--record {item.population}.{item.variable}:{item.cells} asks for more cells "
                    f"than {item.population} has: {len(group)}"
                )
            else:
                name = f"{name}_{item.variable}"
                clock = Clock(to_quantity(item.every), name=f"{name}_clock")
                cells = np.arange(min(item.cells, len(group)))
                monitor = StateMonitor(group, item.variable, record=cells, clock=clock, name=name)
            monitor.active = False
            self._monitors[item] = monitor
            self.network.add(monitor)

    def growth(self, seconds: float) -> float:
        """Bytes by which a recording grows when so long a schedule is shown, about."""
        recorded = seconds if self._last is None else min(self._last, seconds)
        return recording_growth(list(self._monitors), self.model.populations) * recorded

    def collect(self, recording: Recording) -> None:
        """Move what the monitors hold to the end of a recording, and empty them."""
        for item, monitor in self._monitors.items():
            if isinstance(item, Spikes):
                recording.add_spikes(item.population, np.array(monitor.t_), np.array(monitor.i))
            else:
                values = np.array(getattr(monitor, f"{item.variable}_"))
                unit = unit_of(monitor.source.variables[item.variable])
                key = (item.population, item.variable)
                level = level_to_fire(monitor.source, item.variable)
                recording.add_trace(key, np.array(monitor.t_), values, unit, level)
            forget_responses(monitor)

    # Simulating

    def present(
        self, schedule: Schedule, record: bool, progress: Callable[[float], None]
    ) -> tuple[NDArray[np.float64], float]:
        """Run what a schedule shows; see :meth:`bioplaus.runs.pages.run.Run.present`.

        Returns
        -------
        what was shown, and from which time on it was recorded [s].
        """
        onset, whole = self.network.t, schedule.duration * second
        names = namespace(schedule, onset, self._shown)
        heard = whole if self._last is None else min(self._last * second, whole)
        silent = whole - heard if record else whole
        self._run(silent, names, False, lambda share: progress(share * float(silent / whole)))
        rest = whole - silent
        behind = float(silent / whole)
        self._run(rest, names, True, lambda share: progress(behind + share * float(rest / whole)))
        shown = schedule.shown + np.array([float(onset), float(onset), 0])
        return shown, float(onset + silent)

    def _run(
        self,
        length: Any,
        names: Mapping[str, Any],
        recorded: bool,
        progress: Callable[[float], None],
    ) -> None:
        """Simulate, if it is for any time at all.

        Raises
        ------
        NonFiniteState
            When a state variable is no longer finite.
        KeyboardInterrupt
            On Ctrl-C, also where Brian2 would end the run early without an error.
        """
        if length <= 0 * second:
            return
        for monitor in self._monitors.values():
            monitor.active = recorded
        target = self.network.t + length

        def report(elapsed: Any, complete: float, start: Any, whole: Any) -> None:
            self._stop_if_not_finite()
            progress(float(complete))

        self.network.run(length, report=report, report_period=1 * second, namespace=dict(names))
        if self.network.t < target - 1e-9 * second:  # Brian2 ends a run early on Ctrl-C
            raise KeyboardInterrupt
        self._stop_if_not_finite()

    def _stop_if_not_finite(self) -> None:
        # Weights first: where they diverge, everything that they drive follows at once.
        groups = self.network.sorted_objects
        for group in sorted(groups, key=lambda group: not isinstance(group, Synapses)):
            check_finite(_floating_state(group), self.time)

    # What the watch and the viewer look at

    def plastic_weights(self) -> dict[str, tuple[Any, str]]:
        """The variable ``w`` of every projection with a rule that changes it, and its unit."""
        return plastic_weights(self.network)

    def firing_ceilings(self) -> dict[str, tuple[int, float]]:
        """Populations with a threshold: how many cells, and how soon they can fire again [s]."""
        return shortest_intervals(self.model.populations)

    def backend_report(self) -> dict[str, Any]:
        """Whether the engine ran the network as one compiled loop, and what it left to Python."""
        if prefs.codegen.target != "numba":
            return {}
        from bioplaus import engine

        found = engine.fallbacks(self.network)
        if found and not self._told_of_fallbacks:
            self._told_of_fallbacks = True
            parts = "; ".join(f"{name}: {reason}" for name, reason in found)
            warnings.warn(f"not everything runs compiled ({parts})", RuntimeWarning, stacklevel=2)
        return {"fused": found is not None, "in_python": dict(found or [])}

    # State

    def state(self) -> dict[str, Any]:
        """The whole network: variables, pending spikes, clocks; random generators are apart."""
        self.network.store(_SNAPSHOT)
        state = self.network._stored_state.pop(_SNAPSHOT)
        del state[_RANDOM]
        ordered: dict[str, Any] = _sorted(state)  # Brian2 goes through sets of objects
        return ordered

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take the whole network's state up again."""
        self.network._stored_state[_SNAPSHOT] = dict(state)
        self.network.restore(_SNAPSHOT)
        del self.network._stored_state[_SNAPSHOT]


def _sorted(state: Any) -> Any:
    """Nested dictionaries in the order of their names."""
    if not isinstance(state, dict):
        return state
    return {name: _sorted(state[name]) for name in sorted(state)}


def _floating_state(group: Any) -> Iterator[tuple[str, str, NDArray[Any]]]:
    """The floating-point arrays that a group owns and its equations may change."""
    for variable in getattr(group, "variables", {}).values():
        if not isinstance(variable, ArrayVariable) or variable.owner.name != group.name:
            continue
        if variable.read_only or variable.name == "lastspike":  # -inf stands for "never"
            continue
        values = variable.get_value()
        if np.issubdtype(values.dtype, np.floating):
            yield variable.name, group.name, values
