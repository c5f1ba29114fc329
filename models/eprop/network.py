"""The network of e-prop, as Brian2 text.

::

    input --> cells --> output
              |   ^ ^        |
              +---+ +--------+   learning signals

Trials follow one another in one run, a frame each: at its last step what the traces gathered joins
the batch, everything comes to rest, and after a batch of trials the weights move.  With
``traces=False`` no synapse has a trace: the run is recorded, and :func:`gradients` finds the same
sums by the backward scan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from brian2 import Network, NeuronGroup, StateMonitor, Synapses
from scipy.sparse import coo_array

from bioplaus.models.eprop.factorised import add_gradients
from bioplaus.models.eprop.learner import FEEDBACK, PROJECTIONS, first_weights
from bioplaus.models.eprop.parameters import Eprop, check_network
from bioplaus.models.eprop.trial import Array, Constants, adaptation, constants
from bioplaus.neurons.cell import Cell, Clocks, Operation
from bioplaus.neurons.counting import forget_responses
from bioplaus.neurons.stepped_alif import TRIAL, stepped_alif
from bioplaus.parameters import ParameterError
from bioplaus.plasticity.between_runs import BetweenRuns
from bioplaus.plasticity.eligibility import EligibilityTrace, Readout, learning_events
from bioplaus.plasticity.model import Model
from bioplaus.plasticity.rule import Rule, connect

__all__ = ["EpropModel", "build", "gradients", "live", "spike_input"]

SENDS = {"on_pre": {"pre": "I_post += w"}}
SIGNAL = "signal_post = w*error_pre : 1 (summed)"
AFTER_STEP = """
count += z
rate_error = rate_strength*(count/steps - goal)/steps
trace_out = kappa*trace_out + zeta_out*z
"""
JUDGED = "int(step >= steps - window)"
ERRORS = {
    "squared error": f"error = (y - target(t - onset, i))*{JUDGED}\nloss += 0.5*error**2",
    "cross entropy": f"""
error = (exp(y)/partition - target(t - onset, i))*{JUDGED}
loss -= target(t - onset, i)*(y - log(partition))/window*{JUDGED}
""",
}


@dataclass(frozen=True)
class EpropModel(Model):
    """Populations ``input``, ``cells``, ``output``, whose ``loss`` adds up all trials shown.

    recorded : where there are no traces, what the backward scan needs: z of the input, z and psi
    of the cells, error of the output.
    """

    recorded: tuple[StateMonitor, ...]


def spike_input(p: Eprop, clocks: Clocks) -> NeuronGroup:
    """Cells that spike where ``stimulus`` is 1; it acts on the next step's membrane."""
    cell = Cell(
        equations=f"z : 1\n{TRIAL}",
        threshold="stimulus(t - onset, i) > 0.5",
        reset="z = 1",
        operations={"step": Operation("z = 0", when="groups")},
        constants={"steps": _steps(clocks)},
    )
    learning = _trace(p, constants(p)).pre() + learning_events(p.batch)
    return (cell + learning).group(p.inputs, "input", clocks)


def live(p: Eprop) -> dict[str, Any]:
    """What may be set while the network runs."""
    return {f"{owner}.learning_rate": p.learning_rate for owner in ("cells", "output")}


def build(
    p: Eprop,
    rng: np.random.Generator | np.random.RandomState,
    inputs: Mapping[str, Any],
    clocks: Clocks,
    *,
    traces: bool = True,
) -> EpropModel:
    """Build the network.

    Parameters
    ----------
    rng
        Draws the first weights.
    inputs
        One population, of :func:`spike_input`.
    clocks
        The step, and as the frame a trial.
    traces
        Whether synapses have traces and learn while the network runs.

    Raises
    ------
    ParameterError
        If the parameters contradict each other, or ask for backpropagation through time, which no
        trace does.
    """
    check_network(p)
    if p.feedback in ("through time", "truncated"):
        raise ParameterError("backpropagation through time has no traces: the Learner has it")
    c, weights = constants(p), first_weights(p, rng)
    (source,) = inputs.values()
    cells, output = _cells(p, c, clocks), _output(p, c, clocks)
    trace: Rule = _trace(p, c) if traces else BetweenRuns()
    readout: Rule = _readout(p, c) if traces else BetweenRuns()
    sends = SENDS if traces else None
    into, within, out = PROJECTIONS
    plastic = {
        into: connect(trace, source, cells, clocks, transmits=sends),
        within: connect(trace, cells, cells, clocks, transmits=sends, condition="i != j"),
        out: connect(readout, cells, output, clocks, transmits=sends),
    }
    fixed = [_partition(output, clocks)] if c.cross_entropy else []
    if traces and p.feedback in ("symmetric", "adaptive"):
        back = _readout(p, c, back=True)
        plastic[FEEDBACK] = connect(back, output, cells, clocks, transmits={"model": SIGNAL})
        signals = plastic[FEEDBACK].synapses
    else:
        signals = _fixed_feedback(output, cells, clocks, weights[FEEDBACK])
        fixed.append(signals)
    _in_turn(signals, 4)
    recorded = () if traces else _recorded(source, cells, output, clocks)
    synapses = [each.synapses for each in plastic.values()]
    populations = {"input": source, "cells": cells, "output": output}
    network = Network(*populations.values(), *synapses, *fixed, *recorded)
    model = EpropModel(network, populations, {**plastic}, clocks, recorded)
    model.set_weights({name: weights[name] for name in plastic})
    model.set(live(p))
    return model


def gradients(model: EpropModel, p: Eprop) -> dict[str, Array]:
    """Of the trials since the last call, for a model without traces: sums as the traces find them.

    Mean over trials, (pre, post) by projection, as :meth:`~bioplaus.models.eprop.Learner.descend`
    takes them.
    """
    c, steps = constants(p), _steps(model.clocks)
    z_in, of_cells, of_output = model.recorded
    emitted, spikes = (m.z.T.astype(np.uint8) for m in (z_in, of_cells))
    acting = np.roll(emitted, 1, axis=0)
    psi, error = of_cells.psi.T, of_output.error.T
    recurrent = coo_array(model.plastic[PROJECTIONS[1]].weights).toarray()
    (signals,) = model.projections_of("output")[-1:]
    feedback = np.array(signals.w).reshape(p.outputs, -1)
    sums = tuple(np.zeros(np.shape(model.plastic[name].weights)) for name in PROJECTIONS)
    for begin in range(0, len(psi), steps):
        part = slice(begin, begin + steps)
        shown = [np.ascontiguousarray(each[part]) for each in (acting, psi, spikes, error)]
        add_gradients(*shown, recurrent, feedback, 0, adaptation(p), c, sums)
    share = _share(p, c, len(psi) // steps)
    for monitor in model.recorded:
        forget_responses(monitor)
    return {name: share * each for name, each in zip(PROJECTIONS, sums)}


def _share(p: Eprop, c: Constants, trials: int) -> float:
    return 1 / (trials * (c.window if p.averaged else 1))


def _steps(clocks: Clocks) -> int:
    return round(float(clocks.frame.dt / clocks.step.dt))


def _trace(p: Eprop, c: Constants) -> EligibilityTrace:
    return EligibilityTrace(
        batch=p.batch,
        share=_share(p, c, p.batch),
        adam=p.optimiser == "adam",
        alpha=c.alpha,
        zeta=c.zeta,
        rho=c.rho,
        kappa=c.kappa,
    )


def _readout(p: Eprop, c: Constants, back: bool = False) -> Readout:
    return Readout(
        batch=p.batch,
        share=_share(p, c, p.batch),
        adam=p.optimiser == "adam",
        kept=1 - p.feedback_decay if p.feedback == "adaptive" else 1.0,
        back=back,
    )


def _cells(p: Eprop, c: Constants, clocks: Clocks) -> NeuronGroup:
    cell = stepped_alif(
        alpha=c.alpha,
        rho=c.rho,
        zeta=c.zeta,
        threshold=c.threshold,
        slope=c.slope,
        refractory_steps=c.refractory,
        steps=_steps(clocks),
    )
    learning = Cell(
        equations="""
        signal : 1
        count : 1
        trace_out : 1
        learning_rate : 1 (shared)
        rate_error : 1
        """,
        operations={"after_step": Operation(AFTER_STEP, when="groups", order=1)},
        on_event={"over": "count = 0\ntrace_out = 0"},
        constants={
            "rate_strength": c.rate_strength,
            "goal": c.goal,
            "kappa": c.kappa,
            "zeta_out": c.zeta_out,
        },
    )
    rule = _trace(p, c).pre() + learning_events(p.batch)
    made = (cell + learning + rule).group(p.regular + p.adaptive, "cells", clocks)
    made.beta = adaptation(p)
    return made


def _output(p: Eprop, c: Constants, clocks: Clocks) -> NeuronGroup:
    cell = Cell(
        equations=f"""
        y : 1
        I : 1
        error : 1
        loss : 1
        partition : 1
        learning_rate : 1 (shared)
        {TRIAL}
        """,
        on_event={"over": "y = 0"},
        operations={
            "leak": Operation("y = kappa*y", when="groups"),
            "readout": Operation("y += zeta_out*I\nI = 0", when="synapses", order=1),
            "error": Operation(ERRORS[p.loss], when="synapses", order=3),
        },
        constants={
            "kappa": c.kappa,
            "zeta_out": c.zeta_out,
            "steps": _steps(clocks),
            "window": c.window,
        },
    )
    return (cell + learning_events(p.batch)).group(p.outputs, "output", clocks)


def _partition(output: NeuronGroup, clocks: Clocks) -> Synapses:
    """The sum of exp(y) over the outputs, at each of them."""
    text = "partition_post = exp(y_pre) : 1 (summed)"
    made = Synapses(output, output, text, clock=clocks.step, name="output_to_output")
    made.connect()
    _in_turn(made, 2)
    return made


def _fixed_feedback(
    output: NeuronGroup, cells: NeuronGroup, clocks: Clocks, weights: Array
) -> Synapses:
    text = f"w : 1 (constant)\n{SIGNAL}"
    made = Synapses(output, cells, text, clock=clocks.step, name=FEEDBACK)
    made.connect()
    made.w = weights.ravel()
    return made


def _in_turn(synapses: Synapses, order: int) -> None:
    """Let sums be made after transmission."""
    for updater in synapses.summed_updaters.values():
        updater.when, updater.order = "synapses", order


def _recorded(
    source: NeuronGroup, cells: NeuronGroup, output: NeuronGroup, clocks: Clocks
) -> tuple[StateMonitor, ...]:
    """Those of cells and output are read before everything comes to rest."""
    return tuple(
        StateMonitor(
            group, names, record=True, clock=clocks.step, when=when, name=f"{group.name}_recorded"
        )
        for group, names, when in (
            (source, "z", "end"),
            (cells, ["z", "psi"], "before_resets"),
            (output, "error", "before_resets"),
        )
    )
