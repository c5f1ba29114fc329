"""A thousand cells, and a reward for one synapse (Izhikevich 2007).

::

    cells --> cells      excitatory synapses learn, inhibitory ones do not
      |         ^
      +--> dopamine      hears the two cells of the chosen synapse; pays one to three seconds later
"""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
from brian2 import Network, NeuronGroup, Synapses, linked_var, ms, second

from bioplaus.models.reward_stdp.parameters import Distal
from bioplaus.neurons.cell import Cell, Clocks, Operation
from bioplaus.neurons.counting import COUNT
from bioplaus.parameters import quantities
from bioplaus.plasticity.model import Model
from bioplaus.plasticity.reward_modulated_stdp import RewardModulatedSTDP
from bioplaus.plasticity.rule import connect

__all__ = ["CHOSEN", "build", "live"]

CHOSEN = 0
"""The synapse that is rewarded: the first of the first cell."""

EVERY = 10
"""Weights move after so many ms."""

STEP = """
drive = I + noise*(2*rand() - 1)
v += 0.5*((0.04*v + 5)*v + 140 - u + drive)
v += 0.5*((0.04*v + 5)*v + 140 - u + drive)
u += a*(0.2*v - u)
I = 0
"""
"""One millisecond, in two half steps of v (Izhikevich 2003)."""

DOPAMINE = """
paid = int(due > 0*second)*int(t >= due)
level = level*exp(-dt/tau_dopamine) + amount*paid
rewards += paid
due -= paid*(due + 1*second)
earned = int(t - answered < 1.5*dt)*int(answered > heard)*int(answered - heard < window)
earned *= int(due < 0*second)
due += earned*(t + soonest + (latest - soonest)*rand() - due)
reward = tonic + level
"""
"""A coincidence of the step before earns a reward, unless one is under way."""


def live(p: Distal) -> dict[str, Any]:
    """What may be set while the network runs."""
    return {"cells.learning_rate": p.learning_rate}


def build(p: Distal, rng: np.random.Generator, inputs: Mapping[str, Any], clocks: Clocks) -> Model:
    """Build the network, which has no input but noise.

    rng : draws the targets.  The weight of the chosen synapse begins at 0, all others at 1 or -1.
    The population ``synapses`` is what learns, to be recorded.
    """
    q = quantities(p)
    rule = RewardModulatedSTDP(
        q.tau_trace, q.tau_trace, p.potentiation, p.depression,
        kept=float(np.exp(-EVERY * 1e-3 / float(q.tau_c))), every=EVERY * ms,
        high=p.largest, nearest=True, drives="I",
    )  # fmt: skip
    cells, dopamine = _cells(p, rule, clocks), _dopamine(q, clocks)
    cells.told = linked_var(dopamine, "reward")
    n, fan = p.excitatory + p.inhibitory, p.targets
    onto = rng.integers(n, size=p.excitatory * fan)
    learning = connect(
        rule, cells, cells, clocks, i=np.repeat(np.arange(p.excitatory), fan), j=onto
    )
    learning.synapses.w = 1.0
    learning.synapses.w[CHOSEN] = 0.0
    inhibition = Synapses(cells, cells, on_pre="I_post -= 1", clock=clocks.step, name="inhibition")
    sources = np.repeat(np.arange(p.excitatory, n), fan)
    inhibition.connect(i=sources, j=rng.integers(p.excitatory, size=len(sources)))
    source = _heard(cells, dopamine, "heard", 0, clocks)
    target = _heard(cells, dopamine, "answered", int(onto[CHOSEN]), clocks)
    network = Network(cells, dopamine, learning.synapses, inhibition, source, target)
    populations = {"cells": cells, "dopamine": dopamine, "synapses": learning.synapses}
    model = Model(network, populations, {learning.synapses.name: learning}, clocks)
    model.set(live(p))
    return model


def _cells(p: Distal, rule: RewardModulatedSTDP, clocks: Clocks) -> NeuronGroup:
    cell = Cell(
        equations="""
        v : 1
        u : 1
        I : 1
        a : 1 (constant)
        d : 1 (constant)
        reward : 1
        told : 1 (linked)
        """,
        threshold="v >= 30",
        reset="v = -65\nu += d",
        operations={
            "step": Operation(STEP, when="groups"),
            "reward": Operation("reward = told", EVERY * ms, when="synapses", order=4),
        },
        constants={"noise": p.noise},
        start={"v": -65.0, "u": -13.0},
    )
    made = (cell + COUNT + rule.post()).group(p.excitatory + p.inhibitory, "cells", clocks)
    inhibits = np.arange(len(made)) >= p.excitatory
    made.a, made.d = np.where(inhibits, 0.1, 0.02), np.where(inhibits, 2.0, 8.0)
    return made


def _dopamine(q: SimpleNamespace, clocks: Clocks) -> NeuronGroup:
    """heard, answered : when source and target of the chosen synapse spiked last; due : when the
    next reward comes, negative for none."""
    cell = Cell(
        equations="""
        heard : second
        answered : second
        due : second
        level : 1
        reward : 1
        rewards : 1
        """,
        operations={"level": Operation(DOPAMINE)},
        constants={
            "tau_dopamine": q.tau_dopamine,
            "amount": q.reward,
            "tonic": q.tonic,
            "window": q.window,
            "soonest": q.soonest,
            "latest": q.latest,
        },
        start=dict.fromkeys(("heard", "answered", "due"), -1 * second),
    )
    return cell.group(1, "dopamine", clocks)


def _heard(cells: Any, dopamine: Any, what: str, cell: int, clocks: Clocks) -> Synapses:
    """One cell tells the time of its spikes."""
    made = Synapses(cells, dopamine, on_pre=f"{what}_post = t", clock=clocks.step, name=what)
    made.connect(i=cell, j=0)
    return made
