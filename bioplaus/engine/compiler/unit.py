"""Units of compilation: one function and all that is compiled into it, as a text for LLVM.

The function that the text is entered by is a unit, and so is each of its kernels, which it calls
by a name that is a hash of the kernel's own text: equal kernels of any programs are one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from . import vectors
from .body import Body
from .expressions import Expressions
from .kinds import Array, Kind, NotInSubsetError, Value
from .machine import Effort
from .sources import Source

__all__ = ["Unit", "Units"]

_SYMBOL = "@SYMBOL@"
_WIDEST = '"prefer-vector-width"="512" '
"""Of loops that calculate elementary functions, where arithmetic is what takes time.

For some processors LLVM takes half of the width that they have, which is better for loops that
move numbers: dense sweeps lose a tenth by all of it, and these gain as much.
"""
_CALLED = re.compile(r'call [^@]*@("?[\w.]+"?)\(')


@dataclass(frozen=True)
class Unit:
    """A function of machine code.

    symbol : its name; text : in LLVM's language; passed : which parts of its arguments it takes,
    as others are never used; result : type of what it returns; kernels : units that it calls;
    effort : with which it is made.
    """

    symbol: str
    text: str
    passed: tuple[bool, ...]
    result: Kind | None
    kernels: tuple[Unit, ...]
    effort: Effort

    def all(self) -> list[Unit]:
        """This unit and all that it calls, by itself or through each other."""
        found = {self.symbol: self}
        for kernel in self.kernels:
            found |= {unit.symbol: unit for unit in kernel.all()}
        return list(found.values())


@dataclass
class _Inlined:
    """A function that is compiled into a unit: its symbol, text and result."""

    symbol: str
    text: str
    result: Kind | None


def _parameters(kinds: Sequence[Kind], apart: bool) -> tuple[list[Value], list[str]]:
    """The arguments of a function as values, and how each of their parts is declared."""
    values: list[Value] = []
    declared: list[str] = []
    for kind in kinds:
        operands: list[str] = []
        for part in kind.parts:
            alone = " noalias" if apart and part == "ptr" and isinstance(kind, Array) else ""
            operands.append(f"%a{len(declared)}")
            declared.append(f"{part}{alone} {operands[-1]}")
        values.append(Value(kind, tuple(operands)))
    return values, declared


def _returned(result: Kind | None) -> str:
    if result is None:
        return "void"
    if len(result.parts) == 1:
        return result.parts[0]
    return "{ " + ", ".join(result.parts) + " }"


def _call(body: Expressions, symbol: str, parts: list[str], result: Kind | None) -> Value | None:
    """Write a call; ``parts`` are arguments with their types."""
    call = f"call {_returned(result)} {symbol}({', '.join(parts)})"
    if result is None:
        body.do(call)
        return None
    packed = body.result(call)
    if len(result.parts) == 1:
        return Value(result, (packed,))
    operands = (
        body.result(f"extractvalue {_returned(result)} {packed}, {number}")
        for number in range(len(result.parts))
    )
    return Value(result, tuple(operands))


class Units:
    """Makes units, each kernel once for each types of its arguments."""

    def __init__(self, target: str) -> None:
        self.target = target
        self._kernels: dict[tuple[Source, tuple[Kind, ...]], Unit] = {}
        self._writing: list[Source] = []

    @contextmanager
    def writing(self, source: Source) -> Iterator[None]:
        """While a function is written, which no function that it calls may call again."""
        if source in self._writing:
            raise NotInSubsetError(f"the function {source.tree.name}, which calls itself")
        self._writing.append(source)
        yield
        self._writing.pop()

    def unit(self, source: Source, kinds: Sequence[Kind], name: str = "") -> Unit:
        """The unit of a function for arguments of these types."""
        return _Writer(self).unit(source, kinds, name)

    def kernel(self, source: Source, kinds: tuple[Kind, ...]) -> Unit:
        """The unit of a kernel, which it is written for once."""
        if (source, kinds) not in self._kernels:
            self._kernels[source, kinds] = self.unit(source, kinds)
        return self._kernels[source, kinds]


class _Writer:
    """Writes one unit."""

    def __init__(self, units: Units) -> None:
        self.units = units
        self.declarations: dict[str, None] = {}
        self.kernels: dict[str, Unit] = {}
        self.inlined: dict[tuple[Source, tuple[Kind, ...]], _Inlined] = {}

    def unit(self, source: Source, kinds: Sequence[Kind], name: str) -> Unit:
        values, declared = _parameters(kinds, source.apart)
        body = self._body(source, values)
        code = [*body.memory, *body.lines]
        used = set(re.findall(r"%a\d+\b", "\n".join(code)))
        passed = tuple(parameter.split()[-1] in used or bool(name) for parameter in declared)
        taken = ", ".join(p for p, wanted in zip(declared, passed) if wanted)
        width = _WIDEST if any(source.is_elementary for source, _ in self.inlined) else ""
        head = f'define {_returned(body.returned)} @"{_SYMBOL}"({taken}) nounwind {width}{{'
        text = "\n".join([*self._needed(code), "", head, "entry:", *code, "}", ""])
        kernels = tuple(k for s, k in self.kernels.items() if f"@{s}(" in text)
        digest = hashlib.sha256((self.units.target + text).encode()).hexdigest()[:32]
        symbol = name or f"kernel_{digest}"
        effort = Effort.CALLS if kernels else Effort.ONCE if source.once else Effort.LOOPS
        text = text.replace(_SYMBOL, symbol)
        return Unit(symbol, text, passed, body.returned, kernels, effort)

    def _needed(self, code: list[str]) -> list[str]:
        """The declarations and functions that code refers to, by itself or through each other."""
        functions = {f.symbol: f for f in self.inlined.values()}
        needed: dict[str, str] = {}
        waiting = ["\n".join(code)]
        while waiting:
            for name in _CALLED.findall(waiting.pop()):
                if name in functions and name not in needed:
                    needed[name] = functions[name].text
                    waiting.append(needed[name])
        whole = "\n".join([*code, *needed.values()])
        names = set(re.findall(r"@[\w.]+", whole))
        declared = [d for d in self.declarations if re.findall(r"@[\w.]+", d)[0] in names]
        return [*declared, *needed.values()]

    def _body(self, source: Source, values: list[Value]) -> Body:
        with self.units.writing(source):
            return Body(self.declarations, source, values, self._call)

    def _call(self, body: Expressions, source: Source, arguments: list[Value]) -> Value | None:
        kinds = tuple(argument.kind for argument in arguments)
        parts = [
            f"{part} {operand}"
            for argument in arguments
            for part, operand in zip(argument.kind.parts, argument.operands)
        ]
        if source.kernel:
            unit = self.units.kernel(source, kinds)
            self.kernels[unit.symbol] = unit
            taken = [part for part, wanted in zip(parts, unit.passed) if wanted]
            types = ", ".join(part.split()[0] for part in taken)
            self.declarations[f"declare {_returned(unit.result)} @{unit.symbol}({types})"] = None
            return _call(body, f"@{unit.symbol}", taken, unit.result)
        function = self._function(source, kinds)
        return _call(body, f"@{function.symbol}", parts, function.result)

    def _function(self, source: Source, kinds: tuple[Kind, ...]) -> _Inlined:
        key = source, kinds
        if key not in self.inlined:
            values, declared = _parameters(kinds, source.apart)
            body = self._body(source, values)
            symbol = f"{source.tree.name}.{len(self.inlined)}"
            head = f"define internal {_returned(body.returned)} @{symbol}({', '.join(declared)})"
            attributes, others = "alwaysinline nounwind", ""
            if source.seldom_above is not None:
                told, others = vectors.forms(symbol, source.seldom_above, _SYMBOL)
                attributes = f"{vectors.ATTRIBUTES} {told}"
            code = [f"{head} {attributes} {{", "entry:", *body.memory, *body.lines, "}", others]
            self.inlined[key] = _Inlined(symbol, "\n".join(code), body.returned)
        return self.inlined[key]
