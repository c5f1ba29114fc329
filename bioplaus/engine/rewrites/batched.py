"""The rewrite ``batched``: exponentials of the synapses of a spike are computed several at a time.

What decays between two visits of a synapse is multiplied by an exponential of the time between
them, which costs more than all else.  In the loop over visits it is computed for one synapse after
the other, for LLVM cannot know that they do not meet.  Here a pass before computes it for 64 of
them, from numbers that no visit to another synapse changes, and is vectorised.  It is the same
function of the same numbers: the bits do not change.

Of a source every synapse is visited once.  Of synapses with delays of their own one may be due
twice in a step, if delays have changed with spikes under way: a visit looks whether the numbers are
still those that the pass has seen.
"""

from __future__ import annotations

import ast
from dataclasses import replace

import numpy as np

from ..program.kernel import Argument, ArrayArgument
from ..program.loop import Batches, Due, Loop, OfSource, copied, of_synapse
from ..program.step import Step
from .rewrite import Rewrite, each

__all__ = ["REWRITE"]

_FUNCTION = "_nb_exp"

_WORTHWHILE = 16
"""Synapses of a source, in the mean, from which on there are enough to be done together."""

_NOTE = "batched: exponentials of 64 synapses are computed together"


def _in_batches(step: Step) -> Step:
    loop = step.loop
    if not isinstance(loop, Loop) or not isinstance(loop.domain, OfSource | Due):
        return step
    queue = step.code_object.queue
    if int(queue.row_start[-1]) < _WORTHWHILE * int(queue.sources[0]):
        return step
    found = _Exponentials(loop)
    element = [found.taken_out(node) for node in copied(loop.element)]
    if not found.calls:
        return step
    batched = replace(
        loop,
        domain=Batches(loop.domain, found.computed()),
        element=element,
        resolve=found.resolve,
    )
    return step.rewritten(batched.kernel(), _NOTE, batched)


REWRITE = Rewrite("batched", keeps="bits", apply=each(_in_batches), alone=True)


class _Exponentials(ast.NodeTransformer):
    """Takes exponentials out of the statements for a synapse.

    calls : each as text, with the name of the array that keeps its 64 values; loads : statements
    by the names that they give to numbers of the synapse, while these have them.
    """

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.calls: dict[str, str] = {}
        self.loads: dict[str, ast.Assign] = {}
        self.used: dict[str, ast.Assign] = {}
        self.seen: dict[str, str] = {}
        self.memory: dict[str, ArrayArgument] = {}
        every = [node for tree in loop.element for node in ast.walk(tree)]
        self.stored = {n.id for n in every if isinstance(n, ast.Name) and _stores(n)} | {"_idx"}

    def taken_out(self, node: ast.stmt) -> ast.stmt:
        """A statement without them."""
        if isinstance(node, ast.Assign | ast.AugAssign):
            node.value = self.visit(node.value)
        for name in (n.id for n in ast.walk(node) if isinstance(n, ast.Name) and _stores(n)):
            self.loads.pop(name, None)
        if isinstance(node, ast.Assign) and self._is_load(node):
            self.loads[ast.unparse(node.targets[0])] = node
        return node

    def _is_load(self, node: ast.Assign) -> bool:
        """Whether a statement takes a number that visits to other synapses leave as it is."""
        if not isinstance(node.value, ast.Subscript) or not of_synapse(node.value.slice):
            return False
        array = ast.unparse(node.value.value)
        argument = self.loop.resolve(array)
        return (
            isinstance(node.targets[0], ast.Name)
            and isinstance(argument, ArrayArgument)
            and argument.kind == "float64"
            and len(self.loop.all_ways.to(array)) == 1
        )

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        names = {n.id for a in node.args for n in ast.walk(a) if isinstance(n, ast.Name)}
        own = names & self.stored
        known = bool(own) and own <= self.loads.keys()
        if ast.unparse(node.func) != _FUNCTION or not known or not _is_smooth(node.args[0]):
            return node
        self.used |= {name: self.loads[name] for name in own}
        kept = self.calls.setdefault(ast.unparse(node), f"_nb_early_{len(self.calls)}")
        value = f"{kept}[_nb_at(_nb_lane)]"
        if isinstance(self.loop.domain, Due):
            same = " and ".join(f"{name} == {self._seen(name)}" for name in sorted(own))
            value = f"{value} if {same} else {ast.unparse(node)}"
        return ast.parse(value, mode="eval").body

    def _seen(self, name: str) -> str:
        kept = self.seen.setdefault(name, f"_nb_seen_{len(self.seen)}")
        return f"{kept}[_nb_at(_nb_lane)]"

    def computed(self) -> list[ast.stmt]:
        """The pass before."""
        lines = [f"{self._seen(name)} = {name}" for name in self.seen]
        lines += [f"{kept}[_nb_at(_nb_lane)] = {call}" for call, kept in self.calls.items()]
        return [*copied(self.used.values()), *ast.parse("\n".join(lines)).body]

    def resolve(self, name: str) -> Argument:
        """What a name stands for."""
        if name in (*self.calls.values(), *self.seen.values()):
            return self.memory.setdefault(name, _room())
        return self.loop.resolve(name)


def _room() -> ArrayArgument:
    """Memory for a number of each of 64 synapses."""
    room = np.zeros(64)
    return ArrayArgument((id(room), "batched"), lambda: room)


def _stores(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def _is_smooth(argument: ast.expr) -> bool:
    """Whether it has one value for both zeros, which are equal to a comparison."""
    operators = [n.op for n in ast.walk(argument) if isinstance(n, ast.BinOp)]
    calls = any(isinstance(n, ast.Call | ast.Subscript) for n in ast.walk(argument))
    return not calls and all(isinstance(o, ast.Add | ast.Sub | ast.Mult) for o in operators)
