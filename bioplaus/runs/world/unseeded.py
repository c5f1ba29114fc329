"""Generators that a script does not seed get a number of the run's, so that it can be repeated.

NumPy draws the seed of every generator without one (``default_rng()``, ``RandomState()``,
``np.random.seed()``, Brian2's ``seed()``) by one function; Python's by ``Random.seed``.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import itertools
import linecache
import os
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from bioplaus.runs.world.caller import line_of_script, on_behalf_of_script

__all__ = ["Unseeded"]


class Unseeded:
    """Numbers in place of the operating system's.

    Parameters
    ----------
    seed
        The run's; equal seeds give equal numbers, one after the other.
    tell
        Called with a note for every generator that gets one.
    """

    def __init__(self, seed: int, tell: Callable[[str], None]) -> None:
        self.count = 0
        self._seed = seed
        self._tell = tell
        self._process = os.getpid()

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Give numbers inside the ``with`` block to what the script makes."""
        numpy_generators: Any = importlib.import_module("numpy.random.bit_generator")
        drawn, seeded, module_seed = numpy_generators.randbits, random.Random.seed, random.seed

        def draw(bits: int) -> int:
            # RandomState(5) draws a seed as well, and replaces it by the one that it was given.
            given = self._next("NumPy", told=not _has_seed(sys._getframe(1)))
            return int(drawn(bits)) if given is None else given % 2**bits

        def seed(generator: random.Random, a: Any = None, version: int = 2) -> None:
            seeded(generator, self._next("Python") if a is None else a, version)

        shared: random.Random = module_seed.__self__  # type: ignore[attr-defined]
        numpy_generators.randbits = draw
        random.Random.seed = seed  # type: ignore[method-assign, assignment]
        random.seed = shared.seed
        try:
            yield
        finally:
            numpy_generators.randbits = drawn
            random.Random.seed = seeded  # type: ignore[method-assign]
            random.seed = module_seed

    def _next(self, whose: str, told: bool = True) -> int | None:
        """The next number, or None for generators that are none of the script's."""
        if os.getpid() != self._process or not on_behalf_of_script(sys._getframe(2)):
            return None
        number = hashlib.sha256(f"{self._seed} {self.count}".encode()).digest()
        self.count += 1
        if told:
            self._tell(
                f"line {line_of_script()}: a generator of {whose} without a seed; "
                "it gets one that follows from --seed"
            )
        return int.from_bytes(number[:16])


def _has_seed(frame: FrameType) -> bool:
    """Whether the call that a frame is executing, ``RandomState(...)``, is given a seed.

    Told by reading the call; a seed that is neither a name nor a literal counts as one.
    """
    code = frame.f_code
    place = next(itertools.islice(code.co_positions(), frame.f_lasti // 2, None))
    text = _text_at(code.co_filename, frame.f_globals, *place)
    try:
        call = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        return False
    if not (isinstance(call, ast.Call) and ast.unparse(call.func).endswith("RandomState")):
        return False
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    if not given:
        return False
    if isinstance(given[0], ast.Name):
        variables = {**frame.f_globals, **frame.f_locals}
        return variables.get(given[0].id) is not None
    return not (isinstance(given[0], ast.Constant) and given[0].value is None)


def _text_at(
    path: str,
    variables: dict[str, Any],
    line: int | None,
    last: int | None,
    column: int | None,
    end: int | None,
) -> str:
    """The source text of an instruction, where it is known."""
    lines = linecache.getlines(path, variables)
    if line is None or last is None or last > len(lines):
        return ""
    rows = [row.encode() for row in lines[line - 1 : last]]
    rows[-1] = rows[-1][:end]
    rows[0] = rows[0][column:]
    return b"".join(rows).decode()
