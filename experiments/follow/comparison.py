"""Several FOLLOW runs side by side, on the same neurons and commands, and how they compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from bioplaus.training import Experiment

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.experiments.follow.protocol import FollowExperiment
    from bioplaus.records import RunReader

__all__ = ["Comparison"]


class Comparison(Experiment):
    """Runs its members segment by segment; all have the seed of the comparison.

    A subclass says who the members are, by name, and what is compared in the end.  Metrics are
    every member's learning error, as ``learning_error_<name>``.
    """

    form: ClassVar[str] = "network"

    def make_members(self) -> Mapping[str, FollowExperiment]:
        """The runs to compare, not yet set up."""
        raise NotImplementedError

    def compare(self) -> Mapping[str, float]:
        """Final figures of the comparison."""
        raise NotImplementedError

    def setup(self) -> None:
        """Build every member."""
        self.members = dict(self.make_members())
        self.finals: dict[str, dict[str, float]] = {}
        for member in self.members.values():
            member.setup()

    def segments(self) -> int:
        """As many as each member has."""
        return next(iter(self.members.values())).segments()

    @property
    def simulated_time(self) -> float:
        """Simulated time of one member [s]."""
        return next(iter(self.members.values())).simulated_time

    def advance(self, segment: int) -> Mapping[str, float]:
        """One segment of every member."""
        metrics = {}
        for number, (name, member) in enumerate(self.members.items()):
            member.segment = segment
            metrics[f"learning_error_{name}"] = member.advance(segment)["learning_error"]
            member.take_recording()
            self.progress((number + 1) / len(self.members))
        return metrics

    def finish(self) -> Mapping[str, float]:
        """Every member's last learning error, and the comparison."""
        self.finals = {name: dict(member.finish()) for name, member in self.members.items()}
        last = {
            f"learning_error_{name}": final["learning_error_last"]
            for name, final in self.finals.items()
        }
        return {**last, **self.compare()}

    def ratio(self, name: str, other: str) -> float:
        """Last learning error of one member over another's."""
        finals = self.finals
        return finals[name]["learning_error_last"] / finals[other]["learning_error_last"]

    def state(self) -> Mapping[str, Any]:
        """Every member's state and generator."""
        return {
            name: {"state": member.state(), "rng": member.rng.bit_generator.state}
            for name, member in self.members.items()
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a kept state."""
        for name, member in self.members.items():
            member.restore(state[name]["state"])
            member.rng.bit_generator.state = state[name]["rng"]

    def figures(self, run: RunReader) -> Iterator[tuple[str, Figure]]:
        """Learning curves of all members."""
        from bioplaus.experiments.follow import figures as drawn

        yield "learning-curve", drawn.learning_curves(run)
