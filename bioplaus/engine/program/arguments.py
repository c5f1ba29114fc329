"""What a program is called with: arrays and numbers of its kernels, and their names in its text."""

from __future__ import annotations

import operator
from collections.abc import Hashable
from typing import Any

import numpy as np

from .kernel import Argument, ArrayArgument, GeneratorArgument, Number, ValueArgument

__all__ = ["Arguments", "Numbers"]


class Arguments:
    """Arguments of kernels, numbered in the order in which they are named.

    arrays : by key, in the order of the table of addresses; floats, integers : in the order of the
    two tables of numbers; loads : expressions of the numbers, by name.
    """

    def __init__(self) -> None:
        self.arrays: dict[Hashable, ArrayArgument] = {}
        self.floats: list[ValueArgument] = []
        self.integers: list[ValueArgument] = []
        self.loads: dict[str, str] = {}
        self._names: dict[Hashable, str] = {}

    def name_of(self, argument: Argument) -> str:
        """The name of an argument in the text of the program."""
        if isinstance(argument, GeneratorArgument):
            return "generator"
        if isinstance(argument, ValueArgument):
            whole = argument.kind == "integer"
            table, values = ("integers", self.integers) if whole else ("floats", self.floats)
            element, name = f"{table}[{len(values)}]", f"_{table}_{len(values)}"
            values.append(argument)
            self.loads[name] = f"_nb_np.float32({element})" if argument.single else element
            return name
        assert isinstance(argument, ArrayArgument)
        self.arrays.setdefault(argument.key, argument)
        return self._names.setdefault(argument.key, f"_a{len(self._names)}")


class Numbers:
    """The two tables of numbers that a program is called with, float64 and int64."""

    def __init__(self, arguments: Arguments) -> None:
        self._floats, self._integers = arguments.floats, arguments.integers
        self.floats = np.zeros(len(self._floats), dtype=np.float64)
        self.integers = np.zeros(len(self._integers), dtype=np.int64)
        numbers = (*self._floats, *self._integers)
        self._objects = [n.object_of for n in numbers if n.object_of is not None]
        self._all_fixed = len(self._objects) == len(numbers)
        self._seen: list[Any] = [self] * len(self._objects)

    def refresh(self) -> None:
        """Look the numbers up again, unless all of them must be what they were."""
        found = [object_of() for object_of in self._objects]
        if self._all_fixed and all(map(operator.is_, found, self._seen)):
            return
        self._seen = found
        self.floats[:] = [argument.fetch() for argument in self._floats]
        self.integers[:] = [_whole(argument.fetch()) for argument in self._integers]


def _whole(number: Number) -> int:
    """An integer; TypeError for a float, which would be cut off in silence."""
    return int(number) if isinstance(number, (bool, np.bool_)) else operator.index(number)  # type: ignore[arg-type]
