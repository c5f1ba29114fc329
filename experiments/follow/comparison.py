"""Several trainings side by side, on the same neurons and commands."""

from __future__ import annotations

from collections.abc import Mapping

from bioplaus.experiments.follow.protocol import Training
from bioplaus.runs.pages.run import Run

__all__ = ["last_errors", "train"]


def train(run: Run, members: Mapping[str, Training]) -> None:
    """Train them segment by segment.

    Metrics are every member's learning error, as ``learning_error_<name>``.
    """
    count = next(iter(members.values())).segments
    for segment in run.segments(count):
        found = {}
        for number, (name, member) in enumerate(members.items(), start=1):
            found[f"learning_error_{name}"] = member.advance(segment)["learning_error"]
            run.progress(number / len(members))
        run.log(**found)


def last_errors(members: Mapping[str, Training]) -> dict[str, float]:
    """Every member's last learning error, as ``learning_error_<name>``."""
    return {f"learning_error_{name}": member.curve[-1] for name, member in members.items()}
