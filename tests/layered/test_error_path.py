"""Rows: what goes together, what they cost, and that they are taken up where they stopped."""

from __future__ import annotations

import numpy as np
import pytest

from bioplaus.layered.carriers import Aligned, Gradient, Penalty, TopOnly
from bioplaus.layered.control import Controlled, Predictive
from bioplaus.layered.error_path import ErrorPath, Taught
from bioplaus.layered.feedback import Fixed, Mirrored, NoFeedback, Redrawn, Signs, Transported
from bioplaus.layered.learnt_feedback import Inverse, Noise
from bioplaus.layered.network import Layered
from bioplaus.layered.step import Descent
from bioplaus.layered.targets import Predicted, Sampled, Targets
from bioplaus.models.error_paths.rows import ROWS
from bioplaus.parameters import ParameterError
from tests.layered.nets import batch, largest, net, taught

HOPELESS = {"FA, redrawn", "BDFA, as printed"}
"""Controls."""


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((Targets(), Fixed()), "Targets with Fixed means nothing; it takes Inverse"),
        ((Gradient(), Inverse()), "Gradient with Inverse means nothing; it takes Fixed, Mirrored"),
        ((TopOnly(), Mirrored()), "TopOnly with Mirrored means nothing; it takes NoFeedback"),
        ((Sampled(), Fixed()), "it takes NoFeedback"),
        ((Aligned(), NoFeedback()), "Aligned with NoFeedback"),
        ((Predictive(), Redrawn()), "Predictive with Redrawn"),
        ((Predictive(), Fixed(), "direct"), "Predictive is not direct; .* layerwise"),
        ((Controlled(), Fixed()), "Controlled is not layerwise; .* direct"),
        ((Gradient(), Transported(), "direct"), "Transported is not direct"),
        ((Gradient(), Signs(), "direct"), "Signs is not direct"),
        ((Penalty(), Fixed(), "direct"), "Penalty is not direct"),
        ((Predicted(), Fixed(), "direct"), "Predicted is not direct"),
        ((Gradient(), Noise(), "direct"), "superposed"),
        ((Gradient(), Fixed(), "sideways"), "route 'sideways'"),
    ],
)
def test_combinations_without_meaning_are_refused(parts: tuple, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        ErrorPath(*parts)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: Aligned(0), "step 0 must be above 0"),
        (lambda: Penalty(repeats=0), "repeats 0"),
        (lambda: Predictive(precision=-1), "precision -1"),
        (lambda: Controlled(leak=-1), "leak -1"),
        (lambda: Gradient(bits=-1), "-1 bits"),
        (lambda: Targets(top="middle"), "'middle' is neither"),
        (lambda: Sampled(tried=0), "tried 0"),
        (lambda: Signs("large"), "'large' is not one, fixed or redrawn"),
        (lambda: Signs(concordance=1.5), "concordance 1.5"),
        (lambda: Noise(rate=0), "rate 0"),
        (lambda: Noise(reply="spikes"), "'spikes'"),
        (lambda: Fixed(fan=-1), "fan -1"),
        (lambda: Descent(decay=1), "decay 1"),
        (lambda: taught(ErrorPath(feedback=Fixed(fan=9))), "fan 9 is more than the 6 sources"),
    ],
)
def test_values_without_meaning_are_refused(made, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        made()


class Counted(np.ndarray):
    """Weights that count what is multiplied by them: one product a weight and row."""

    products = 0

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **more):  # type: ignore[no-untyped-def]
        plain = [i.view(np.ndarray) if isinstance(i, Counted) else i for i in inputs]
        counted = [isinstance(i, Counted) for i in inputs]
        if out is not None:
            more["out"] = tuple(o.view(np.ndarray) if isinstance(o, Counted) else o for o in out)
        result = getattr(ufunc, method)(*plain, **more)
        if ufunc is not np.matmul:
            return result.view(Counted) if out is None else out[0]
        Counted.products += result.size * plain[0].shape[-1] if any(counted) else 0
        return result


@pytest.mark.parametrize("name", ROWS)
def test_products_are_those_that_are_made(name: str) -> None:
    """Of every matrix product with weights in one update of one example; changes left out."""
    sizes = (5, 9, 12, 11, 10)
    t = taught(name, net(sizes))
    t.net.w = [w.view(Counted) for w in t.net.w]
    t.way.B = [b.view(Counted) for b in t.way.B]
    weights = {key: a.view(Counted) for key, a in t.way.own.items() if not key.startswith("c_")}
    t.way.own |= weights
    Counted.products = 0
    t.learn(*batch(sizes, 1))
    assert Counted.products == t.path.products(sizes)


@pytest.mark.parametrize("name", [n for n in ROWS if ", 8" not in n])
def test_a_row_is_taken_up_where_it_stopped(name: str) -> None:
    whole, parts = taught(name), taught(name)
    x, d = batch()
    for _ in range(3):
        whole.learn(x, d)
        parts.learn(x, d)
    again = taught(name)
    again.restore(parts.state())
    for _ in range(3):
        whole.learn(x, d)
        again.learn(x, d)
    assert largest(whole.arrays().values(), again.arrays().values()) == 0


def test_running_squares_and_random_units_are_kept_too() -> None:
    def made() -> Taught:
        on = net((5, 8, 3), units="bernoulli")
        return taught(ErrorPath(step=Descent(rms=0.9)), on)

    whole, parts, again = made(), made(), made()
    x, d = batch((5, 8, 3))
    for t in (whole, parts):
        t.learn(x, d)
    again.restore(parts.state())
    whole.learn(x, d)
    again.learn(x, d)
    assert largest(whole.arrays().values(), again.arrays().values()) == 0


def test_weights_go_in_as_they_come_out() -> None:
    t, other = taught("Kolen-Pollack"), taught("Kolen-Pollack", net(seed=2))
    x, d = batch()
    t.learn(x, d)
    other.set_weights(t.weights())
    assert largest(other.net.w + other.net.b + other.way.B, t.net.w + t.net.b + t.way.B) == 0
    assert t.weights()["bias_to_output"].shape == (1, 3)
    assert t.weights()["output_to_hidden_2"].shape == (3, 6)
    with pytest.raises(ParameterError, match=r"input_to_hidden_1 is .* not"):
        t.set_weights({"input_to_hidden_1": np.zeros((2, 2))})
    with pytest.raises(ParameterError, match="input_to_output"):
        t.set_weights({"input_to_output": np.zeros((2, 2))})
    assert "output_to_hidden_2" not in taught("FA").weights()  # does not learn


def test_only_the_learning_rate_may_be_set() -> None:
    t, (x, d) = taught("FA"), batch()
    before = t.net.w[0].copy()
    t.set({"learning_rate": 0})
    t.learn(x, d)
    assert largest([t.net.w[0]], [before]) == 0
    with pytest.raises(ParameterError, match="momentum"):
        t.set({"momentum": 0.9})


def test_rows_of_one_seed_start_from_the_same_weights_and_draw_nothing_of_the_seed() -> None:
    ends = []
    for name in ("FA", "weight mirror", "BFA"):
        rng = np.random.default_rng(4)
        t = Taught(Layered((5, 8, 3), rng), ROWS[name], rng)
        t.learn(*batch((5, 8, 3)))
        ends.append(rng.random())
    assert len(set(ends)) == 1


@pytest.mark.parametrize("name", [n for n in ROWS if n not in HOPELESS and ", 8" not in n])
def test_every_row_learns_a_small_task(name: str) -> None:
    """Two classes by the sign of one input; at half the errors of chance after 300 updates."""
    rng = np.random.default_rng(8)
    t = taught(name, Layered((5, 20, 2), rng), 0.3)
    for _ in range(300):
        x = rng.normal(size=(10, 5))
        t.learn(x, np.eye(2)[(x[:, 0] > 0).astype(int)])
    x = rng.normal(size=(500, 5))
    wrong = (t.answer(x).argmax(axis=1) != (x[:, 0] > 0)).mean()
    assert np.isfinite(t.net.w[0]).all()
    assert wrong < 0.25
