"""What an experiment is: which task, which model, for how long, what to record, what to draw."""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from bioplaus.errors import UserError
from bioplaus.training.recorded import Recorded

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import Recording, RunReader

__all__ = ["Experiment", "NonFiniteState"]


class NonFiniteState(UserError, FloatingPointError):
    """A state variable is no longer finite; says which, where and when."""

    def __init__(self, variable: str, population: str, time_s: float, count: int) -> None:
        super().__init__(
            f"{variable} of {population!r} is no longer finite ({count} values) at simulated time "
            f"{time_s:.6g} s; a smaller learning rate or time step is the usual cure"
        )
        self.variable = variable
        self.population = population
        self.time_s = time_s


class Experiment(abc.ABC):
    """One experiment, run in segments.

    A subclass defines the class attributes and the abstract methods; ``bioplaus run`` makes an
    instance, calls :meth:`setup`, then :meth:`advance` once for each segment, and :meth:`finish`.
    Between segments the state is kept, so that a killed run goes on to the bit.

    Attributes
    ----------
    Parameters : class attribute
        Frozen dataclass made of :func:`bioplaus.parameters.parameter` fields.
    form : class attribute
        ``network``, ``steady state``, ``batched`` or ``rate reference``.
    quick : class attribute
        What ``--quick`` changes.
    record : class attribute
        What is recorded unless ``--record`` says otherwise.
    parameters, seed, rng
        The values of this run, its seed, and a generator seeded with it.
    tuned
        What was changed since the start, by name.
    """

    Parameters: ClassVar[type[Any]]
    form: ClassVar[str] = "network"
    quick: ClassVar[Mapping[str, Any]] = {}
    record: ClassVar[tuple[Recorded, ...]] = ()

    def __init__(
        self, parameters: Any, seed: int = 1, record: tuple[Recorded, ...] | None = None
    ) -> None:
        import numpy as np

        self.parameters = parameters
        self.seed = seed
        self.rng = np.random.Generator(np.random.PCG64(seed))
        self.recorded = type(self).record if record is None else record
        self.segment = 0
        self.tuned: dict[str, Any] = {}
        self.on_progress: Callable[[float], None] = lambda fraction: None
        self.on_recording_estimate: Callable[[float], None] = lambda size: None
        self._recording: Recording | None = None

    @abc.abstractmethod
    def setup(self) -> None:
        """Build task and model, and check everything that can be checked before a long run."""

    def prepare_recording(self) -> None:  # noqa: B027  (forms without monitors need nothing)
        """Check what is to be recorded, after :meth:`setup`."""

    @abc.abstractmethod
    def segments(self) -> int:
        """How many segments the run has."""

    @abc.abstractmethod
    def advance(self, segment: int) -> Mapping[str, float]:
        """Run one segment; returns its metrics, with the same names every time."""

    def finish(self) -> Mapping[str, float]:
        """Final figures, computed once, after the last segment (``test_error`` among them)."""
        return {}

    @abc.abstractmethod
    def state(self) -> Mapping[str, Any]:
        """Everything needed to go on to the bit, as nested dicts of arrays, numbers and text."""

    @abc.abstractmethod
    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a state that :meth:`state` gave; called after :meth:`setup`."""

    def figures(self, run: RunReader) -> Iterator[tuple[str, Figure]]:
        """File stem and figure, drawn from the record alone."""
        return iter(())

    def evaluate(self, dataset: str, part: str) -> Mapping[str, float]:
        """Test the present weights on other data."""
        raise NotImplementedError("this experiment cannot be evaluated on other data")

    def tune(self, name: str, value: Any) -> None:
        """Take a new value of a tunable parameter, between segments."""
        raise NotImplementedError(f"this experiment does not change {name} while it runs")

    def backend_report(self) -> dict[str, Any]:
        """What was compiled and what was not, for ``environment.json``."""
        return {}

    def plastic_weights(self) -> Mapping[str, tuple[Any, str]]:
        """Plastic projections as they are now: name to (matrix (pre, post), its unit)."""
        return {}

    def firing_ceilings(self) -> Mapping[str, tuple[int, float]]:
        """Populations of spiking cells: name to (neurons, shortest interval of spikes [s])."""
        return {}

    @property
    def epoch(self) -> float:
        """How many epochs (or segments, where there are no epochs) are done."""
        return float(self.segment + 1)

    @property
    def simulated_time(self) -> float:
        """Simulated time so far [s]; 0 for forms without time."""
        return 0.0

    def progress(self, fraction: float) -> None:
        """Say, within :meth:`advance`, that a fraction of the segment is done."""
        self.on_progress(fraction)

    def stop_if_not_finite(self, variables: Mapping[str, Any]) -> None:
        """Check arrays named ``"<variable> <population>"``.

        Raises
        ------
        NonFiniteState
            For the first that holds a value that is not finite.
        """
        import numpy as np

        for name, values in variables.items():
            wrong = int(np.size(values) - np.count_nonzero(np.isfinite(values)))
            if wrong:
                variable, _, population = name.partition(" ")
                raise NonFiniteState(variable, population, self.simulated_time, wrong)

    def put_recording(
        self,
        spikes: Mapping[str, tuple[Any, Any]] | None = None,
        traces: Mapping[tuple[str, str], tuple[Any, Any, str]] | None = None,
    ) -> None:
        """Add to the recording of this segment.

        spikes : population to (t (spikes,) [s], i (spikes,)); traces : (population, variable) to
        (t (times,) [s], value (cells, times), unit).
        """
        import numpy as np

        from bioplaus.records import Recording
        from bioplaus.records.recording import TraceRecord

        if self._recording is None:
            self._recording = Recording()
        for population, (t, i) in (spikes or {}).items():
            self._recording.spikes[population] = (np.asarray(t, float), np.asarray(i, np.int64))
        for key, (t, value, unit) in (traces or {}).items():
            values = np.atleast_2d(np.asarray(value, float))
            self._recording.traces[key] = TraceRecord(
                np.asarray(t, float), values, unit, np.arange(len(values))
            )

    def put_presentations(self, start: Any, stop: Any, label: Any = -1) -> None:
        """Add to this segment's recording when which stimulus is shown.

        start, stop : (presentations,) [s]; label : (presentations,) class of each, or -1.
        """
        import numpy as np

        from bioplaus.records import Presentations, Recording

        if self._recording is None:
            self._recording = Recording()
        begins = np.asarray(start, float)
        labels = np.broadcast_to(np.asarray(label, np.int64), begins.shape)
        shown = Presentations(begins, np.asarray(stop, float), labels)
        before = self._recording.presentations
        joined = shown if before is None else Presentations.joined([before, shown])
        self._recording.presentations = joined

    def take_recording(self) -> Recording | None:
        """What has been recorded since the last call."""
        recording, self._recording = self._recording, None
        return recording
