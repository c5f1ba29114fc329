"""The figure that pages which learn images have in common, from a run's record alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bioplaus import plotting

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

__all__ = ["learning_curve"]


def learning_curve(run: RunReader) -> Figure:
    """Validation and, where it is measured, training error over the passes, in percent."""
    figure = plotting.figure()
    plotting.error_curves(figure.subplots(), run.metrics)
    return figure
