"""The burst rule between Poisson spike trains changes sign at one rate (Greedy 2022, figure 1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bioplaus import plotting
from bioplaus.models import burstccn
from bioplaus.models.burstccn.parameters import PoissonPairs
from bioplaus.parameters import Quantity, parameter, quantities, to_quantity
from bioplaus.training import NetworkExperiment

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader


@dataclass(frozen=True)
class Settings(PoissonPairs):
    """Twelve rates from 25 to 80 Hz."""

    duration: Quantity = parameter("20 second", "simulated time", low="100 ms")


class BurstccnPoissonRule(NetworkExperiment):
    """Weight change, event and burst rate of each rate, in one segment."""

    Parameters = Settings
    quick = {"duration": "5 second", "rates": 6}

    def setup(self) -> None:
        """Build the pairs."""
        from bioplaus.neurons.cell import Clocks

        p = self.parameters
        clocks = Clocks.of(1e-4, quantities(p).duration)
        self.model = burstccn.build_poisson(p, self.rng, {}, clocks)
        self.network, self.populations = self.model.network, self.model.populations
        self.measured: dict[str, float] = {}

    def segments(self) -> int:
        """All of it at once."""
        return 1

    def advance(self, segment: int) -> Mapping[str, float]:
        """Run, and interpolate where the mean weight change is zero."""
        import numpy as np

        from bioplaus import tasks

        duration = quantities(self.parameters).duration
        self.present(tasks.stretch(float(duration), plasticity=[1.0]))
        pairs, cells = self.model.plastic["pairs"], self.populations["cells"]
        rates, drift = self.model.rates, self._means(pairs.weights.data - 1e6)
        events, bursts = (self._means(each) for each in (cells.n_events[:], cells.n_bursts[:]))
        # The drift per event is p - p_b times the presynaptic trace: smooth, and zero only once.
        share = drift / (events * events)
        self.put_recording(
            traces={
                ("cells", name): ([float(duration)], values[:, None] / float(duration), "Hz")
                for name, values in (("drift", drift), ("events", events), ("bursts", bursts))
            }
        )
        seconds = float(duration)
        self.measured = {
            "zero_crossing": float(np.interp(0.0, share, rates)),
            "event_rate_lowest": float(events[0] / seconds),
            "burst_rate_lowest": float(bursts[0] / seconds),
            "event_rate_highest": float(events[-1] / seconds),
            "burst_rate_highest": float(bursts[-1] / seconds),
        }
        return self.measured

    def finish(self) -> Mapping[str, float]:
        """The same figures."""
        return self.measured

    def state(self) -> Mapping[str, Any]:
        """The network, and what was measured."""
        return {"network": super().state(), "measured": self.measured}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up a state again."""
        super().restore(state["network"])
        self.measured = dict(state["measured"])

    def _means(self, values: Any) -> Any:
        return values.reshape(self.parameters.rates, self.parameters.pairs).mean(axis=1)

    def figures(self, run: RunReader) -> Iterator[tuple[str, Figure]]:
        """Weight change over rate; event and burst rates beside their formulas."""
        import numpy as np

        figure = plotting.figure("page")
        change, counts = figure.subplots(1, 2)
        p = run.parameters
        lowest, highest = (float(to_quantity(p[name])) for name in ("lowest", "highest"))
        rates = np.linspace(lowest, highest, p["rates"])
        change.plot(rates, run.trace("cells", "drift").value.ravel(), marker="o")
        change.axhline(0, lw=0.8, color=plotting.GREY)
        change.set(xlabel="firing rate (Hz)", ylabel="weight change (per s)")
        window = 16e-3
        fine = np.linspace(lowest, highest, 100)
        event_rate = fine * np.exp(-fine * window)
        formulas = {"events": event_rate, "bursts": event_rate * (1 - np.exp(-fine * window))}
        for (name, formula), colour in zip(formulas.items(), plotting.COLOURS):
            counted = run.trace("cells", name).value.ravel()
            counts.plot(fine, formula, color=colour, label=f"{name}, formula")
            counts.plot(rates, counted, "o", color=colour, label=f"{name}, counted")
        counts.set(xlabel="firing rate (Hz)", ylabel="rate (Hz)")
        counts.legend()
        yield "rule", figure


EXPERIMENT = BurstccnPoissonRule

if __name__ == "__main__":
    from bioplaus.cli import run_script

    raise SystemExit(run_script(__file__))
