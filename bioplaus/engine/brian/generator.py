"""From Brian2's statements to the lines of a scalar loop in Python."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from brian2.codegen.generators.cython_generator import CythonCodeGenerator
from brian2.core.functions import Function
from brian2.synapses.synapses import Synapses
from brian2.utils.logger import get_logger
from brian2.utils.stringtools import get_identifiers

from ..functions.translation import Translated, translate
from .overflow import checked
from .ranges import Checks, Ranges
from .rendering import POWER, Renderer, SingleRenderer, single_precision

logger = get_logger("brian2.codegen.generators.numba")  # shown and silenced as Brian2's others

__all__ = ["NumbaCodeGenerator", "translated"]


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


_ALONE = {name: Translated(f"{name}_alone") for name in ("_nb_exp", "_nb_power")}
"""What functions are where numbers come one by one."""


class NumbaCodeGenerator(CythonCodeGenerator):
    """Translates to scalar Python: Cython's order of reading, computing and writing fits."""

    class_name = "numba"

    def __init__(self, *args: Any, **kwds: Any) -> None:
        super().__init__(*args, **kwds)
        self.functions = {
            POWER: Translated("_nb_power"),
            **translated(self.variables, self.owner),
        }
        if self.template_name == "synapses":  # in which loops are not vectorised
            self.functions = {name: _ALONE.get(f.name, f) for name, f in self.functions.items()}
        self.single = single_precision(self.variables)
        renderer = SingleRenderer if self.single else Renderer
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
