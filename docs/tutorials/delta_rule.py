"""A delta rule at presynaptic spikes learns handwritten digits (tutorial)."""

import numpy as np
from brian2 import *
from sklearn.datasets import load_digits

import bioplaus

eta = 0.1 * mV  # weight change per spike at full error
tau_membrane = 20 * ms  # of the membrane
tau_output = 50 * ms  # filter of the output spikes
threshold = 10 * mV  # of firing
white = 60 * Hz  # rate of a white pixel
presentation = 100 * ms  # duration of an image
images = 1077  # training images shown in an epoch
epochs = 3  # passes

# 1077 images to learn from, 360 to choose settings by, 360 to be tested on once.
pixels, digits = load_digits(return_X_y=True)
pixels /= 16
parts = np.split(np.random.default_rng(0).permutation(1797), [1077, 1437])
training, validation, test = parts

# dw = eta (target - y) at each presynaptic spike; y is the filtered output, 1 at 100 Hz.
rule = """
w += plastic*eta*(target(t - begin, j) - y_post)
v_post += w
"""

pixel = PoissonGroup(64, "white*image(t - begin, i)")
output = NeuronGroup(
    10,
    """dv/dt = -v/tau_membrane : volt
       dy/dt = -y/tau_output : 1""",
    threshold="v > threshold",
    reset="""v = 0*mV
             y += 0.01*second/tau_output""",
    method="exact",
)
synapses = Synapses(pixel, output, "w : volt", on_pre=rule)
synapses.connect()
spikes = SpikeMonitor(output)
network = Network(pixel, output, synapses, spikes)


def show(which, plastic):
    """Show images one after another; returns the share that is taken for another digit."""
    begin = network.t
    image = TimedArray(pixels[which], dt=presentation)
    target = TimedArray(np.eye(10)[digits[which]], dt=presentation)
    network.run(len(which) * presentation)
    new = spikes.t >= begin - 0.01 * ms
    shown = ((spikes.t[new] - begin) / presentation + 1e-6).astype(int)
    counts = np.zeros((len(which), 10))
    np.add.at(counts, (shown, spikes.i[new]), 1)
    return np.mean(counts.argmax(axis=1) != digits[which])


for epoch in range(epochs):
    show(np.random.permutation(training)[:images], plastic=1)
    error = show(validation, plastic=0)
    bioplaus.log(validation_error=error)
    print(f"epoch {epoch + 1}: {error:.1%} of the validation images wrong")

bioplaus.log(test_error=show(test, plastic=0))
