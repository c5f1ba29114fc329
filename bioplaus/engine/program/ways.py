"""How statements reach arrays, and whether they can be done in another order."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

__all__ = ["COLUMN", "SOURCE", "View", "Ways"]

COLUMN, SOURCE = "_nb_at(_nb_column)", "_nb_at(_presynaptic_idx)"
"""Where a synapse finds the numbers of its column and of its source."""


@dataclass(frozen=True)
class View:
    """A contiguous part of an array: what a row of a dense projection, or all rows, go along.

    bounds : of the part, as text; of_row : whether it is another part for every row.
    """

    array: str
    bounds: str
    of_row: bool

    def __str__(self) -> str:
        return f"{self.array}[{self.bounds}]"


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
        cls, nodes: Iterable[ast.stmt], views: Mapping[str, View], memory: Mapping[str, str]
    ) -> Ways:
        """The ways of statements; views : by name; memory : see `one_name_each`."""
        ways = cls(memory=memory)
        for node in (n for tree in nodes for n in ast.walk(tree)):
            if isinstance(node, ast.Subscript):
                name, place = ast.unparse(node.value), ast.unparse(node.slice)
                array = views[name].array if name in views else name
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
