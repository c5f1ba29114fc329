"""Python functions of the user's as definitions in compiled code: their statements.

Local names, ``if``, ``for`` over a range or over numbers, and ``while`` are translated, beside the
expressions of `elementwise`.  Where a condition depends on an array of several elements, Python
itself refuses to run them.
"""

from __future__ import annotations

import ast
import copy
import hashlib
import types
from collections.abc import Sequence
from functools import partial
from typing import Any

from .elementary import elementary
from .elementwise import Definition, Expressions, UnsupportedFunctionError, outside_name
from .outside import Outside, UnreadableError, Where
from .sources import definition

__all__ = ["defined"]


def defined(outside: Outside, arguments: int) -> Definition:
    """The function that stands in the equations, called there with that many arguments.

    Raises UnsupportedFunctionError for one that only Python can run.
    """
    code = outside.root.__code__
    return _define(outside, (), (), list(code.co_varnames[: min(arguments, code.co_argcount)]))


def _define(
    outside: Outside, calling: tuple[types.CodeType, ...], where: Where, given: list[str]
) -> Definition:
    function = outside.function(where)
    code, title = function.__code__, function.__name__
    node = definition(code)
    if node is None:
        raise UnsupportedFunctionError(f"the text of '{title}' cannot be found")
    if code in calling:
        raise UnsupportedFunctionError(f"'{title}' calls itself")
    if node.args.vararg or node.args.kwarg:
        raise UnsupportedFunctionError(f"'{title}' takes any number of arguments")
    node = copy.deepcopy(node)
    body: list[ast.stmt] = [ast.Return(node.body)] if isinstance(node, ast.Lambda) else node.body
    stored = _stored(body)
    unknown = set(given) - set(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    changed = set(stored) & set(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    if unknown or changed - set(given):
        raise UnsupportedFunctionError(f"'{title}' has arguments that cannot be told one by one")
    names = {name: f"x{number}" for number, name in enumerate(given)}
    for name in stored:
        names.setdefault(name, f"y{len(names)}")
    translate = partial(_define, outside, (*calling, code))
    expressions = Expressions(outside, where, title, names, translate)
    expressions.truths = dict.fromkeys(given, False)
    return _Body(expressions, body, given).definition()


def _stored(body: list[ast.stmt]) -> list[str]:
    """The names that statements assign to, as often as they do."""
    nodes = (node for tree in body for node in ast.walk(tree) if isinstance(node, ast.Name))
    return [node.id for node in nodes if isinstance(node.ctx, ast.Store)]


class _Body:
    """Translates the statements of a function whose parameters ``given`` are arguments."""

    def __init__(self, expressions: Expressions, body: list[ast.stmt], given: list[str]) -> None:
        self.write = expressions
        self.body = body
        self.given = given
        self.truth: bool | None = None

    def definition(self) -> Definition:
        write = self.write
        self._substitute()
        for node in ast.walk(ast.Module(self.body, [])):
            if isinstance(node, ast.AugAssign):
                self._check_in_place(node)
        lines = self._block(self.body)
        if not _returns(self.body):
            raise write.refused("does not return a number in every case")
        taken = tuple(sorted(write.taken))
        arguments = [write.names[name] for name in self.given] + [outside_name(n) for n in taken]
        text = "\n".join([f"({', '.join(arguments)}):", *("    " + line for line in lines), ""])
        before = [part for called in write.called.values() for part in called.texts]
        name = "_nb_user_" + hashlib.sha256(text.encode()).hexdigest()[:16]
        texts = tuple(dict.fromkeys([*before, f"def {name}{text}"]))
        return Definition(name, texts, taken, bool(self.truth))

    def _substitute(self) -> None:
        """Put what is read from outside once and for all where its local name is read."""
        stores = _stored(self.body)
        values: dict[str, ast.expr] = {}
        body = []
        for statement in self.body:
            statement = _Substitution(values).visit(statement)
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if (
                    stores.count(name) == 1
                    and name not in self.given
                    and self.write.is_outside(value)
                    and self._is_readable(value)
                ):
                    values[name] = value
                case _:
                    body.append(statement)
        self.body = body

    def _is_readable(self, node: ast.expr) -> bool:
        try:
            self.write.outside.value(self.write.where, node)
        except Exception:
            return False
        return True

    def _check_in_place(self, node: ast.AugAssign) -> None:
        """Refuse ``x += y`` where it may change an array that has another name as well."""
        name = ast.unparse(node.target)
        alone = name not in self.given
        for parent in ast.walk(ast.Module(self.body, [])):
            match parent:
                case ast.Assign() | ast.AnnAssign():
                    pairs = _assignments(parent)
                    alone &= all(self._is_new(v) for t, v in pairs if ast.unparse(t) == name)
                case ast.For():
                    alone &= ast.unparse(parent.target) != name
            operands = (ast.AugAssign, ast.BinOp, ast.Compare, ast.Return, ast.UnaryOp)
            known = isinstance(parent, ast.Call) and self._known(parent) is not None
            if not known and not isinstance(parent, operands):
                alone &= not any(_is_read(n, name) for n in ast.iter_child_nodes(parent))
        if not alone:
            raise self.write.refused(f"may change an array in place in '{ast.unparse(node)}'")

    def _is_new(self, value: ast.expr) -> bool:
        """Whether an expression makes a new array, or is a number."""
        made = isinstance(value, (ast.Constant, ast.BinOp, ast.UnaryOp, ast.Compare))
        return made or (isinstance(value, ast.Call) and self._known(value) is not None)

    def _known(self, call: ast.Call) -> Any:
        if not self.write.is_outside(call.func):
            return None
        try:
            function = self.write.outside.value(self.write.where, call.func)
            return elementary(function) if function not in (max, min) else None
        except Exception:
            return None

    def _block(self, body: list[ast.stmt]) -> list[str]:
        lines = [line for statement in body for line in self._statement(statement)]
        return lines or ["pass"]

    def _statement(self, node: ast.stmt) -> list[str]:
        match node:
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                return []
            case ast.Return(value=ast.expr() as value):
                return [self._return(value)]
            case ast.Assign() | ast.AnnAssign() if pairs := _assignments(node):
                return self._assign(*zip(*pairs))
            case ast.AugAssign(target=ast.Name(id=name) as target):
                read = ast.Name(name, ast.Load())
                return self._assign([target], [ast.BinOp(read, node.op, node.value)])
            case ast.If():
                return self._if(node)
            case ast.For(orelse=[]) | ast.While(orelse=[]):
                return self._loop(node)
            case ast.Break() | ast.Continue():
                return [ast.unparse(node)]
        first = ast.unparse(node).splitlines()[0]
        raise self.write.refused(f"is not known to work element by element in '{first}'")

    def _return(self, node: ast.expr) -> str:
        value = self.write.expression(node)
        if self.truth not in (None, value.truth):
            raise self.write.refused("returns truth values and numbers")
        self.truth = value.truth
        return f"return {value.text if value.truth else _as_float(value.text)}"

    def _assign(self, targets: Sequence[ast.expr], nodes: Sequence[ast.expr]) -> list[str]:
        """Local numbers are floats: integers of Python have no largest one."""
        values = [self.write.expression(node) for node in nodes]
        for target, value in zip(targets, values):
            if not isinstance(target, ast.Name) or target.id in self.write.counters:
                raise self.write.refused(f"assigns to '{ast.unparse(target)}'")
            if self.write.truths.setdefault(target.id, value.truth) != value.truth:
                raise self.write.refused(f"uses '{target.id}' for truth values and for numbers")
        left = ", ".join(self.write.names[ast.unparse(target)] for target in targets)
        return [f"{left} = {', '.join(v.text if v.truth else _as_float(v.text) for v in values)}"]

    def _if(self, node: ast.If) -> list[str]:
        write = self.write
        if not write.is_outside(node.test):
            return self._branches(node)
        mark, known, truth = write.outside.mark(), dict(write.truths), self.truth
        try:
            return self._branches(node)
        except UnsupportedFunctionError:
            write.forget(mark)
            write.truths, self.truth = known, truth
        return self._block(node.body if write.decided(node.test) else node.orelse)

    def _branches(self, node: ast.If) -> list[str]:
        write = self.write
        lines = [f"if {write.test(node.test)}:"]
        known = dict(write.truths)
        lines += _indented(self._block(node.body))
        after, write.truths = write.truths, known
        if node.orelse:
            lines += ["else:", *_indented(self._block(node.orelse))]
        ends, other_ends = _leaves(node.body), _leaves(node.orelse)
        if ends != other_ends:
            write.truths = write.truths if ends else after
        else:
            write.truths = {n: t for n, t in after.items() if n in write.truths}
        return lines

    def _loop(self, node: ast.For | ast.While) -> list[str]:
        """After a loop only what was known before it is: it may not have been entered."""
        write = self.write
        if isinstance(node, ast.While):
            known = dict(write.truths)
            head = f"while {write.test(node.test)}:"
        else:
            values = self._turns(node.iter)
            known = dict(write.truths)
            if not isinstance(node.target, ast.Name) or node.target.id in write.truths:
                raise write.refused(f"changes '{ast.unparse(node.target)}' in a loop")
            write.truths[node.target.id] = False
            write.counters.add(node.target.id)
            head = f"for {write.names[node.target.id]} in {values}:"
        lines = [head, *_indented(self._block(node.body))]
        write.truths = known
        return lines

    def _turns(self, node: ast.expr) -> str:
        """What a loop goes through: a range, or numbers from outside."""
        write = self.write
        match node:
            case ast.Call(func=ast.Name() as func, keywords=[]) if write.is_outside(func):
                if write.evaluated(write.outside.fix, func) is range:
                    return f"range({', '.join(write.whole(argument) for argument in node.args)})"
        if write.is_outside(node):
            try:
                values = write.evaluated(write.outside.fix, node)
            except UnreadableError:
                values = None
            if (
                isinstance(values, tuple)
                and values
                and all(type(v) in (int, float) for v in values)
            ):
                return f"({', '.join(repr(float(value)) for value in values)},)"
        raise write.refused(f"goes through '{ast.unparse(node)}' in a loop")


def _assignments(node: ast.Assign | ast.AnnAssign) -> list[tuple[ast.expr, ast.expr]]:
    """Targets and values, those of tuples in pairs."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if node.value is None or len(targets) > 1:
        return []
    if isinstance(targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple):
        return list(zip(targets[0].elts, node.value.elts))
    return [(targets[0], node.value)]


def _is_read(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)


class _Substitution(ast.NodeTransformer):
    def __init__(self, values: dict[str, ast.expr]) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        read = isinstance(node.ctx, ast.Load)
        return self.values.get(node.id, node) if read else node


def _as_float(text: str) -> str:
    return f"_nb_np.float64({text})"


def _returns(body: list[ast.stmt]) -> bool:
    """Whether the end of a block is never reached, because it returns before."""
    return any(
        isinstance(node, ast.Return)
        or (isinstance(node, ast.If) and _returns(node.body) and _returns(node.orelse))
        for node in body
    )


def _leaves(body: list[ast.stmt]) -> bool:
    """Whether what follows a block is never reached from it."""
    last = body[-1] if body else None
    return isinstance(last, (ast.Break, ast.Continue)) or _returns(body)


def _indented(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]
