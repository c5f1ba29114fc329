"""What a page talks to while it runs: its parameters, randomness, loops, models and record.

A page is entered from its first line, also when it goes on after an interruption or is evaluated on
other data: a loop over :meth:`Run.segments` begins at the segment that was reached, with networks
and everything given to :meth:`Run.keep` as they were.  So all that is kept is made before the loop,
and what comes after it needs nothing that only its body gives.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from bioplaus.parameters import ParameterError, replace, unknown_name
from bioplaus.records.checkpoint import CheckpointError
from bioplaus.runs.finite import check_finite
from bioplaus.runs.pages.journal import Journal
from bioplaus.runs.pages.plan import plain
from bioplaus.runs.pages.position import Position, Segment
from bioplaus.runs.pages.recorder import SegmentRecorder
from bioplaus.runs.pages.state import PageState
from bioplaus.runs.pages.unkept import Unkept
from bioplaus.runs.recorded import Recorded, Spikes, Trace

if TYPE_CHECKING:
    from bioplaus.tasks import Schedule

__all__ = ["Run", "Segment", "Spikes", "Trace"]

Item = TypeVar("Item")


class Run(SegmentRecorder):
    """One run of a page.

    Attributes
    ----------
    p
        The parameters as they are now; a tunable one may change from segment to segment.
    seed
        Its seed.
    rng
        Its generator, seeded with it; kept.
    done
        Segments that are complete.
    """

    def __init__(
        self,
        p: Any,
        seed: int,
        journal: Journal,
        *,
        recorded: Sequence[Recorded] | None = None,
        kept: Mapping[str, Any] | None = None,
        evaluated: tuple[str, str] | None = None,
    ) -> None:
        """Begin.

        recorded : what to record instead of what the page says; kept : a state to go on from;
        evaluated : data set (empty: the page's own) and part on which the kept state is tested.
        """
        self._state = PageState(seed)
        super().__init__(self._state.simulated)
        self.p, self.seed, self.rng = p, seed, self._state.rng
        self.done = 0
        self.asked_for_part = False
        self.tuned: dict[str, Any] = {}
        self._journal, self.recorded = journal, recorded
        self._kept, self._evaluated = kept, evaluated
        self._live: list[tuple[Any, Callable[[Any], Any]]] = []
        self._row: dict[str, float] = {}
        self._expected = False
        self._loops = Position(None if kept is None else kept["position"])

    # What it is given

    @property
    def part(self) -> str:
        """The part on which the page tests in the end: ``test``, or the one asked for."""
        self.asked_for_part = True
        return self._evaluated[1] if self._evaluated else "test"

    def load(self, dataset: str, **options: Any) -> Any:
        """Images and labels, as :func:`bioplaus.tasks.load`; in an evaluation those asked for."""
        from bioplaus import tasks

        other = self._evaluated[0] if self._evaluated else ""
        return tasks.load(other or dataset, **options)

    @property
    def evaluates(self) -> bool:
        """Whether a finished run is tested on other data, so that nothing is trained."""
        return self._evaluated is not None

    def child(self, name: str) -> np.random.Generator:
        """A generator of its own that depends on the seed and the name; kept."""
        return self._state.child(name)

    # What it is told before the loop

    def live(self, model: Any, values: Callable[[Any], Any]) -> None:
        """Tunable parameters act by ``model.set(values(run.p))``.

        model : None where the page itself reads ``run.p`` in every segment.
        """
        if hasattr(model, "populations"):
            self._state.follow(model)
        self._live.append((model, values))

    def record(self, *items: Recorded, of: Any, last: str | None = None) -> None:
        """Record a model; ``--record`` takes the place of the items.

        last : how much of the end of every schedule that is presented (text with unit).

        Raises
        ------
        ParameterError
            For a population or a variable that does not exist, with the nearest that does.
        """
        wanted = items if self.recorded is None else tuple(self.recorded)
        self._state.follow(of).record(wanted, last, asked=self.recorded is not None)

    def keep(self, **objects: Any) -> None:
        """Keep more than ``rng`` and the models that the run was told of: models, generators,
        lists, dicts and arrays, which are filled in place, objects with ``state()`` and
        ``restore(state)``, or for anything else a pair of functions (read, write).

        Raises
        ------
        TypeError
            For anything else.
        """
        for name, value in objects.items():
            self._state.keep(name, value)

    # Loops

    def segments(self, count: int) -> Iterator[Segment]:
        """A loop of so many segments, each with a row of metrics, a recording and a kept state."""
        turns = self._loops.enter(count)
        if self.evaluates:
            self._take_up()
            self._loops.leave()
            return
        self._journal.open(self, self._loops.turns_in_all)
        if self._loops.arrived:
            self._take_up()
        looked = self._journal.kept and self.done == 0
        unkept = Unkept(sys._getframe(1)) if looked else None
        for number in turns:
            self._journal.begin_segment(self)
            yield Segment(number, count)
            self.done += 1
            if unkept is not None:
                self._tell_unkept(unkept.names(sys._getframe(1), [self, *self._state.objects()]))
                unkept = None
            self._loops.next()
            row, self._row = self._row, {}
            self._journal.end_segment(self, row, self._take_recording())
        self._loops.leave()

    def _tell_unkept(self, names: list[str]) -> None:
        for name in names:
            self._journal.warn(
                f"{name!r} changes in the loop and is not kept, so it begins anew after an "
                "interruption: give it to run.keep before the loop (a number in a list, or as an "
                "array) and change it in place"
            )

    def steps(self, items: Sequence[Item]) -> Iterator[Item]:
        """A loop around loops over segments, as over the members of a comparison.

        What a turn makes is forgotten by the next one.
        """
        models, live = len(self.simulated), len(self._live)
        for number in self._loops.enter(len(items)):
            del self.simulated[models:], self._live[live:]
            yield items[number]
            self._loops.next()
            if self.evaluates:
                break
        self._loops.leave()

    # Within a segment

    def present(self, model: Any, schedule: Schedule, record: bool = True) -> NDArray[np.float64]:
        """Run what a schedule shows; returns (presentations, 3) start, stop [s] and label.

        Times are those of the network; the record keeps them.

        Raises
        ------
        NonFiniteState
            When a state variable is no longer finite.
        """
        simulated = self._state.follow(model)
        if record and not self._expected:
            self._expected = True
            self._journal.expect(self, simulated.growth(schedule.duration))
        shown, recorded_from = simulated.present(schedule, record, self.progress)
        if len(shown):
            self._recording.add_presentations(shown, recorded_from)
        return shown

    def log(self, epoch: float | None = None, **values: float) -> None:
        """Figures of this segment: a row of ``metrics.csv``, with the same names every time.

        epoch : how many are done; by default the number of segments.
        """
        self._row |= {} if epoch is None else {"epoch": epoch}
        self._row |= values

    def progress(self, fraction: float) -> None:
        """Say that a fraction of the segment is done; `present` does it by itself."""
        self._journal.progress(self, fraction)

    def check_finite(self, variables: Mapping[str, Any]) -> None:
        """Check arrays named ``"<variable> <population>"``.

        Raises
        ------
        NonFiniteState
            For the first that holds a value that is not finite.
        """
        parts = ((*name.partition(" ")[::2], values) for name, values in variables.items())
        check_finite(parts, self.time)

    # What the journal asks

    @property
    def time(self) -> float:
        """Simulated time of the run's first network [s]; 0 for forms without time."""
        return self.simulated[0].time if self.simulated else 0.0

    @property
    def to_come(self) -> int:
        """Segments that are complete, those of a state that is not taken up yet included."""
        return self.done if self._kept is None else int(self._kept["segment"])

    def tune(self, name: str, value: Any) -> None:
        """Take a new value of a tunable parameter, between segments.

        Raises
        ------
        ParameterError
            For another parameter, or a value that it cannot have.
        """
        fields = {field.name: field for field in dataclasses.fields(self.p)}
        tunable = [key for key, field in fields.items() if field.metadata.get("tunable")]
        if name not in tunable:
            raise ParameterError(unknown_name("tunable parameter", name, tunable))
        self._set(replace(self.p, {name: value}))
        self.tuned[name] = plain(getattr(self.p, name))

    def state(self) -> dict[str, Any]:
        """Everything needed to go on to the bit, as nested dicts of arrays, numbers and text."""
        return {
            "segment": self.done,
            "position": self._loops.state(),
            "tuned": dict(self.tuned),
            **self._state.read(),
        }

    def _set(self, p: Any) -> None:
        for model, values in self._live:
            if model is not None:
                model.set(values(p))
        self.p = p

    def _take_up(self) -> None:
        kept, self._kept = self._kept, None
        if kept is None:
            return
        try:
            if kept["tuned"]:
                self._set(replace(self.p, kept["tuned"]))
                self.tuned = dict(kept["tuned"])
            self.done = int(kept["segment"])
            self._state.fill(kept)
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(
                "the checkpoint does not fit the experiment as it is now "
                f"({type(error).__name__}: {error}); was it written by another version?"
            ) from error
