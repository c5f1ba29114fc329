"""What the experiments on exclusive or share: schedule, measuring, figures."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bioplaus import tasks
from bioplaus.models import burstccn
from bioplaus.models.burstccn.parameters import Spiking
from bioplaus.parameters import ParameterError, Quantity, parameter, quantities, replace
from bioplaus.training import NetworkExperiment

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

__all__ = ["TWO_PHASE", "Schedule", "Xor", "settings"]

PATTERNS = ("00", "10", "01", "11")
TRUE, FALSE = ("10", "01"), ("00", "11")
UNTRAINED = (3.75, 4.63, 4.66, 4.98)
"""Output event rates [Hz] of the untrained network in the released simulator (Payeur 2021)."""


@dataclass(frozen=True)
class Schedule(Spiking):
    """Burn-in, test, training, test (Payeur 2021, figure 4)."""

    burn_in: Quantity = parameter("6 second", "before anything is measured", low="0 ms")
    test: Quantity = parameter("8 second", "each pattern of a test", low="1 ms")
    settle: Quantity = parameter("800 ms", "start of an example, not measured", low="0 ms")
    example: Quantity = parameter("8 second", "each pattern in training", low="1 ms")
    teach_from: Quantity = parameter(
        "7.2 second", "start of the teacher in an example; 0 for a single phase", low="0 ms"
    )
    epochs: int = parameter(500, "presentations of the four patterns", low=1)
    order: str = parameter(
        "fixed", "of the patterns in an epoch", choices=("fixed", "random"), source="Payeur 2021"
    )
    fade_epochs: float = parameter(0.0, "share of the epochs with a smaller rate", low=0, high=1)
    fade: float = parameter(0.2, "rate of the last epochs over that of the first", low=0, high=1)
    segment_epochs: int = parameter(10, "epochs in one segment of the record", low=1)


TWO_PHASE: dict[str, Any] = {
    "cells": 200,
    "step": "1 ms",
    "integration": "exponential_euler",
    "slot": "500 ms",
    "example": "2.5 second",
    "teach_from": "2 second",
    "settle": "1.5 second",
    "test": "5 second",
    "burn_in": "6 second",
    "order": "random",
    "epochs": 160,
    "fade_epochs": 0.4,
    "learning_rate_hidden": 0.0192,
    "learning_rate_output": 0.0096,
    "baseline_output": 0.42,
    "baseline_hidden_1": 0.3,
    "baseline_hidden_2": 0.27,
    "teacher_reads": "population",
    "tau_average": "1 second",
    "rate_min": "0 Hz",
}
"""Short examples whose end belongs to the teacher; the two baselines share them."""


def settings(meaning: str, **defaults: Any) -> type[Schedule]:
    """The same parameters with other defaults."""
    known = {field.name: field for field in dataclasses.fields(Schedule)}
    changed = {
        name: dataclasses.field(default=value, metadata=known[name].metadata)
        for name, value in defaults.items()
    }
    body: dict[str, Any] = {
        "__doc__": meaning,
        "__annotations__": {name: known[name].type for name in defaults},
        **changed,
    }
    return dataclass(frozen=True)(type("Settings", (Schedule,), body))


class Xor(NetworkExperiment):
    """First and last segment test without teacher; those between train."""

    Parameters = Schedule

    def setup(self) -> None:
        """Plan every slot of the run, and build the network."""
        from brian2 import EventMonitor, StateMonitor

        self.plan_schedule()
        p = self.parameters
        self.model = burstccn.build(p, self.rng, {}, burstccn.time(p))
        self.network, self.populations = self.model.network, self.model.populations
        slot = quantities(p).slot
        self.events = EventMonitor(self.model.cells, "spike", name="every_event")
        self.bursts = EventMonitor(self.model.cells, "burst", name="every_burst")
        cells = self.model.cells
        self.dendrites = StateMonitor(cells, "v_dend", record=True, dt=slot, name="every_dendrite")
        for monitor in (self.events, self.bursts, self.dendrites):
            monitor.active = False
            self.network.add(monitor)
        self.before: dict[str, float] = {}
        self.first: dict[str, float] = {}
        self.after: dict[str, float] = {}

    def plan_schedule(self) -> None:
        """Frames of the whole run, and where each segment begins."""
        import numpy as np

        p = self.parameters
        slots = {name: self._slots(name) for name in ("burn_in", "test", "settle", "example")}
        teach_from = self._slots("teach_from")
        in_order = np.tile(np.arange(4), p.epochs)
        order = in_order if p.order == "fixed" else tasks.shuffled_order(p.epochs, self.rng)
        faded = 4 * round(p.epochs * (1 - p.fade_epochs))
        show = {"slots": slots["example"], "teach_from": teach_from, "settle": slots["settle"]}
        test = tasks.xor_frames(range(4), slots["test"], teach_from=None, settle=slots["settle"])
        burn = tasks.xor_frames([0], max(slots["burn_in"], 1), teach_from=None, settle=0)
        burn = dataclasses.replace(burn, measured=np.zeros(len(burn), bool))
        first = tasks.xor_frames(order[:faded], **show)
        last = tasks.xor_frames(order[faded:], **show, share=p.fade)
        self.frames = burn + test + first + last + test
        per_segment = 4 * p.segment_epochs * slots["example"]
        training = len(burn) + len(test)
        ends = list(range(training, training + len(first) + len(last), per_segment))
        self.ends = [*ends, training + len(first) + len(last), len(self.frames)]

    def _slots(self, name: str) -> int:
        length, slot = getattr(quantities(self.parameters), name), quantities(self.parameters).slot
        count = round(float(length / slot))
        if abs(float(length / slot) - count) > 1e-6:
            raise ParameterError(
                f"{name} = {getattr(self.parameters, name)} is no multiple of the slot of "
                f"{self.parameters.slot}"
            )
        return count

    def segments(self) -> int:
        """A test, the training in parts, a test."""
        return len(self.ends)

    @property
    def epoch(self) -> float:
        """Presentations of the four patterns so far."""
        p = self.parameters
        return float(min(max(self.segment, 0) * p.segment_epochs, p.epochs))

    def advance(self, segment: int) -> Mapping[str, float]:
        """Run the slots of one segment; rates [Hz] and burst probabilities by pattern."""
        first = self.ends[segment - 1] if segment else 0
        last = self.ends[segment]
        testing = segment in (0, len(self.ends) - 1)
        self.dendrites.active = testing
        self.events.active = self.bursts.active = testing and segment > 0
        self.present(self.frames.schedule(float(quantities(self.parameters).slot), first, last))
        figures = self.measure(first, last)
        if testing:
            setattr(self, "after" if segment else "before", dict(figures))
            self._keep_test(segment)
        elif segment == 1:
            self.first = dict(figures)
        return figures

    def measure(self, first: int, last: int) -> dict[str, float]:
        """Output event rate and burst probability of each pattern in slots ``first .. last``.

        A burst probability without any event is undefined: it is reported as not a number.
        """
        import numpy as np

        frames, p = self.frames, self.parameters
        events, bursts = self.activity(first)
        window = slice(first, last)
        measured, teach = frames.measured[window], frames.teach[window] > 0
        slot = float(quantities(p).slot)
        figures: dict[str, float] = {}
        for k, name in enumerate(PATTERNS):
            shown = frames.pattern[window] == k
            heard = shown & measured
            figures[f"rate_{name}"] = float(events[4, heard].mean() / (p.cells * slot))
            taught = shown & teach if teach.any() else heard
            for population, row in (("output", 4), ("hidden_1", 2), ("hidden_2", 3)):
                count = events[row, taught].sum()
                probability = bursts[row, taught].sum() / count if count else np.nan
                figures[f"probability_{population}_{name}"] = float(probability)
        true = [figures[f"rate_{name}"] for name in TRUE]
        false = [figures[f"rate_{name}"] for name in FALSE]
        figures["margin"] = min(true) - max(false)
        figures["difference"] = float(np.mean(true) - np.mean(false))
        return figures

    def activity(self, first: int) -> tuple[Any, Any]:
        """Events and bursts (population, slot) of each slot since ``first``."""
        import numpy as np

        monitor, readout = self.model.activity, self.model.readout
        slot = float(quantities(self.parameters).slot)
        numbers = np.round(np.asarray(monitor.t_) / slot).astype(int)
        kept = numbers >= first
        counts = []
        for name in ("n_events", "n_bursts"):
            rows = np.asarray(getattr(monitor, name))[:, kept]
            now = np.asarray(getattr(readout, name))[:, None]
            counts.append(np.diff(np.concatenate([rows, now], axis=1), axis=1))
        return counts[0], counts[1]

    def _keep_test(self, segment: int) -> None:
        """Population activity of a test, slot by slot; after training also every event."""
        import numpy as np

        first = self.ends[segment - 1] if segment else 0
        events, bursts = self.activity(first)
        dendrites = np.asarray(self.dendrites.v_dend_)[:, -events.shape[1] :]
        potential = dendrites.reshape(len(events), -1, events.shape[1]).mean(axis=1)
        p, slot = self.parameters, float(quantities(self.parameters).slot)
        t = (first + np.arange(events.shape[1])) * slot
        with np.errstate(invalid="ignore"):
            probability = bursts / events
        self.put_recording(
            traces={
                ("populations", "event_rate"): (t, events / (p.cells * slot), "Hz"),
                ("populations", "burst_probability"): (t, probability, "1"),
                ("populations", "v_dend"): (t, potential, "V"),
            }
        )
        if segment:
            spikes = {
                name: (np.array(monitor.t_), np.array(monitor.i))
                for name, monitor in (("events", self.events), ("bursts", self.bursts))
            }
            self.put_recording(spikes=spikes)

    def finish(self) -> Mapping[str, float]:
        """Rates before and after; the weakest true and the strongest false pattern."""
        figures = {f"before_{name}": value for name, value in self.before.items()}
        figures |= {f"after_{name}": value for name, value in self.after.items()}
        figures["before_deviation"] = max(
            abs(self.before[f"rate_{name}"] / published - 1)
            for name, published in zip(PATTERNS, UNTRAINED)
        )
        figures["first_signs"] = self._first_signs()
        figures["true_min"] = min(self.after[f"rate_{name}"] for name in TRUE)
        figures["false_max"] = max(self.after[f"rate_{name}"] for name in FALSE)
        figures["margin"] = self.after["margin"]
        figures["difference"] = self.after["difference"]
        middle = sum(self.after[f"rate_{name}"] for name in PATTERNS) / 4
        wrong = [(self.after[f"rate_{name}"] > middle) != (name in TRUE) for name in PATTERNS]
        figures["test_error"] = sum(wrong) / 4
        return figures

    def _first_signs(self) -> float:
        """How many of 12 burst probabilities the teacher moves to the right side at first.

        Up in the output and hidden 1 for a true pattern, down for a false one; hidden 2 the other
        way round.  The side is judged against the mean of the untrained test.
        """
        right = 0
        for population, sense in (("output", 1), ("hidden_1", 1), ("hidden_2", -1)):
            keys = {name: f"probability_{population}_{name}" for name in PATTERNS}
            resting = sum(self.before[key] for key in keys.values()) / 4
            for name, key in keys.items():
                wanted = sense if name in TRUE else -sense
                right += (self.first[key] - resting) * wanted > 0
        return float(right)

    def tune(self, name: str, value: Any) -> None:
        """Change a learning rate."""
        changed = replace(self.parameters, {**self.tuned, name: value})
        self.model.set(burstccn.live(changed))

    def state(self) -> Mapping[str, Any]:
        """The network, and what was measured so far."""
        measured = {"before": self.before, "first": self.first, "after": self.after}
        return {"network": super().state(), **measured}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a state again."""
        super().restore(state["network"])
        for name in ("before", "first", "after"):
            setattr(self, name, dict(state[name]))

    def figures(self, run: RunReader) -> Iterator[tuple[str, Figure]]:
        """Output before and after, learning, activity by pattern, raster."""
        from bioplaus.experiments.burstccn import figures

        yield from figures.xor_figures(run)
