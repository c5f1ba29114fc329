"""Sizes and numbers that are written as text."""

import pytest

from bioplaus.layered.chain import layer_sizes, projection_numbers
from bioplaus.parameters import ParameterError


def test_a_chain_is_read_from_the_input_on():
    assert layer_sizes("64-100-10") == (64, 100, 10)
    assert layer_sizes(" 3 - 1 ") == (3, 1)
    assert projection_numbers("rates", "0.5, 1e-3", 2) == [0.5, 0.001]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no chain"), ("64-x-10", "no chain"), ("64--10", "no chain"), ("64-0-10", "no chain"),
        ("64-1.5-10", "no chain"), ("6\u00b2-3", "no chain"), ("64-10", "2 layers.* 3 to 4"),
        ("9-8-7-6-5", "5 layers"),
    ],
)  # fmt: skip
def test_what_is_no_chain_is_refused_with_the_name(text, message):
    with pytest.raises(ParameterError, match=f"areas = .*{message}"):
        layer_sizes(text, "areas", least=3, most=4)


@pytest.mark.parametrize(
    ("text", "message"), [("1", "1 numbers for 2"), ("1, x", "numbers"), ("1, -1", "below 0")]
)
def test_what_are_no_numbers_of_projections_is_refused(text, message):
    with pytest.raises(ParameterError, match=f"rates = .*{message}"):
        projection_numbers("rates", text, 2, low=0)
