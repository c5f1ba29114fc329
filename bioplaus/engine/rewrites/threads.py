"""Several threads: a large loop is divided into blocks of neurons or synapses.

With the preference ``threads`` above 1, a loop whose turns know nothing of each other, and a sweep
over a dense projection whose rows or columns know nothing of each other, is done in as many blocks,
each by a thread.  Every number is computed from the same numbers by the same operations in the same
order, whichever thread does it and however many there are: the bits do not change.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager

from ..machine.settings import preference
from ..program.kernel import Argument, BlockArgument, Kernel, ValueArgument
from ..program.loop import Elements, Loop
from ..program.step import Step
from ..program.sweep import Sweep
from ..program.ways import COLUMN, SOURCE
from .rewrite import Rewrite, each

__all__ = ["REWRITE", "numba_threads"]

_WORTHWHILE = 200_000
"""Turns of a loop below which starting the threads costs more than they save."""

_BOUNDS = """
_nb_low = _nb_bound(_nb_block, _nb_blocks, {number})
_nb_high = _nb_bound(_nb_block + 1, _nb_blocks, {number})
"""


@contextmanager
def numba_threads() -> Iterator[None]:
    """Let Numba use as many threads as the preference says, or all that it may use."""
    wanted = int(preference("threads"))
    if wanted == 1:
        yield
        return
    import numba

    before = numba.get_num_threads()
    numba.set_num_threads(min(wanted, before))
    try:
        yield
    finally:
        numba.set_num_threads(before)


def _divided(step: Step) -> Step:
    """The step with its loop in blocks, if it is large enough; what comes before is not divided."""
    number, kernel, form = int(preference("threads")), step.kernel, step.loop
    if number == 1 or kernel is None or kernel.resumable or kernel.draws:
        return step
    if isinstance(form, Sweep):
        found = _of_sweep(form)
    else:
        found = _of_elements(form, step) if isinstance(form, Loop) else None
    if form is None or found is None:
        return step
    before, turns, divided = found

    def resolve(name: str) -> Argument:
        if name == "_nb_block":
            return BlockArgument()
        return ValueArgument.fixed(number) if name == "_nb_blocks" else form.resolve(name)

    bounds = ast.parse(_BOUNDS.format(number=turns)).body
    first = Kernel.from_statements(before, form.resolve, kernel.functions)
    part = Kernel.from_statements([*bounds, *_scalar(before), *divided], resolve, kernel.functions)
    return step.rewritten(first, f"threads: in {number} blocks", part=part)


REWRITE = Rewrite("threads", keeps="bits", apply=each(_divided), named=False)


def _scalar(before: list[ast.stmt]) -> list[ast.stmt]:
    """What every block computes again for itself of the statements before the loop."""
    return [node for node in before if not isinstance(node, ast.For)]


_Found = tuple[list[ast.stmt], str, list[ast.stmt]]


def _of_sweep(sweep: Sweep) -> _Found | None:
    """Blocks of rows, or of columns where rows add to the same numbers of the targets.

    Blocks of columns meet at the ends of every row, where processors take memory from each other.
    """
    if sweep.of_events or len(sweep.shape) < _WORTHWHILE or not sweep.bounded:
        return None
    ways = sweep.ways(*_scalar(sweep.before))
    bounds = ("_nb_low", "_nb_high")
    if _by_source(sweep) and ways.apart((COLUMN, SOURCE)):
        return sweep.before, "_nb_rows", sweep.part(rows=bounds)
    if ways.apart((COLUMN,)):
        return sweep.before, "_nb_columns", sweep.part(columns=bounds)
    return None


def _by_source(sweep: Sweep) -> bool:
    """Whether only numbers of synapses and of sources are written."""
    of_row = {name for name, view in sweep.views.items() if view.of_row}
    return all(
        ast.unparse(node.slice) == SOURCE or ast.unparse(node.value) in of_row
        for tree in sweep.element
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
    )


def _of_elements(loop: Loop, step: Step) -> _Found | None:
    """Blocks of neurons, or of the synapses of a projection of any kind."""
    if loop.kind != "stateupdate" or step.code_object.variables["N"].get_value() < _WORTHWHILE:
        return None
    if not loop.all_ways.apart(("_nb_at(_idx)",)):
        return None
    assert isinstance(loop.domain, Elements)
    block = Elements("_nb_high").over(loop.element, "_nb_low")
    return loop.head, loop.domain.number, block
