"""The rewrite ``prefetch``: what a visit to a synapse needs is asked for some visits before.

The synapses of a target stand anywhere among those of the sources, and so do those whose own delays
end in a step.  The processor, which cannot foresee where, waits for the memory at each.  Which
they are is known: the loop asks for what the synapse needs that is sixteen visits ahead.  To ask
changes nothing: the bits do not change.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from ..program.kernel import ArrayArgument
from ..program.loop import Due, Loop, OfSource, copied
from ..program.step import Step
from .rewrite import Rewrite, each

__all__ = ["REWRITE"]

_WORTHWHILE = 1 << 20
"""Bytes of arrays from which on the processor does not find them in a cache of its own."""


def _asking(step: Step) -> Step:
    loop = step.loop
    if not isinstance(loop, Loop) or not loop.visits_anywhere:
        return step
    wanted = {
        ast.unparse(node.value): node.slice
        for tree in loop.element
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript) and _is_of_synapse(node.slice)
    }
    arrays = [a for a in map(loop.resolve, wanted) if isinstance(a, ArrayArgument)]
    if sum(array.fetch().nbytes for array in arrays) < _WORTHWHILE:
        return step
    assert isinstance(loop.domain, OfSource | Due)
    lines = [f"_nb_prefetch({name}, {_of_next(place)})" for name, place in wanted.items()]
    asking = ast.parse("\n".join([f"_nb_next = {loop.domain.later}", *lines])).body
    asked = replace(loop, element=[*asking, *loop.element])
    return step.rewritten(asked.kernel(), "prefetch: synapses are asked for before their turn")


REWRITE = Rewrite("prefetch", keeps="bits", apply=each(_asking), alone=True)


def _is_of_synapse(place: ast.expr) -> bool:
    """Whether a place is known from the number of the synapse."""
    names = {node.id for node in ast.walk(place) if isinstance(node, ast.Name)}
    return "_idx" in names and all(n == "_idx" or n.startswith("_nb_") for n in names)


def _of_next(place: ast.expr) -> str:
    """The same place for the synapse that is asked for."""
    [node] = copied([ast.Expr(place)])
    for name in (n for n in ast.walk(node) if isinstance(n, ast.Name)):
        name.id = "_nb_next" if name.id == "_idx" else name.id
    return ast.unparse(node)
