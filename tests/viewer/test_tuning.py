"""What the page offers for the parameters that may be tuned."""

from __future__ import annotations

import pytest

from bioplaus.viewer.tuning import _NUMBER


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("6e-3", "6e-3", ""),
        ("5 ms", "5", "ms"),
        ("0.0005 / ms", "0.0005", "/ ms"),
        ("1.15*V", "1.15", "V"),
        ("-2.5e-4 metre ** 2", "-2.5e-4", "metre ** 2"),
    ],
)
def test_one_number_with_its_unit_gets_a_slider(text: str, number: str, unit: str) -> None:
    match = _NUMBER.fullmatch(text)
    assert match is not None
    assert match.groups() == (number, unit)


@pytest.mark.parametrize("text", ["2 0.5 0.03", "0.1, 0.05", "784-500-10", "automatic", ""])
def test_lists_and_words_are_no_numbers(text: str) -> None:
    """``base_rates`` of three areas was read as the number 2 with the unit ``0.5 0.03``."""
    assert _NUMBER.fullmatch(text) is None
