"""Two of the package's own models at published size, as they are trained.

Event-driven random back-propagation (Neftci, Augustine, Paul & Detorakis 2017), 784 pixels, one
hidden layer, background noise, images of 100 ms without learning in the first 20 ms; and the
network of bursting cells that learns exclusive or (Greedy, Zhu, Pemberton, Mellor & Costa 2022),
500 cells in each of five populations, a new pattern every 0.8 s.  What is shown is made up: images
in which a fifth of the pixels are on, so that they spike about as often as those of MNIST.
"""

from typing import Any

import numpy as np
from brian2 import Network, NeuronGroup, Synapses, seed

from bioplaus.models import erbp
from bioplaus.models.burstccn import network as burstccn
from bioplaus.models.burstccn.parameters import Spiking
from bioplaus.neurons.cell import Clocks
from bioplaus.parameters import quantities, replace
from bioplaus.runs.pages.presenting import namespace
from bioplaus.tasks import presentations, stretch

IMAGES = 200
PATTERNS = 40


def images(hidden: int, step: str) -> Network:
    """784-``hidden``-10 in training, with the learning rate and noise of the MNIST experiment."""
    settings = {"hidden": hidden, "time_step": step, "background_before_threshold": True}
    rng = np.random.default_rng(1)
    parameters = replace(erbp.OneHiddenLayer(), settings | {"learning_rate": 6e-3})
    clocks = Clocks.of(quantities(parameters).time_step, 0.1)
    model = erbp.build(parameters, rng, {"pixel": erbp.pixels(parameters, clocks)}, clocks)
    grey = rng.uniform(0.4, 1, (IMAGES, 784)) * (rng.random((IMAGES, 784)) < 0.2)
    schedule = presentations(
        np.arange(IMAGES),
        {"images": grey},
        presentation=0.1,
        frame=0.1,
        labels=rng.integers(0, 10, IMAGES),
        strength=1.0,
        settling=0.02,
    )
    return _shown(model.network, namespace(schedule))


def patterns() -> Network:
    """Both layers learn, every cell has its noise; exponential step of 1 ms."""
    seed(1)
    parameters = replace(Spiking(), {"step": "1 ms", "integration": "exponential_euler"})
    bits = np.tile([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], (PATTERNS // 4, 1))
    always = np.ones(PATTERNS)
    schedule = stretch(
        float(quantities(parameters).slot),
        stimulus=bits,
        target=bits.sum(axis=1) == 1,
        teaching=always,
        plasticity=always,
    )
    model = burstccn.build(parameters, np.random.default_rng(1), {}, burstccn.time(parameters))
    return _shown(model.network, namespace(schedule))


def _shown(network: Network, names: dict[str, Any]) -> Network:
    """The network with the names of the stimulus known to its groups."""
    for thing in network.sorted_objects:
        if isinstance(thing, (NeuronGroup, Synapses)):
            thing.namespace.update(names)
    return network
