"""A walker in Python is led to the good end by cells that rewards teach (a closed loop)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bioplaus import neurons, tasks
from bioplaus.experiments.reward_stdp import figures
from bioplaus.models.reward_stdp import actor
from bioplaus.models.reward_stdp.parameters import Walk
from bioplaus.parameters import parameter
from bioplaus.runs.pages.run import Run, Spikes, Trace

STEP = 0.05
"""The environment moves so often [s]."""


@dataclass(frozen=True)
class Settings(Walk):
    """Nine places, the goal is the seventh; a step every 50 ms."""

    goal: int = parameter(6, "the place that is rewarded", low=0)
    walks: int = parameter(400, "each from another place to the goal", low=1)
    evaluations: int = parameter(10, "segments; the last one is what counts", low=1)
    patience: int = parameter(20, "steps after which a walk is given up", low=1)


def experiment(p: Settings, run: Run) -> Mapping[str, float]:
    """Of the last segment: share of walks that reach the goal, and steps by the fewest possible."""
    clocks = neurons.Clocks.of(1e-3, STEP)
    place = actor.place_cells(p, clocks)
    model = actor.build(p, run.rng, {"place": place}, clocks)
    world, action = tasks.Walk(p.places, p.goal, p.patience), model.populations["action"]
    begins = np.delete(np.arange(p.places), p.goal)
    last: dict[str, float] = {"expected": 0.0}
    run.live(model, actor.live)
    run.keep(world=world, last=last)
    learning = len(model.populations["synapses"])
    traces = [
        Trace("action", "v", cells=2 * p.cells),
        Trace("action", "reward", cells=1),
        Trace("synapses", "c", cells=learning, every="5 ms"),
    ]
    run.record(Spikes("place"), Spikes("action"), *traces, of=model)
    moment = tasks.Schedule(STEP, STEP, {})

    def lived(where: int, reward: float, recorded: bool) -> int:
        """What the cells would do, after the time until the environment moves again."""
        place.active, action.reward = float(where), reward
        before = actor.spikes(model)
        run.present(model, moment, record=recorded)
        left, right = actor.spikes(model)
        return int(np.sign((right - before[1]) - (left - before[0])))

    for segment in run.segments(p.evaluations):
        part, reached, steps, fewest = segment.of(p.walks), 0, 0, 0
        for walk in range(part.start, part.stop):
            recorded = walk == part.stop - 1
            world.begin(int(run.rng.choice(begins)))
            fewest += abs(world.place - p.goal)
            reward = 0.0
            while not world.over:
                reward = world.step(lived(world.place, 0.0, recorded))
            lived(-1, reward - last["expected"], recorded)
            last["expected"] += 0.05 * (reward - last["expected"])
            reached += reward > 0
            steps += world.steps
            run.progress((walk + 1 - part.start) / (part.stop - part.start))
        walks = part.stop - part.start
        last |= {"reached": reached / walks, "detour": steps / fewest}
        run.log(epoch=part.stop, **last)
    return {name: last[name] for name in ("reached", "detour")}


FORM = "network"
FIGURES = {
    "learning-curve": figures.walk_curve,
    "raster": figures.walk_raster,
    "traces": figures.walk_traces,
}
