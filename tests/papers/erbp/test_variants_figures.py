"""Figures of the variants, from a record by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bioplaus.experiments.erbp import variants_figures

NAMES = ("spiking", "rate, direct feedback")
METRICS = {
    "variant": np.array([0.0, 0.0, 1.0]),
    "presentations": np.array([100.0, 300.0, 200.0]),
    "operations": np.array([2.0, 3.0, 5.0]),
    "validation_error": np.array([0.4, 0.3, 0.2]),
}
RUN: Any = SimpleNamespace(metrics=METRICS)


def test_operations_add_up_over_the_images_shown() -> None:
    """100 images of 2 operations and 200 of 3; 200 of 5."""
    spiking, rate = variants_figures.operations(RUN, NAMES).axes[0].lines
    assert list(spiking.get_xdata()) == [200, 800]
    assert list(rate.get_xdata()) == [1000]
    assert spiking.get_ydata() == pytest.approx([40, 30])


def test_learning_curves_are_over_thousands_of_images() -> None:
    spiking, rate = variants_figures.learning_curves(RUN, NAMES).axes[0].lines
    assert list(spiking.get_xdata()) == [0.1, 0.3]
    assert rate.get_ydata() == pytest.approx([20])
