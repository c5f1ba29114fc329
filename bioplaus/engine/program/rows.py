"""Several rows of a dense projection together: what all of them add to is loaded and stored once.

A sweep that adds every row to the same numbers of the targets moves these through the processor
once per row.  Where rows touch each other in nothing else, the loop over targets does the work of
four rows one after the other at each target.  Every number is computed by the same operations in
the same order as row by row: the bits do not change.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .memory import one_name_each

__all__ = ["COLUMN", "ROWS", "SOURCE", "Ways", "renamed", "ways_of"]

ROWS = 4
"""Rows that are swept together."""

COLUMN, SOURCE = "_nb_at(_nb_column)", "_nb_at(_presynaptic_idx)"
"""Where a synapse finds the numbers of its column and of its source."""


@dataclass
class Ways:
    """How statements reach arrays: all the ways of a memory, whatever the names of its arrays.

    taken : the ways, as texts ``array or view at place``, by the name that stands for the memory;
    written : the memories that are written to; ordered : whether the statements draw random
    numbers, which come in an order, or leave a loop; memory : see `one_name_each`.
    """

    taken: dict[str, set[str]] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)
    ordered: bool = False
    memory: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, nodes: Iterable[ast.stmt], views: Mapping[str, str], memory: Mapping[str, str]
    ) -> Ways:
        """The ways of statements; views : expressions by name; memory : see `one_name_each`."""
        ways = cls(memory=memory)
        for node in (n for tree in nodes for n in ast.walk(tree)):
            if isinstance(node, ast.Subscript):
                name, place = ast.unparse(node.value), ast.unparse(node.slice)
                array = views.get(name, name).partition("[")[0]
                array = memory.get(array, array)
                ways.taken.setdefault(array, set()).add(f"{views.get(name, name)} at {place}")
                if isinstance(node.ctx, ast.Store):
                    ways.written.add(array)
            if isinstance(node, ast.Name) and node.id in ("_nb_generator", "_nb_counter"):
                ways.ordered = True
            if isinstance(node, (ast.Return, ast.Continue)):
                ways.ordered = True
        return ways

    def to(self, array: str) -> set[str]:
        """The ways to the memory of an array."""
        return self.taken.get(self.memory.get(array, array), set())

    def apart(self, places: Collection[str]) -> bool:
        """Whether every memory that is written is reached in one way, and that among ``places``.

        With the column and the source as places, one row and the next only meet at the same target.
        """
        return not self.ordered and all(
            len(self.taken[name]) == 1
            and all(way.partition(" at ")[2] in places for way in self.taken[name])
            for name in self.written
        )


def ways_of(code_object: Any, nodes: Iterable[ast.stmt] | None = None) -> Ways:
    """The ways of a code object as Brian2 has generated it, or of some of its statements."""
    tree = ast.parse(code_object.code.run)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    arrays = [
        name
        for name, variable in code_object._array_names.items()
        # Index arrays may be made for the question: nobody else has their memory.
        if name in used and variable.name not in ("_synaptic_pre", "_synaptic_post")
    ]
    memory = one_name_each(sorted(arrays), code_object._resolve)
    return Ways.of(tree.body if nodes is None else nodes, {}, memory)


def renamed(nodes: list[ast.stmt], names: set[str], number: int) -> list[ast.stmt]:
    """Copies of statements in which ``names`` belong to row ``number`` of those together."""
    copies = ast.parse("\n".join(ast.unparse(node) for node in nodes)).body
    for node in (n for tree in copies for n in ast.walk(tree)):
        if isinstance(node, ast.Name) and node.id in names:
            node.id = f"{node.id}_of_row_{number}"
    return copies
