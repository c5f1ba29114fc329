"""What experiments on the continuous dendritic microcircuit share: showing patterns, settling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from bioplaus.parameters import to_quantity
from bioplaus.training import NetworkExperiment, Trace

if TYPE_CHECKING:
    import numpy as np

    from bioplaus.models.sacramento import Dynamics, Microcircuit, Relaxed
    from bioplaus.training import Recorded

__all__ = ["TRACES", "MicrocircuitExperiment"]

TRACES = (
    Trace("hidden_1", "u", cells=3),
    Trace("hidden_1", "v_basal", cells=3),
    Trace("hidden_1", "v_apical", cells=3),
    Trace("output", "u", cells=3),
    Trace("interneuron_1", "u", cells=3),
)


class MicrocircuitExperiment(NetworkExperiment):
    """Patterns shown to a microcircuit, one after another, without a pause or a reset.

    Only what :meth:`demonstrate` shows is recorded.  Free responses are those at which the network
    with its present weights settles without noise; a continuous test at the end of a long
    presentation gives the same.
    """

    record: ClassVar[tuple[Recorded, ...]] = TRACES
    model: Microcircuit

    def build(self, p: Dynamics | None = None) -> None:
        """Build the network (of other parameters); its weights come from the experiment's seed."""
        import numpy as np

        from bioplaus.models import sacramento
        from bioplaus.neurons.cell import Clocks

        p = self.parameters if p is None else p
        clocks = Clocks.of(to_quantity(p.dt), to_quantity(p.presentation))
        drawn = np.random.Generator(np.random.PCG64(self.seed))
        inputs = {"input": sacramento.rates(p, clocks)}
        self.model = sacramento.build(p, drawn, inputs, clocks)
        self.network, self.populations = self.model.network, self.model.populations

    def show(
        self,
        images: Any,
        targets: Any,
        order: Any = None,
        *,
        plastic: bool = True,
        teach: bool = True,
    ) -> None:
        """Show patterns (pattern, input) with target potentials (pattern, output)."""
        self.record_window = "0 ms"
        self._show(images, targets, order, plastic, teach)

    def demonstrate(self, image: Any, target: Any) -> None:
        """Show one pattern without and then with its target, learning nothing, and record both."""
        self.record_window = ""
        self._show([image], [target], None, False, False)
        self._show([image], [target], None, False, True)

    def state(self) -> Mapping[str, Any]:
        """The network and the experiment's random generator."""
        return {"network": super().state(), "random": self.rng.bit_generator.state}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take both up again."""
        super().restore(state["network"])
        self.rng.bit_generator.state = state["random"]

    def settle(self, images: Any, targets: Any = None) -> Relaxed:
        """Where the network settles, (pattern, cell), with its present weights."""
        from bioplaus.models import sacramento

        weights = sacramento.circuit_weights(self.model)
        return sacramento.relax(self.parameters, weights, images, targets, 1e-10)

    def free_output(self, images: Any) -> np.ndarray:
        """Free output potentials (pattern, output) of input rates (pattern, input)."""
        return self.settle(images).u[-1]

    def free_apical(self, images: Any) -> float:
        """Mean square of the free apical potential over patterns and cells of the first area."""
        return float((self.settle(images).v_apical[0] ** 2).mean())

    def _show(self, images: Any, targets: Any, order: Any, plastic: bool, teach: bool) -> None:
        import numpy as np

        from bioplaus import tasks

        shown, lag = (
            float(to_quantity(getattr(self.parameters, name)))
            for name in ("presentation", "learning_lag")
        )
        self.present(
            tasks.presentations(
                np.arange(len(images)) if order is None else order,
                {"images": np.asarray(images), "targets": np.asarray(targets)},
                presentation=shown,
                frame=shown,
                strength=float(plastic),
                teaching=float(teach),
                settling=lag,
            )
        )
