"""A sweep: the loop over the rows of a dense projection and, inside, over its columns.

A sweep that adds every row to the same numbers of the targets moves these through the processor
once per row.  Where rows touch each other in nothing else, the loop over targets does the work of
four rows one after the other at each target (unroll and jam).  Every number is computed by the same
operations in the same order as row by row: the bits do not change.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .kernel import Argument, Kernel, ValueArgument
from .loop import Loop, OfSource, copied, over
from .shape import Shape
from .ways import COLUMN, SOURCE, View, Ways

__all__ = ["Sweep"]

_ROWS = 4
"""Rows that are swept together."""

_ALL_COLUMNS = ("0", "_nb_columns")


@dataclass(frozen=True)
class Sweep:
    """A loop over the rows and columns of a projection, as statements.

    of : the loop over synapses that it does; of a loop over those of a source only the rows of
    sources whose spikes are due are visited.
    before : run once; row : at the beginning of every row; element : for every synapse;
    views : those that ``element`` uses, by name; bounded : whether they are of the columns from
    ``_nb_from`` on and below ``_nb_to``, and not of all columns; memory : see `one_name_each`;
    names : what names in it stand for but for those of rows and columns; functions : see `Loop`.
    """

    of: Loop
    shape: Shape
    before: list[ast.stmt]
    row: list[ast.stmt]
    element: list[ast.stmt]
    views: Mapping[str, View]
    bounded: bool
    memory: Mapping[str, str]
    names: Callable[[str], Argument]
    functions: Mapping[str, Any] = field(default_factory=dict)

    @property
    def of_events(self) -> bool:
        """Whether it goes along the rows of sources whose spikes are due."""
        return isinstance(self.of.domain, OfSource)

    @property
    def note(self) -> str:
        """What `explain` says."""
        parts = ", in two parts each: no self-connections" if self.shape.gap is not None else ""
        return f"dense: swept along contiguous rows{parts}"

    def ways(self, *before: ast.stmt) -> Ways:
        """How it reaches arrays, after the statements ``before``."""
        return Ways.of([*before, *self.row, *self.element], self.views, self.memory)

    def statements(self) -> list[ast.stmt]:
        """The statements of all rows, or of those of a source in their place."""
        if isinstance(self.of.domain, OfSource):
            return self.of.statements(self.loop(self.of.domain.source))
        return [*self.before, *self.part()]

    def kernel(self) -> Kernel:
        """The kernel of all statements."""
        return Kernel.from_statements(self.statements(), self.resolve, self.functions)

    def part(
        self, rows: tuple[str, str] = ("0", "_nb_rows"), columns: tuple[str, str] = _ALL_COLUMNS
    ) -> list[ast.stmt]:
        """The statements of the rows and columns from the first number on and below the second."""
        first, last = rows
        low, high = columns
        together: list[ast.stmt] = []
        if self.ways().apart((COLUMN, SOURCE)):
            number = last if first == "0" else f"({last} - {first})"
            end = f"{number} // {_ROWS} * {_ROWS}" + (f" + {first}" if first != "0" else "")
            several = self.loop(*(f"(_nb_row + {n})" for n in range(_ROWS)), low=low, high=high)
            together = over(f"_nb_row in range({first}, {end}, {_ROWS})", several)
            first = end
        single = self.loop("_nb_row", low=low, high=high)
        return [*together, *over(f"_nb_row in range({first}, {last})", single)]

    def loop(self, *rows: str, low: str = "0", high: str = "_nb_columns") -> list[ast.stmt]:
        """The statements of successive rows; ``rows`` are expressions of their numbers."""
        if self.shape.gap is not None:
            return self._around_gaps(rows, low, high)
        start = "{row} * _nb_columns"
        if not self.bounded:
            return self._along(rows, start, "_nb_columns")
        bounds = ast.parse(f"_nb_from = {low}\n_nb_to = {high}").body
        return [*bounds, *self._along(rows, start, "_nb_to - _nb_from")]

    def _around_gaps(self, rows: Sequence[str], low: str, high: str) -> list[ast.stmt]:
        """The statements of rows, each of which has a gap.

        What rows that go together have in common are the columns on both sides of all of their
        gaps; those in between are visited row by row.
        """
        side = "_nb_side" if len(rows) > 1 else "_nb_side_of_one"
        gaps = {"left": rows[0], "right": f"{rows[-1]} + 1"}
        ends = {n: f"_nb_clip({row} + _nb_gap, {low}, {high})" for n, row in gaps.items()}
        loop = ast.parse(_SIDES.format(side=side, low=low, high=high, **ends)).body[0]
        assert isinstance(loop, ast.For)
        choice = loop.body[0]
        assert isinstance(choice, ast.If)
        if len(rows) > 1:
            single = f"_nb_single in range({rows[0]}, {rows[-1]} + 1)"
            one = self._around_gaps(["_nb_single"], "_nb_left", "_nb_right")
            ends_of_all = ast.parse("_nb_left = {left}\n_nb_right = {right}".format(**ends)).body
            choice.orelse[:0] = [*ends_of_all, *over(single, one)]
        missing = f"_nb_clip({{row}} + {side} + _nb_gap, 0, _nb_columns) - _nb_lost"
        start = f"{{row}} * _nb_columns - ({missing})"
        loop.body += self._along(rows, start, "_nb_to - _nb_from")
        return [loop]

    def _along(self, rows: Sequence[str], start: str, number: str) -> list[ast.stmt]:
        """The loop over columns; start : where a row's synapses would begin if all were there."""
        # One view of what rows have in common: the compiler would not see that two are the same.
        common = {name for name, view in self.views.items() if not view.of_row}
        outer = ast.parse("\n".join(f"{name} = {self.views[name]}" for name in sorted(common))).body
        inner: list[ast.stmt] = []
        for position, row in enumerate(rows):
            lines = [f"_presynaptic_idx = {row} + _nb_first_source"]
            lines += ["_nb_start = " + start.format(row=row)]
            lines += [f"{n} = {view}" for n, view in self.views.items() if n not in common]
            before, element = [*ast.parse("\n".join(lines)).body, *self.row], self.element
            if len(rows) > 1:
                own = {
                    ast.unparse(n)
                    for tree in [*before, *element]
                    for n in ast.walk(tree)
                    if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
                }
                before, element = (_renamed(part, own, position) for part in (before, element))
            outer += before
            inner += element
        return [*outer, *over(f"_nb_column in range({number})", inner)]

    def resolve(self, name: str) -> Argument:
        """What a name stands for."""
        own = {
            "_nb_rows": self.shape.rows,
            "_nb_columns": self.shape.columns,
            "_nb_first_source": self.shape.first_source,
            "_nb_first_target": self.shape.first_target,
            "_nb_gap": self.shape.gap or 0,
            "_nb_lost": self.shape.lost,
        }
        return ValueArgument.fixed(own[name]) if name in own else self.names(name)

    def array(self, element: str) -> str:
        """The array that ``name[column]`` is an element of."""
        name = element.partition("[")[0]
        return self.views[name].array if name in self.views else name


# Synapses before a row's gap are as many columns behind its beginning as those before its gap are
# missing in earlier rows; after the gap there is one more.
_SIDES = """
for {side} in range(2):
    if {side} == 0:
        _nb_from = {low}
        _nb_to = {left}
    else:
        _nb_from = {right}
        _nb_to = {high}
"""


def _renamed(nodes: list[ast.stmt], names: set[str], number: int) -> list[ast.stmt]:
    """Copies of statements in which ``names`` belong to row ``number`` of those together."""
    copies = copied(nodes)
    for node in (n for tree in copies for n in ast.walk(tree)):
        if isinstance(node, ast.Name) and node.id in names:
            node.id = f"{node.id}_of_row_{number}"
    return copies
