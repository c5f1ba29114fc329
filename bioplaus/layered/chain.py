"""A chain of layers written as text: their sizes, and a number for each projection."""

from __future__ import annotations

from bioplaus.parameters import ParameterError

__all__ = ["layer_sizes", "projection_numbers"]


def layer_sizes(
    text: str, name: str = "layers", least: int = 2, most: int | None = None
) -> tuple[int, ...]:
    """Units of each layer, input first: ``"64-100-10"`` is ``(64, 100, 10)``.

    name : of the parameter; least, most : how many layers there may be.

    Raises
    ------
    ParameterError
        When the text is no such chain of positive whole numbers.
    """
    words = [word.strip() for word in text.split("-")]
    if not all(word.isdecimal() and int(word) > 0 for word in words):
        raise ParameterError(
            f"{name} = {text!r} is no chain of sizes; write the units of each layer, input first,"
            " with hyphens, such as 64-100-10"
        )
    if len(words) < least or len(words) > (most or len(words)):
        wanted = f"{least} or more" if most is None else f"{least} to {most}"
        raise ParameterError(
            f"{name} = {text!r} has {len(words)} layers, input and output among them;"
            f" write {wanted}"
        )
    return tuple(int(word) for word in words)


def projection_numbers(
    name: str, text: str, projections: int, low: float | None = None
) -> list[float]:
    """The numbers in ``"1.5, 0.93"``, the value of the parameter ``name``, input side first.

    Raises
    ------
    ParameterError
        If there are others than projections, they are no numbers, or one is below ``low``.
    """
    try:
        found = [float(word) for word in text.split(",")]
    except ValueError:
        raise ParameterError(f"{name} = {text!r} is not a list of numbers, as 0.1, 0.05") from None
    if len(found) != projections:
        raise ParameterError(
            f"{name} = {text!r} has {len(found)} numbers for {projections} projections"
        )
    if low is not None and min(found) < low:
        raise ParameterError(f"{name} = {text!r}: none may be below {low:g}")
    return found
