"""A number for each projection of a chain of layers, written as text."""

from __future__ import annotations

from bioplaus.parameters import ParameterError

__all__ = ["projection_numbers"]


def projection_numbers(name: str, text: str, projections: int) -> list[float]:
    """The numbers in ``"1.5, 0.93"``, the value of the parameter ``name``.

    Raises
    ------
    ParameterError
        If there are others than projections, or they are no numbers.
    """
    try:
        found = [float(word) for word in text.split(",")]
    except ValueError:
        raise ParameterError(f"{name} = {text!r} is not a list of numbers") from None
    if len(found) != projections:
        raise ParameterError(
            f"{name} = {text!r} has {len(found)} numbers for {projections} projections"
        )
    return found
