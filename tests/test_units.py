"""Quantities read from text, without Brian2."""

from __future__ import annotations

import pytest

from bioplaus.units import dimensions, number, read_amount

TIME = (0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("text", "value", "seconds"),
    [
        ("5 ms", 5e-3, 1),
        ("5ms", 5e-3, 1),
        ("20*ms", 20e-3, 1),
        ("5000µs", 5e-3, 1),
        ("0.5 / ms", 500.0, -1),
        ("3 ms ** 2", 3e-6, 2),
        ("2 msecond", 2e-3, 1),
        ("-2.5e-4", -2.5e-4, 0),
        ("6 Hz*s", 6.0, 0),
    ],
)
def test_a_quantity_is_its_number_in_si_and_its_dimensions(
    text: str, value: float, seconds: int
) -> None:
    found = read_amount(text)
    assert number(found) == pytest.approx(value, rel=1e-15)
    assert dimensions(found) == tuple(seconds * power for power in TIME)


@pytest.mark.parametrize("text", ["2 0.5 0.03", "automatic", "", "784-500", "5 foo", "ms", "1e"])
def test_other_text_is_no_quantity(text: str) -> None:
    assert read_amount(text) is None
