"""Several threads: a large loop is divided into blocks of neurons or synapses.

With the preference ``threads`` above 1, a loop whose turns know nothing of each other, and a sweep
over a dense projection whose rows or columns know nothing of each other, is done in as many blocks,
each by a thread.  Every number is computed from the same numbers by the same operations in the same
order, whichever thread does it and however many there are: the bits do not change.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numba

from ..preferences import preference
from ..program.kernel import Argument, BlockArgument, GeneratorArgument, Kernel, ValueArgument
from ..program.rows import COLUMN, SOURCE, ways_of
from ..program.sweep import Sweep

__all__ = ["in_blocks", "numba_threads"]

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
    before = numba.get_num_threads()
    numba.set_num_threads(min(wanted, before))
    try:
        yield
    finally:
        numba.set_num_threads(before)


def in_blocks(entries: list[Any]) -> list[Any]:
    """Divide the loops that are large enough; what has to come before them stays undivided."""
    threads = int(preference("threads"))
    return entries if threads == 1 else [_divided(entry, threads) for entry in entries]


def _divided(entry: Any, threads: int) -> Any:
    code_object, kernel = entry.code_object, entry.kernel
    if not getattr(code_object, "as_it_stands", False) or kernel.resumable:
        return entry
    if any(isinstance(argument, GeneratorArgument) for argument in kernel.arguments):
        return entry
    found = _of_sweep(entry) if code_object.sweep is not None else _of_elements(entry)
    if found is None:
        return entry
    before, number, divided, resolve = found

    def with_block(name: str) -> Argument:
        if name == "_nb_block":
            return BlockArgument()
        return ValueArgument.fixed(threads) if name == "_nb_blocks" else resolve(name)

    bounds = ast.parse(_BOUNDS.format(number=number)).body
    first = Kernel.from_statements(before, resolve, kernel.functions)
    part = Kernel.from_statements(
        [*bounds, *_scalar(before), *divided], with_block, kernel.functions
    )
    return replace(
        entry,
        kernel=replace(first, reads=kernel.reads, writes=kernel.writes),
        part=part,
        notes=[*entry.notes, f"threads: in {threads} blocks"],
    )


def _scalar(before: list[ast.stmt]) -> list[ast.stmt]:
    """What every block computes again for itself of the statements before the loop."""
    return [node for node in before if not isinstance(node, ast.For)]


_Found = tuple[list[ast.stmt], str, list[ast.stmt], Callable[[str], Argument]]


def _of_sweep(entry: Any) -> _Found | None:
    """Blocks of rows, or of columns where rows add to the same numbers of the targets.

    Blocks of columns meet at the ends of every row, where processors take memory from each other.
    """
    code_object = entry.code_object
    sweep = entry.sweep or code_object.sweep
    if sweep.of_events or len(sweep.shape) < _WORTHWHILE or not sweep.bounded:
        return None
    ways = sweep.ways(*_scalar(sweep.before))
    resolve = entry.resolve or sweep.resolver(code_object._resolve)
    bounds = ("_nb_low", "_nb_high")
    if _by_source(sweep) and ways.apart((COLUMN, SOURCE)):
        return sweep.before, "_nb_rows", sweep.part(rows=bounds), resolve
    if ways.apart((COLUMN,)):
        return sweep.before, "_nb_columns", sweep.part(columns=bounds), resolve
    return None


def _by_source(sweep: Sweep) -> bool:
    """Whether only numbers of synapses and of sources are written."""
    return all(
        ast.unparse(node.slice) == SOURCE
        or "[_nb_start" in sweep.views.get(ast.unparse(node.value), "")
        for tree in sweep.element
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
    )


def _of_elements(entry: Any) -> _Found | None:
    """Blocks of neurons, or of the synapses of a projection of any kind."""
    code_object = entry.code_object
    if code_object.template_name != "stateupdate":
        return None
    *before, loop = ast.parse(code_object.code.run).body
    assert isinstance(loop, ast.For)
    assert isinstance(loop.iter, ast.Call)
    number = ast.unparse(loop.iter.args[0])
    if code_object.variables["N"].get_value() < _WORTHWHILE:
        return None
    if not ways_of(code_object).apart(("_nb_at(_idx)",)):
        return None
    loop.iter = ast.parse("range(_nb_low, _nb_high)", mode="eval").body
    return before, number, [loop], code_object._resolve
