"""Figures: what is drawn where, and colours that everybody can tell apart on either ground."""

from __future__ import annotations

import io
import itertools
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from bioplaus import plotting

# Linear-light matrices of full colour blindness (Machado, Oliveira and Fernandes 2009, severity 1).
DEUTERANOPIA = np.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)
PROTANOPIA = np.array(
    [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]
)


def linear(colour: str) -> np.ndarray:
    c = np.array(to_rgb(colour))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of linear sRGB under D65."""
    matrix = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    x, y, z = (
        np.cbrt(v) if v > 0.008856 else 7.787 * v + 16 / 116
        for v in matrix @ np.clip(rgb, 0, 1) / (0.9505, 1.0, 1.089)
    )
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("colour", [*plotting.COLOURS, plotting.GREY])
def test_contrast_on_white_and_on_black(colour: str) -> None:
    """WCAG contrast of at least 3 : 1, the level for graphics, on both grounds."""
    luminance = linear(colour) @ (0.2126, 0.7152, 0.0722)
    assert 1.05 / (luminance + 0.05) >= 3
    assert (luminance + 0.05) / 0.05 >= 3


@pytest.mark.parametrize("sight", [np.eye(3), DEUTERANOPIA, PROTANOPIA])
def test_first_three_colours_stay_apart_for_every_eye(sight: np.ndarray) -> None:
    """A distance of 20 in L*a*b* is about nine just noticeable differences (2.3 each)."""
    for one, other in itertools.combinations(plotting.COLOURS[:3], 2):
        distance = np.linalg.norm(lab(sight @ linear(one)) - lab(sight @ linear(other)))
        assert distance > 20, (one, other)


def test_a_figure_has_the_width_of_a_column_and_a_clear_ground() -> None:
    figure = plotting.figure("column")
    figure.subplots().plot([0, 1])
    content = io.BytesIO()
    figure.savefig(content, format="png")
    pixels = mpl.image.imread(io.BytesIO(content.getvalue()))
    assert pixels.shape[1] == pytest.approx(200 * 85 / 25.4, abs=2)
    assert pixels[0, 0, 3] == 0.0
    with pytest.raises(ValueError, match="'column' or 'page'"):
        plotting.figure("poster")  # type: ignore[arg-type]


def test_style_leaves_the_settings_as_they_were() -> None:
    before = dict(mpl.rcParams)
    figure = plotting.figure()
    with plotting.style():
        plotting.learning_curve(figure.subplots(), [1, 2], [0.5, 0.2])
    assert dict(mpl.rcParams) == before


def test_equal_figures_have_equal_bytes() -> None:
    """Figures kept with results change only when what they show has changed."""
    drawn = []
    for _ in range(2):
        figure = plotting.figure()
        plotting.raster(figure.subplots(), [0.1, 0.2], [0, 1])
        content = io.BytesIO()
        figure.savefig(content, format="png", metadata={"Software": None})
        drawn.append(content.getvalue())
    assert drawn[0] == drawn[1]


def test_learning_curve_draws_the_points_and_the_levels() -> None:
    ax = plotting.figure().subplots()
    plotting.learning_curve(ax, [1, 2, 3], [0.5, 0.3, 0.2], label="ours", chance=0.9)
    line = ax.lines[0]
    assert line.get_xdata().tolist() == [1, 2, 3]
    assert line.get_ydata().tolist() == [0.5, 0.3, 0.2]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["ours", "chance"]
    assert ax.get_ylim()[0] == 0.0


@pytest.mark.parametrize("logarithmic", [False, True])
def test_every_curve_lies_within_the_limits_whichever_comes_first(logarithmic: bool) -> None:
    for order in itertools.permutations([[0.5, 0.2], [30.0, 20.0], [0.01, 0.02]]):
        ax = plotting.figure().subplots()
        for number, values in enumerate(order):
            epochs = np.array([1, 2]) * 10**number
            plotting.learning_curve(ax, epochs, values, spread=[0.005] * 2, logarithmic=logarithmic)
        for line in ax.lines:
            assert ax.get_xlim()[0] <= min(line.get_xdata())
            assert ax.get_xlim()[1] >= max(line.get_xdata())
            assert ax.get_ylim()[0] <= min(line.get_ydata())
            assert ax.get_ylim()[1] >= max(line.get_ydata())


def test_a_logarithmic_axis_is_labelled_with_numbers_and_a_zero_is_a_gap() -> None:
    figure = plotting.figure()
    ax = figure.subplots()
    plotting.learning_curve(ax, [1, 2, 3, 4], [10.0, 0.1, 0.0, 0.01], logarithmic=True)
    figure.canvas.draw()
    labels = [text.get_text() for text in ax.get_yticklabels()]
    assert {"0.01", "0.1", "1", "10"} <= set(labels)
    assert ax.get_ylim()[0] > 0.001  # what is zero draws no line downwards


SECOND_CALLS: dict[str, tuple[Any, list[tuple[Any, ...]]]] = {
    "rates": (
        lambda ax, counts: plotting.population_rate(ax, [0, 1, 2], counts, neurons=2),
        [([1, 2],), ([40, 80],), ([0, 0],)],
    ),
    "weights": (
        lambda ax, edges: plotting.weight_distribution(ax, edges, [1, 3]),
        [([0, 1, 2],), ([-0.2, -0.1, 0.0],), ([5, 50, 500],)],
    ),
    "phase plane": (plotting.phase_plane, [([0, 1], [0, 1]), ([-9, 3], [7, 70]), ([2, 2], [2, 3])]),
    "traces": (plotting.traces, [([0, 1], [0, 1]), ([-9, 3], [7, 70]), ([2, 3], [-2, -30])]),
    "spikes": (plotting.raster, [([0, 1], [0, 1]), ([-9, 3], [7, 70]), ([2, 3], [2, 3])]),
}


@pytest.mark.parametrize("name", SECOND_CALLS)
def test_what_is_added_later_lies_within_the_limits(name: str) -> None:
    """Whatever was drawn first: each order of three calls."""
    draw, calls = SECOND_CALLS[name]
    for order in itertools.permutations(calls):
        ax = plotting.figure().subplots()
        for call in order:
            draw(ax, *call)
        drawn = ax.dataLim
        assert ax.get_xlim()[0] <= drawn.x0 < drawn.x1 <= ax.get_xlim()[1]
        assert ax.get_ylim()[0] <= drawn.y0 < drawn.y1 <= ax.get_ylim()[1]


def test_a_smaller_population_added_to_a_raster_hides_no_row() -> None:
    ax = plotting.figure().subplots()
    plotting.raster(ax, [0.1], [80], neurons=100)
    plotting.raster(ax, [0.5, 9.0], [3, 7])
    assert ax.get_ylim() == (-0.5, 99.5)
    assert ax.get_xlim()[0] <= 0.1
    assert ax.get_xlim()[1] >= 9.0
    plotting.raster(ax, [0.1], [150], neurons=120)  # a cell beyond the size that was said
    assert ax.get_ylim() == (-0.5, 150.5)


def test_lines_added_to_traces_are_drawn_in_the_unit_of_the_axis() -> None:
    """-70 mV, then 2 V: the axis stays in mV, so the second line stands at 2000."""
    ax = plotting.figure().subplots()
    plotting.traces(ax, [0.0, 0.1], [-0.07, -0.05], unit="V", name="v")
    plotting.traces(ax, [0.0, 0.1], [2.0, 2.0], unit="V", name="v")
    assert ax.lines[1].get_ydata() == pytest.approx([2000.0, 2000.0])
    assert ax.get_ylabel() == "v [mV]"
    assert ax.get_ylim()[1] >= 2000
    with pytest.raises(ValueError, match="these axes show mV, not A"):
        plotting.traces(ax, [0.0, 0.1], [1.0, 1.0], unit="A")


def test_raster_keeps_silent_rows_and_turns_into_pixels_when_large() -> None:
    ax = plotting.figure().subplots()
    plotting.raster(ax, np.zeros(6000), np.zeros(6000, int), neurons=50)
    assert ax.get_ylim() == (-0.5, 49.5)
    assert ax.collections[0].get_rasterized()
    assert len(ax.collections[0].get_offsets()) == 6000
    with pytest.raises(ValueError, match="2 spike times but 3 neuron numbers"):
        plotting.raster(ax, [0.1, 0.2], [0, 1, 2])


def test_traces_choose_a_prefix_and_leave_the_data_alone() -> None:
    ax = plotting.figure().subplots()
    values = np.array([[-0.07, -0.05]])
    plotting.traces(ax, [0.0, 0.1], values, unit="V", name="v")
    assert ax.get_ylabel() == "v [mV]"
    assert ax.lines[0].get_ydata() == pytest.approx([-70, -50])
    assert values.tolist() == [[-0.07, -0.05]]
    with pytest.raises(ValueError, match=r"\(cell, time\) is wanted"):
        plotting.traces(ax, [0.0, 0.1, 0.2], values)
    with pytest.raises(ValueError, match="2 labels for 1 cells"):
        plotting.traces(ax, [0.0, 0.1], values, labels=["a", "b"])


def test_no_line_bridges_a_gap_in_the_recording() -> None:
    t = np.array([0.0, 0.1, 0.2, 5.0, 5.1, 5.2])
    ax = plotting.figure().subplots()
    plotting.traces(ax, t, np.arange(6.0))
    drawn = ax.lines[0].get_ydata()
    assert np.isnan(drawn[3])
    assert drawn[[0, 1, 2, 4, 5, 6]].tolist() == [0, 1, 2, 3, 4, 5]
    whole = plotting.with_gaps(t[:3], np.zeros((1, 3)))
    assert len(whole[0]) == 3


@pytest.mark.parametrize(
    ("largest", "unit", "number", "shown"),
    [
        (0.012, "V", 12.0, "mV"),
        (2.5e-10, "amp", 250.0, "pA"),
        (1.0, "second", 1.0, "s"),
        (0.02, "", 0.02, ""),
        (0.02, "1", 0.02, ""),
        (0.02, "metre", 0.02, "metre"),
        (0.0, "volt", 0.0, "V"),
    ],
)
def test_prefixes(largest: float, unit: str, number: float, shown: str) -> None:
    values, symbol = plotting.with_prefix(np.array([largest]), unit)
    assert symbol == shown
    assert values[0] == pytest.approx(number)


def test_weight_colours_are_symmetric_about_zero() -> None:
    ax = plotting.figure().subplots()
    plotting.weight_image(ax, [[-0.1, 0.4], [0.0, 0.2]], unit="nS")
    assert ax.images[0].get_clim() == (-0.4, 0.4)


def test_weight_histogram_is_a_density() -> None:
    ax = plotting.figure().subplots()
    plotting.weight_histogram(ax, np.linspace(0, 2, 201), bins=4)
    # Uniform on [0, 2]: the density is one half.
    assert ax.patches[0].get_data().values.max() == pytest.approx(0.5, rel=0.02)


def test_phase_plane_marks_the_start() -> None:
    ax = plotting.figure().subplots()
    plotting.phase_plane(ax, [1.0, 0.0, -1.0], [0.0, 1.0, 0.0], names=("x1", "x2"))
    assert [ax.lines[1].get_xdata()[0], ax.lines[1].get_ydata()[0]] == [1.0, 0.0]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x1", "x2")


def test_a_curve_of_one_point_stands_on_an_axis_from_zero_and_a_longer_one_widens_it() -> None:
    axes = plotting.figure().subplots()
    plotting.learning_curve(axes, [1.0], [0.3])
    assert axes.get_xlim() == pytest.approx((0, 1.055), abs=0.01)
    plotting.learning_curve(axes, [1.0, 20.0], [0.3, 0.1])
    assert axes.get_xlim()[0] == 0
    assert axes.get_xlim()[1] > 20


def test_a_figure_says_what_it_shows_and_keeps_its_own_title() -> None:
    page = plotting.figure()
    page.subplots()
    plotting.entitle(page, "learning curve: erbp-images, seed 1")
    assert page.get_suptitle() == "learning curve: erbp-images, seed 1"
    plotting.entitle(page, "something else")
    assert page.get_suptitle() == "learning curve: erbp-images, seed 1"


def test_error_curves_are_in_percent_and_say_which_is_which() -> None:
    metrics = {"epoch": [1, 2], "validation_error": [0.3, 0.2], "training_error": [0.5, 0.1]}
    ax = plotting.error_curves(plotting.figure().subplots(), metrics, "training points")
    drawn = {line.get_label(): list(line.get_ydata()) for line in ax.lines}
    assert drawn == {"validation": [30, 20], "training (while learning)": [50, 10]}
    assert ax.get_xlabel() == "passes over the training points"
    del metrics["training_error"]
    ax = plotting.error_curves(plotting.figure().subplots(), metrics)
    assert [line.get_label() for line in ax.lines] == ["validation"]
