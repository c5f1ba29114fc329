"""Exact integration of linear equations, remembered on disk.

Brian2 solves the linear equations of a group with a computer algebra system, which takes a second
or more for three of them, in every process anew.  The result is a text that depends on a text: the
engine keeps it beside its compiled modules.  It also stays the same text from process to process,
and so does everything that is compiled from it.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from brian2.core.functions import Function
from brian2.core.preferences import prefs
from brian2.stateupdaters.exact import LinearStateUpdater
from brian2.utils.stringtools import get_identifiers

from .. import cache

__all__ = ["install"]


def install() -> None:
    """Let the method ``exact`` look for its result on disk when the target is ``numba``."""
    solve = LinearStateUpdater.__call__

    @functools.wraps(solve)
    def remembered(
        updater: Any, equations: Any, variables: Any = None, method_options: Any = None
    ) -> str:
        if prefs.codegen.target != "numba" or variables is None or equations.is_stochastic:
            return str(solve(updater, equations, variables, method_options))
        question = _question(equations, variables, method_options)
        return cache.recall(
            question, lambda: str(solve(updater, equations, variables, method_options))
        )

    LinearStateUpdater.__call__ = remembered


def _question(equations: Any, variables: Mapping[str, Any], options: Any) -> str:
    """All that the solution depends on, as a text.

    Of the variables only functions matter: whether they draw random numbers, and whether they are
    constant during a time step.
    """
    expressions = equations.get_substituted_expressions(variables)
    parts = [f"{name}' = {expression.code}" for name, expression in expressions]
    dt = variables["dt"].get_value()[0] if "dt" in variables else None
    for name in sorted(set().union(*(get_identifiers(part) for part in parts))):
        function = variables.get(name)
        if isinstance(function, Function):
            constant = dt is not None and function.is_locally_constant(dt)
            parts.append(f"{name}: stateless {function.stateless}, constant {constant}")
    parts.append(f"options {sorted((options or {}).items())}")
    parts += [f"{package} {version(package)}" for package in ("brian2", "sympy")]
    return "\n".join(parts)
