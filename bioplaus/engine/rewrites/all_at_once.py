"""The rewrite ``all_at_once``: conditions are tested for all neurons first, then those that hold.

A loop that tests one neuron and stores its number if it fires is not vectorised, and may branch in
ways that the processor cannot foresee.  Here one loop writes the truth of every condition to a
byte, 64 neurons at a time; if one of them fires, a second looks at eight bytes together and goes
from one that is set to the next.  The neurons that are left after the last 64 go through the plain
loop.  The same neurons fire in the same order: the bits do not change.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..program.kernel import Argument, ArrayArgument
from ..program.rows import ways_of

__all__ = ["BLOCK", "AllAtOnce", "all_at_once"]

BLOCK = 64
"""Neurons whose conditions are tested together: eight words."""


class AllAtOnce:
    """A body for the kernel of a threshold in place of the generated one, and its memory.

    flags : (n,) bool, n the number of neurons rounded down to a multiple of 64; words : the same
    memory, eight flags each.
    """

    note = "all_at_once: all conditions are tested together, then those that hold are collected"

    def __init__(self, body: str, neurons: int) -> None:
        self.body = body
        self.flags = np.zeros(neurons // BLOCK * BLOCK, dtype=bool)
        self.words = self.flags.view(np.uint64)

    def resolver(self, others: Callable[[str], Argument]) -> Callable[[str], Argument]:
        """What a name of the new body stands for."""
        own = {"_nb_flags": self.flags, "_nb_words": self.words}

        def resolve(name: str) -> Argument:
            if name in own:
                return ArrayArgument((id(self), name), lambda: own[name])
            return others(name)

        return resolve

    def begin_run(self) -> None:
        """Nothing is kept from step to step."""


def all_at_once(code_object: Any) -> AllAtOnce | None:
    """The form in two loops of a threshold's body, or None where it has none."""
    if code_object.template_name != "threshold" or sys.byteorder != "little":
        return None
    tree = ast.parse(code_object.code.run)
    at = next(n for n, node in enumerate(tree.body) if isinstance(node, ast.For))
    loop = tree.body[at]
    assert isinstance(loop, ast.For)
    *tests, place, emit = loop.body
    assert isinstance(emit, ast.If)
    assert isinstance(loop.iter, ast.Call)
    if "_nb_generator" in ast.unparse(loop) or _depends_on_others(code_object, tests, emit):
        return None
    loop.iter.args.insert(0, ast.parse("len(_nb_flags)", mode="eval").body)
    body = _BODY.format(
        scalar=_text(tree.body[:at], 0),
        tests=_text(tests, 8),
        emit=_text([place, *emit.body], 12),
        rest=_text(tree.body[at:], 0),
    )
    return AllAtOnce(body, int(code_object.variables["N"].get_value()))


_BODY = """
{scalar}
for _nb_block in range(0, len(_nb_flags), 64):
    _nb_any = False
    for _nb_lane in range(64):
        _idx = _nb_block + _nb_lane
{tests}
        _nb_flags[_nb_at(_idx)] = _cond
        _nb_any |= _cond
    if not _nb_any:
        continue
    for _nb_word in range(_nb_block // 8, _nb_block // 8 + 8):
        _nb_left = _nb_words[_nb_at(_nb_word)]
        while _nb_left != 0:
            _idx = 8 * _nb_word + _nb_first_flag(_nb_left)
            _nb_left = _nb_other_flags(_nb_left)
{emit}
{rest}
"""


def _depends_on_others(code_object: Any, tests: list[ast.stmt], emit: ast.If) -> bool:
    """Whether a test reads what the firing of another neuron writes."""
    tested, emitted = ways_of(code_object, tests), ways_of(code_object, [emit])
    return any(
        tested.to(array) and len(tested.to(array) | emitted.to(array)) > 1
        for array in emitted.written
    )


def _text(nodes: list[ast.stmt], indent: int) -> str:
    lines = [line for node in nodes for line in ast.unparse(node).splitlines()]
    return "\n".join(" " * indent + line for line in lines)
