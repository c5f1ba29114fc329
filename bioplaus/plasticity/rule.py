"""A learning rule, and the projection that it moves."""

from __future__ import annotations

import abc
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np
from brian2 import Synapses
from brian2.utils.stringtools import get_identifiers
from numpy.typing import NDArray
from scipy.sparse import coo_array, issparse

from bioplaus.neurons.cell import Cell, Clocks, Operation, ShapeError
from bioplaus.units import unit_of

__all__ = ["Bias", "NoDrift", "Projection", "Rule", "connect", "summed"]

Weights: TypeAlias = NDArray[np.float64] | coo_array


class NoDrift(NotImplementedError):
    """A rule has no mean change that could be written down; says why."""


class Rule(abc.ABC):
    """A learning rule: what it adds to the two cells, its synapse, and what it does on average.

    Subclasses are frozen dataclasses whose fields are structure and constants.  What may change
    while a network runs is a shared variable of a cell or of the synapses.

    Attributes
    ----------
    weight : class attribute
        The variable that learns.
    pathway_order : class attribute
        Pathways that act before (negative) or after the others of the same event.
    """

    weight: ClassVar[str] = "w"
    pathway_order: ClassVar[Mapping[str, int]] = {}

    def pre(self) -> Cell:
        """State and code that the presynaptic population must have."""
        return Cell()

    def post(self) -> Cell:
        """State and code that the postsynaptic population must have."""
        return Cell()

    @abc.abstractmethod
    def synapses(self) -> dict[str, Any]:
        """Keyword arguments of ``Synapses``, its constants as ``namespace``."""

    def operations(self) -> Mapping[str, Operation]:
        """What runs regularly on the synapses, as the object ``<projection>_<key>``."""
        return {}

    @abc.abstractmethod
    def drift(self, pre: Mapping[str, float], post: Mapping[str, float]) -> float:
        """Mean change of a weight per second, or per ``learn`` where there is one, in SI units.

        pre, post : what the rule reads there, held, and what may be set; ``rate`` [Hz] of
        independent Poisson events.

        Raises
        ------
        NoDrift
            Where there is no such expectation.
        """

    def read(self, synapses: Synapses) -> NDArray[np.float64]:
        """Weights as they stand, (synapses,), SI units."""
        return np.array(getattr(synapses, f"{self.weight}_"))

    def write(self, synapses: Synapses, values: NDArray[np.float64]) -> None:
        """Put other weights, (synapses,), in their place."""
        getattr(synapses, f"{self.weight}_")[:] = values


@dataclass(frozen=True)
class Projection:
    """Synapses and the rule that moves them."""

    synapses: Synapses
    rule: Rule

    @property
    def shape(self) -> tuple[int, int]:
        """Cells before, cells behind."""
        return len(self.synapses.source), len(self.synapses.target)

    @property
    def weights(self) -> Weights:
        """Copy of the weights, (pre, post); a ``coo_array`` where not all pairs are connected."""
        values, (i, j) = self.rule.read(self.synapses), self._pairs()
        if not self._dense(i, j):
            return coo_array((values, (i, j)), shape=self.shape)
        full = np.empty(self.shape)
        full[i, j] = values
        return full

    def set_weights(self, new: Any) -> None:
        """Put other weights, (pre, post) array or sparse array, in their place.

        Raises
        ------
        ShapeError
            If they are not (pre, post).
        """
        if np.shape(new) != self.shape:
            raise ShapeError(
                f"weights of {self.synapses.name!r} are (pre, post) = {self.shape}, "
                f"not {np.shape(new)}"
            )
        i, j = self._pairs()
        if not issparse(new):
            self.rule.write(self.synapses, np.asarray(new)[i, j])
            return
        given = coo_array(new)
        if not (np.array_equal(given.row, i) and np.array_equal(given.col, j)):
            given = coo_array((given.tocsr()[i, j], (i, j)), shape=self.shape)
        self.rule.write(self.synapses, given.data)

    @property
    def unit(self) -> str:
        """Unit of a weight."""
        return unit_of(self.synapses.variables[self.rule.weight])

    def _pairs(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        return np.array(self.synapses.i), np.array(self.synapses.j)

    def _dense(self, i: NDArray[np.int32], j: NDArray[np.int32]) -> bool:
        """Whether there is one synapse for every pair."""
        pairs = self.shape[0] * self.shape[1]
        return len(i) == pairs == len(np.unique(i.astype(np.int64) * self.shape[1] + j))


@dataclass(frozen=True)
class Bias:
    """The plastic bias of a population, seen as the projection of one cell: (1, post)."""

    cells: Any
    variable: str

    @property
    def weights(self) -> NDArray[np.float64]:
        """Copy of the biases, (1, post)."""
        return np.array(getattr(self.cells, f"{self.variable}_"))[None]

    def set_weights(self, new: Any) -> None:
        """Put other biases, (1, post), in their place.

        Raises
        ------
        ShapeError
            If they are not (1, post).
        """
        if np.shape(new) != (1, len(self.cells)):
            raise ShapeError(
                f"biases of {self.cells.name!r} are (1, post) = {(1, len(self.cells))}, "
                f"not {np.shape(new)}"
            )
        getattr(self.cells, f"{self.variable}_")[:] = np.asarray(new)[0]

    @property
    def unit(self) -> str:
        """Unit of a bias."""
        return unit_of(self.cells.variables[self.variable])


def summed(target: str, expression: str) -> dict[str, Any]:
    """Transmission of a rate: a variable of the target is the sum over its synapses."""
    return {"model": f"{target}_post = {expression} : 1 (summed)"}


def connect(
    rule: Rule,
    pre: Any,
    post: Any,
    clocks: Clocks,
    *,
    name: str = "",
    delay: Any = None,
    transmits: Mapping[str, Any] | None = None,
    constants: Mapping[str, Any] | None = None,
    **pairs: Any,
) -> Projection:
    """Make a projection, having checked that both cells have what the rule reads of them.

    Parameters
    ----------
    name
        Of the synapses; ``<pre>_to_<post>`` unless given.
    transmits
        The network's text where the rule does not transmit: equations (``model``) and pathways
        (``on_pre``, ``on_event``), joined with the rule's by name; see :func:`summed`.
    constants
        What that text names.
    pairs
        Which pairs are connected, as ``Synapses.connect`` takes it; all unless given.

    Raises
    ------
    ShapeError
        If a cell lacks a variable or an event.
    """
    keywords = _with_transmission(rule.synapses(), transmits or {})
    # A subexpression of a cell that is read here is written out here: its constants come along.
    of_cells = {**rule.pre().constants, **rule.post().constants}
    keywords["namespace"] = {**of_cells, **keywords.get("namespace", {}), **(constants or {})}
    _check_reads(rule, keywords, pre, post)
    name = name or f"{pre.name}_to_{post.name}"
    synapses = Synapses(pre, post, **keywords, clock=clocks.step, delay=delay, name=name)
    for pathway, order in rule.pathway_order.items():
        getattr(synapses, pathway).order += order
    synapses.connect(**pairs)
    for key, operation in rule.operations().items():
        operation.attach(synapses, f"{name}_{key}", clocks)
    return Projection(synapses, rule)


def _with_transmission(rule: dict[str, Any], network: Mapping[str, Any]) -> dict[str, Any]:
    both = {**rule, **network}
    both["model"] = "\n".join(text["model"] for text in (rule, network) if text.get("model"))
    for key in ("on_pre", "on_event"):
        if key in rule and key in network:
            both[key] = {**rule[key], **network[key]}
    return both


def _check_reads(rule: Rule, keywords: Mapping[str, Any], pre: Any, post: Any) -> None:
    known = {"N_pre", "N_post", *keywords["namespace"]}
    texts = [keywords["model"]]
    events = keywords.get("on_event", {})
    for kind, group in (("on_pre", pre), ("on_post", post)):
        for pathway, code in _pathways(keywords.get(kind)):
            texts.append(code)
            event = events.get(pathway, "spike") if isinstance(events, dict) else events
            if event not in group.events:
                raise ShapeError(
                    f"{type(rule).__name__} acts at the event {event!r} of {group.name!r}, "
                    f"which has {_listed(group.events)}"
                )
    read = set().union(*(get_identifiers(text) for text in texts)) - known
    for ending, group in (("_pre", pre), ("_post", post)):
        for variable in sorted(name.removesuffix(ending) for name in read if name.endswith(ending)):
            if variable not in group.variables:
                raise ShapeError(
                    f"{type(rule).__name__} reads {variable} of {group.name!r}, which has "
                    f"{_listed(group.variables)}"
                )


def _pathways(given: Any) -> Iterator[tuple[str, str]]:
    """Names and codes of what happens on one side."""
    yield from given.items() if isinstance(given, Mapping) else ([("", given)] if given else [])


def _listed(names: Any) -> str:
    return ", ".join(sorted(name for name in names if not name.startswith("_"))) or "none"
