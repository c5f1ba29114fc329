"""Where the legend of learning curves stands."""

from __future__ import annotations

import numpy as np
import pytest

from bioplaus.plotting import curves, figure


@pytest.mark.parametrize(
    ("names", "fall"),
    [
        (["validation", "training (while learning)"], 1.0),
        (["up"], -1.0),
        (["two of such a name are wider than a column", "b"], 1.0),
        ([f"row {n}" for n in range(7)], 0.0),
    ],
)
def test_the_legend_lies_over_no_curve(names: list[str], fall: float) -> None:
    """It ends above the axes, and the picture holds it whole."""
    page = figure()
    ax = page.subplots()
    x = np.arange(10.0)
    for n, name in enumerate(names):
        curves.learning_curve(ax, x, 10 + n - fall * x, label=name)
    page.draw_without_rendering()
    legend = ax.get_legend().get_window_extent()
    assert legend.y0 >= ax.get_window_extent().y1
    assert 0 <= legend.y1 <= page.bbox.y1
    assert legend.x0 >= 0
    assert [text.get_text() for text in ax.get_legend().get_texts()] == names
