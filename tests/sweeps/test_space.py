"""The search space: read from text, checked with the experiment's own parameters."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bioplaus.parameters import ParameterError, Quantity, parameter
from bioplaus.sweeps import SweepPlan, read_axis


@dataclass(frozen=True)
class Settings:
    rate: float = parameter(0.1, "learning rate", low=0.0, high=10.0)
    hidden: int = parameter(100, "cells", low=1)
    tau: Quantity = parameter("5 ms", "time constant", low="0.1 ms")


def test_a_grid_cuts_ranges_into_equal_or_proportional_steps() -> None:
    linear = read_axis("rate=linear(0,1,5)", Settings())
    assert linear.grid() == pytest.approx([0.0, 0.25, 0.5, 0.75, 1.0])
    logarithmic = read_axis("rate = log(1e-4, 1e-1, 4)", Settings())
    assert logarithmic.grid() == pytest.approx([1e-4, 1e-3, 1e-2, 1e-1], rel=1e-12)
    assert logarithmic.grid()[-1] == 0.1
    assert read_axis("hidden=log(1,100,3)", Settings()).grid() == [1, 10, 100]
    assert read_axis("hidden=linear(1,3,9)", Settings()).grid() == [1, 2, 3]


def test_values_carry_the_unit_of_their_range() -> None:
    axis = read_axis("tau=linear(5ms,10 ms)", Settings())
    assert axis.text(7.5) == "7.5 ms"
    choice = read_axis("tau=choice(5ms,0.01 second)", Settings())
    assert [choice.text(value) for value in choice.grid()] == ["5ms", "0.01 second"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rat=log(1,2)", "did you mean 'rate'"),
        ("rate", "is not NAME=RANGE"),
        ("rate=uniform(1,2)", "none of choice, linear, log"),
        ("rate=log()", "empty range"),
        ("rate=linear(2,1)", "empty range"),
        ("rate=linear(1,1)", "empty range"),
        ("rate=log(0,1)", "begins above zero"),
        ("rate=linear(0,11)", r"accepted: 0.0 \.\. 10.0"),
        ("rate=linear(1,2,3,4)", "a range is linear"),
        ("hidden=linear(1.5,3)", "not a whole number"),
        ("tau=linear(5,10)", r"has no unit; write 5\*ms"),
        ("tau=linear(5 mV,10 mV)", "wrong unit"),
        ("tau=linear(1 ms, 1 second)", "same unit"),
        ("tau=choice(5 ms, 0 ms)", "accepted: >= 0.1 ms"),
    ],
)
def test_wrong_ranges_say_what_would_be_right(text: str, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        read_axis(text, Settings())


def test_a_grid_over_a_range_needs_its_points() -> None:
    with pytest.raises(ParameterError, match=r"number of points of rate: log\(0.1,1,5\)"):
        read_axis("rate=log(0.1,1)", Settings()).grid()


def test_a_test_metric_is_no_objective() -> None:
    """Settings are chosen on the validation part; see CONTRIBUTING and every results table."""
    plan = SweepPlan("any", "any", ("rate=log(1,2)",), objective="test_error")
    with pytest.raises(ParameterError, match="chosen on the validation part"):
        plan.axes()
