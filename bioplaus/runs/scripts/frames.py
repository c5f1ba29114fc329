"""The script's own frames, modules and functions: their variables, and how they are assigned."""

from __future__ import annotations

import ctypes
import dis
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import brian2

from bioplaus.errors import UserError
from bioplaus.runs.reading import loops

__all__ = [
    "Lost",
    "Own",
    "assign",
    "functions_reached",
    "is_iterated_at_once",
    "line_of",
    "on_stack",
]

_NOTHING = object()
_HOUSE = f"{Path(__file__).parents[1]}{os.sep}"
_FOREIGN = ("site-packages", "dist-packages", ".venv", "venv")


class Own:
    """What belongs to the script: its file, and the modules of its folder.

    bound : names that the script itself binds at the level of its module; variables : what its
    module holds.
    """

    def __init__(self, script: Path, bound: frozenset[str], variables: dict[str, Any]) -> None:
        self.script, self.bound, self.variables = str(script), bound, variables
        self.folder = f"{script.parent}{os.sep}"

    def is_file(self, name: str | None) -> bool:
        """Whether a file is the script, or stands in its folder (installed packages do not)."""
        if name is None:
            return False
        if name == self.script:
            return True
        below = name.startswith(self.folder) and not name.startswith(_HOUSE)
        return below and not set(Path(name[len(self.folder) :]).parts) & set(_FOREIGN)

    def is_module(self, name: str) -> bool:
        """Whether a module is the script, or stands in its folder."""
        if name == "__main__":
            return True
        return self.is_file(getattr(sys.modules.get(name), "__file__", None))

    def modules(self) -> dict[str, Any]:
        """The imported modules of the script's folder, by name."""
        found = {}
        for name, module in list(sys.modules.items()):  # thousands, in every turn
            file = getattr(module, "__file__", None)
            near = file is not None and (file.startswith(self.folder) or file == self.script)
            if near and self.is_file(file):
                found[name] = module
        return {n: found[n] for n in sorted(found) if n not in ("__main__", "__mp_main__")}

    def module(self, name: str) -> dict[str, Any]:
        """What a module of the script holds."""
        return self.variables if name == "__main__" else vars(sys.modules[name])

    def frames(self, innermost: FrameType) -> list[FrameType]:
        """The script's frames on the stack, its module first."""
        found: list[FrameType] = []
        frame: FrameType | None = innermost
        while frame is not None:
            if self.is_file(frame.f_code.co_filename):
                found.append(frame)
            frame = frame.f_back
        return found[::-1]

    def variables_of(self, frame: FrameType) -> dict[str, Any]:
        """The variables of a frame that are the script's own."""
        values = frame.f_locals
        if values is self.variables:
            held = variables_of_module(values).items()
            # What a star import has bound is Brian's, even where the script binds the name later.
            return {n: v for n, v in held if vars(brian2).get(n, _NOTHING) is not v}
        if values is frame.f_globals:
            return variables_of_module(values)
        return {n: v for n, v in sorted(values.items()) if not n.startswith(loops.PREFIX)}


def variables_of_module(values: Mapping[str, Any]) -> dict[str, Any]:
    """What a module of the script's folder holds."""
    return {n: v for n, v in sorted(values.items()) if not n.startswith("__")}


def assign(frame: FrameType, values: Mapping[str, Any], gone: Iterable[str]) -> None:
    """Give variables of a frame that is executed their values; the ones that are gone have none."""
    variables = frame.f_locals
    variables.update(values)
    if variables is frame.f_globals or sys.version_info < (3, 13):
        for name in gone:
            del variables[name]
    else:  # a function's variables cannot be deleted from outside
        variables.update({name: Lost(name, "deleted") for name in gone})
    if variables is not frame.f_globals and sys.version_info < (3, 13):
        ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(1))


def on_stack(wanted: FrameType | None, frame: FrameType | None) -> bool:
    """Whether a frame is being executed."""
    while frame is not None:
        if frame is wanted:
            return True
        frame = frame.f_back
    return False


def is_iterated_at_once(frame: FrameType) -> bool:
    """Whether what is being called is what a ``for`` goes over itself."""
    following = (i for i in dis.get_instructions(frame.f_code) if i.offset > frame.f_lasti)
    return next(following).opname == "GET_ITER"


def line_of(code: CodeType, name: str) -> int | None:
    """The last line of a piece of code that gives a name its value."""
    line = found = None
    for instruction in dis.get_instructions(code):
        if instruction.positions is not None and instruction.positions.lineno is not None:
            line = instruction.positions.lineno
        if instruction.opname.startswith("STORE_") and instruction.argval == name:
            found = line
    return found


def functions_reached(own: Own, first: Any) -> Iterator[tuple[str, Any]]:
    """The variables of modules that a function of the script may change, through others too."""
    waiting, seen = [first], set()
    while waiting:
        item = waiting.pop()
        function = getattr(item, "__func__", item)
        if not isinstance(function, FunctionType) or id(function) in seen:
            continue
        seen.add(id(function))
        held = function.__globals__
        module = held.get("__name__", "")
        if not own.is_module(str(module)):
            continue
        for name in sorted(_names(function.__code__)):
            if name in held and (held is not own.variables or name in own.bound):
                yield f"{module}.{name}", held[name]
                waiting.append(held[name])


def _names(code: CodeType) -> set[str]:
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= _names(constant)
    return found


class Lost:
    """Stands for a variable that had a value of a kind that cannot be kept, made inside the loop.

    A script that gives it a value again in each turn never sees it; one that does not is told.
    """

    def __init__(self, name: str, what: str, held: Any = None) -> None:
        self.__dict__["_tell"] = (
            f"'{name}' was {what} when the run was interrupted, which cannot be kept; the script "
            f"uses it before it gives it a value again.  bioplaus.keep({name}=(read, write)) can "
            "say how to keep it, or make it anew at the beginning of each turn"
        )
        self.__dict__["_held"] = held

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise UserError(self.__dict__["_tell"])

    __getattr__ = __setattr__ = __call__ = __iter__ = __bool__ = __len__ = __getitem__ = _refuse
    __setitem__ = __eq__ = __lt__ = __add__ = __radd__ = __mul__ = __rmul__ = __enter__ = _refuse
    __array__ = __float__ = __int__ = __index__ = __contains__ = __next__ = _refuse
    __hash__ = None  # type: ignore[assignment]
