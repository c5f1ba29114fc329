"""What a page's run keeps beside its place in the loops: generators, networks and objects."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bioplaus.runs.pages import kept_by_name

if TYPE_CHECKING:
    from bioplaus.runs.pages.simulated import Simulated

__all__ = ["PageState"]


class PageState:
    """All of it, read into plain data and filled from it.

    Attributes
    ----------
    rng
        The run's generator.
    simulated
        Models whose networks are kept, in the order in which the page named them.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.rng = np.random.Generator(np.random.PCG64(seed))
        self.simulated: list[Simulated] = []
        self._children: dict[str, np.random.Generator] = {}
        self._objects: dict[str, Any] = {}
        self._to_come: list[Any] = []

    def child(self, name: str) -> np.random.Generator:
        """A generator that depends on the seed and the name."""
        if name not in self._children:
            bits = np.random.PCG64([self._seed, zlib.crc32(name.encode())])
            self._children[name] = np.random.Generator(bits)
        return self._children[name]

    def follow(self, model: Any) -> Simulated:
        """A model whose network is kept from now on."""
        from bioplaus.runs.pages.simulated import Simulated

        for each in self.simulated:
            if each.model is model:
                return each
        made = Simulated(model)
        self.simulated.append(made)
        if self._to_come:  # of a model that is presented for the first time after the loop began
            made.restore(self._to_come.pop(0))
        return made

    def keep(self, name: str, value: Any) -> None:
        """Keep a model, or something that can be filled in place.

        Raises
        ------
        TypeError
            For anything else.
        """
        if hasattr(value, "network") and hasattr(value, "populations"):
            self.follow(value)
        else:
            kept_by_name.check(name, value)
            self._objects[name] = value

    def objects(self) -> list[Any]:
        """What comes back."""
        models = [each.model for each in self.simulated]
        return [self.rng, *self._children.values(), *self._objects.values(), *models]

    def read(self) -> dict[str, Any]:
        """Everything, as nested dicts of arrays, numbers and text."""
        return {
            "rng": self.rng.bit_generator.state,
            "children": {name: each.bit_generator.state for name, each in self._children.items()},
            "networks": [each.state() for each in self.simulated],
            "random": _random_streams().state() if self.simulated else {},
            "objects": {name: kept_by_name.read(each) for name, each in self._objects.items()},
        }

    def fill(self, kept: Mapping[str, Any]) -> None:
        """Be as when it was read; networks that the page has not named yet when it names them."""
        for name, state in kept["children"].items():
            self.child(name).bit_generator.state = state
        self._to_come = list(kept["networks"])
        for each in self.simulated:
            each.restore(self._to_come.pop(0))
        for name, value in kept["objects"].items():
            kept_by_name.fill(self._objects[name], value)
        self.rng.bit_generator.state = kept["rng"]
        if kept["random"]:
            _random_streams().restore(kept["random"])


def _random_streams() -> Any:
    """Brian2's and the engine's: imported where there is a network."""
    from bioplaus.runs.kept import random_streams

    return random_streams
