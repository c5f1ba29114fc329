"""Warnings that save a day: idle plasticity, silent or saturated cells, a disk that will fill."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bioplaus.analysis import silent_and_saturated

if TYPE_CHECKING:
    from pathlib import Path

    from bioplaus.records import Recording

__all__ = ["Watch"]

_SATURATED_SHARE = 0.5


class Watch:
    """Looks at each segment of a run; every sentence is said once.

    Parameters
    ----------
    ceilings
        Population to (neurons, shortest interval between spikes [s]).
    folder
        Where recordings go.
    """

    def __init__(self, ceilings: Mapping[str, tuple[int, float]], folder: Path) -> None:
        self.ceilings = ceilings
        self.folder = folder
        self._fingerprints: dict[str, str] = {}
        self._said: set[str] = set()

    def expect(self, size: float, segments: int) -> list[str]:
        """Warnings before the first segment, of which each will record about ``size`` bytes."""
        return [text for text in self._disk(size, segments) if not self._heard(text)]

    def look(
        self,
        weights: Mapping[str, tuple[Any, str]],
        recording: Recording | None,
        file: Path | None,
        segments_left: int,
    ) -> list[str]:
        """Warnings after a segment.

        Parameters
        ----------
        weights
            Plastic projection to (matrix, sparse or not, and its unit), as they are now.
        recording, file
            What the segment recorded, and where it is.
        segments_left
            How many more like it will come.
        """
        found = self._idle(weights)
        if recording is not None:
            found += self._rates(recording)
        if file is not None:
            found += self._disk(file.stat().st_size, segments_left)
        return [text for text in found if not self._heard(text)]

    def _heard(self, text: str) -> bool:
        known = text in self._said
        self._said.add(text)
        return known

    def _idle(self, weights: Mapping[str, tuple[Any, str]]) -> list[str]:
        found = []
        for name, (values, _) in weights.items():
            numbers = np.ascontiguousarray(values.data if hasattr(values, "tocoo") else values)
            fingerprint = hashlib.blake2b(numbers.tobytes()).hexdigest()
            if self._fingerprints.get(name) == fingerprint:
                found.append(
                    f"no weight of {name} changed over a whole segment; is its learning rate zero, "
                    "or its rule never triggered?"
                )
            self._fingerprints[name] = fingerprint
        return found

    def _rates(self, recording: Recording) -> list[str]:
        found = []
        for name, (t, i) in recording.spikes.items():
            if name not in self.ceilings:
                continue
            neurons, interval = self.ceilings[name]
            if not len(t):
                found.append(f"no cell of {name} fired in a whole segment")
                continue
            span = float(t[-1] - t[0]) + interval
            counts = np.bincount(i, minlength=neurons)
            _, saturated = silent_and_saturated(counts, span, interval)
            if saturated >= _SATURATED_SHARE and span > 10 * interval:
                found.append(
                    f"{saturated:.0%} of {name} fire at their ceiling of {1 / interval:.4g} Hz, "
                    "where they carry no information"
                )
        return found

    def _disk(self, size: float, segments: int) -> list[str]:
        needed, free = size * segments, shutil.disk_usage(self.folder).free
        if needed < free:
            return []
        return [
            f"the recording will fill the disk: {segments} more segments need about "
            f"{needed / 1e9:.3g} GB and {free / 1e9:.3g} GB are free; record less (--record)"
        ]
