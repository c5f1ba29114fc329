"""A threshold in blocks: the conditions of 64 neurons are tested together, then those that hold."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .kernel import Argument, ArrayArgument, Kernel
from .loop import Loop

__all__ = ["BLOCK", "Blocks", "indented"]

BLOCK = 64
"""Neurons of a block: the flags of eight words."""


@dataclass(frozen=True)
class Blocks:
    """One loop writes the truth of every condition of a block to a byte; if one holds, a second
    looks at eight bytes together and goes from one that is set to the next.

    of : the plain loop, through which the neurons go that are left after the last block.
    flags : (n,) bool, n the number of neurons rounded down to whole blocks.
    Further statements, as texts: begin, before all blocks; first, at the beginning of a block;
    tested, after every test; silent, where no condition holds; fired, at the end where one did.
    memory : the arrays that these name.
    """

    of: Loop
    flags: Any
    begin: str = ""
    first: str = ""
    tested: str = ""
    silent: str = ""
    fired: str = ""
    memory: Mapping[str, ArrayArgument] = field(default_factory=dict)

    def kernel(self) -> Kernel:
        """The kernel of all statements."""
        loop = self.of
        body = _BODY.format(
            head=indented(loop.head, 0),
            begin=self.begin,
            first=_shifted(self.first, 4),
            tests=indented(loop.element, 8),
            tested=_shifted(self.tested, 8),
            silent=_shifted(self.silent, 8),
            emit=indented(loop.emit, 12),
            fired=_shifted(self.fired, 4),
            rest=indented([*loop.plain("len(_nb_flags)"), *loop.tail], 0),
        )
        return Kernel.from_body(body, self.resolve, loop.functions)

    def resolve(self, name: str) -> Argument:
        """What a name stands for."""
        if name in self.memory:
            return self.memory[name]
        own = {"_nb_flags": self.flags, "_nb_words": self.flags.view("uint64")}
        if name in own:
            return ArrayArgument((id(self.flags), name), lambda: own[name])
        return self.of.resolve(name)


_BODY = """
{head}
{begin}
for _nb_block in range(0, len(_nb_flags), 64):
{first}
    _nb_any = False
    for _nb_lane in range(64):
        _idx = _nb_block + _nb_lane
{tests}
        _nb_flags[_nb_at(_idx)] = _cond
        _nb_any |= _cond
{tested}
    if not _nb_any:
{silent}
        continue
    for _nb_word in range(_nb_block // 8, _nb_block // 8 + 8):
        _nb_left = _nb_words[_nb_at(_nb_word)]
        while _nb_left != 0:
            _idx = 8 * _nb_word + _nb_first_flag(_nb_left)
            _nb_left = _nb_other_flags(_nb_left)
{emit}
{fired}
{rest}
"""


def indented(nodes: Sequence[ast.stmt], indent: int) -> str:
    """Statements as text."""
    return _shifted("\n".join(ast.unparse(node) for node in nodes), indent)


def _shifted(text: str, indent: int) -> str:
    return "\n".join(" " * indent + line for line in text.splitlines())
