"""Generators that a script does not seed get a number of the run's, so that it can be repeated.

NumPy draws the seed of every generator without one (``default_rng()``, ``RandomState()``,
``np.random.seed()``, Brian2's ``seed()``) by one function; Python's by ``Random.seed``.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bioplaus.runs.caller import line_of_script, on_behalf_of_script

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
            given = self._next("NumPy")
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

    def _next(self, whose: str) -> int | None:
        """The next number, or None for generators that are none of the script's."""
        if os.getpid() != self._process or not on_behalf_of_script(sys._getframe(2)):
            return None
        number = hashlib.sha256(f"{self._seed} {self.count}".encode()).digest()
        self.count += 1
        self._tell(
            f"line {line_of_script()}: a generator of {whose} without a seed; "
            "it gets one that follows from --seed"
        )
        return int.from_bytes(number[:16])
