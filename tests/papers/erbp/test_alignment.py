"""The mean spiking update is that of direct feedback alignment (rate limit).

Weights are frozen by a tiny learning rate, images are shown again and again, and the mean change
of the first weights is compared with the outer product of pixel rates and random feedback times
rate error.  In float64, with the gate always open.
"""

from __future__ import annotations

import numpy as np
import pytest
from brian2 import prefs, seed

from bioplaus import tasks
from bioplaus.analysis import alignment_angle
from bioplaus.models import erbp
from bioplaus.neurons.cell import Clocks
from bioplaus.parameters import quantities, replace
from tests.papers import showing

ETA = 1e-9
SETTLING, PRESENTATION = 0.05, 0.25
BLANK_OUT = {"background_weight": "0 mV", "transmission": 0.65}


def build(**changes):
    p = replace(erbp.OneHiddenLayer(), changes)
    clocks = Clocks.of(quantities(p).time_step, PRESENTATION)
    rng = np.random.Generator(np.random.PCG64(4))
    return erbp.build(p, rng, {"pixel": erbp.pixels(p, clocks)}, clocks)


def mean_update(images, labels, repeats: int, **changes):
    """Mean update, its rate prediction, and their ratio, over repeated images."""
    changes = {"learning_rate": ETA, "gate_low": "-25 V", "gate_high": "25 V", **changes}
    model = build(inputs=images.shape[1], **BLANK_OUT, **changes)
    hidden, output = model.populations["hidden"], model.populations["output"]
    feedback = next(s for s in model.network.objects if s.name == "error_to_hidden")
    g = np.array(feedback.g_).reshape(2, 10, len(hidden))[0]
    predicted = np.zeros((images.shape[1], len(hidden)))
    start = model.plastic["pixel_to_hidden"].weights
    for row in range(len(images)):
        schedule = tasks.presentations(
            np.full(repeats, row),
            {"images": images},
            presentation=PRESENTATION,
            frame=PRESENTATION,
            labels=np.full(repeats, labels[row]),
            strength=1.0,
            settling=SETTLING,
        )
        before = np.array(model.populations["pixel"].spike_count_)
        counts, _ = showing.responses(model, schedule)
        pixel_rate = (model.populations["pixel"].spike_count_[:] - before) / schedule.duration
        error = 250.0 * np.eye(len(output))[labels[row]] - counts[:, -1].mean(0) / PRESENTATION
        learning_time = repeats * (PRESENTATION - SETTLING)
        per_spike = ETA * BLANK_OUT["transmission"] * 0.9 * 5e-3 * (error @ g)
        predicted += learning_time * np.outer(pixel_rate, per_spike)
    return model.plastic["pixel_to_hidden"].weights - start, predicted


def test_small_network_follows_direct_feedback_alignment():
    """One digit of 64 pixels for 12 s at 1 ms; Poisson noise allows a few degrees."""
    import bioplaus.engine  # noqa: F401  (registers the target)

    prefs.codegen.target = "numba"
    seed(8)
    data = tasks.load("digits")
    images = data.train_images[:1].astype(float) * 255 / 256
    update, predicted = mean_update(
        images, data.train_labels[:1], 48, hidden=20, time_step="1 ms", delay="1 ms"
    )
    assert alignment_angle(update.ravel(), predicted.ravel()) < 8
    scale = np.vdot(update, predicted) / np.vdot(predicted, predicted)
    assert scale == pytest.approx(1.0, abs=0.12)


@pytest.mark.slow
def test_published_network_follows_direct_feedback_alignment():
    """784-100-10 at 0.1 ms, one image 40 times: below 5 degrees, size within 10 %."""
    import bioplaus.engine  # noqa: F401  (registers the target)

    prefs.codegen.target = "numba"
    seed(8)
    data = tasks.load("mnist")
    images = data.train_images[:1].astype(float) * 255 / 256
    update, predicted = mean_update(images, data.train_labels[:1], 40)
    assert alignment_angle(update.ravel(), predicted.ravel()) < 5
    scale = np.vdot(update, predicted) / np.vdot(predicted, predicted)
    assert scale == pytest.approx(1.0, abs=0.1)


def test_symmetric_feedback_is_the_transposed_weights_and_random_feedback_is_not():
    prefs.codegen.target = "numpy"
    angles = {}
    for feedback in ("symmetric", "adaptive", "direct random"):
        model = build(inputs=4, hidden=50, feedback=feedback)
        angles[feedback] = alignment_angle(*erbp.last_feedback(model))
    assert angles["symmetric"] == pytest.approx(0, abs=1e-6)
    assert 70 < angles["adaptive"] < 110  # 500 random numbers: 90 degrees within 2.6 or so
    assert 70 < angles["direct random"] < 110
