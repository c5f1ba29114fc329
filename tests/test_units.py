"""Quantities read from text, without Brian2."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bioplaus.units import Amount, dimensions, number, read_amount, unit_of

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


@given(st.tuples(*[st.integers(-4, 4)] * 7).filter(any))
def test_a_unit_that_is_written_reads_back_as_one_of_the_same_dimensions(dims) -> None:
    """Grams and litres of a thousand would show as another number."""
    written = unit_of(Amount(1.0, tuple(float(d) for d in dims)))
    found = read_amount(f"1 {written}")
    assert dimensions(found) == dims
    assert number(found) == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("3", "1"), ("5 mV", "V"), ("2 nA", "A"), ("1 nS", "S"), ("1 ms", "s"), ("4 Hz", "Hz"),
        ("1 V / s", "V/s"), ("1 V ** 2", "V^2"), ("1 uF / cm ** 2", "F/m^2"), ("1 mM", "mol/m^3"),
        ("1 S / m ** 2", "S/m^2"), ("1 nA / ms", "A/s"), ("1 V * s", "Wb"), ("1 pJ", "J"),
    ],
)  # fmt: skip
def test_units_are_those_in_which_neurons_are_measured(text: str, unit: str) -> None:
    assert unit_of(read_amount(text)) == unit


def test_a_number_without_dimension_is_no_angle() -> None:
    """Brian2 names it after whichever unit without dimension was made last, such as the radian."""
    brian2 = pytest.importorskip("brian2")
    group = brian2.NeuronGroup(1, "v : volt\ny : 1\nphase : radian")
    assert [unit_of(group.variables[name]) for name in ("v", "y", "phase")] == ["V", "1", "1"]
    assert unit_of(brian2.Quantity(2.0)) == unit_of(2.0) == "1"
