"""What is recorded of a run: by its models, and what the page itself adds to a segment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bioplaus.records import Recording
from bioplaus.records.arrays import ArrayRecord

if TYPE_CHECKING:
    from bioplaus.runs.pages.simulated import Simulated

__all__ = ["SegmentRecorder"]


class SegmentRecorder:
    """The recording of the present segment.

    simulated : the models of the run.
    """

    def __init__(self, simulated: list[Simulated]) -> None:
        self.simulated = simulated
        self._recording = Recording()

    def put_spikes(self, population: str, t: Any, i: Any) -> None:
        """Add spikes to the segment's recording: t (spikes,) [s], i (spikes,)."""
        self._recording.add_spikes(population, t, i)

    def put_trace(self, population: str, variable: str, t: Any, value: Any, unit: str) -> None:
        """Add a trace to the segment's recording: t (times,) [s], value (cells, times)."""
        self._recording.add_trace((population, variable), t, value, unit)

    def put(self, name: str, array: Any, unit: str, **axes: Any) -> None:
        """Add an array to the segment's recording, with a name for each dimension, in order.

        An axis is what stands along it, (n,) numbers or texts, or a pair of numbers and their unit:
        ``run.put("hand", path, "m", time=(t, "s"), coordinate=["x", "y"])``.

        Raises
        ------
        ValueError
            For axes that are not those of the array, and a name that the segment has already.
        """
        self._recording.add_array(name, ArrayRecord.of(name, array, unit, axes))

    def put_presentations(self, start: Any, stop: Any, label: Any) -> None:
        """Say when which stimulus was shown, where the page presents it itself [s]."""
        self._recording.add_presentations(np.column_stack([start, stop, label]))

    def put_answers(self, response: Any, learning: bool, label: Any = None) -> None:
        """Say which class was answered in each presentation of the last `present`, -1 for none,
        whether weights changed in it, and which was right, where the network is not told that."""
        self._recording.add_answers(response, learning, label)

    def plastic_weights(self) -> dict[str, tuple[Any, str]]:
        """Plastic projections as they are now: name to (matrix (pre, post), its unit)."""
        return self._of_all(lambda each: each.plastic_weights())

    def firing_ceilings(self) -> dict[str, tuple[int, float]]:
        """Populations of spiking cells: name to (neurons, shortest interval of spikes [s])."""
        return self._of_all(lambda each: each.firing_ceilings())

    def backend_report(self) -> dict[str, Any]:
        """What was compiled and what was not; empty for forms without a network."""
        return self._of_all(lambda each: each.backend_report())

    def _of_all(self, ask: Callable[[Simulated], Mapping[str, Any]]) -> dict[str, Any]:
        """Of all models; where two have a name in common, the first is meant."""
        found: dict[str, Any] = {}
        for each in self.simulated[::-1]:
            found |= ask(each)
        return found

    def _take_recording(self) -> Recording:
        recording, self._recording = self._recording, Recording()
        for each in self.simulated:
            each.collect(recording)
        return recording
