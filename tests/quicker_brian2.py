"""Brian2 does the same in less time, where it does it again for every network that a test makes.

It solves the linear equations of a group by computer algebra: the engine remembers the text that
comes of it for networks of its own, here that is done for Brian2's targets too.  And what it
remembers itself it finds by keys, which it makes of all variables of a group at every question.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from brian2.core.preferences import prefs
from brian2.stateupdaters.exact import LinearStateUpdater
from brian2.utils import caching

from bioplaus.engine.brian.integration import _question
from bioplaus.engine.compiler import machine

__all__ = ["brians_own_key", "in_memory", "key", "make_quicker", "quick_object_code"]

Recall = Callable[[str, Callable[[], str]], str]

brians_own_key = caching._hashable


def make_quicker(recall: Recall) -> None:
    """For the rest of the process; ``recall`` answers a question that it knows, or has it asked."""
    caching._hashable = key
    solve = LinearStateUpdater.__call__

    @functools.wraps(solve)
    def remembered(
        updater: Any, equations: Any, variables: Any = None, method_options: Any = None
    ) -> str:
        def asked() -> str:
            return str(solve(updater, equations, variables, method_options))

        if prefs.codegen.target == "numba" or variables is None or equations.is_stochastic:
            return asked()
        return recall(_question(equations, variables, method_options), asked)

    LinearStateUpdater.__call__ = remembered


def in_memory() -> Recall:
    """A memory for one process."""
    known: dict[str, str] = {}

    def recall(question: str, asked: Callable[[], str]) -> str:
        if question not in known:
            known[question] = asked()
        return known[question]

    return recall


def quick_object_code(text: str, effort: machine.Effort) -> bytes:
    """What the engine's compiler makes of a module, in a sixth of the time; it runs more slowly."""
    return bytes(machine._machine(0).emit_object(machine._optimised(text, 0)))


_AS_THEY_ARE = frozenset({str, int, float, bool, type(None)})


def key(given: Any) -> Any:
    """What Brian2 makes of anything to find it by; the most frequent kinds are told first."""
    kind = type(given)
    if kind in _AS_THEY_ARE:
        return given
    if kind is dict:
        return frozenset([(key(name), key(value)) for name, value in given.items()])
    if kind is tuple or kind is list:
        return tuple([key(each) for each in given])
    if getattr(kind, "_state_tuple", None) is caching.CacheKey._state_tuple:
        left_out = given._cache_irrelevant_attributes
        state = sorted(given.__dict__.items())
        return tuple([key(value) for name, value in state if name not in left_out])
    return brians_own_key(given)
