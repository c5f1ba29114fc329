"""Showing images to the network until each has made enough spikes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bioplaus import neurons, tasks
from bioplaus.errors import UserError
from bioplaus.models import diehl_cook
from bioplaus.models.diehl_cook.parameters import DiehlCook
from bioplaus.parameters import quantities
from bioplaus.runs.pages.run import Run

__all__ = ["Showing"]

BRIGHTEST = 100.0
"""An image that needs more light than this is none: the network is broken."""


class Showing:
    """A network, and what it is shown.

    images : with the parts ``train``, ``validation`` and ``test``.
    """

    def __init__(self, p: DiehlCook, run: Run, images: Any) -> None:
        """Build the network."""
        self.p, self.run, self.images = p, run, images
        q = quantities(p)
        self.lit, self.whole = float(q.presentation), float(q.presentation + q.pause)
        self.frame = tasks.common_step(self.lit, float(q.pause))
        clocks = neurons.Clocks.of(q.time_step, self.frame)
        self.model = diehl_cook.build(p, run.rng, {"pixel": diehl_cook.pixels(p, clocks)}, clocks)

    def show(self, part: str, rows: NDArray[np.int64], learns: bool) -> NDArray[np.float64]:
        """Spikes of each cell for each row, (row, cell): of the time in which it made enough.

        The first pass is recorded where anything is learned.

        Raises
        ------
        UserError
            If an image makes too few spikes, however bright it is.
        """
        (images, labels), found = self.images.part(part), []
        lamp, left = self.model.populations["lamp"], rows
        while len(left):
            begun = self.run.time
            self.model.begin(self.p.enough)
            shown = self._schedule(images, left, learns)
            self.run.present(self.model, shown, record=learns and left is rows)
            spikes = self.model.responses()
            enough = spikes.sum(axis=1) >= self.p.enough
            row = left[np.cumsum(enough) - enough]
            start = begun + self.whole * np.arange(len(row))
            self.run.put_presentations(start, start + self.lit, labels[row])
            found.append(spikes[enough])
            left = left[enough.sum() :]
            if len(left) and lamp.intensity_[0] > BRIGHTEST:
                raise UserError(
                    f"image {left[0]} of {part} makes fewer than {self.p.enough} spikes at "
                    f"intensity {BRIGHTEST:g}: the cells are silent; look at total, theta_start "
                    "and brightest"
                )
        return np.concatenate(found)

    def _schedule(self, images: Any, rows: NDArray[np.int64], learns: bool) -> tasks.Schedule:
        """``order`` is a row for each presentation; which of them it is, the network says."""
        lit, whole = round(self.lit / self.frame), round(self.whole / self.frame)
        phase = np.arange(whole * len(rows)) % whole
        return tasks.Schedule(
            duration=len(phase) * self.frame,
            frame=self.frame,
            signals={
                "order": (self.whole, rows),
                "fresh": (self.frame, phase == 0),
                "quiet": (self.frame, phase >= lit),
                "plasticity": (self.frame, np.full(len(phase), float(learns))),
            },
            tables={"images": images},
        )
