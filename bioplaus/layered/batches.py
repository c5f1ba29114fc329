"""An order of presentations, cut into mini-batches."""

from __future__ import annotations

from bioplaus.parameters import ParameterError

from .two_way import Array

__all__ = ["in_batches"]


def in_batches(order: Array, batch: int) -> Array:
    """Rows of ``batch`` examples, (batches, batch); a last incomplete batch is left out.

    Raises
    ------
    ParameterError
        When the batch is larger than the data.
    """
    if batch > len(order):
        raise ParameterError(
            f"batch = {batch} is larger than the data ({len(order)} examples);"
            f" write batch = {len(order)} or less"
        )
    return order[: len(order) // batch * batch].reshape(-1, batch)
