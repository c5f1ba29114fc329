"""A model: a built network, and the names by which its parts are reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from brian2 import Network, Synapses

from bioplaus.neurons.cell import Clocks, ShapeError
from bioplaus.plasticity.rule import Bias, Projection

__all__ = ["Model"]


@dataclass(frozen=True)
class Model:
    """A built network.

    A paper may add fields.  Its module has ``build(p, rng, inputs, clocks)``, which draws from
    ``rng`` alone, and ``live(p)``, what may be set while the network runs.

    Attributes
    ----------
    network
        Everything below, ready to run.
    populations
        By name, input first.
    plastic
        What learns, by name, input side first; biases as ``bias_to_<population>``.
    clocks
        Its step, and the frame of what it is shown.
    """

    network: Network
    populations: dict[str, Any]
    plastic: dict[str, Projection | Bias]
    clocks: Clocks

    def __post_init__(self) -> None:
        """Check that a name means one thing.

        Raises
        ------
        ShapeError
            If a population and something that learns have one name.
        """
        if both := self.populations.keys() & self.plastic.keys():
            raise ShapeError(f"a population and something that learns are called {min(both)!r}")

    def weights(self) -> dict[str, Any]:
        """Copies of all plastic weights, (pre, post), in SI units.

        A ``coo_array`` where not all pairs are connected; biases are (1, post).
        """
        return {name: each.weights for name, each in self.plastic.items()}

    def set_weights(self, weights: Mapping[str, Any]) -> None:
        """Put weights, as :meth:`weights` gives them, into the network; others stay.

        Raises
        ------
        ShapeError
            For a name that does not learn, or a matrix that is not (pre, post).
        """
        for name, values in weights.items():
            if name not in self.plastic:
                raise ShapeError(f"{name!r} does not learn; what does is {', '.join(self.plastic)}")
            self.plastic[name].set_weights(values)

    def set(self, values: Mapping[str, Any]) -> None:
        """Set variables of populations and plastic projections: ``{"hidden.eta": 6e-4}``.

        Raises
        ------
        ShapeError
            For an owner or a variable that there is not.
        """
        for path, value in values.items():
            owner, _, variable = path.partition(".")
            group = self._owner(owner)
            if variable not in group.variables:
                raise ShapeError(f"{owner!r} has no {variable!r} that could be set")
            setattr(group, variable, value)

    def _owner(self, name: str) -> Any:
        if isinstance(projection := self.plastic.get(name), Projection):
            return projection.synapses
        if name in self.populations:
            return self.populations[name]
        known = [*self.populations, *self.plastic]
        raise ShapeError(f"nothing here is called {name!r}; there are {', '.join(known)}")

    def projections_of(self, population: str) -> list[Synapses]:
        """All synapses, fixed ones too, that leave a population."""
        group = self.populations[population]
        return [s for s in self.network.objects if isinstance(s, Synapses) and s.source is group]
