"""Where control goes in a function, and the types that its variables have from place to place.

Numba gives a variable a type from each assignment to the next, and where control meets, the common
type of what it was.  A loop is therefore written with the types at its entry; if what comes back
at its end has others, it is written again with the types common to both, until nothing changes.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .expressions import Call, Expressions, UndefinedError
from .kinds import Kind, NotInSubsetError, Value, common
from .sources import Source

__all__ = ["Flow"]

Kinds = dict[str, Kind]
_Way = tuple[str, Kinds]
"""The label of a block that control leaves for a place further on, and the types there."""


@dataclass
class _Loop:
    """A loop that is being written.

    again : where the next turn begins; kinds : types there; back : types where turns end;
    leave : where it is left; guessed : whether a statement could not be written yet.
    """

    again: str
    kinds: Kinds
    back: list[Kinds] = field(default_factory=list)
    leave: list[_Way] = field(default_factory=list)
    guessed: bool = False


def _joined(kinds: list[Kinds]) -> Kinds:
    """Types where control meets; a variable without a common one has no value there."""
    joined: Kinds = {}
    for name in dict.fromkeys(name for one in kinds for name in one):
        found = [one[name] for one in kinds if name in one]
        try:
            kind = found[0]
            for other in found[1:]:
                kind = common(kind, other)
        except NotInSubsetError:
            continue
        joined[name] = kind
    return joined


class Flow(Expressions):
    """Writes branches and loops.

    loops : those around what is being written.  returns : blocks in which the function ends.
    """

    def __init__(self, declarations: dict[str, None], source: Source, call: Call) -> None:
        super().__init__(declarations, source, call)
        self.loops: list[_Loop] = []
        self.returns: list[tuple[str, Value | None]] = []

    def assign(self, name: str, value: Value) -> None:
        """Give a variable a value, and its type."""
        self.store(value, self.memory_of(name, value.kind))
        self.kinds[name] = value.kind

    def meet(self, flows: list[_Way]) -> None:
        """Go on where control meets, unless it never comes here."""
        self.reached = bool(flows)
        if not flows:
            return
        joined, place = _joined([kinds for _, kinds in flows]), self.new("meet")
        for label, kinds in flows:
            self.label(label)
            self._convert(kinds, joined)
            self.jump(place)
        self.label(place)
        self.kinds = joined

    def _convert(self, old: Kinds, new: Kinds) -> None:
        """Copy the variables whose types change to where they are kept with the new ones."""
        for name, kind in new.items():
            if old.get(name, kind) != kind:
                value = self.load(old[name], self.memory_of(name, old[name]))
                self.store(self.cast(value, kind), self.memory_of(name, kind))

    def _do_continue(self, node: ast.Continue) -> None:
        loop = self.loops[-1]
        loop.back.append(dict(self.kinds))
        self._convert(self.kinds, loop.kinds)
        self.jump(loop.again)

    def _do_break(self, node: ast.Break) -> None:
        self.loops[-1].leave.append((label := self.new("break"), dict(self.kinds)))
        self.jump(label)

    def loop(
        self, test: Callable[[str, str], bool], turn: Callable[[], None], advance: Callable[[], Any]
    ) -> None:
        """Write a loop, again and again until types at its beginning are known.

        test : goes on at one of two labels, and tells whether it may be the second.
        """
        entry = dict(self.kinds)
        kinds, written, returned = entry, len(self.lines), len(self.returns)
        while True:
            loop = self._turn(entry, kinds, test, turn, advance)
            found = _joined([kinds, *loop.back])
            if found == kinds or self._would_be_the_same(loop, found):
                if loop.guessed:
                    raise UndefinedError(f"a variable of {self.source.tree.name} has no value")
                break
            kinds = found
            del self.lines[written:], self.returns[returned:]
            self.reached = True
        new = {name: kind for name, kind in found.items() if name not in kinds}
        self.meet([(label, new | known) for label, known in loop.leave])

    def _would_be_the_same(self, loop: _Loop, found: Kinds) -> bool:
        """Whether a turn that begins with these types would be written as it has been.

        It is if it needs none of the variables that it knows now and did not before, and each of
        them has had one type.
        """
        if loop.guessed or any(found.get(name) != kind for name, kind in loop.kinds.items()):
            return False
        types = Counter(name for name, _ in self.slots)
        return all(types[name] == 1 for name in found.keys() - loop.kinds.keys())

    def _turn(
        self,
        entry: Kinds,
        kinds: Kinds,
        test: Callable[[str, str], bool],
        turn: Callable[[], None],
        advance: Callable[[], Any],
    ) -> _Loop:
        head, inside, again, outside = (self.new(n) for n in ("head", "inside", "again", "out"))
        loop = _Loop(again, kinds)
        self._convert(entry, kinds)
        self.jump(head)
        self.label(head)
        self.kinds = dict(kinds)
        if test(inside, outside):
            loop.leave.append((outside, dict(kinds)))
        self.label(inside)
        self.loops.append(loop)
        turn()
        if self.reached:
            self._do_continue(ast.Continue())
        self.loops.pop()
        self.label(again)
        advance()
        self.jump(head)
        return loop
