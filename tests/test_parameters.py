"""Parameters: text with units, checked for kind, unit and range."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest
from brian2 import ms, mV, nS, second, volt
from hypothesis import given
from hypothesis import strategies as st

from bioplaus import parameters
from bioplaus.parameters import (
    ParameterError,
    Quantity,
    assignments,
    check,
    describe,
    parameter,
    quantities,
    replace,
)
from bioplaus.quantity import amount, number_and_unit, to_quantity
from bioplaus.units import number


@dataclass(frozen=True)
class Cell:
    """A cell."""

    tau: Quantity = parameter("20 ms", "time constant", symbol="tau", low="0.1 ms", high="1 s")
    threshold: Quantity = parameter("100 mV", "threshold")
    rate: Quantity = parameter("3 1/second", "rate")
    cells: int = parameter(10, "cells", low=1)
    gain: float = parameter(0.5, "gain", low=0.0, high=1.0)
    noisy: bool = parameter(True, "noise on")
    rule: str = parameter("direct", "feedback", choices=("direct", "sparse"))


@pytest.mark.parametrize("text", ["5ms", "5 ms", "5*ms", "5.0e0 * ms", "0.005 second", "5e-3s"])
def test_ways_to_write_five_milliseconds(text: str) -> None:
    assert to_quantity(text) == 5 * ms


def test_compound_units() -> None:
    assert float(to_quantity("3 nS/ms") / (nS / ms)) == pytest.approx(3, rel=1e-15)
    assert to_quantity("3/second") == 3 / second
    assert float(to_quantity("2 mV**2*second**-1") / (mV**2 / second)) == pytest.approx(2)


def test_quantities_carry_units_and_plain_values_do_not() -> None:
    q = quantities(Cell())
    assert q.tau == 20 * ms
    assert q.threshold == 0.1 * volt
    assert (q.cells, q.gain, q.noisy, q.rule) == (10, 0.5, True, "direct")


@given(st.floats(min_value=0.1, max_value=1000, allow_nan=False))
def test_reading_back_what_was_written(value: float) -> None:
    changed = replace(Cell(), {"tau": f"{value!r}ms"})
    assert float(quantities(changed).tau) == float(value * ms)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("tau", "5", "tau = 5 has no unit; write 5*ms"),
        ("tau", "5 mV", "tau = 5 mV has the wrong unit; it is measured in ms"),
        ("tau", "-5 ms", "out of range; accepted: 0.1 ms .. 1 s"),
        ("tau", "five ms", "not a number with a unit"),
        ("tau", "5 parsec", "unknown unit 'parsec'"),
        ("tau", "1e999 ms", "out of range"),
        ("cells", "2.5", "cells = 2.5 is not a whole number"),
        ("cells", "0", "out of range; accepted: >= 1"),
        ("gain", "2", "out of range; accepted: 0.0 .. 1.0"),
        ("gain", "nan", "not a number"),
        ("noisy", "maybe", "neither true nor false"),
        ("rule", "magic", "not one of direct, sparse"),
        ("taus", "5 ms", "did you mean 'tau'"),
        ("xyzzy", "1", "known: cells, gain"),
    ],
)
def test_wrong_values_are_explained(name: str, value: str, words: str) -> None:
    with pytest.raises(ParameterError) as caught:
        replace(Cell(), {name: value})
    assert words in str(caught.value)


def test_a_unit_is_not_code() -> None:
    with pytest.raises(ParameterError):
        to_quantity("5 __import__('os').getpid()")


def test_check_covers_values_given_to_the_class() -> None:
    with pytest.raises(ParameterError, match="cells"):
        check(Cell(cells=0))


def test_quantities_of_brian2_are_accepted() -> None:
    assert quantities(Cell(tau=7 * ms)).tau == 7 * ms


def test_help_names_unit_range_and_symbol() -> None:
    row = describe(Cell)[0]
    assert (row.name, row.unit, row.default, row.symbol) == ("tau", "ms", "20 ms", "tau")
    assert row.allowed == "0.1 ms .. 1 s"


def test_types_are_checked_in_any_style_of_file() -> None:
    """Without ``from __future__ import annotations`` a field's type is a class and no text."""

    source = """
from dataclasses import dataclass
from bioplaus import parameters
from bioplaus.parameters import Quantity, parameter
@dataclass(frozen=True)
class Plain:
    n: int = parameter(3, "a number")
    flag: bool = parameter(False, "a switch")
    share: float = parameter(0.5, "a share")
    tau: Quantity = parameter("5 ms", "a time")
    delay: parameters.Quantity = parameter("1 ms", "another")
"""
    made: dict[str, Any] = {"__name__": __name__}
    exec(compile(source, "plain.py", "exec", dont_inherit=True), made)
    Plain = made["Plain"]
    assert replace(Plain(), {"n": "4", "flag": "yes", "share": "1", "tau": "3 ms"}).n == 4
    for name, wrong in (
        ("n", "9.5"),
        ("flag", "maybe"),
        ("share", "3ms"),
        ("tau", "3 mV"),
        ("delay", "3"),
    ):
        with pytest.raises(ParameterError):
            replace(Plain(), {name: wrong})


def test_several_numbers_are_not_one_with_a_unit() -> None:
    with pytest.raises(ParameterError, match="is not a number with a unit"):
        to_quantity("2 0.5 0.03")
    assert float(to_quantity("5000µs")) == pytest.approx(0.005)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5 ms", (5.0, "ms")), ("2.5", (2.5, "")), ("0.1 / ms", (0.1, "/ ms")),
        ("0.0005 / ms", (0.0005, "/ ms")), ("1.15*V", (1.15, "V")),
        ("-2.5e-4 metre ** 2", (-2.5e-4, "metre ** 2")), ("3 µV", (3.0, "uV")),
        ("1e-3 second", (1e-3, "second")), ("1e-3 0.5", None), ("2E-3 1e-4", None),
        ("2 0.5 0.03", None), ("0.1, 0.05", None), ("784-500-10", None), ("automatic", None),
        ("", None),
    ],
)  # fmt: skip
def test_a_number_and_its_unit_are_told_apart(text: str, expected: Any) -> None:
    """A list is no number: ``2 0.5 0.03`` was once the number 2 with the unit ``0.5 0.03``, and
    ``1e-3 0.5`` the number 1."""
    assert number_and_unit(text) == expected


@pytest.mark.parametrize(
    "text",
    ["5 ms", "7*usecond", "0.1 second", "5 mV", "5", "2 s", "0.05 ms", "0.1 ms", "1 s", "-3 ms",
     "5 ms**2", "0.002/kHz", "5 lightyear", "1e400 ms", "5 + 3", "1 ms mV", "2 cm2/cmetre2*ms"],
)  # fmt: skip
def test_what_is_seen_without_brian2_is_what_brian2_sees(text: str) -> None:
    """Accepted at once is only what is accepted by quantities; unit and range (0.1 ms to 1 s)."""
    field = next(each for each in dataclasses.fields(Cell) if each.name == "tau")
    seen = parameters._is_amount(field, text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parameters, "_is_amount", lambda field, value: False)
        try:
            replace(Cell(), {"tau": text})
        except ParameterError:
            assert not seen
        else:
            assert seen
    if seen:
        assert number(amount(text)) == pytest.approx(float(to_quantity(text)), rel=1e-15)


def test_settings_are_checked_without_brian2() -> None:
    """It takes three times as long to import as all else that a run begins with."""
    program = (
        "import sys\n"
        "from bioplaus.models.erbp.parameters import OneHiddenLayer\n"
        "from bioplaus.parameters import check, replace\n"
        "check(replace(OneHiddenLayer(), {'tau_synapse': '5 ms'}))\n"
        "assert 'brian2' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_assignments_are_read_by_name() -> None:
    assert assignments(["a=1 ms", " b = x=y"]) == {"a": "1 ms", "b": "x=y"}
    for wrong in ("a", "=1", " =1"):
        with pytest.raises(ParameterError, match="not NAME=VALUE"):
            assignments([wrong])
