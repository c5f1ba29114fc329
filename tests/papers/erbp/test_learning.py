"""What the rule needs in order to learn: its gate, its hidden layer, its sign and its rate.

On small digits the order of the controls; at published size (slow) their errors after 3,000 images
of 250 ms beside those measured with an independent implementation (one seed, 0.1 ms: 81 % right by
the full rule, 49 % with a random hidden layer, 76 % with an open gate, 11 % without learning, 37 %
at a tenth of the rate, 81 % at ten times).  Here the step is 0.5 ms and chance differs, so 8 points
are allowed, and the two that must fail are held by an upper bound.  And what it means to learn: the
output weights come to agree with the fixed feedback, so that the update turns towards
backpropagation.
"""

from __future__ import annotations

import numpy as np
import pytest
from brian2 import prefs, seed, volt

from bioplaus import tasks
from bioplaus.analysis import alignment_angle
from bioplaus.models import erbp
from bioplaus.neurons.cell import Clocks
from bioplaus.parameters import replace
from tests.papers import showing

COARSE = {"time_step": "0.5 ms", "background_before_threshold": True}


class Learner:
    """A network that is shown images, ``presentation`` seconds each."""

    def __init__(self, data, presentation: float, settling: float, **changes) -> None:
        import bioplaus.engine  # noqa: F401  (registers the target)

        prefs.codegen.target = "numba"
        seed(5)
        self.data, self.presentation, self.settling = data, presentation, settling
        p = replace(erbp.OneHiddenLayer(), {"inputs": data.train_raw.shape[1], **COARSE, **changes})
        rng = np.random.Generator(np.random.PCG64(5))
        clocks = Clocks.of(5e-4, presentation)
        self.model = erbp.build(p, rng, {"pixel": erbp.pixels(p, clocks)}, clocks)
        self.order = rng.permutation(len(data.train_labels))

    def show(self, images, labels, taught: bool) -> np.ndarray:
        """Spike counts (image, class)."""
        rows = np.arange(len(images))
        teach = {"labels": labels, "strength": 1.0, "settling": self.settling} if taught else {}
        each = self.presentation
        table = {"images": images * (255 / 256)}
        schedule = tasks.presentations(rows, table, presentation=each, frame=each, **teach)
        return showing.responses(self.model, schedule)[0][:, -1]

    def train(self, count: int) -> None:
        """Show training images with labels."""
        rows = self.order[:count]
        self.show(self.data.train_images[rows], self.data.train_labels[rows], taught=True)

    def accuracy(self, count: int) -> float:
        """Fraction of test images whose class has most spikes; labels and learning are off."""
        counts = self.show(self.data.test_images[:count], None, taught=False)
        return float((counts.argmax(axis=1) == self.data.test_labels[:count]).mean())

    def angle_to_backpropagation(self, images: int, repeats: int) -> float:
        """Mean angle [degrees] between the mean update of single images and their true delta.

        Weights are frozen by a tiny rate and the gate is opened; the true delta sends the rate
        error back through the transposed output weights.
        """
        hidden, output = self.model.populations["hidden"], self.model.populations["output"]
        weights = self.model.plastic["pixel_to_hidden"]
        hidden.learning_rate, output.learning_rate = 1e-9, 0.0
        hidden.namespace["gate_low"], hidden.namespace["gate_high"] = -25 * volt, 25 * volt
        back = self.model.plastic["hidden_to_output"].weights
        found = []
        for row in range(images):
            image = np.repeat(self.data.train_images[row : row + 1], repeats, axis=0)
            label = np.full(repeats, self.data.train_labels[row])
            start = weights.weights
            before = np.array(self.model.populations["pixel"].spike_count_)
            counts = self.show(image, label, taught=True)
            pre = np.array(self.model.populations["pixel"].spike_count_) - before
            error = 250.0 * np.eye(10)[label[0]] - counts.mean(axis=0) / self.presentation
            update = weights.weights - start
            found.append(alignment_angle(update.ravel(), np.outer(pre, back @ error).ravel()))
        return float(np.mean(found))


def trained(data, images: int, tested: int, *, learning_rates=None, **changes) -> float:
    """Accuracy after training; ``learning_rates`` of single layers, by name, replace the common."""
    learner = Learner(data, **changes)
    for name, rate in (learning_rates or {}).items():
        learner.model.populations[name].learning_rate = rate
    learner.train(images)
    return learner.accuracy(tested)


def test_rule_learns_digits_and_its_opposite_unlearns_them():
    """64-30-10, 600 images of 100 ms: far above chance, above a frozen first layer; sign flipped:
    below chance, because the true class is suppressed."""
    data = tasks.load("digits")
    small = {"hidden": 30, "presentation": 0.1, "settling": 0.02, "learning_rate": 6e-3}
    full = trained(data, 600, 300, **small)
    flipped = trained(data, 100, 300, learning_rates={"hidden": -6e-3, "output": -6e-3}, **small)
    assert full > 0.6
    assert trained(data, 600, 300, learning_rates={"hidden": 0.0}, **small) < full - 0.05
    assert trained(data, 600, 300, learning_rates={"hidden": 0.0, "output": 0.0}, **small) < 0.3
    assert flipped < 0.15


def test_update_turns_towards_backpropagation_on_digits():
    """64-30-10: fixed feedback begins at a right angle and the output weights come to meet it."""
    small = {"hidden": 30, "presentation": 0.1, "settling": 0.02, "learning_rate": 6e-3}
    learner = Learner(tasks.load("digits"), **small)
    before = Learner(tasks.load("digits"), **small).angle_to_backpropagation(5, 20)
    learner.train(600)
    after = learner.angle_to_backpropagation(5, 20)
    assert 70 < before < 110
    assert after < before - 10


PUBLISHED = {"presentation": 0.25, "settling": 0.05}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "low", "high"),
    [
        ({}, 0.73, 0.90),
        ({"learning_rates": {"hidden": 0.0}}, 0.30, 0.65),
        ({"gate_low": "-25 V", "gate_high": "25 V"}, 0.65, 0.88),
        ({"learning_rate": 0.0}, 0.0, 0.25),
        ({"learning_rate": 6e-5}, 0.20, 0.60),
        ({"learning_rate": 6e-3}, 0.73, 0.92),
    ],
    ids=["full", "frozen hidden", "open gate", "no learning", "a tenth", "tenfold"],
)
def test_controls_at_published_size(changes, low, high):
    """784-100-10 after 3,000 images of 250 ms, 500 test images."""
    assert low < trained(tasks.load("mnist"), 3000, 500, **PUBLISHED, **changes) < high


@pytest.mark.slow
def test_flipped_sign_falls_to_chance_at_published_size():
    """After 1,000 images 8 % right, measured with an independent implementation."""
    rates = {"hidden": -6e-4, "output": -6e-4}
    found = trained(tasks.load("mnist"), 1000, 500, learning_rates=rates, **PUBLISHED)
    assert found < 0.15


@pytest.mark.slow
def test_update_turns_towards_backpropagation_at_published_size():
    """Above 80 degrees at the start, below 75 after 3,000 images (measured: 83-96, 66-70)."""
    data = tasks.load("mnist")
    learner = Learner(data, **PUBLISHED)
    assert Learner(data, **PUBLISHED).angle_to_backpropagation(5, 40) > 80
    learner.train(3000)
    assert learner.angle_to_backpropagation(5, 40) < 75
