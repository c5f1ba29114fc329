"""What the names of Brian2's units measure, known without importing Brian2.

A script's constants are listed and checked before anything is executed, and Brian2 takes longer to
import than all of that.  A test holds these tables against Brian2's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

__all__ = [
    "SYMBOLS",
    "UNITS",
    "Amount",
    "UnitMismatch",
    "dimensions",
    "measured_in",
    "number",
    "read_amount",
    "unit_of",
]

Dimensions = tuple[float, ...]
"""Powers of metre, kilogram, second, ampere, kelvin, mole and candela."""

NONE: Dimensions = (0.0,) * 7

_PREFIXES = {
    **{"y": -24, "z": -21, "a": -18, "f": -15, "p": -12, "n": -9, "u": -6, "m": -3, "c": -2},
    **{"d": -1, "": 0, "da": 1, "h": 2, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18},
    **{"Z": 21, "Y": 24},
}

_BASES: tuple[tuple[str, str, tuple[int, ...], int], ...] = (
    # names in Brian2 (the last ones take no prefix), symbol, dimensions, power of ten
    ("metre meter", "m", (1,), 0),
    ("gram gramme", "g", (0, 1), -3),
    ("kilogram kilogramme", "kg", (0, 1), 0),
    ("second", "s", (0, 0, 1), 0),
    ("amp ampere", "A", (0, 0, 0, 1), 0),
    ("kelvin", "K", (0, 0, 0, 0, 1), 0),
    ("mole mol", "mol", (0, 0, 0, 0, 0, 1), 0),
    ("candle", "cd", (0, 0, 0, 0, 0, 0, 1), 0),
    ("molar", "M", (-3, 0, 0, 0, 0, 1), 3),
    ("liter litre", "l", (3,), -3),
    ("radian", "rad", (), 0),
    ("steradian", "sr", (), 0),
    ("hertz", "Hz", (0, 0, -1), 0),
    ("newton", "N", (1, 1, -2), 0),
    ("pascal", "Pa", (-1, 1, -2), 0),
    ("joule", "J", (2, 1, -2), 0),
    ("watt", "W", (2, 1, -3), 0),
    ("coulomb", "C", (0, 0, 1, 1), 0),
    ("volt", "V", (2, 1, -3, -1), 0),
    ("farad", "F", (-2, -1, 4, 2), 0),
    ("ohm", "ohm", (2, 1, -3, -2), 0),
    ("siemens", "S", (-2, -1, 3, 2), 0),
    ("weber", "Wb", (2, 1, -2, -1), 0),
    ("tesla", "T", (0, 1, -2, -1), 0),
    ("henry", "H", (2, 1, -2, -2), 0),
    ("lumen", "lm", (0, 0, 0, 0, 0, 0, 1), 0),
    ("lux", "lx", (-2, 0, 0, 0, 0, 0, 1), 0),
    ("becquerel", "Bq", (0, 0, -1), 0),
    ("gray", "Gy", (2, 0, -2), 0),
    ("sievert", "Sv", (2, 0, -2), 0),
    ("katal", "kat", (0, 0, -1, 0, 0, 1), 0),
)
_WITHOUT_PREFIX = {"kilogram", "kilogramme", "kelvin"}
_WITHOUT_POWERS = {"liter", "litre"}

_SHORT = {
    **{"mV": "mvolt", "mA": "mamp", "uA": "uamp", "nA": "namp", "pA": "pamp", "pF": "pfarad"},
    **{"uF": "ufarad", "nF": "nfarad", "nS": "nsiemens", "uS": "usiemens", "mS": "msiemens"},
    **{"ms": "msecond", "us": "usecond", "Hz": "hertz", "kHz": "khertz", "MHz": "Mhertz"},
    **{"cm": "cmetre", "cm2": "cmetre2", "cm3": "cmetre3", "mm": "mmetre", "mm2": "mmetre2"},
    **{"mm3": "mmetre3", "um": "umetre", "um2": "umetre2", "um3": "umetre3"},
    **{"mM": "mmolar", "uM": "umolar", "nM": "nmolar"},
}


class UnitMismatch(ValueError):
    """Amounts of different dimensions are added, or one with a dimension stands in an exponent."""


@dataclass(frozen=True)
class Amount:
    """A number in SI units with its dimensions: as much of a quantity as reading needs."""

    number: float
    dimensions: Dimensions

    def __mul__(self, other: Any) -> Any:
        return _amount(
            self.number * number(other),
            tuple(a + b for a, b in zip(self.dimensions, dimensions(other))),
        )

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return self * other**-1 if isinstance(other, Amount) else self * (1 / other)

    def __rtruediv__(self, other: Any) -> Any:
        return self**-1 * other

    def __pow__(self, power: Any) -> Any:
        if isinstance(power, Amount):
            raise UnitMismatch(f"an exponent cannot be measured in {measured_in(power)}")
        return _amount(self.number**power, tuple(d * power for d in self.dimensions))

    def __rpow__(self, other: Any) -> Any:
        raise UnitMismatch(f"an exponent cannot be measured in {measured_in(self)}")

    def __add__(self, other: Any) -> Any:
        if dimensions(other) != self.dimensions:
            raise UnitMismatch(
                f"{measured_in(self)} and {measured_in(other) or 'a plain number'} do not add up"
            )
        return _amount(self.number + number(other), self.dimensions)

    __radd__ = __add__

    def __neg__(self) -> Amount:
        return Amount(-self.number, self.dimensions)

    def __sub__(self, other: Any) -> Any:
        return self + -other

    def __rsub__(self, other: Any) -> Any:
        return -self + other


def dimensions(value: Any) -> Dimensions:
    """The dimensions of an amount, a Brian2 quantity, or a plain number (none)."""
    if isinstance(value, Amount):
        return value.dimensions
    found = getattr(value, "dim", None)  # Brian2's
    return NONE if found is None else tuple(float(power) for power in found._dims)


def number(value: Any) -> Any:
    """The number of an amount or quantity in SI units; plain numbers as they are."""
    if isinstance(value, Amount):
        return value.number
    return float(value) if hasattr(value, "dim") else value


def measured_in(value: Any) -> str:
    """The SI unit of a value, such as ``V`` or ``A s``; empty where it has none."""
    return _unit_text(dimensions(value))


def unit_of(value: Any) -> str:
    """The SI unit of a value, or of what a Brian2 variable holds, as files keep it: ``1`` for none.

    Brian2's own text for a number without dimension is that of whichever unit was made last.
    """
    return measured_in(value) or "1"


def read_amount(text: str) -> Any:
    """``5 ms``, ``20*mV``, ``0.5 / ms`` or ``3`` as an amount or a number; None for other text."""
    match = _QUANTITY.fullmatch(text.replace("µ", "u").replace("μ", "u"))
    if match is None:
        return None
    value: Any = float(match.group(1))
    for operator, name, power in _FACTOR.findall(match.group(2)):
        unit = UNITS.get(SYMBOLS.get(name, name))
        if unit is None:
            return None
        factor = unit ** float(power or 1)
        value = value / factor if operator == "/" else value * factor
    return value


_FACTOR = re.compile(r"\s*([*/]?)\s*([A-Za-z]+\d?)(?:\s*(?:\*\*|\^)\s*(-?\d+))?")
_FACTORS = r"(?:\s*[*/]?\s*[A-Za-z]+\d?(?:\s*(?:\*\*|\^)\s*-?\d+)?)*"
_QUANTITY = re.compile(rf"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)({_FACTORS})\s*")


def _amount(value: float, dims: Dimensions) -> Any:
    return Amount(value, dims) if any(dims) else value


def _tables() -> tuple[dict[str, Amount], dict[str, str]]:
    """Units by their names in Brian2, and those names by the symbols that people write."""
    units: dict[str, Amount] = {}
    symbols: dict[str, str] = {}
    for names, symbol, dims, power in _BASES:
        whole = tuple(float(d) for d in (*dims, *(0,) * (7 - len(dims))))
        first, *_ = names.split()
        for name in names.split():
            for prefix, ten in _PREFIXES.items():
                if prefix and name in _WITHOUT_PREFIX:
                    continue
                for n in (1,) if name in _WITHOUT_POWERS else (1, 2, 3):
                    scale = float(f"1e{n * (power + ten)}")
                    key = f"{prefix}{name}{n if n > 1 else ''}"
                    units[key] = Amount(scale, tuple(n * d for d in whole))
                if name == first:
                    symbols.setdefault(f"{prefix}{symbol}", f"{prefix}{name}")
    units |= {short: units[long] for short, long in _SHORT.items()}
    return units, symbols | _SHORT


_NAMED = (
    *("second", "volt", "amp", "siemens", "hertz", "ohm", "farad", "coulomb"),
    *("joule", "watt", "weber", "mole"),
)
_BELOW = {"m^2": "metre2", "m": "metre", "m^3": "metre3", "s": "second"}


def _unit_text(dims: Dimensions) -> str:
    """A unit by its symbol, or one below another (``S/m^2``), or a product of base units."""
    if not any(dims):
        return ""
    symbol = {name: text for names, text, *_ in _BASES for name in names.split()}
    for name in _NAMED:
        if UNITS[name].dimensions == dims:
            return symbol[name]
        if UNITS[f"{name}2"].dimensions == dims:
            return f"{symbol[name]}^2"
    for below, unit in _BELOW.items():
        product = tuple(a + b for a, b in zip(dims, UNITS[unit].dimensions))
        for name in _NAMED:
            if UNITS[name].dimensions == product:
                return f"{symbol[name]}/{below}"
    bases = ("m", "kg", "s", "A", "K", "mol", "cd")
    return " ".join(b if p == 1 else f"{b}^{p:g}" for b, p in zip(bases, dims) if p)


UNITS, SYMBOLS = _tables()
