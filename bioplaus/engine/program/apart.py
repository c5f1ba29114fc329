"""Kernels that several objects share, as functions apart: one copy of each in Numba's machine code.

Kernels are inlined into the loop, because a call would copy the description of every array that it
passes.  With many projections that share their kernels the loop would hold as many copies of each,
and compiling it would take a second and more for every projection.  Functions apart take addresses
and lengths instead, and make the arrays themselves.
"""

from __future__ import annotations

import re
from collections import Counter

__all__ = ["shared_apart"]

_MANY = 4
"""Calls from which on a kernel stands apart: a call costs some nanoseconds for each array."""

_ENTRY = "\n@njit(cache=CACHE"
_VIEW = re.compile(r"^    (_a\d+) = _nb_view\((.*), (.*), (_nb_np\.\w+)\)\n", re.MULTILINE)
_CALL = re.compile(r"\b(kernel_\d+)\(([^()]*)\)")
_INLINED = re.compile(r"@njit\((.*), forceinline=True(.*)\)")


def shared_apart(text: str) -> str:
    """The text of a program with calls of functions apart, where its kernels are called often."""
    kernels, entry = text.split(_ENTRY)
    views = {match[1]: match.groups()[1:] for match in _VIEW.finditer(entry)}
    calls = Counter(match[1] for match in _CALL.finditer(entry))
    apart: dict[tuple[str, ...], str] = {}

    def call(match: re.Match[str]) -> str:
        name, arguments = match[1], re.findall(r"\w+", match[2])
        if calls[name] < _MANY:
            return match[0]
        kinds = [views[argument][2] if argument in views else "" for argument in arguments]
        function = apart.setdefault((name, *kinds), f"apart_{len(apart)}")
        places = [", ".join(views.get(argument, (argument,))[:2]) for argument in arguments]
        return f"{function}({', '.join(places)})"

    entry = _CALL.sub(call, entry)
    if not apart:
        return text
    used = Counter(re.findall(r"\b_a\d+\b", entry))
    entry = _VIEW.sub(lambda match: match[0] if used[match[1]] > 1 else "", entry)
    options = _INLINED.search(kernels)
    assert options is not None
    decorator = f"@njit({options[1]}{options[2]})\n"
    functions = [decorator + _function(name, *key) for key, name in apart.items()]
    return "\n".join([kernels, *functions]) + _ENTRY + entry


def _function(name: str, kernel: str, *kinds: str) -> str:
    """The function apart for a kernel and the element types of its arrays; "" for a number."""
    taken, passed = [], []
    for number, kind in enumerate(kinds):
        argument, length = f"_nb_x{number}", f"_nb_n{number}"
        taken += [argument, length] if kind else [argument]
        passed.append(f"_nb_view({argument}, {length}, {kind})" if kind else argument)
    head = f"def {name}({', '.join(taken)}):\n"
    return f"{head}    return {kernel}({', '.join(passed)})\n"
