"""Two of the package's own models at published size, as they are trained.

Event-driven random back-propagation (Neftci, Augustine, Paul & Detorakis 2017), 784 pixels, one
hidden layer, background noise, images of 100 ms without learning in the first 20 ms; and the
network of bursting cells that learns exclusive or (Greedy, Zhu, Pemberton, Mellor & Costa 2022),
500 cells in each of five populations, a new pattern every 0.8 s.  What is shown is made up: images
in which a fifth of the pixels are on, so that they spike about as often as those of MNIST.
"""

from typing import Any

import numpy as np
from brian2 import Network, NeuronGroup, Synapses, TimedArray, ms, second, seed

from bioplaus.models import erbp
from bioplaus.models.burstccn import network as burstccn
from bioplaus.models.burstccn.parameters import Spiking
from bioplaus.models.erbp.stimulus import stimulus
from bioplaus.parameters import quantities, replace
from bioplaus.tasks.presentation_frames import presentation_frames

IMAGES = 200
PATTERNS = 40


def images(hidden: int, step: str) -> Network:
    """784-``hidden``-10 in training, with the learning rate and noise of the MNIST experiment."""
    settings = {"hidden": hidden, "time_step": step, "background_before_threshold": True}
    rng = np.random.default_rng(1)
    frame = 100 * ms
    parameters = replace(erbp.OneHiddenLayer(), settings | {"learning_rate": 6e-3})
    model = erbp.build(parameters, rng, frame)
    grey = rng.uniform(0.4, 1, (IMAGES, 784)) * (rng.random((IMAGES, 784)) < 0.2)
    shown = presentation_frames(
        np.arange(IMAGES),
        presentation=0.1,
        frame=0.1,
        labels=rng.integers(0, 10, IMAGES),
        strength=1.0,
        settling=0.02,
    )
    names = stimulus(
        TimedArray(grey, dt=frame),
        frame=frame,
        order=shown.order,
        labels=shown.labels,
        fresh=shown.fresh,
        tick=shown.tick * second,
        plasticity=shown.plasticity,
    )
    return _shown(model.network, names)


def patterns() -> Network:
    """Both layers learn, every cell has its noise; exponential step of 1 ms."""
    seed(1)
    parameters = replace(Spiking(), {"step": "1 ms", "integration": "exponential_euler"})
    slot = quantities(parameters).slot
    bits = np.tile([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], (PATTERNS // 4, 1))
    always = np.ones(PATTERNS)
    names = {
        "stimulus": TimedArray(bits, dt=slot),
        "target": TimedArray(bits.sum(axis=1) == 1, dt=slot),
        "teach": TimedArray(always, dt=slot),
        "plastic": TimedArray(always, dt=slot),
    }
    return _shown(burstccn.build(parameters).network, names)


def _shown(network: Network, names: dict[str, Any]) -> Network:
    """The network with the names of the stimulus known to its groups."""
    for thing in network.sorted_objects:
        if isinstance(thing, (NeuronGroup, Synapses)):
            thing.namespace.update(names)
    return network
