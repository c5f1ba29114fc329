"""What pages on the continuous dendritic microcircuit share: showing patterns, settling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bioplaus import neurons, tasks
from bioplaus.models import sacramento
from bioplaus.quantity import to_quantity
from bioplaus.runs.pages.run import Run, Trace

if TYPE_CHECKING:
    from bioplaus.models.sacramento import Dynamics, Relaxed

__all__ = ["TRACES", "Circuit"]

TRACES = (
    Trace("hidden_1", "u", cells=3),
    Trace("hidden_1", "v_basal", cells=3),
    Trace("hidden_1", "v_apical", cells=3),
    Trace("output", "u", cells=3),
    Trace("interneuron_1", "u", cells=3),
)


class Circuit:
    """A microcircuit that is shown patterns, one after another, without a pause or a reset.

    Only what :meth:`demonstrate` shows is recorded.  Free responses are those at which the network
    with its present weights settles without noise; a continuous test at the end of a long
    presentation gives the same.

    p : settings of a page; built : other parameters to build the network with.
    """

    def __init__(self, p: Any, run: Run, *recorded: Trace, built: Dynamics | None = None) -> None:
        """Build the network; its weights come from the seed, not from the run's generator."""
        self.p, self.run = p, run
        built = p if built is None else built
        clocks = neurons.Clocks.of(to_quantity(p.dt), to_quantity(p.presentation))
        drawn = np.random.Generator(np.random.PCG64(run.seed))
        inputs = {"input": sacramento.rates(built, clocks)}
        self.model = sacramento.build(built, drawn, inputs, clocks)
        run.record(*recorded, of=self.model)

    def show(
        self,
        images: Any,
        targets: Any,
        order: Any = None,
        *,
        plastic: bool = True,
        teach: bool = True,
        record: bool = False,
    ) -> None:
        """Show patterns (pattern, input) with target potentials (pattern, output)."""
        shown, lag = (
            float(to_quantity(getattr(self.p, name))) for name in ("presentation", "learning_lag")
        )
        schedule = tasks.presentations(
            np.arange(len(images)) if order is None else order,
            {"images": np.asarray(images), "targets": np.asarray(targets)},
            presentation=shown,
            frame=shown,
            strength=float(plastic),
            teaching=float(teach),
            settling=lag,
        )
        self.run.present(self.model, schedule, record)

    def demonstrate(self, image: Any, target: Any) -> None:
        """Show one pattern without and then with its target, learning nothing, and record both."""
        for teach in (False, True):
            self.show([image], [target], plastic=False, teach=teach, record=True)

    def settle(self, images: Any, targets: Any = None) -> Relaxed:
        """Where the network settles, (pattern, cell), with its present weights."""
        weights = sacramento.circuit_weights(self.model)
        return sacramento.relax(self.p, weights, images, targets, 1e-10)

    def free_output(self, images: Any) -> NDArray[np.float64]:
        """Free output potentials (pattern, output) of input rates (pattern, input)."""
        return self.settle(images).u[-1]

    def free_apical(self, images: Any) -> float:
        """Mean square of the free apical potential over patterns and cells of the first area."""
        return float((self.settle(images).v_apical[0] ** 2).mean())
