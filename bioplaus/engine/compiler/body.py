"""Statements of a function."""

from __future__ import annotations

import ast

from . import arrays
from .arithmetic import binary, compare
from .assembly import elements
from .expressions import Call, UndefinedError
from .flow import Flow
from .kinds import (
    INT32,
    INT64,
    UINT64,
    Kind,
    NotInSubsetError,
    Number,
    Tuple,
    Value,
    constant,
)
from .sources import Source

__all__ = ["Body"]


class Body(Flow):
    """Writes one function.

    returned : the type of what it returns, None for nothing.
    """

    def __init__(
        self, declarations: dict[str, None], source: Source, arguments: list[Value], call: Call
    ) -> None:
        super().__init__(declarations, source, call)
        if len(arguments) != len(source.arguments):
            raise NotInSubsetError(f"the arguments of {source.tree.name}")
        for name, value in zip(source.arguments, arguments):
            if name in source.assigned:
                self.assign(name, value)
            else:
                self.fixed[name] = value
        self.statements(source.tree.body)
        self.returned = self._finish()

    def _finish(self) -> Kind | None:
        """Write the end of the function."""
        if self.reached:
            self.returns.append((end := self.new("end"), None))
            self.jump(end)
        ways = [(label, value) for label, value in self.returns if value is not None]
        if not ways:
            for label, _ in self.returns:
                self.label(label)
                self.do("ret void")
            return None
        if len(ways) < len(self.returns):
            raise NotInSubsetError("a function that returns a value or nothing")
        value = self._joined(ways)
        if len(value.operands) == 1:
            self.do(f"ret {value.kind.parts[0]} {value.operand}")
        else:
            parts = "{ " + ", ".join(value.kind.parts) + " }"
            packed = "poison"
            for number, (part, operand) in enumerate(zip(value.kind.parts, value.operands)):
                packed = self.result(f"insertvalue {parts} {packed}, {part} {operand}, {number}")
            self.do(f"ret {parts} {packed}")
        return value.kind

    def statements(self, nodes: list[ast.stmt]) -> None:
        """Statements in order, as far as control comes to them."""
        for node in nodes:
            if not self.reached:
                return
            depth, before = len(self.loops), dict(self.kinds)
            try:
                self._statement(node)
            except UndefinedError:
                if not depth:
                    raise
                # A later turn may know it: this one is only to find types.
                del self.loops[depth:]
                self.loops[-1].guessed = True
                self.kinds, self.reached = before, True

    def _statement(self, node: ast.stmt) -> None:
        write = getattr(self, f"_do_{type(node).__name__.lower()}", None)
        if write is None:
            raise NotInSubsetError(f"{type(node).__name__} in {self.source.tree.name}")
        write(node)

    def _do_pass(self, node: ast.Pass) -> None:
        pass

    def _do_expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            self._call(node.value)
        elif not isinstance(node.value, ast.Constant):
            self.value(node.value)

    def _do_return(self, node: ast.Return) -> None:
        value = self.value(node.value) if node.value is not None else None
        self.returns.append((label := self.new("return"), value))
        self.jump(label)

    def _do_assign(self, node: ast.Assign) -> None:
        value = self.value(node.value)
        for target in node.targets:
            self._set(target, value)

    def _do_annassign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._set(node.target, self.value(node.value))

    def _set(self, target: ast.expr, value: Value) -> None:
        if isinstance(target, ast.Name):
            self.assign(target.id, value)
        elif isinstance(target, ast.Subscript):
            owner = self.value(target.value)
            arrays.set_element(self, owner, self.place(owner, target), value)
        elif isinstance(target, ast.Tuple) and isinstance(value.kind, Tuple):
            if len(target.elts) != len(value.kind.elements):
                raise NotInSubsetError(f"'{ast.unparse(target)}' for {value.kind}")
            for one, element in zip(target.elts, elements(value)):
                self._set(one, element)
        else:
            raise NotInSubsetError(f"an assignment to '{ast.unparse(target)}'")

    def _do_augassign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            old = self._name(ast.Name(node.target.id, ast.Load()))
            self.assign(node.target.id, binary(self, node.op, old, self.value(node.value)))
            return
        if not isinstance(node.target, ast.Subscript):
            raise NotInSubsetError(f"an assignment to '{ast.unparse(node.target)}'")
        owner = self.value(node.target.value)
        address = self.place(owner, node.target)
        old = arrays.element(self, owner, address)
        new = binary(self, node.op, old, self.value(node.value))
        arrays.set_element(self, owner, address, new)

    def _do_if(self, node: ast.If) -> None:
        if isinstance(node.test, ast.Constant):  # the other branch is none, for types as well
            self.statements(node.body if node.test.value else node.orelse)
            return
        yes, no, flows = self.new("then"), self.new("else"), []
        self.condition(node.test, yes, no)
        before = self.kinds
        for label, body in ((yes, node.body), (no, node.orelse)):
            self.label(label)
            self.kinds = dict(before)
            self.statements(body)
            if self.reached:
                flows.append((end := self.new("end"), self.kinds))
                self.jump(end)
        self.meet(flows)

    def _do_while(self, node: ast.While) -> None:
        if node.orelse:
            raise NotInSubsetError("else of a loop")
        endless = isinstance(node.test, ast.Constant) and bool(node.test.value)

        def test(inside: str, outside: str) -> bool:
            if endless:
                self.jump(inside)
            else:
                self.condition(node.test, inside, outside)
            return not endless

        self.loop(test, lambda: self.statements(node.body), lambda: None)

    def _do_for(self, node: ast.For) -> None:
        target, (start, stop, step) = node.target, self._range(node)
        if not isinstance(target, ast.Name) or node.orelse:
            raise NotInSubsetError("a loop over other than numbers")
        kind = start.number
        counter = self.slot(kind)
        self.store(start, counter)
        order = ast.Lt() if int(step.operand) > 0 else ast.Gt()

        def test(inside: str, outside: str) -> bool:
            self.branch(compare(self, order, self.load(kind, counter), stop), inside, outside)
            return True

        def turn() -> None:
            self.assign(target.id, self.load(kind, counter))
            self.statements(node.body)

        def advance() -> None:
            now = self.load(kind, counter).operand
            after = self.result(f"add nsw {kind.register} {now}, {step.operand}")
            self.store(Value(kind, (after,)), counter)

        self.loop(test, turn, advance)

    def _range(self, node: ast.For) -> tuple[Value, Value, Value]:
        """Start, stop and step, of one type: 32 bits if all are, which includes no constant."""
        call = node.iter
        if not isinstance(call, ast.Call) or self.meaning(call.func) is not range or call.keywords:
            raise NotInSubsetError(f"a loop over '{ast.unparse(call)}'")
        values = [self.value(argument) for argument in call.args]
        numbers = [value.number for value in values]
        if any(number.is_float for number in numbers):
            raise NotInSubsetError(f"'{ast.unparse(call)}'")
        if UINT64 in numbers:
            if len(set(numbers)) > 1 or len(values) > 2:
                raise NotInSubsetError(f"signed and unsigned numbers in '{ast.unparse(call)}'")
            kind = UINT64
        else:
            kind = INT32 if all(_fits_32(number) for number in numbers) else INT64
        values = [self.cast(value, kind) for value in values]
        zero, one = (Value(kind, constant(number).operands) for number in (0, 1))
        start, stop = (zero, values[0]) if len(values) == 1 else values[:2]
        step = values[2] if len(values) == 3 else one
        if not step.is_constant or int(step.operand) == 0:
            raise NotInSubsetError(f"the step of '{ast.unparse(call)}'")
        return start, stop, step


def _fits_32(number: Number) -> bool:
    return number.bits < 32 or number == INT32
