"""What a program is called with: arrays and numbers of its kernels, and their names in its text."""

from __future__ import annotations

from collections.abc import Hashable

from .kernel import Argument, ArrayArgument, GeneratorArgument, ValueArgument

__all__ = ["Arguments"]


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
