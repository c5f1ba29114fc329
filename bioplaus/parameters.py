"""Parameters of models and experiments: text with a unit, checked, turned into quantities late.

A parameter set is a frozen dataclass whose fields are made by :func:`parameter`.  Quantities are
written as text (``"5 ms"``), so that a class can be listed, shown by ``--help`` and saved without
importing Brian2; :func:`quantities` turns a checked set into numbers with units when a model is
built.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar

from bioplaus.errors import ParameterError
from bioplaus.quantity import amount, number_and_unit, to_quantity
from bioplaus.units import dimensions, number

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = [
    "ParameterError",
    "Quantity",
    "assignments",
    "check",
    "describe",
    "kind",
    "parameter",
    "quantities",
    "replace",
]

Quantity = Any
"""Annotation of a field that carries a unit: text such as ``"5 ms"`` or a Brian2 quantity."""

P = TypeVar("P", bound="DataclassInstance")


def parameter(
    default: str | float | bool,
    meaning: str,
    *,
    symbol: str = "",
    source: str = "",
    low: str | float | None = None,
    high: str | float | None = None,
    choices: tuple[str, ...] = (),
    tunable: bool = False,
) -> Any:
    """Declare one field of a parameter class.

    Parameters
    ----------
    default
        Number, truth value, or text; for a quantity text with its unit (``"5 ms"``).
    meaning
        One line for ``--help`` and the documentation.
    symbol, source
        The paper's symbol, and where the value comes from (paper, table, equation).
    low, high
        Smallest and largest value accepted (inclusive), written like the default.  A quantity
        that must be strictly positive has ``low`` equal to the smallest sensible value.
    choices
        The words accepted, for a text field.
    tunable
        Whether a running experiment may change it between segments.
    """
    return dataclasses.field(
        default=default,
        metadata={
            "meaning": meaning,
            "symbol": symbol,
            "source": source,
            "low": low,
            "high": high,
            "choices": choices,
            "tunable": tunable,
        },
    )


@dataclasses.dataclass(frozen=True)
class Description:
    """What ``--help`` prints of one parameter."""

    name: str
    unit: str
    default: str
    allowed: str
    meaning: str
    symbol: str
    source: str
    tunable: bool


def describe(cls: type[DataclassInstance]) -> list[Description]:
    """Describe every field of a parameter class, without importing Brian2."""
    return [
        Description(
            name=field.name,
            unit=_unit_text(field.default) if kind(field) == "quantity" else "",
            default=str(field.default),
            allowed=_allowed_text(field.metadata),
            **{name: field.metadata.get(name, "") for name in ("meaning", "symbol", "source")},
            tunable=field.metadata.get("tunable", False),
        )
        for field in dataclasses.fields(cls)
    ]


def replace(parameters: P, changes: Mapping[str, Any]) -> P:
    """Return a copy with named values changed; text is read by the field's type.

    Raises
    ------
    ParameterError
        For an unknown name (the nearest one is suggested) or a value of the wrong kind, unit or
        range.
    """
    fields = {field.name: field for field in dataclasses.fields(parameters)}
    parsed = {}
    for name, value in changes.items():
        if name not in fields:
            raise ParameterError(unknown_name("parameter", name, list(fields)))
        parsed[name] = _read(fields[name], value)
    changed = dataclasses.replace(parameters, **parsed)
    check(changed)
    return changed


def unknown_name(kind: str, name: str, known: list[str]) -> str:
    """The message for a name that does not exist, with the nearest that does."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(known))}"
    return f"unknown {kind} {name!r}; {hint}"


def check(parameters: DataclassInstance) -> None:
    """Check kind, unit and range of every field.

    Raises
    ------
    ParameterError
        Naming the first wrong value and what would be accepted.
    """
    for field in dataclasses.fields(parameters):
        _read(field, getattr(parameters, field.name))


def quantities(parameters: DataclassInstance) -> SimpleNamespace:
    """Check a parameter set and return its values, those with a unit as Brian2 quantities."""
    check(parameters)
    values = {}
    for field in dataclasses.fields(parameters):
        value = getattr(parameters, field.name)
        values[field.name] = to_quantity(value) if kind(field) == "quantity" else value
    return SimpleNamespace(**values)


def kind(field: dataclasses.Field[Any]) -> str:
    """What a field takes: ``int``, ``float``, ``bool``, ``quantity`` or ``str``.

    A type is text in a file with ``from __future__ import annotations`` and a class in another.
    """
    written = field.type if isinstance(field.type, str) else getattr(field.type, "__name__", "")
    last = written.rpartition(".")[2]
    if last in ("Quantity", "Any"):
        return "quantity"
    return last if last in ("int", "float", "bool") else "str"


def _unit_text(default: Any) -> str:
    found = number_and_unit(str(default))
    return found[1] if found else ""


def _allowed_text(meta: Mapping[str, Any]) -> str:
    if meta.get("choices"):
        return " | ".join(meta["choices"])
    low, high = meta.get("low"), meta.get("high")
    if low is None and high is None:
        return ""
    if high is None:
        return f">= {low}"
    if low is None:
        return f"<= {high}"
    return f"{low} .. {high}"


def _read(field: dataclasses.Field[Any], value: Any) -> Any:
    """Check one value and return it in the form in which it is stored."""
    if kind(field) == "quantity":
        return _read_quantity(field, value)
    read = {"int": _read_int, "float": _read_float, "bool": _read_bool}.get(kind(field))
    value = read(field.name, value) if read else str(value)
    choices = field.metadata.get("choices", ())
    if choices and value not in choices:
        raise ParameterError(f"{field.name} = {value!r} is not one of {', '.join(choices)}")
    if read is not None:
        _check_range(field, value, value)
    return value


def _read_int(name: str, value: Any) -> int:
    if isinstance(value, bool):
        raise ParameterError(f"{name} = {value} is a truth value; write a whole number")
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ParameterError(f"{name} = {value!r} is not a whole number") from None
    if not number.is_integer():
        raise ParameterError(f"{name} = {value} is not a whole number")
    return int(number)


def _read_float(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ParameterError(f"{name} = {value!r} is not a plain number (it has no unit)") from None
    if math.isnan(number):
        raise ParameterError(f"{name} is not a number (nan)")
    return number


def _read_bool(name: str, value: Any) -> bool:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if isinstance(value, bool):
        return value
    if str(value).lower() not in words:
        raise ParameterError(f"{name} = {value!r} is neither true nor false")
    return words[str(value).lower()]


def _read_quantity(field: dataclasses.Field[Any], value: Any) -> Any:
    if _is_amount(field, value):
        return value
    from brian2.units.fundamentalunits import DimensionMismatchError, fail_for_dimension_mismatch

    quantity = to_quantity(value, field.name)
    unit = _unit_text(field.default)
    expected = to_quantity(field.default, field.name)
    try:
        fail_for_dimension_mismatch(quantity, expected)
    except DimensionMismatchError:
        if isinstance(quantity, (int, float)):
            raise ParameterError(
                f"{field.name} = {value} has no unit; write {value}*{unit}"
            ) from None
        raise ParameterError(
            f"{field.name} = {value} has the wrong unit; it is measured in {unit}"
        ) from None
    _check_range(field, quantity, value)
    return value


def _check_range(field: dataclasses.Field[Any], number: Any, shown: Any) -> None:
    low, high = field.metadata.get("low"), field.metadata.get("high")
    wrong = not math.isfinite(float(number))
    wrong = wrong or (low is not None and number < to_quantity(low))
    wrong = wrong or (high is not None and number > to_quantity(high))
    if wrong:
        allowed = _allowed_text(field.metadata) or "a finite value"
        raise ParameterError(f"{field.name} = {shown} is out of range; accepted: {allowed}")


def _is_amount(field: dataclasses.Field[Any], value: Any) -> bool:
    """Whether a text is an amount of what a field measures, and in its range.

    It is seen without Brian2, which takes longer to import than all else that is done before a
    run.  What is not seen may still be right.
    """
    low, high = (field.metadata.get(name) for name in ("low", "high"))
    found = [amount(text) for text in (value, field.default, low or value, high or value)]
    if None in found or len({dimensions(each) for each in found}) > 1:
        return False
    here, _, lowest, highest = map(number, found)
    return math.isfinite(here) and bool(lowest <= here <= highest)


def assignments(texts: Iterable[str]) -> dict[str, str]:
    """Values by name, as ``--set`` gives them.

    Raises
    ------
    ParameterError
        For a text without a name or without a sign of equality.
    """
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise ParameterError(f"--set {text!r} is not NAME=VALUE, such as tau_synapse=5ms")
        found[name.strip()] = value.strip()
    return found
