"""Pixels and thinned lines against what was put in."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bioplaus.viewer.pixels import in_window, pixel_counts, thin_out

sys.path.insert(0, str(Path(__file__).parent))
from example_run import counting_time


def counts(
    t: np.ndarray,
    i: np.ndarray,
    window: tuple[float, float],
    cells: tuple[float, float],
    size: tuple[int, int],
) -> np.ndarray:
    return pixel_counts(*in_window(t, i, window, cells), window, cells, size)


def test_a_spike_lights_its_own_pixel() -> None:
    """Neurons 0..3 are four rows, the first at the bottom; 1 s in 10 columns."""
    t, i = np.array([0.05, 0.45, 0.95]), np.array([0, 2, 3])
    image = counts(t, i, (0.0, 1.0), (-0.5, 3.5), (10, 100))
    assert image.shape == (4, 10)
    assert list(zip(*np.nonzero(image))) == [(0, 0), (2, 4), (3, 9)]


def test_only_the_window_is_drawn_and_every_spike_counts() -> None:
    t = np.array([0.12, 0.52, 0.52, 0.52, 0.92, 1.52])
    i = np.array([0, 0, 0, 0, 1, 0])
    image = counts(t, i, (0.45, 1.0), (-0.5, 0.5), (11, 5))
    assert image.shape == (1, 11)
    assert image[0, 1] == 3
    assert np.count_nonzero(image) == 1
    assert not counts(t, i, (3.0, 4.0), (-0.5, 1.5), (20, 5)).any()


@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 400),
    st.integers(1, 900),
    st.integers(1, 350),
    st.tuples(st.floats(0, 5), st.floats(0.01, 6)),
)
@settings(deadline=None)
def test_no_spike_of_the_window_is_lost(
    seed: int, cells: int, columns: int, rows: int, view: tuple[float, float]
) -> None:
    """Below 255 a pixel the counts add up to the spikes of the window, ends included."""
    rng = np.random.default_rng(seed)
    t, i = np.sort(rng.uniform(0, 10, 200)), rng.integers(0, cells, 200)
    window = (view[0], view[0] + view[1])
    image = counts(t, i, window, (-0.5, cells - 0.5), (columns, rows))
    assert image.shape == (min(cells, rows), columns)
    assert image.sum() == np.count_nonzero((t >= window[0]) & (t <= window[1]))


def test_a_million_spikes_take_a_small_part_of_a_second() -> None:
    """Placing them takes a few times as long as counting them does."""
    rng = np.random.default_rng(1)
    t, i = np.sort(rng.uniform(0, 100, 1_000_000)), rng.integers(0, 500, 1_000_000)
    began = time.process_time()
    image = counts(t, i, (0.0, 100.0), (-0.5, 499.5), (1100, 320))
    took = time.process_time() - began
    assert took < 15 * counting_time()
    assert image.shape == (320, 1100)


def test_thinned_lines_keep_every_peak() -> None:
    t = np.arange(100_000) * 1e-3
    values = np.zeros((2, 100_000))
    values[0, 12_345] = 1.0
    values[1, 54_321] = -2.0
    shown, lines = thin_out(t, values, (0.0, 100.0), 1000)
    assert len(shown) <= 1100
    assert lines.shape == (2, len(shown))
    assert (lines[0].max(), lines[1].min()) == (1.0, -2.0)
    assert shown[lines[0].argmax()] == pytest.approx(12.345, abs=0.2)
    assert np.all(np.diff(shown) > 0)


def test_a_deep_zoom_shows_the_samples_themselves() -> None:
    t = np.arange(1000) * 1e-3
    values = np.sin(t)[None]
    shown, lines = thin_out(t, values, (0.5, 0.51), 1000)
    assert shown[0] <= 0.5
    assert shown[-1] >= 0.51
    assert lines[0] == pytest.approx(np.sin(shown))
