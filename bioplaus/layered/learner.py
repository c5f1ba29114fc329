"""What batched, settling and event-driven forms answer, as models answer theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bioplaus.layered.units import Array
from bioplaus.parameters import ParameterError, unknown_name

__all__ = ["Learner", "NamedArrays", "layer_names"]


class Learner(Protocol):
    """Something that learns from batches.

    Inputs and targets are (batch, n), or (batch, steps, n); spikes without a grid of steps are
    ``Trains`` (:mod:`bioplaus.layered.trains`), beside labels (batch,) or trains that are wanted.

    learn : one pass over inputs and targets, in their order, with ``strength`` times the learning
    rate in force: one update, or as many as the rule makes of so many samples.  Returns the answers
    before each update, (batch, n), or a named tuple that has them as ``outputs`` beside what else
    is seen on the way.  Without strength nothing changes.  answer : outputs, (batch, n).
    weights, set_weights : by name, (pre, post), biases (1, post), as those of a
    :class:`~bioplaus.plasticity.model.Model`.  state, restore : all that the next update depends
    on, as arrays by name.  set : what may move while it learns, by name.
    """

    def learn(self, inputs: Any, targets: Any, strength: float = 1.0) -> Any:
        """One pass."""

    def answer(self, inputs: Any) -> Array:
        """Outputs."""

    def weights(self) -> dict[str, Array]:
        """Copies of what learns."""

    def set_weights(self, weights: Mapping[str, Any]) -> None:
        """Put other weights in their place."""

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything that the next update depends on."""

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take up what :meth:`state` returned."""

    def set(self, values: Mapping[str, float]) -> None:
        """What may move while it learns."""


class NamedArrays:
    """A learner whose whole state is arrays that are changed in place, and generators.

    Attributes
    ----------
    learning_rate
        What a full strength means.
    """

    learning_rate: float

    def arrays(self) -> dict[str, Array]:
        """All arrays by name, themselves."""
        raise NotImplementedError

    def generators(self) -> list[np.random.Generator]:
        """All generators that the next update may draw from."""
        raise NotImplementedError

    def learning(self) -> list[str]:
        """Names of the arrays that are weights or biases and learn."""
        raise NotImplementedError

    def weights(self) -> dict[str, Array]:
        """Copies of what learns: (pre, post), biases (1, post)."""
        found = self.arrays()
        return {name: np.atleast_2d(found[name]).copy() for name in self.learning()}

    def set_weights(self, weights: Mapping[str, Any]) -> None:
        """Put weights, as :meth:`weights` gives them, in their place; others stay.

        Raises
        ------
        ParameterError
            For a name that does not learn, or another shape.
        """
        found = self.arrays()
        for name, values in weights.items():
            if name not in self.learning():
                raise ParameterError(unknown_name("weights", name, self.learning()))
            shape = np.atleast_2d(found[name]).shape
            if np.shape(values) != shape:
                raise ParameterError(f"{name} is (pre, post) = {shape}, not {np.shape(values)}")
            found[name][...] = np.reshape(values, found[name].shape)

    def state(self) -> dict[str, NDArray[Any]]:
        """Copies of all arrays, and where the generators stand."""
        kept: dict[str, NDArray[Any]] = {name: a.copy() for name, a in self.arrays().items()}
        kept["generators"] = np.array([_words(each) for each in self.generators()], np.uint64)
        return kept

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take up what :meth:`state` returned."""
        for name, array in self.arrays().items():
            array[...] = state[name]
        for each, words in zip(self.generators(), state["generators"]):
            _take_up(each, words)

    def set(self, values: Mapping[str, float]) -> None:
        """Set ``learning_rate``.

        Raises
        ------
        ParameterError
            For another name.
        """
        for name, value in values.items():
            if name != "learning_rate":
                raise ParameterError(unknown_name("value", name, ["learning_rate"]))
            self.learning_rate = float(value)


def layer_names(layers: int) -> list[str]:
    """Names of the input and ``layers`` layers: input, hidden or hidden_1 .., output."""
    hidden = layers - 1
    between = ["hidden"] if hidden == 1 else [f"hidden_{k + 1}" for k in range(hidden)]
    return ["input", *between, "output"]


_HALF = 2**64


def _words(rng: np.random.Generator) -> list[int]:
    """State of a PCG64 generator as six words of 64 bits."""
    kept: dict[str, Any] = dict(rng.bit_generator.state)
    words = [kept["state"]["state"], kept["state"]["inc"]]
    halves = [part for word in words for part in divmod(word, _HALF)]
    return [*halves, kept["has_uint32"], kept["uinteger"]]


def _take_up(rng: np.random.Generator, words: NDArray[Any]) -> None:
    at, by, within, increment, has, held = (int(word) for word in words)
    rng.bit_generator.state = {
        "bit_generator": "PCG64",
        "state": {"state": at * _HALF + by, "inc": within * _HALF + increment},
        "has_uint32": has,
        "uinteger": held,
    }
