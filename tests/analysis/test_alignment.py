"""The alignment angle against geometry."""

from __future__ import annotations

import numpy as np
import pytest

from bioplaus import analysis
from bioplaus.analysis import gradient_angles, gradient_floors


@pytest.mark.parametrize("degrees", [0.0, 1e-7, 30.0, 90.0, 179.9999, 180.0])
def test_angle_in_the_plane(degrees: float) -> None:
    """Also where the arc cosine of a dot product would have lost all digits."""
    turned = [np.cos(np.radians(degrees)), np.sin(np.radians(degrees))]
    assert float(analysis.alignment_angle([3.0, 0.0], turned)) == pytest.approx(
        degrees, rel=1e-12, abs=1e-14
    )


def test_angle_does_not_depend_on_scale_or_unit() -> None:
    a, b = np.array([1.0, 2.0, 3.0]), np.array([-1.0, 0.5, 2.0])
    assert analysis.alignment_angle(1e-200 * a, 1e200 * b) == pytest.approx(
        analysis.alignment_angle(a, b), rel=1e-14
    )


def test_matrices_are_one_vector_or_one_for_each_row() -> None:
    a = np.array([[1.0, 0.0], [0.0, 1.0]])
    b = np.array([[0.0, 1.0], [0.0, 1.0]])
    assert float(analysis.alignment_angle(a, b)) == pytest.approx(60.0)
    assert analysis.alignment_angle(a, b, axis=1) == pytest.approx([90.0, 0.0], abs=1e-12)


def test_random_directions_of_many_dimensions_are_orthogonal() -> None:
    """The angle's standard deviation is 1/sqrt(n) rad: 0.57 degrees at n = 10,000.  Seed 4."""
    a, b = np.random.default_rng(4).normal(size=(2, 10_000))
    assert float(analysis.alignment_angle(a, b)) == pytest.approx(90.0, abs=2.5)


def test_zero_vectors_have_no_angle_and_shapes_must_agree() -> None:
    assert np.isnan(analysis.alignment_angle([0.0, 0.0], [1.0, 0.0]))
    with pytest.raises(ValueError, match="differ"):
        analysis.alignment_angle([1.0], [1.0, 2.0])


def test_angles_of_a_rule_that_is_right_within_cells_only():
    """Columns scaled by 1 and 3: each cell at 0 degrees, the whole at arccos(4/sqrt(20))."""
    gradient = {"a_to_b": np.array([[1.0, 0.0], [0.0, 1.0]])}
    found = gradient_angles({"a_to_b": gradient["a_to_b"] * [1, 3]}, gradient)
    assert found["angle_cell_a_to_b"] == pytest.approx(0, abs=1e-12)
    assert found["angle_a_to_b"] == pytest.approx(np.degrees(np.arccos(4 / np.sqrt(20))))


def test_cells_without_a_gradient_have_no_angle():
    silent = {"a_to_b": np.array([[1.0, 0.0], [1.0, 0.0]])}
    found = gradient_angles({"a_to_b": np.array([[1.0, 1.0], [0.0, 0.0]])}, silent)
    assert found["angle_cell_a_to_b"] == pytest.approx(45)
    nothing = gradient_angles({"a_to_b": np.zeros((2, 2))}, silent)
    assert np.isnan(nothing["angle_a_to_b"])
    assert np.isnan(nothing["angle_cell_a_to_b"])
    with pytest.raises(ValueError, match="projections differ"):
        gradient_angles({"a_to_b": np.zeros((2, 2))}, {"b_to_a": np.zeros((2, 2))})


def test_floors_of_two_halves():
    """Halves with nothing in common are at a right angle, equal ones at none; sizes are free."""
    one = {"up": np.array([[1.0, 0.0], [0.0, 0.0]]), "out": np.array([[2.0, 1.0]])}
    other = {"up": np.array([[0.0, 3.0], [0.0, 0.0]]), "out": np.array([[4.0, 2.0]])}
    assert gradient_floors(one, other) == {
        "floor_up": pytest.approx(90),
        "floor_out": pytest.approx(0, abs=1e-5),
    }
