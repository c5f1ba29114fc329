"""From Brian2's statements to the lines of a scalar loop in Python."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import Any

from brian2.codegen.generators.cython_generator import CythonCodeGenerator
from brian2.core.functions import Function
from brian2.parsing.rendering import NodeRenderer

from .functions import Translated, translate

__all__ = ["NumbaCodeGenerator", "translated"]


def translated(variables: Mapping[str, Any], owner: Any) -> dict[str, Translated]:
    """How each function among the variables of a code object is written in its kernel."""
    functions = {name: v for name, v in variables.items() if isinstance(v, Function)}
    return {name: translate(name, function, owner) for name, function in functions.items()}


class _Renderer(NodeRenderer):
    """Expressions in Python; calls are written as the table of functions says."""

    def __init__(self, functions: Mapping[str, Translated]) -> None:
        super().__init__()
        self.functions = functions

    def render_Call(self, node: ast.Call) -> str:
        if node.keywords:
            raise ValueError("Keyword arguments not supported.")
        assert isinstance(node.func, ast.Name)
        function = self.functions[node.func.id]
        arguments = [*function.leading, *(self.render_node(argument) for argument in node.args)]
        return f"{function.name}({', '.join(arguments)})"


class NumbaCodeGenerator(CythonCodeGenerator):
    """Translates to scalar Python: Cython's order of reading, computing and writing fits."""

    class_name = "numba"

    def __init__(self, *args: Any, **kwds: Any) -> None:
        super().__init__(*args, **kwds)
        self.functions = translated(self.variables, self.owner)

    def translate_expression(self, expr: str) -> str:
        """An expression in Python."""
        return str(_Renderer(self.functions).render_expr(expr)).strip()

    def _element(self, name: str) -> str:
        index = self.variable_indices[name]
        place = "0" if str(index) == "0" else f"_nb_at({index})"
        return f"{self.get_array_name(self.variables[name])}[{place}]"

    def translate_to_read_arrays(self, read: Iterable[str], indices: Iterable[str]) -> list[str]:
        """Lines that read variables from their arrays, indices first."""
        return [f"{name} = {self._element(name)}" for name in [*sorted(indices), *sorted(read)]]

    def translate_to_write_arrays(self, write: Iterable[str]) -> list[str]:
        """Lines that write variables back to their arrays."""
        return [f"{self._element(name)} = {name}" for name in sorted(write)]

    def determine_keywords(self) -> dict[str, Any]:
        """Nothing: kernels name all that they use."""
        return {}
