"""The rewrite ``invariants``: what does not change during a run is computed before its steps.

Brian2 computes expressions of scalars once per step and object, ``exp(-dt/tau)`` among them.  Those
made of parameters and time steps alone are moved out of the loop over time.  A neuron's
``timestep(t - lastspike, dt) >= steps`` divides by ``dt``; as division is monotone it holds from
one smallest numerator on, which is looked for before the loop, and the step compares with that.
All results have the same bits.
"""

from __future__ import annotations

import ast
import functools
from collections import Counter
from collections.abc import Collection, Hashable
from dataclasses import replace

from ..machine import support
from ..program.kernel import Argument, ArrayArgument, Kernel, ValueArgument
from ..program.step import Split, Step
from .rewrite import Rewrite

__all__ = ["REWRITE"]

_PURE = frozenset(support.__all__) | {"abs"}


def _moved_out(steps: list[Step]) -> list[Step]:
    """Move the invariants of every kernel to a function of their own.

    Brian2 lets equations write to what is called constant: what a step writes to is none.
    """
    kernels = [step.kernel for step in steps if step.kernel is not None]
    written = frozenset[Hashable]().union(*(kernel.writes for kernel in kernels))
    return [
        step if step.kernel is None else replace(step, split=_of_kernel(step.kernel, written))
        for step in steps
    ]


REWRITE = Rewrite("invariants", keeps="bits", apply=_moved_out, alone=True)


def _of_kernel(kernel: Kernel, written: Collection[Hashable]) -> Split:
    fixed = (n for n, argument in enumerate(kernel.arguments) if _is_fixed(argument, written))
    return _split(kernel.text, tuple(fixed))


def _is_fixed(argument: Argument, written: Collection[Hashable]) -> bool:
    if isinstance(argument, ArrayArgument):
        variable = argument.key
        constant = getattr(variable, "scalar", False) and getattr(variable, "constant", False)
        return bool(constant) and variable not in written
    return isinstance(argument, ValueArgument)


@functools.lru_cache(maxsize=1024)
def _split(text: str, fixed: tuple[int, ...]) -> Split:
    function = ast.parse(text).body[0]
    assert isinstance(function, ast.FunctionDef)
    mover = _Mover(function, {f"_nb_x{number}" for number in fixed})
    mover.visit(function)
    times = _CompareTimes(mover)
    times.visit(function)
    moved = [*mover.moved, *times.moved]
    read = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    returned = [target for target, _ in moved if target in read]
    if not returned:
        return Split(text)
    function.args.args += [ast.arg(name) for name in returned]
    body = [f"    {target} = {value}" for target, value in moved]
    names = {node.id for node in ast.walk(ast.parse("\n".join(line.strip() for line in body)))
             if isinstance(node, ast.Name)}  # fmt: skip
    taken = tuple(number for number in fixed if f"_nb_x{number}" in names)
    head = f"def once({', '.join(f'_nb_x{number}' for number in taken)}):"
    once = [head, *body, f"    return ({', '.join(returned)},)", ""]
    return Split(ast.unparse(function) + "\n", "\n".join(once), taken, len(returned))


class _Mover(ast.NodeTransformer):
    """Takes the statements that compute invariants out of a function."""

    def __init__(self, function: ast.FunctionDef, known: set[str]) -> None:
        self.known = known
        self.moved: list[tuple[str, str]] = []
        self.stores = Counter(
            node.id
            for node in ast.walk(function)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        )

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        target = ast.unparse(node.targets[0])
        literal = isinstance(node.value, ast.Constant)
        if literal or self.stores[target] != 1 or not self.invariant(node.value):
            return node
        self.known.add(target)
        self.moved.append((target, ast.unparse(node.value)))
        return ast.Pass()

    def invariant(self, node: ast.expr) -> bool:
        """Whether an expression has one value during a run; its arrays hold a single number."""
        names = (part.id for part in ast.walk(node) if isinstance(part, ast.Name))
        return all(name in self.known or name in _PURE for name in names)


class _CompareTimes(ast.NodeTransformer):
    """Replaces ``timestep(x, dt) >= steps`` where ``dt`` and ``steps`` are invariants."""

    def __init__(self, mover: _Mover) -> None:
        self.invariant = mover.invariant
        self.moved: list[tuple[str, str]] = []

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        call, steps = node.left, node.comparators[0]
        if not isinstance(call, ast.Call) or ast.unparse(call.func) != "_nb_timestep":
            return node
        time, dt = call.args
        if not (isinstance(node.ops[0], ast.GtE) and self.invariant(dt) and self.invariant(steps)):
            return node
        name = f"_nb_reaching_{len(self.moved)}"
        self.moved.append((name, f"_nb_least_time({ast.unparse(steps)}, {ast.unparse(dt)})"))
        node.left = ast.parse(f"{ast.unparse(time)} + 1e-3 * {ast.unparse(dt)}", mode="eval").body
        node.comparators = [ast.Name(name, ast.Load())]
        return node
