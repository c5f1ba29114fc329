"""Several rows of a dense projection together: what all of them add to is loaded and stored once.

A sweep that adds every row to the same numbers of the targets moves these through the processor
once per row.  Where rows touch each other in nothing else, the loop over targets does the work of
four rows one after the other at each target.  Every number is computed by the same operations in
the same order as row by row: the bits do not change.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping

__all__ = ["COLUMN", "ROWS", "SOURCE", "apart", "renamed"]

ROWS = 4
"""Rows that are swept together."""

COLUMN, SOURCE = "_nb_at(_nb_column)", "_nb_at(_presynaptic_idx)"
"""Where a synapse finds the numbers of its column and of its source."""


def apart(nodes: list[ast.stmt], views: Mapping[str, str], places: Collection[str]) -> bool:
    """Whether every array that is written is reached in one way only, and that among ``places``.

    With the column and the source as places, one row and the next only meet at the same target.
    Random numbers, which come in an order, must not be drawn.
    """
    arrays = {name: expression.partition("[")[0] for name, expression in views.items()}
    ways: dict[str, set[str]] = {}
    written = set()
    for node in (n for tree in nodes for n in ast.walk(tree)):
        if isinstance(node, ast.Subscript):
            name, place = ast.unparse(node.value), ast.unparse(node.slice)
            way = f"{views.get(name, name)} at {place}" if place in places else "any"
            ways.setdefault(arrays.get(name, name), set()).add(way)
            if isinstance(node.ctx, ast.Store):
                written.add(arrays.get(name, name))
        if isinstance(node, ast.Name) and node.id in ("_nb_generator", "_nb_counter"):
            return False
        if isinstance(node, (ast.Return, ast.Continue)):
            return False
    return all(len(ways[name]) == 1 and ways[name] != {"any"} for name in written)


def renamed(nodes: list[ast.stmt], names: set[str], number: int) -> list[ast.stmt]:
    """Copies of statements in which ``names`` belong to row ``number`` of those together."""
    copies = ast.parse("\n".join(ast.unparse(node) for node in nodes)).body
    for node in (n for tree in copies for n in ast.walk(tree)):
        if isinstance(node, ast.Name) and node.id in names:
            node.id = f"{node.id}_of_row_{number}"
    return copies
