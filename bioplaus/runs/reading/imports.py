"""Where the names come from that a script does not bind itself: ``ms``, ``b2.ms``, ``np.exp``."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection
from typing import Any

from bioplaus.units import UNITS

__all__ = ["Imports"]

_BRIAN_STARS = {"brian2", "brian2.only", "brian2.units"}
_BRIAN_STARS |= {"brian2.units.allunits", "brian2.units.stdunits"}
_FUNCTION_STARS = {"brian2", "pylab", "numpy", "matplotlib.pylab"}


class Imports:
    """The imports of a script.

    Parameters
    ----------
    tree
        The script.
    bound
        The names that it binds; one of them is no unit even if Brian2 has one of that name.
    """

    def __init__(self, tree: ast.Module, bound: Collection[str]) -> None:
        self._bound = bound
        self._from: dict[str, str] = {}
        self._stars: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                module = "." * node.level + (node.module or "")
                for alias in node.names:
                    if alias.name == "*":
                        self._stars.add(module)
                    else:
                        self._from[alias.asname or alias.name] = f"{module}.{alias.name}"
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    first = alias.name.partition(".")[0]
                    self._from[alias.asname or first] = alias.name if alias.asname else first

    def origin(self, written: str) -> str:
        """The full name behind a name as it is written; empty for one of the script's own."""
        first, dot, rest = written.partition(".")
        if first in self._from:
            return self._from[first] + dot + rest
        if dot or first in self._bound:
            return ""
        if first in UNITS and self._stars & _BRIAN_STARS:
            return f"brian2.{first}"
        if self._stars & _FUNCTION_STARS and first not in vars(builtins):
            return f"numpy.{first}"
        return f"math.{first}" if "math" in self._stars else f"builtins.{first}"

    def unit(self, written: str) -> str | None:
        """The name in Brian2 of a unit as the script writes it, or None."""
        package, _, name = self.origin(written).rpartition(".")
        return name if package.partition(".")[0] == "brian2" and name in UNITS else None

    def amount(self, written: str) -> Any:
        """A unit as the script writes it.

        Raises
        ------
        KeyError
            For a name that is no unit here.
        """
        name = self.unit(written)
        if name is None:
            raise KeyError(written)
        return UNITS[name]

    def split(self, node: ast.expr) -> tuple[ast.expr, str]:
        """A product as number and unit: ``20*ms`` as 20 and ``ms``; without a unit if it is none.

        The unit is as it is written, so ``3*mV/ms`` is 3 and ``mV/ms``.
        """
        rest, factors = node, ""
        while isinstance(rest, ast.BinOp) and isinstance(rest.op, (ast.Mult, ast.Div)):
            if not self._only_units(rest.right):
                break
            factors = "/*"[isinstance(rest.op, ast.Mult)] + ast.unparse(rest.right) + factors
            rest = rest.left
        named = (part for part in ast.walk(rest) if isinstance(part, (ast.Name, ast.Attribute)))
        if not factors.startswith("*") or any(self.unit(ast.unparse(part)) for part in named):
            return node, ""
        return rest, factors[1:].replace(" ", "")

    def _only_units(self, node: ast.expr) -> bool:
        match node:
            case ast.Name() | ast.Attribute():
                return self.unit(ast.unparse(node)) is not None
            case ast.BinOp(left=left, op=ast.Mult() | ast.Div(), right=right):
                return self._only_units(left) and self._only_units(right)
            case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant()):
                return self._only_units(left)
        return False
