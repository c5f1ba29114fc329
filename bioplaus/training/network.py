"""Experiments on a Brian2 network: running it, recording it, keeping its state."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bioplaus.parameters import ParameterError, to_quantity, unknown_name
from bioplaus.records import Recording
from bioplaus.training.experiment import Experiment, NonFiniteState
from bioplaus.training.recorded import Spikes, Trace

__all__ = ["NetworkExperiment"]

if TYPE_CHECKING:
    from brian2 import Network, StateMonitor

    from bioplaus.tasks import Schedule

_SNAPSHOT = "bioplaus"


class NetworkExperiment(Experiment):
    """An experiment whose model is a Brian2 network.

    :meth:`setup` must set ``network`` (:class:`brian2.Network`) and ``populations`` (name to
    group).  Every object and every clock in the network should be given a name, because a state is
    kept by names, and the names that Brian2 finds depend on what else lives in the process.

    Attributes
    ----------
    record_window : class attribute
        How much of the end of each segment is recorded (text with unit); empty for all of it.
    """

    record_window: ClassVar[str] = ""
    network: Network
    populations: Mapping[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._monitors: dict[Any, Any] | None = None
        self._told_of_fallbacks = False
        self._estimated = False
        self._shown: dict[Any, Any] = {}

    @property
    def simulated_time(self) -> float:
        """Simulated time so far [s]."""
        return float(np.asarray(self.network.t_))  # while it runs, a view of its clock

    def run(self, duration: Any, namespace: Mapping[str, Any]) -> None:
        """Simulate for a while, recording the end of it.

        Raises
        ------
        NonFiniteState
            When a state variable is no longer finite.
        KeyboardInterrupt
            On Ctrl-C, also where Brian2 would end the run early without an error.
        """
        from brian2 import second

        self.prepare_recording()
        window = to_quantity(self.record_window) if self.record_window else duration
        silent = max(duration - window, 0 * second)
        self._estimate_recording(float((duration - silent) / second))
        self._listen(False)
        self._advance(silent, duration, 0.0, namespace)
        self._listen(True)
        self._advance(duration - silent, duration, float(silent / duration), namespace)
        self._collect()

    def present(self, schedule: Schedule) -> NDArray[np.float64]:
        """Run what a schedule shows; returns (presentations, 3) start, stop [s] and label.

        Times are those of the network; the record keeps them.
        """
        from brian2 import second

        from bioplaus.training.presenting import namespace

        began = float(self.network.t_)
        names = namespace(schedule, self.network.t, self._shown)
        self.run(schedule.duration * second, names)
        shown = schedule.shown + np.array([began, began, 0])
        if len(shown):
            self.put_presentations(*shown.T)
        return shown

    def _advance(self, part: Any, whole: Any, behind: float, namespace: Mapping[str, Any]) -> None:
        from brian2 import second

        if part <= 0 * second:
            return
        share = float(part / whole)
        target = self.network.t + part

        def report(elapsed: Any, complete: float, start: Any, length: Any) -> None:
            self._stop_if_state_not_finite()
            self.progress(behind + share * float(complete))

        self.network.run(part, report=report, report_period=1 * second, namespace=dict(namespace))
        if self.network.t < target - 1e-9 * second:  # Brian2 ends a run early on Ctrl-C
            raise KeyboardInterrupt
        self._stop_if_state_not_finite()

    def backend_report(self) -> dict[str, Any]:
        """Whether the engine ran the network as one compiled loop, and what it left to Python."""
        from brian2 import prefs

        if prefs.codegen.target != "numba":
            return {}
        from bioplaus import engine

        found = engine.fallbacks(self.network)
        if found and not self._told_of_fallbacks:
            self._told_of_fallbacks = True
            parts = "; ".join(f"{name}: {reason}" for name, reason in found)
            warnings.warn(f"not everything runs compiled ({parts})", RuntimeWarning, stacklevel=2)
        return {"fused": found is not None, "in_python": dict(found or [])}

    # Recording

    def prepare_recording(self) -> None:
        """Add a monitor to the network for everything that is to be recorded.

        Raises
        ------
        ParameterError
            For a population or a variable that does not exist, with the nearest that does.
        """
        from brian2 import Clock, SpikeMonitor, StateMonitor

        if self._monitors is not None:
            return
        self._monitors = {}
        for item in self.recorded:
            if item.population not in self.populations:
                known = list(self.populations)
                raise ParameterError(unknown_name("population", item.population, known))
            group = self.populations[item.population]
            if isinstance(item, Trace) and item.variable not in group.variables:
                known = [name for name in group.variables if not name.startswith("_")]
                raise ParameterError(unknown_name("variable to record", item.variable, known))
            name = f"record_{item.population}"
            if isinstance(item, Spikes):
                monitor = SpikeMonitor(group, name=f"{name}_spikes")
            else:
                cells = np.arange(min(item.cells, len(group)))
                monitor = StateMonitor(
                    group,
                    item.variable,
                    record=cells,
                    clock=Clock(to_quantity(item.every), name=f"{name}_{item.variable}_clock"),
                    name=f"{name}_{item.variable}",
                )
            self._monitors[item] = monitor
            self.network.add(monitor)

    def _estimate_recording(self, recorded_s: float) -> None:
        """Say, before the first step is simulated, how much a segment like it will record."""
        from bioplaus.training.inspection import recording_growth

        if not self._estimated:
            self._estimated = True
            growth = recording_growth(self.recorded, self.populations)
            self.on_recording_estimate(growth * recorded_s)

    def _listen(self, active: bool) -> None:
        for monitor in (self._monitors or {}).values():
            monitor.active = active

    def _collect(self) -> None:
        """Move what the monitors hold into the segment's recording, and empty them."""
        for item, monitor in (self._monitors or {}).items():
            if isinstance(item, Spikes):
                spikes = {item.population: (np.array(monitor.t_), np.array(monitor.i))}
                self._append(Recording(spikes=spikes))
            else:
                self._append_trace(item, monitor)
            monitor.resize(0)
            monitor.variables["N"].set_value(0)

    def _append(self, recording: Recording) -> None:
        for population, (t, i) in recording.spikes.items():
            if self._recording is not None and population in self._recording.spikes:
                before_t, before_i = self._recording.spikes[population]
                t, i = np.concatenate([before_t, t]), np.concatenate([before_i, i])
            self.put_recording(spikes={population: (t, i)})

    def _append_trace(self, item: Trace, monitor: StateMonitor) -> None:
        from brian2 import get_unit

        key = (item.population, item.variable)
        variable = monitor.source.variables[item.variable]
        t = np.array(monitor.t_)
        value = np.array(getattr(monitor, f"{item.variable}_"))
        if self._recording is not None and key in self._recording.traces:
            before = self._recording.traces[key]
            t = np.concatenate([before.t, t])
            value = np.concatenate([before.value, value], axis=1)
        self.put_recording(traces={key: (t, value, str(get_unit(variable.dim)))})

    # What the watch and the viewer look at

    def plastic_weights(self) -> Mapping[str, tuple[Any, str]]:
        """The variable ``w`` of every projection with a rule that changes it."""
        from bioplaus.training.inspection import plastic_weights

        return plastic_weights(self.network)

    def firing_ceilings(self) -> Mapping[str, tuple[int, float]]:
        """Populations with a threshold: how many cells, and how soon they can fire again."""
        from bioplaus.training.inspection import shortest_intervals

        return shortest_intervals(self.populations)

    # State

    def state(self) -> Mapping[str, Any]:
        """The whole network: variables, pending spikes, clocks, random generators."""
        self.network.store(_SNAPSHOT)
        state = self.network._stored_state.pop(_SNAPSHOT)
        ordered: dict[str, Any] = _sorted(state)  # Brian2 goes through sets of objects
        return ordered

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take the whole network's state up again."""
        self.prepare_recording()
        self.network._stored_state[_SNAPSHOT] = dict(state)
        self.network.restore(_SNAPSHOT, restore_random_state=True)
        del self.network._stored_state[_SNAPSHOT]

    def _stop_if_state_not_finite(self) -> None:
        from brian2 import Synapses

        # Weights first: where they diverge, everything that they drive follows at once.
        groups = self.network.sorted_objects
        for group in sorted(groups, key=lambda group: not isinstance(group, Synapses)):
            for name, values in _floating_state(group):
                wrong = int(values.size - np.count_nonzero(np.isfinite(values)))
                if wrong:
                    raise NonFiniteState(name, group.name, self.simulated_time, wrong)


def _sorted(state: Any) -> Any:
    """Nested dictionaries in the order of their names."""
    if not isinstance(state, dict):
        return state
    return {name: _sorted(state[name]) for name in sorted(state)}


def _floating_state(group: Any) -> Iterator[tuple[str, NDArray[Any]]]:
    """The floating-point arrays that a group owns and its equations may change."""
    from brian2.core.variables import ArrayVariable

    for variable in getattr(group, "variables", {}).values():
        if not isinstance(variable, ArrayVariable) or variable.owner.name != group.name:
            continue
        if variable.read_only or variable.name == "lastspike":  # -inf stands for "never"
            continue
        values = variable.get_value()
        if np.issubdtype(values.dtype, np.floating):
            yield variable.name, values
