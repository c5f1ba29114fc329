"""Exclusive or, shown pattern after pattern: what each slot of time holds (Payeur 2021, figure 4).

Patterns are always listed 00, 10, 01, 11; the target bits are 0, 1, 1, 0.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from bioplaus.tasks.schedule import Schedule, stretch

__all__ = ["NAMES", "PATTERNS", "TARGETS", "XorFrames", "shuffled_order", "xor_frames"]

NAMES = ("00", "10", "01", "11")
PATTERNS = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], dtype=float)
TARGETS = np.array([0.0, 1.0, 1.0, 0.0])


@dataclass(frozen=True, eq=False)
class XorFrames:
    """One entry for each slot of time.

    pattern : (slot,) position in ``NAMES``; teach : (slot,) 1 while the teacher speaks; plastic :
    (slot,) share of the learning rate; measured : (slot,) whether the answer is read there.
    """

    pattern: npt.NDArray[np.int64]
    teach: npt.NDArray[np.float64]
    plastic: npt.NDArray[np.float64]
    measured: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.pattern)

    def __add__(self, later: XorFrames) -> XorFrames:
        """One after the other."""
        parts = {
            each.name: np.concatenate([getattr(self, each.name), getattr(later, each.name)])
            for each in fields(self)
        }
        return XorFrames(**parts)

    def schedule(self, slot: float, first: int = 0, last: int | None = None) -> Schedule:
        """What a network is shown in the slots ``first .. last``, of ``slot`` s each."""
        window = slice(first, last)
        return stretch(
            slot,
            stimulus=self.stimulus[window],
            target=self.target[window],
            teaching=self.teach[window],
            plasticity=self.plastic[window],
        )

    @property
    def stimulus(self) -> npt.NDArray[np.float64]:
        """(slot, 2) bits of the two inputs."""
        return PATTERNS[self.pattern]

    @property
    def target(self) -> npt.NDArray[np.float64]:
        """(slot,) bit that the output should have."""
        return TARGETS[self.pattern]


def xor_frames(
    order: npt.ArrayLike, slots: int, *, teach_from: int | None, settle: int, share: float = 1.0
) -> XorFrames:
    """Show the patterns of ``order``, each for a number of slots.

    Parameters
    ----------
    order
        (example,) positions in ``NAMES``.
    teach_from
        Slot of an example from which the teacher speaks and weights learn; 0 for all of it (a
        single phase), None for never (a test).
    settle
        Slots at the start of an example in which nothing is measured.  Measuring ends when a
        teacher of a second phase begins.
    share
        Of the learning rate.

    Raises
    ------
    ValueError
        If nothing is left to measure.
    """
    end = teach_from or slots
    if not 0 <= settle < end <= slots:
        raise ValueError(
            f"of {slots} slots, {settle} settle and teaching begins at {end}: none is left to "
            "measure in"
        )
    shown = np.asarray(order, dtype=np.int64)
    slot = np.arange(slots)
    teach = np.zeros(slots) if teach_from is None else (slot >= teach_from).astype(float)
    return XorFrames(
        pattern=np.repeat(shown, slots),
        teach=np.tile(teach, len(shown)),
        plastic=np.tile(share * teach, len(shown)),
        measured=np.tile((slot >= settle) & (slot < end), len(shown)),
    )


def shuffled_order(epochs: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """(4 * epochs,) all four patterns in each epoch, in random order."""
    return rng.permuted(np.tile(np.arange(4), (epochs, 1)), axis=1).ravel()
