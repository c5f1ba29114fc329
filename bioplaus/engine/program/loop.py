"""What a code object does, in the form that its template gives it: statements around a loop.

A template writes the statements, with a call in their midst that stands for the loop, and apart
from them what is done for each of its elements.  Rewrites read these parts, and write the loop in
another way.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .kernel import Argument, Kernel, ValueArgument
from .memory import one_name_each
from .ways import Ways

__all__ = ["Due", "Elements", "Loop", "OfSource", "copied", "over"]


@dataclass(frozen=True)
class Elements:
    """All elements of a group in their order: ``_nb_each(number)`` in a template."""

    number: str

    def over(self, body: list[ast.stmt], first: str = "0") -> list[ast.stmt]:
        """The loop, from the first element on or that of another number."""
        ends = self.number if first == "0" else f"{first}, {self.number}"
        return over(f"_idx in range({ends})", body)


@dataclass(frozen=True)
class OfSource:
    """The synapses of a source whose spike is due: ``_nb_each_of(source, synapse)`` in a template.

    synapse : which one is number ``_nb_k``, counted in the order of sources.
    """

    source: str
    synapse: str

    @property
    def in_order(self) -> bool:
        """Whether synapses are numbered by source, so that those of one are a range."""
        return self.synapse == "_nb_k"

    def over(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """The loop."""
        place = "_nb_queue_row_start[_nb_at({})]".format
        ends = f"{place(self.source)}, {place(f'{self.source} + 1')}"
        begin = ast.parse(f"_idx = {self.synapse}").body
        return over(f"_nb_k in range({ends})", [*begin, *body])

    @property
    def later(self) -> str:
        """The synapse that is visited after some more."""
        return f"_nb_queue_rows[_nb_at(min(_nb_k + {AHEAD}, len(_nb_queue_rows) - 1))]"


@dataclass(frozen=True)
class Due:
    """The synapses whose own spikes are due, as far as they stand in one block of at most 64:
    ``_nb_each_due(first, last)`` in a template.

    It is the block ``_nb_block``; ``_nb_more`` tells whether that is not the last (`brian.queue`).
    """

    first: str
    last: str

    def over(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """The loop."""
        begin = ast.parse("_idx = _nb_queue_events[_nb_at(_nb_event)]").body
        return over(f"_nb_event in range({self.first}, {self.last})", [*begin, *body])

    @property
    def later(self) -> str:
        """The synapse that is visited after some more; the last ones are followed by themselves."""
        event = f"_nb_event + {AHEAD}"
        following = f"64 * _nb_queue_following[_nb_at(_nb_block)] + ({event} & 63)"
        place = f"{event} if _nb_event & 63 < {64 - AHEAD} else {following}"
        return f"_nb_queue_events[_nb_at({place} if _nb_more else _nb_event)]"


AHEAD = 16
"""Visits to synapses that ``later`` looks ahead; 8 and 32 are as good."""

Domain = Elements | OfSource | Due

_CALLS: dict[str, Callable[..., Domain]] = {
    "_nb_each": Elements,
    "_nb_each_of": OfSource,
    "_nb_each_due": Due,
}
"""How a template says what its loop goes over."""


@dataclass(frozen=True)
class Loop:
    """The statements of a code object; none of them may be changed in place (see `copied`).

    kind : Brian2's name for what it does, as "threshold".
    around : all statements, with a call where the loop stands; domain : what the loop goes over,
    None where no rewrite needs to know it, and then ``around`` is all.
    element : what is done for every element, whose number is ``_idx``.
    emit : of a threshold, what is done besides where ``_cond`` holds; its first statement does no
    harm elsewhere.
    resolve : what names stand for that are not local; arrays : variables by the names of their
    arrays; functions : those of the user's, by name.
    """

    kind: str
    around: list[ast.stmt]
    domain: Domain | None
    element: list[ast.stmt]
    emit: list[ast.stmt]
    resolve: Callable[[str], Argument]
    arrays: Mapping[str, Any]
    functions: Mapping[str, Any]

    @classmethod
    def of(
        cls, kind: str, texts: Mapping[str, str], change: Callable[[ast.AST], None], **others: Any
    ) -> Loop:
        """The loop of the blocks of a template: ``run`` and, in some, ``element`` and ``emit``.

        change : called with each of them; others : see `Loop`.
        """
        parts = {name: ast.parse(texts.get(name, "")) for name in ("run", "element", "emit")}
        for tree in parts.values():
            change(tree)
        around, element, emit = (tree.body for tree in parts.values())
        calls = [call for call in map(_standing_in, _statements(around)) if call is not None]
        domain: Domain | None = None
        for call in calls:
            domain = _CALLS[ast.unparse(call.func)](*map(ast.unparse, call.args))
        return cls(kind, around, domain, element, emit, **others)

    def statements(self, loop: list[ast.stmt] | None = None) -> list[ast.stmt]:
        """All statements, with the loop as it stands or another in its place."""
        if self.domain is None:
            return self.around
        loop = self.plain() if loop is None else loop
        if isinstance(self.domain, Elements):
            return [*self.head, *loop, *self.tail]
        replaced = _Replaced(loop)
        return [replaced.visit(node) for node in copied(self.around)]

    def plain(self, first: str = "0") -> list[ast.stmt]:
        """The loop as it stands; first : see `Elements`."""
        place, emit = self.emit[:1], self.emit[1:]
        condition = ast.If(ast.Name("_cond", ast.Load()), emit, [])
        body = [*self.element, *place, *[condition] * bool(emit)]
        if isinstance(self.domain, Elements):
            return self.domain.over(body, first)
        assert self.domain is not None
        return self.domain.over(body)

    @property
    def visits_anywhere(self) -> bool:
        """Whether it goes over synapses that stand anywhere in memory."""
        if isinstance(self.domain, OfSource):
            return not self.domain.in_order
        return isinstance(self.domain, Due)

    @property
    def head(self) -> list[ast.stmt]:
        """What comes before a loop over all elements."""
        return self.around[: self._place]

    @property
    def tail(self) -> list[ast.stmt]:
        """What comes after a loop over all elements."""
        return self.around[self._place + 1 :]

    @property
    def _place(self) -> int:
        assert isinstance(self.domain, Elements)
        return next(n for n, node in enumerate(self.around) if _standing_in(node) is not None)

    def kernel(self) -> Kernel:
        """The kernel of the loop as it stands."""
        return Kernel.from_statements(self.statements(), self.resolve, self.functions)

    @cached_property
    def memory(self) -> dict[str, str]:
        """See `one_name_each`; without index arrays, which may be made for the question.

        Nobody else has the memory of these.
        """
        every = (node for tree in self.statements() for node in ast.walk(tree))
        used = {node.id for node in every if isinstance(node, ast.Name)} & self.arrays.keys()
        indices = ("_synaptic_pre", "_synaptic_post")
        names = sorted(name for name in used if self.arrays[name].name not in indices)
        return one_name_each(names, self.resolve)

    def ways(self, nodes: Iterable[ast.stmt]) -> Ways:
        """The ways in which some of its statements reach arrays."""
        return Ways.of(nodes, {}, self.memory)

    @cached_property
    def all_ways(self) -> Ways:
        """The ways in which all of its statements reach arrays."""
        return self.ways(self.statements())

    def number(self, name: ast.expr) -> Any:
        """The number that a name stands for now."""
        value = self.resolve(ast.unparse(name))
        assert isinstance(value, ValueArgument)
        return value.fetch()

    def only_by_number(self, name: str) -> bool:
        """Whether an array is reached by the number of the element, and in no other way."""
        return self.all_ways.to(name) == {f"{name} at _nb_at(_idx)"}


def copied(nodes: Iterable[ast.stmt]) -> list[ast.stmt]:
    """Copies of statements, which may be changed."""
    return [_copy(node) for node in nodes]


def _copy(part: Any) -> Any:
    if isinstance(part, list):
        return [_copy(item) for item in part]
    if not isinstance(part, ast.AST):
        return part
    new = type(part)(**{name: _copy(value) for name, value in ast.iter_fields(part)})
    return ast.copy_location(new, part)


def over(loop: str, body: list[ast.stmt]) -> list[ast.stmt]:
    """The statement ``for loop: body``."""
    statement = ast.parse(f"for {loop}:\n    pass").body[0]
    assert isinstance(statement, ast.For)
    statement.body = body or [ast.Pass()]
    return [statement]


class _Replaced(ast.NodeTransformer):
    """Puts the loop where the call stands."""

    def __init__(self, loop: list[ast.stmt]) -> None:
        self.loop = loop

    def visit_Expr(self, node: ast.Expr) -> Any:
        return node if _standing_in(node) is None else self.loop


def _standing_in(node: ast.stmt) -> ast.Call | None:
    """The call that stands for the loop, if a statement is one."""
    call = node.value if isinstance(node, ast.Expr) else None
    name = call.func if isinstance(call, ast.Call) else None
    stands = isinstance(name, ast.Name) and name.id in _CALLS
    return call if stands else None  # type: ignore[return-value]


def _statements(nodes: Iterable[ast.stmt]) -> Iterable[ast.stmt]:
    return (part for node in nodes for part in ast.walk(node) if isinstance(part, ast.stmt))
