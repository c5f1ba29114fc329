"""The tables in which papers describe a network, from the objects that a script has built.

In the order of Nordlie, Gewaltig and Plesser (2009), Towards reproducible descriptions of neuronal
network models, PLoS Computational Biology 5, e1000456.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from brian2 import (
    NetworkOperation,
    NeuronGroup,
    PoissonGroup,
    PoissonInput,
    PopulationRateMonitor,
    Quantity,
    SpatialNeuron,
    SpikeGeneratorGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    TimedArray,
)
from brian2.synapses.synapses import SynapticPathway

from bioplaus.runs.describing.document import Document, code
from bioplaus.runs.describing.wording import (
    delays_of,
    differential,
    equations_of,
    fan_in_of,
    identifiers_of,
    is_weight,
    line,
    pattern_of,
    quantity,
    regular,
    spread,
    starts_of,
    synaptic_equations_of,
)
from bioplaus.runs.reading.script import Script
from bioplaus.runs.scripts.naming import learned, names_of
from bioplaus.units import UNITS

__all__ = ["describe_model"]

_SOURCES = (NeuronGroup, PoissonGroup, SpikeGeneratorGroup)
_MONITORS = (SpikeMonitor, StateMonitor, PopulationRateMonitor)


def describe_model(
    script: Script,
    settings: Mapping[str, str],
    objects: Sequence[Any],
    namespace: Mapping[str, Any],
    duration: Any,
) -> Document:
    """Describe the network that stands when a script runs it first.

    Parameters
    ----------
    settings
        What was set instead of the script's own values, as text.
    objects
        Of the network, in their order.
    namespace
        Names that the run sees.
    duration
        Of the first run.
    """
    return _Tables(script, settings, objects, namespace, duration).document


class _Tables:
    def __init__(
        self,
        script: Script,
        settings: Mapping[str, str],
        objects: Sequence[Any],
        namespace: Mapping[str, Any],
        duration: Any,
    ) -> None:
        self.objects = objects
        self.namespace = namespace
        self.names = names_of(objects, namespace)
        self.groups = self._of(*_SOURCES)
        self.projections = self._of(Synapses)
        self.document = Document(script.title or script.path.name, f"Model of {script.path.name}.")
        self._summary(duration)
        self._populations()
        self._connectivity()
        self._neurons()
        self._synapses()
        self._inputs()
        self._measurements()
        self._parameters(script, settings)

    def _of(self, *kinds: type) -> list[Any]:
        return [thing for thing in self.objects if isinstance(thing, kinds)]

    def _name(self, thing: Any) -> str:
        return self.names.get(id(thing), getattr(thing, "name", "?"))

    def _summary(self, duration: Any) -> None:
        ends = dict.fromkeys((self._name(s.source), self._name(s.target)) for s in self.projections)
        arrows = [f"{source} → {target}" for source, target in ends]
        plastic = [self._name(s) for s in self.projections if learned(s)]
        given = [self._name(g) for g in self.groups if not isinstance(g, NeuronGroup)]
        given += [f"Poisson input to {self._name(i._group)}" for i in self._of(PoissonInput)]
        steps = {float(thing.clock.dt): quantity(thing.clock.dt) for thing in self.objects}
        rows = [
            ("Populations", ", ".join(map(self._name, self.groups))),
            ("Connectivity", ", ".join(arrows)),
            ("Plasticity", ", ".join(plastic)),
            ("Input", ", ".join(given)),
            ("Measurements", ", ".join(type(m).__name__ for m in self._of(*_MONITORS))),
            ("Time step", ", ".join(steps[step] for step in sorted(steps))),
            ("First run", quantity(duration)),
        ]
        self.document.add("A  Model summary", ("", ""), [(h, text or "none") for h, text in rows])

    def _populations(self) -> None:
        rows = [(self._name(g), type(g).__name__, str(len(g))) for g in self.groups]
        self.document.add("B  Populations", ("Name", "Elements", "Size"), rows)

    def _connectivity(self) -> None:
        heads = ("Name", "Source", "Target", "Pattern", "Synapses", "Inputs per target", "Delay")
        rows = [
            (
                self._name(s),
                self._name(s.source),
                self._name(s.target),
                pattern_of(s),
                str(len(s)),
                fan_in_of(s),
                delays_of(s),
            )
            for s in self.projections
        ]
        self.document.add("C  Connectivity", heads, rows)

    def _neurons(self) -> None:
        for group in self.groups:
            if not isinstance(group, NeuronGroup):
                continue
            rows = [("Dynamics", equations_of(group.user_equations))]
            if isinstance(group, SpatialNeuron):
                cable = (("Capacitance Cm", group.Cm[:]), ("Resistivity Ri", group.Ri))
                rows += [(what, spread(values)) for what, values in cable]
            for event, condition in group.events.items():
                then = group.event_codes.get(event)
                after = f", then {code(line(then))}" if then else ""
                rows.append((event.capitalize(), code(str(condition)) + after))
            refractory = getattr(group, "_refractory", False)
            if refractory is not False:
                text = code(refractory) if isinstance(refractory, str) else quantity(refractory)
                rows.append(("Refractory", text))
            method = getattr(group.state_updater, "method_choice", None)
            if method and differential(group.user_equations):
                rows.append(("Integration", method if isinstance(method, str) else "chosen"))
            rows += [
                (f"Every {quantity(o.clock.dt)}", code(line(o.abstract_code)))
                for o in regular(group)
            ]
            rows += starts_of(group, differential(group.user_equations))
            self.document.add(f"D  Neurons: {self._name(group)}", ("", ""), rows)

    def _synapses(self) -> None:
        for projection in self.projections:
            rows = [("Variables", synaptic_equations_of(projection))]
            for part in projection.contained_objects:
                if isinstance(part, SynapticPathway):
                    event = part.event if part.event != "spike" else "spikes"
                    what = f"At {part.prepost}synaptic {event}"
                    rows.append((what, code(line(part.code))))
            rows += [
                (f"Every {quantity(o.clock.dt)}", code(line(o.abstract_code)))
                for o in regular(projection)
            ]
            weights = [name for name in projection.equations if is_weight(projection, name)]
            rows += starts_of(projection, weights)
            rows = [row for row in rows if row[1]]
            self.document.add(f"E  Synapses: {self._name(projection)}", ("", ""), rows)

    def _inputs(self) -> None:
        rows = []
        for group in self.groups:
            if isinstance(group, PoissonGroup):
                written = group._rates
                rates = code(written) if isinstance(written, str) else spread(group.rates[:])
                rows.append((self._name(group), f"{len(group)} Poisson sources, rate {rates}"))
            elif isinstance(group, SpikeGeneratorGroup):
                spikes = len(group.variables["spike_number"].get_value())
                rows.append((self._name(group), f"{spikes} given spikes of {len(group)} cells"))
        for one in self._of(PoissonInput):
            target = f"{self._name(one._group)}.{one.target_var}"
            weight = code(one.weight) if isinstance(one.weight, str) else quantity(one.weight)
            what = f"{one.N} Poisson sources of {quantity(one.rate)} for each neuron"
            rows.append((f"to {target}", f"{what}, weight {weight}"))
        for name, value in self.namespace.items():
            if isinstance(value, TimedArray) and not name.startswith("_"):
                shape = " x ".join(map(str, value.values.shape))
                rows.append((name, f"table of {shape} values, one every {value.dt * 1e3:g} ms"))
        self.document.add("F  Input", ("Name", "What"), rows)

    def _measurements(self) -> None:
        monitors = [
            (
                self._name(monitor),
                type(monitor).__name__,
                self._name(monitor.source),
                ", ".join(sorted({*getattr(monitor, "record_variables", ())} - {"i", "t"})),
            )
            for monitor in self._of(*_MONITORS)
        ]
        self.document.add("G  Measurements", ("Name", "Kind", "Of", "Variables"), monitors)
        operations = [
            (operation.function.__name__, f"every {quantity(operation.clock.dt)}")
            for operation in self._of(NetworkOperation)
        ]
        self.document.add("Python code in the loop", ("Function", "When"), operations)

    def _parameters(self, script: Script, settings: Mapping[str, str]) -> None:
        parameters = script.parameters
        rows = [(n, settings.get(n, p.text), p.meaning) for n, p in parameters.items()]
        heads = ("Name", "Value", "Meaning")
        self.document.add("Parameters", heads, [(n, code(text), m) for n, text, m in rows])
        read = sorted({name for group in self.objects for name in identifiers_of(group)})
        derived = [
            (name, quantity(value))
            for name in read
            if name not in {*parameters, *UNITS, "pi", "e", "inf"}
            and (value := self._constant(name)) is not None
        ]
        self.document.add("Other constants in equations", ("Name", "Value"), derived)

    def _constant(self, name: str) -> Any:
        """The number behind a name in an equation, as the run sees it, if it is one."""
        spaces = [getattr(group, "namespace", None) or {} for group in self.objects]
        for space in (*spaces, self.namespace):
            value = space.get(name)
            if isinstance(value, (int, float, Quantity)) and np.ndim(value) == 0:
                return value
        return None
