"""A spiking network learns exclusive or by bursts (Greedy 2022, figure 2; Payeur 2021, figure 4).

The class has the protocol of the released simulator of Payeur 2021; the settings ``two-phase`` and
``single-phase`` are short ones for 200 cells, ``burstprop-two-phase`` and
``burstprop-single-phase`` the rule that they are held against.  First and last segment test without
teacher; those between train.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bioplaus import tasks
from bioplaus.experiments.burstccn import figures as drawn
from bioplaus.experiments.burstccn.figures import PATTERNS
from bioplaus.models import burstccn
from bioplaus.models.burstccn.parameters import Spiking
from bioplaus.parameters import ParameterError, Quantity, parameter, quantities
from bioplaus.runs.pages.run import Run, Segment

TRUE, FALSE = ("10", "01"), ("00", "11")
UNTRAINED = (3.75, 4.63, 4.66, 4.98)
"""Output event rates [Hz] of the untrained network in the released simulator (Payeur 2021)."""


@dataclass(frozen=True)
class Settings(Spiking):
    """Burn-in, test, training, test (Payeur 2021, figure 4)."""

    burn_in: Quantity = parameter("6.4 second", "before anything is measured", low="0 ms")
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


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Burn in and test, train, test."""
    xor = Xor(p, run)
    for segment in run.segments(len(xor.ends)):
        done = min(segment.number * p.segment_epochs, p.epochs)
        run.log(epoch=float(done), **xor.advance(segment))
    return xor.finals()


class Timetable:
    """Frames of the whole run, and where each segment ends [slots]."""

    def __init__(self, p: Settings, rng: np.random.Generator) -> None:
        """Plan every slot.

        Raises
        ------
        ParameterError
            For a length that is no multiple of the slot.
        """
        slots = {
            name: _slots(p, name) for name in ("burn_in", "test", "settle", "example", "teach_from")
        }
        in_order = np.tile(np.arange(4), p.epochs)
        order = in_order if p.order == "fixed" else tasks.shuffled_order(p.epochs, rng)
        faded = 4 * round(p.epochs * (1 - p.fade_epochs))
        show = {
            "slots": slots["example"],
            "teach_from": slots["teach_from"],
            "settle": slots["settle"],
        }
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


def _slots(p: Settings, name: str) -> int:
    length, slot = getattr(quantities(p), name), quantities(p).slot
    count = round(float(length / slot))
    if abs(float(length / slot) - count) > 1e-6:
        raise ParameterError(f"{name} = {getattr(p, name)} is no multiple of the slot of {p.slot}")
    return count


class Xor:
    """The network, what it is shown, and what is measured of it."""

    def __init__(self, p: Settings, run: Run) -> None:
        """Plan the run and build the network."""
        self.p, self.run = p, run
        timetable = Timetable(p, run.rng)
        self.frames, self.ends = timetable.frames, timetable.ends
        self.model = burstccn.build(p, run.rng, {}, burstccn.time(p))
        run.live(self.model, burstccn.live)
        run.record(of=self.model)
        self.watched = run.recorded is None  # --record takes the place of what tests show, too
        if self.watched:
            self._watch()
        self.before: dict[str, float] = {}
        self.first: dict[str, float] = {}
        self.after: dict[str, float] = {}
        run.keep(before=self.before, first=self.first, after=self.after)

    def _watch(self) -> None:
        """Events and dendrites of every cell, in tests only."""
        from brian2 import EventMonitor, StateMonitor

        cells, slot = self.model.cells, quantities(self.p).slot
        self.events = EventMonitor(cells, "spike", name="every_event")
        self.bursts = EventMonitor(cells, "burst", name="every_burst")
        self.dendrites = StateMonitor(cells, "v_dend", record=True, dt=slot, name="every_dendrite")
        for monitor in (self.events, self.bursts, self.dendrites):
            monitor.active = False
            self.model.network.add(monitor)

    def advance(self, segment: Segment) -> dict[str, float]:
        """Run the slots of one segment; rates [Hz] and burst probabilities by pattern."""
        first = self.ends[segment.number - 1] if segment.number else 0
        last = self.ends[segment.number]
        testing = segment.first or segment.last
        if self.watched:
            self.dendrites.active = testing
            self.events.active = self.bursts.active = segment.last
        slot = float(quantities(self.p).slot)
        self.run.present(self.model, self.frames.schedule(slot, first, last))
        figures = self.measure(first, last)
        if testing:
            (self.before if segment.first else self.after).update(figures)
            if self.watched:
                self._keep_test(segment.number)
        elif segment.number == 1:
            self.first.update(figures)
        return figures

    def measure(self, first: int, last: int) -> dict[str, float]:
        """Output event rate and burst probability of each pattern in slots ``first .. last``.

        A burst probability without any event is undefined: it is reported as not a number.
        """
        frames, p = self.frames, self.p
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
        monitor, readout = self.model.activity, self.model.readout
        slot = float(quantities(self.p).slot)
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
        first = self.ends[segment - 1] if segment else 0
        events, bursts = self.activity(first)
        dendrites = np.asarray(self.dendrites.v_dend_)[:, -events.shape[1] :]
        potential = dendrites.reshape(len(events), -1, events.shape[1]).mean(axis=1)
        p, slot = self.p, float(quantities(self.p).slot)
        t = (first + np.arange(events.shape[1])) * slot
        with np.errstate(invalid="ignore"):
            probability = bursts / events
        for name, values, unit in (
            ("event_rate", events / (p.cells * slot), "Hz"),
            ("burst_probability", probability, "1"),
            ("v_dend", potential, "V"),
        ):
            self.run.put_trace("populations", name, t, values, unit)
        if segment:
            for kind, monitor in (("events", self.events), ("bursts", self.bursts)):
                self.run.put_spikes(kind, np.array(monitor.t_), np.array(monitor.i))

    def finals(self) -> dict[str, float]:
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


FORM = "network"
FIGURES = {
    "before-and-after": drawn.before_and_after,
    "learning": drawn.learning,
    "activity": drawn.activity,
    "raster": drawn.raster,
}
