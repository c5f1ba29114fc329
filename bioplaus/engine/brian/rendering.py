"""Expressions of equations in Python, in double precision and in single."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

import numpy as np
from brian2.core.variables import ArrayVariable
from brian2.parsing.expressions import is_boolean_expression
from brian2.parsing.rendering import NodeRenderer

from ..functions.elementary import OWN
from ..functions.translation import Translated, UnsupportedFunctionError
from ..program.kernel import spelled

__all__ = ["POWER", "Renderer", "SingleRenderer", "single_precision"]

POWER = "**"
"""What a power stands under among the functions."""
_EXP = ("_nb_exp", "_nb_exp_alone")


class Renderer(NodeRenderer):
    """Expressions in Python; calls are written as the table of functions says."""

    def __init__(self, functions: Mapping[str, Translated], variables: Mapping[str, Any]) -> None:
        super().__init__()
        self.functions = functions
        self.variables = variables

    def is_truth(self, node: ast.expr) -> bool:
        """Whether an expression of the equations is a truth value."""
        return bool(is_boolean_expression(NodeRenderer().render_node(node), self.variables))

    def render_Name(self, node: ast.Name) -> str:
        """A name as it may stand in Python."""
        return spelled(str(super().render_Name(node)))

    def render_BinOp(self, node: ast.BinOp) -> str:
        """An operation; powers with exponents that are no integers are calls."""
        if not isinstance(node.op, ast.Pow) or _is_integer(node.right):
            return str(super().render_BinOp(node))
        base, exponent = node.left, node.right
        if isinstance(base, ast.Call) and self.functions[ast.unparse(base.func)].name in _EXP:
            # So SymPy writes exp(x/18), and a power costs five times as much.
            product = ast.BinOp(base.args[0], ast.Mult(), exponent)
            return self.render_Call(ast.Call(base.func, [product], []))
        power = self.functions[POWER].name
        return f"{power}({self.render_node(base)}, {self.render_node(exponent)})"

    def render_Call(self, node: ast.Call) -> str:
        """A call, with what the function takes from outside."""
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


class SingleRenderer(Renderer):
    """Keeps arithmetic in 32 bits, which one operand of 64 bits would turn into double.

    Differences of times are taken in double precision and rounded afterwards.
    """

    named = {"Add": "_nb_add", "Sub": "_nb_subtract", "Mult": "_nb_multiply", "Div": "_nb_divide"}

    def render_Constant(self, node: ast.Constant) -> str:
        """A number of 32 bits, if it is no integer."""
        text = str(super().render_Constant(node))
        return f"_nb_np.float32({text})" if isinstance(node.value, float) else text

    def render_Name(self, node: ast.Name) -> str:
        """A name; the time step is a number of 32 bits."""
        return "_nb_np.float32(dt)" if node.id == "dt" else super().render_Name(node)

    def render_BinOp(self, node: ast.BinOp) -> str:
        """An operation on numbers of 32 bits."""
        operation = type(node.op).__name__
        if operation == "Sub" and isinstance(node.left, ast.Name) and node.left.id == "t":
            return f"_nb_np.float32({super().render_BinOp(node)})"
        if operation in self.named and any(_is_integer(n) for n in (node.left, node.right)):
            operands = self.render_node(node.left), self.render_node(node.right)
            return f"{self.named[operation]}({', '.join(operands)})"
        return str(super().render_BinOp(node))

    def render_Call(self, node: ast.Call) -> str:
        """A call whose result has 32 bits."""
        assert isinstance(node.func, ast.Name)
        name = self.functions[node.func.id].name
        if name in ("_nb_timestep", "_nb_timed_array_1d", "_nb_timed_array_2d"):
            return Renderer(self.functions, self.variables).render_Call(node)
        text = super().render_Call(node)
        return f"_nb_np.float32({text})" if name in _DOUBLE_FUNCTIONS else text


def _is_integer(node: ast.expr) -> bool:
    """Whether an expression is an integer that is written in the equations."""
    if isinstance(node, ast.UnaryOp):
        return _is_integer(node.operand)
    return isinstance(node, ast.Constant) and type(node.value) is int
