"""Kernels: the body of one code object as a Numba function and the data that it works on.

The text of a kernel does not contain the names of objects: its arguments are numbered in the order
in which they appear.  Two groups with the same equations share one kernel, and changing a
parameter, a size or a name compiles nothing.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..machine import support

__all__ = [
    "Argument",
    "ArrayArgument",
    "BlockArgument",
    "GeneratorArgument",
    "Kernel",
    "Number",
    "ValueArgument",
    "of_user",
    "spelled",
    "without_builtins",
]

_BUILTINS = frozenset(dir(builtins))
_OWN = "_own_"
"""Begins names of the user's that would be taken for functions of Python."""


@dataclass(frozen=True)
class ArrayArgument:
    """An array in memory.  ``key`` tells arrays apart, ``fetch`` returns the flat array now."""

    key: Hashable
    fetch: Callable[[], Any] = field(compare=False)

    @property
    def kind(self) -> str:
        """Element type, as NumPy calls it."""
        return str(self.fetch().dtype)


Number = float | int | bool


@dataclass(frozen=True)
class ValueArgument:
    """A number from outside of the compiled code: a parameter, a size, what a function reads.

    fetch : returns it.  A program asks for it before every run and after every call into Python,
    so that whoever makes the argument has nothing more to do when the number changes.
    single : whether the kernel takes it as a float of 32 bits.
    object_of : returns what the number is of: as long as that is one and the same object, so is
    the number.  None for a number that may change by itself.
    kind : ``"integer"`` or ``"float"``, as it is when the kernel is made and part of its text.  A
    number that is no integer any more where one is wanted raises TypeError when it is asked for;
    a float that has become an integer is taken as a float.
    """

    fetch: Callable[[], Number] = field(compare=False)
    single: bool = False
    object_of: Callable[[], Any] | None = field(default=None, compare=False)
    kind: str = field(init=False)

    def __post_init__(self) -> None:
        integer = isinstance(self.fetch(), (bool, int, np.integer, np.bool_))
        object.__setattr__(self, "kind", "integer" if integer else "float")

    @classmethod
    def fixed(cls, number: Number) -> ValueArgument:
        """A number that stays what it is."""
        return cls(lambda: number, object_of=lambda: None)


@dataclass(frozen=True)
class GeneratorArgument:
    """The random generator of the device."""

    kind = "generator"


@dataclass(frozen=True)
class BlockArgument:
    """The number of the block that a thread works on."""

    kind = "block"


Argument = ArrayArgument | ValueArgument | GeneratorArgument | BlockArgument


@dataclass(frozen=True)
class Kernel:
    """A function of numbered arguments.

    text : source of ``def kernel(_nb_x0, _nb_x1, ...)``.
    arguments : what to pass, in order.
    reads, writes : keys of the arrays that the body reads and writes.
    functions : the user's that the text calls by name: their definitions, or compiled.
    resumable : whether it returns 1 when ``grow`` must be called, to make room (nothing has been
        changed then) or to stop the run with an error; it returns 0 otherwise.
    """

    text: str
    arguments: tuple[Argument, ...]
    reads: frozenset[Hashable]
    writes: frozenset[Hashable]
    functions: Mapping[str, Any] = field(default_factory=dict)
    resumable: bool = False

    @property
    def draws(self) -> bool:
        """Whether it draws random numbers, which come in an order."""
        return any(isinstance(argument, GeneratorArgument) for argument in self.arguments)

    def preceded(self, lines: list[str], name: str, argument: ArrayArgument) -> Kernel:
        """This kernel with lines before its body, in which ``name`` stands for one more array."""
        head, body = self.text.split("\n", 1)
        head = head.replace("):", f", {name}):")
        text = "\n".join([head, *("    " + line for line in lines), body])
        return replace(self, text=text, arguments=(*self.arguments, argument))

    @classmethod
    def from_statements(
        cls,
        statements: list[ast.stmt],
        resolve: Callable[[str], Argument],
        functions: Mapping[str, Any] | None = None,
    ) -> Kernel:
        """As `from_body`, of statements that have been parsed."""
        return cls.from_body(ast.unparse(ast.Module(statements, [])), resolve, functions)

    @classmethod
    def from_body(
        cls,
        body: str,
        resolve: Callable[[str], Argument],
        functions: Mapping[str, Any] | None = None,
    ) -> Kernel:
        """Turn statements into a kernel; ``resolve`` says what a name that is not local stands for.

        Raises KeyError from ``resolve`` for a name that it does not know.
        """
        functions = functions or {}
        tree = ast.parse(body.strip("\n") or "pass")
        nodes = list(ast.walk(tree))
        resumable = any(isinstance(node, ast.Return) for node in nodes)
        if resumable:
            tree.body.append(ast.Return(ast.Constant(0)))
        called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
        every = [node for node in nodes if isinstance(node, ast.Name)]
        names = [node for node in every if id(node) not in called]
        local = {node.id for node in names if isinstance(node.ctx, ast.Store)}
        foreign: dict[str, Argument] = {}
        for name in _in_order(names):
            if name not in local and name not in support.__all__:
                foreign[name] = resolve(name)
        reads, writes = _accesses(nodes, foreign)
        numbered = {name: f"_nb_x{number}" for number, name in enumerate(foreign)}
        for node in names:
            node.id = numbered.get(node.id, node.id)
        statements = ast.unparse(tree).replace("\n", "\n    ")
        text = f"def kernel({', '.join(numbered.values())}):\n    {statements}\n"
        words = {node.id for node in every}
        used = {name: functions[name] for name in functions if name in words}
        return cls(text, tuple(foreign.values()), reads, writes, used, resumable)


def without_builtins(tree: ast.AST) -> None:
    """Take names of Python's functions from variables of the user's, in place.

    Python's functions occur where they are called, and no variable is called.
    """
    nodes = list(ast.walk(tree))
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    for node in nodes:
        if isinstance(node, ast.Name) and node.id in _BUILTINS and id(node) not in called:
            node.id = _OWN + node.id


def spelled(name: str) -> str:
    """How a name from outside is written in a body, where some beginnings have a meaning."""
    return _OWN + name if name.startswith((_OWN, "_nb_")) else name


def of_user(name: str) -> str:
    """The name of the user's that a name in a body stands for."""
    return name.removeprefix(_OWN)


def _in_order(names: list[ast.Name]) -> list[str]:
    placed = sorted(names, key=lambda node: (node.lineno, node.col_offset))
    return list(dict.fromkeys(node.id for node in placed))


def _accesses(
    nodes: list[ast.AST], foreign: Mapping[str, Argument]
) -> tuple[frozenset[Hashable], frozenset[Hashable]]:
    reads: set[Hashable] = set()
    writes: set[Hashable] = set()
    updated = {id(n.target) for n in nodes if isinstance(n, ast.AugAssign)}
    whole = {id(n): n for n in nodes if isinstance(n, ast.Name)}
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len":
            whole.pop(id(node.args[0]), None)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            whole.pop(id(node.value))
            argument = foreign.get(node.value.id)
            if isinstance(argument, ArrayArgument):
                stores = isinstance(node.ctx, ast.Store)
                if stores:
                    writes.add(argument.key)
                if not stores or id(node) in updated:
                    reads.add(argument.key)
    # An array that is passed on as a whole may be read and written there.
    passed = [foreign.get(name.id) for name in whole.values()]
    keys = {argument.key for argument in passed if isinstance(argument, ArrayArgument)}
    return frozenset(reads | keys), frozenset(writes | keys)
