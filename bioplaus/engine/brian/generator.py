"""From Brian2's statements to the lines of a scalar loop in Python."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from brian2.codegen.generators.cython_generator import CythonCodeGenerator
from brian2.core.functions import Function
from brian2.core.variables import ArrayVariable
from brian2.parsing.expressions import is_boolean_expression
from brian2.parsing.rendering import NodeRenderer
from brian2.synapses.synapses import Synapses
from brian2.utils.logger import get_logger
from brian2.utils.stringtools import get_identifiers

from ..functions.elementary import OWN
from ..functions.translation import Translated, UnsupportedFunctionError, translate
from ..program.kernel import spelled
from .overflow import checked
from .ranges import Checks, Ranges

logger = get_logger("brian2.codegen.generators.numba")  # shown and silenced as Brian2's others

__all__ = ["NumbaCodeGenerator", "single_precision", "translated"]


def translated(variables: Mapping[str, Any], owner: Any) -> dict[str, Translated]:
    """How each function among the variables of a code object is written in its kernel."""
    functions = {name: v for name, v in variables.items() if isinstance(v, Function)}
    return {name: translate(name, function, owner) for name, function in functions.items()}


def _named(statements: Sequence[Any]) -> set[str]:
    """All names in statements."""
    return {name for s in statements for name in (s.var, *get_identifiers(s.expr))}


def _meet(source: Any, target: Any) -> bool:
    """Whether two groups that have an array in common have a cell in common."""
    parts = [(getattr(g, "start", 0), getattr(g, "stop", len(g))) for g in (source, target)]
    return max(first for first, _ in parts) < min(end for _, end in parts)


_POWER = "**"
"""What a power stands under among the functions."""
_EXP = ("_nb_exp", "_nb_exp_alone")
_ALONE = {name: Translated(f"{name}_alone") for name in ("_nb_exp", "_nb_power")}
"""What functions are where numbers come one by one."""


class _Renderer(NodeRenderer):
    """Expressions in Python; calls are written as the table of functions says."""

    def __init__(self, functions: Mapping[str, Translated], variables: Mapping[str, Any]) -> None:
        super().__init__()
        self.functions = functions
        self.variables = variables

    def is_truth(self, node: ast.expr) -> bool:
        """Whether an expression of the equations is a truth value."""
        return bool(is_boolean_expression(NodeRenderer().render_node(node), self.variables))

    def render_Name(self, node: ast.Name) -> str:
        return spelled(str(super().render_Name(node)))

    def render_BinOp(self, node: ast.BinOp) -> str:
        if not isinstance(node.op, ast.Pow) or _is_integer(node.right):
            return str(super().render_BinOp(node))
        base, exponent = node.left, node.right
        if isinstance(base, ast.Call) and self.functions[ast.unparse(base.func)].name in _EXP:
            # So SymPy writes exp(x/18), and a power costs five times as much.
            product = ast.BinOp(base.args[0], ast.Mult(), exponent)
            return self.render_Call(ast.Call(base.func, [product], []))
        power = self.functions[_POWER].name
        return f"{power}({self.render_node(base)}, {self.render_node(exponent)})"

    def render_Call(self, node: ast.Call) -> str:
        if node.keywords:
            raise ValueError("Keyword arguments not supported.")
        assert isinstance(node.func, ast.Name)
        function = self.functions[node.func.id]
        if function.definitions and any(self.is_truth(argument) for argument in node.args):
            # NumPy calculates with truth values in its own way.
            raise UnsupportedFunctionError(f"'{node.func.id}' is given a truth value")
        arguments = [self.render_node(argument) for argument in node.args]
        arguments = [*function.leading, *arguments, *function.trailing]
        return f"{function.name}({', '.join(arguments)})"


_DOUBLE = frozenset({"t", "lastspike", "lastupdate", "delay", "rate"})
"""Times, which keep double precision in any network."""


def single_precision(variables: Mapping[str, Any]) -> bool:
    """Whether the arrays of a code object, times apart, hold floats of 32 bits."""
    kinds = {
        str(np.dtype(variable.dtype))
        for name, variable in variables.items()
        if isinstance(variable, ArrayVariable) and not variable.scalar and name not in _DOUBLE
    }
    return "float32" in kinds and "float64" not in kinds


_DOUBLE_FUNCTIONS = frozenset({"_nb_randn", *_EXP, *(f"_nb_{name}" for name in OWN)})
"""Functions that return double precision."""


class _SingleRenderer(_Renderer):
    """Keeps arithmetic in 32 bits, which one operand of 64 bits would turn into double.

    Differences of times are taken in double precision and rounded afterwards.
    """

    named = {"Add": "_nb_add", "Sub": "_nb_subtract", "Mult": "_nb_multiply", "Div": "_nb_divide"}

    def render_Constant(self, node: ast.Constant) -> str:
        text = str(super().render_Constant(node))
        return f"_nb_np.float32({text})" if isinstance(node.value, float) else text

    def render_Name(self, node: ast.Name) -> str:
        return "_nb_np.float32(dt)" if node.id == "dt" else super().render_Name(node)

    def render_BinOp(self, node: ast.BinOp) -> str:
        operation = type(node.op).__name__
        if operation == "Sub" and isinstance(node.left, ast.Name) and node.left.id == "t":
            return f"_nb_np.float32({super().render_BinOp(node)})"
        if operation in self.named and any(_is_integer(n) for n in (node.left, node.right)):
            operands = self.render_node(node.left), self.render_node(node.right)
            return f"{self.named[operation]}({', '.join(operands)})"
        return str(super().render_BinOp(node))

    def render_Call(self, node: ast.Call) -> str:
        assert isinstance(node.func, ast.Name)
        name = self.functions[node.func.id].name
        if name in ("_nb_timestep", "_nb_timed_array_1d", "_nb_timed_array_2d"):
            return _Renderer(self.functions, self.variables).render_Call(node)
        text = super().render_Call(node)
        return f"_nb_np.float32({text})" if name in _DOUBLE_FUNCTIONS else text


def _is_integer(node: ast.expr) -> bool:
    """Whether an expression is an integer that is written in the equations."""
    if isinstance(node, ast.UnaryOp):
        return _is_integer(node.operand)
    return isinstance(node, ast.Constant) and type(node.value) is int


class NumbaCodeGenerator(CythonCodeGenerator):
    """Translates to scalar Python: Cython's order of reading, computing and writing fits."""

    class_name = "numba"

    def __init__(self, *args: Any, **kwds: Any) -> None:
        super().__init__(*args, **kwds)
        self.functions = {
            _POWER: Translated("_nb_power"),
            **translated(self.variables, self.owner),
        }
        if self.template_name == "synapses":  # in which loops are not vectorised
            self.functions = {name: _ALONE.get(f.name, f) for name, f in self.functions.items()}
        self.single = single_precision(self.variables)
        renderer = _SingleRenderer if self.single else _Renderer
        self._renderer = renderer(self.functions, self.variables)
        self._ranges = Ranges(self.variables)

    def translate_expression(self, expr: str) -> str:
        """An expression in Python."""
        return str(self._renderer.render_expr(expr)).strip()

    def translate_statement(self, statement: Any) -> str:
        """An assignment in Python, after lines that look whether its integers fit.

        In single precision its value is rounded.
        """
        lines, statement = self._checked(statement)
        return "\n".join([*lines, self._assignment(statement)])

    def _checked(self, statement: Any) -> tuple[list[str], Any]:
        """Lines that look whether integers fit, and the statement that follows them."""
        value = ast.parse(statement.expr, mode="eval").body
        if statement.op not in ("=", ":="):
            updated = ast.parse(f"{statement.var} {statement.op} 0").body[0]
            assert isinstance(updated, ast.AugAssign)
            value = ast.BinOp(ast.Name(statement.var, ast.Load()), updated.op, value)
        index = "0" if statement.scalar else "_idx"
        checks = Checks(self._ranges, self._renderer.render_node, index)
        expression = checks.expression(value)
        self._ranges.assign(statement.var, self._ranges.of(expression), statement.op == ":=")
        if checks.changed:
            statement = copy.copy(statement)
            statement.op = ":=" if statement.op == ":=" else "="
            statement.expr = ast.unparse(expression)
            statement.used_boolean_variables = None
        return checks.lines, statement

    def _assignment(self, statement: Any) -> str:
        line = str(super().translate_statement(statement))
        dtype = np.dtype(statement.dtype)
        rounded = dtype == np.float32 or (statement.op == ":=" and dtype == np.float64)
        head = f"{statement.var} {'=' if statement.op == ':=' else statement.op} "
        if self.single and rounded and line.startswith(head):
            value, *comments = line.removeprefix(head).split(" # ")
            return head + f"_nb_np.float32({value})" + "".join(f" # {c}" for c in comments)
        return line

    def _element(self, name: str) -> str:
        index = self.variable_indices[name]
        place = "0" if str(index) == "0" else f"_nb_at({index})"
        return f"{self.get_array_name(self.variables[name])}[{place}]"

    def translate_to_read_arrays(self, read: Iterable[str], indices: Iterable[str]) -> list[str]:
        """Lines that read variables from their arrays, indices first."""
        lines = [f"{name} = {self._element(name)}" for name in sorted(indices)]
        for name in sorted(read):
            self._ranges.read(name)
            dtype = np.dtype(self.variables[name].dtype)
            # Compiled code would calculate with numbers without sign among themselves.
            short = dtype.kind == "u" and dtype.itemsize < 8
            lines.append(
                f"{name} = " + ("_nb_np.int64({})" if short else "{}").format(self._element(name))
            )
        return lines

    def translate_to_statements(
        self, statements: Sequence[Any], conditions: Mapping[str, str]
    ) -> list[str]:
        """The lines of assignments, in the order of the text also where an array has two names.

        What is written under one name is then read again under the others, as on ``numpy``.
        """
        lines = []
        others = self._other_names(statements)
        self._tell_order(statements, others)
        for number, statement in enumerate(statements, 1):
            lines += super().translate_to_statements([statement], conditions)
            later = others.get(statement.var, set()) & _named(statements[number:])
            if later:
                lines += self.translate_to_write_arrays([statement.var])
                lines += self.translate_to_read_arrays(later, [])
        return lines

    def _other_names(self, statements: Sequence[Any]) -> dict[str, set[str]]:
        """For each variable that is written, other names of its array in the same statements.

        None where ``numpy`` reads everything before it writes anything, as we do.
        """
        if not (self.has_repeated_indices(statements) and self._is_vectorised(statements)):
            return {}
        read, written, _ = self.array_read_write(statements)
        names: dict[str, set[str]] = {}
        for name in read | written:
            names.setdefault(self.get_array_name(self.variables[name]), set()).add(name)
        alike = {name: found - {name} for found in names.values() for name in found}
        return {name: alike[name] for name in written if alike[name]}

    def _tell_order(self, statements: Sequence[Any], others: Mapping[str, set[str]]) -> None:
        """Say where one synapse changes what another one reads in the same step.

        Brian2 tells of it where both have the same name for it.
        """
        if not isinstance(self.owner, Synapses) or not _meet(self.owner.source, self.owner.target):
            return
        index = self.variable_indices
        for name, alike in others.items():
            for other in sorted(alike):
                if index[other] != index[name]:
                    text = "; ".join(f"{s.var} {s.op} {s.expr}" for s in statements)
                    logger.warn(
                        f"{self.owner.name}: '{text}' writes as {name} what it reads as {other}; "
                        "where both cells are met in one step, the result depends on the order of "
                        "the synapses",
                        "order",
                        once=True,
                    )

    def _is_vectorised(self, statements: Sequence[Any]) -> bool:
        """Whether ``numpy`` executes each statement for all synapses before it comes to the next.

        It goes from synapse to synapse where a variable is written after it was read.
        """
        used: set[str] = set()
        for statement in statements:
            used |= {
                name
                for name in get_identifiers(statement.expr)
                if self.variable_indices.get(name, "_idx") != "_idx" and name in self.variables
            }
            if statement.var in used:
                return False
        return True

    def translate_to_write_arrays(self, write: Iterable[str]) -> list[str]:
        """Lines that write variables back to their arrays."""
        lines = []
        for name in sorted(write):
            index = str(self.variable_indices[name])
            lines += checked(name, self.variables[name].dtype, index)
            lines.append(f"{self._element(name)} = {name}")
        return lines

    def determine_keywords(self) -> dict[str, Any]:
        """Nothing: kernels name all that they use."""
        return {}
