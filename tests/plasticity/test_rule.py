"""Connecting cells by a rule: what is read, what is refused, how weights go in and out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from brian2 import Network, ms, prefs
from scipy.sparse import coo_array, csr_array

from bioplaus.neurons.cell import Cell, Clocks, ShapeError
from bioplaus.plasticity.model import Model
from bioplaus.plasticity.rule import Bias, Rule, connect, summed

PRE, POST = Cell("rate : 1", threshold="rate > 1"), Cell("error : 1\nheard : 1\nb : 1")


@dataclass(frozen=True)
class Product(Rule):
    """dw/dt = eta error rate; ``gain`` is a constant of the postsynaptic part."""

    reads: str = "error"

    def post(self):
        return Cell(equations="scaled = gain*error : 1", constants={"gain": 2.0})

    def synapses(self):
        rate = f"dw/dt = eta*{self.reads}_post*rate_pre/ms : 1 (clock-driven)"
        return {"model": f"{rate}\neta : 1 (shared)", "method": "euler"}

    def drift(self, pre, post):
        return 1e3 * post["eta"] * post[self.reads] * pre["rate"]


@pytest.fixture(autouse=True)
def numpy_target():
    prefs.codegen.target = "numpy"


def pair(rule, **options):
    clocks = Clocks.of(1e-3, 1e-3)
    pre = PRE.group(3, "pre", clocks)
    post = (POST + rule.post()).group(2, "post", clocks)
    return connect(rule, pre, post, clocks, **options)


def test_names_that_cells_lack_are_told():
    with pytest.raises(ShapeError, match=r"Product reads fear of 'post', which has .*error"):
        pair(Product("fear"))
    with pytest.raises(ShapeError, match=r"reads charge of 'pre', which has .*rate"):
        pair(Product(), transmits=summed("heard", "w*charge_pre"))
    with pytest.raises(ShapeError, match="reads ear of 'post'"):
        pair(Product(), transmits=summed("ear", "w*rate_pre"))
    sent = {"on_pre": {"burst": "heard_post += w"}, "on_event": {"burst": "burst"}}
    with pytest.raises(ShapeError, match="event 'burst' of 'pre', which has spike"):
        pair(Product(), transmits=sent)


def test_constants_that_end_like_a_side_are_not_read():
    made = pair(Product(), transmits=summed("heard", "w*tau_pre"), constants={"tau_pre": 2.0})
    assert made.synapses.namespace["tau_pre"] == 2.0


def test_a_subexpression_that_is_read_brings_its_constants():
    """w grows by eta x gain x error x rate = 0.5 x 2 x 3 x 4 a step of 1 ms; the sum is w rate."""
    made = pair(Product("scaled"), transmits=summed("heard", "w*rate_pre"))
    made.synapses.eta = 0.5
    made.synapses.source.rate, made.synapses.target.error = 4.0, 3.0
    Network(made.synapses.source, made.synapses.target, made.synapses).run(2 * ms)
    np.testing.assert_allclose(made.weights, np.full((3, 2), 24.0))
    np.testing.assert_allclose(made.synapses.target.heard[:], 12.0 * 4.0 * 3)
    given = made.rule.drift({"rate": 4.0}, {"eta": 0.5, "scaled": 6.0})
    assert given == pytest.approx(12.0 / 1e-3)


def test_weights_are_pre_by_post_whatever_the_order_of_synapses():
    made = pair(Product(), i=[2, 2, 0, 1, 0, 1], j=[1, 0, 0, 1, 1, 0])
    w = np.arange(6.0).reshape(3, 2)
    made.set_weights(w)
    np.testing.assert_array_equal(made.weights, w)
    np.testing.assert_array_equal(made.synapses.w[:], [5, 4, 0, 3, 1, 2])


def test_sparse_weights_go_in_as_any_matrix():
    made = pair(Product(), i=[2, 0, 1], j=[1, 0, 0])
    made.set_weights(np.arange(6.0).reshape(3, 2))
    found = made.weights
    assert isinstance(found, coo_array)
    assert found.shape == (3, 2)
    np.testing.assert_array_equal(found.toarray(), [[0, 0], [2, 0], [0, 5]])
    made.set_weights(csr_array(-found))
    np.testing.assert_array_equal(made.weights.toarray(), -found.toarray())
    made.set_weights(found)
    np.testing.assert_array_equal(made.synapses.w[:], [5, 0, 2])


def test_several_synapses_of_a_pair_keep_their_own_weights():
    made = pair(Product(), i=[0, 0, 1], j=[0, 0, 1])
    made.set_weights(coo_array(([1.0, 2.0, 3.0], ([0, 0, 1], [0, 0, 1])), shape=(3, 2)))
    np.testing.assert_array_equal(made.weights.data, [1, 2, 3])


def test_a_model_says_what_it_has():
    made = pair(Product())
    pre, post, clocks = made.synapses.source, made.synapses.target, Clocks.of(1e-3, 1e-3)
    plastic = {"pre_to_post": made, "bias_to_post": Bias(post, "b")}
    model = Model(Network(pre, post, made.synapses), {"pre": pre, "post": post}, plastic, clocks)
    new = {"pre_to_post": np.ones((3, 2)), "bias_to_post": np.array([[5.0, 6.0]])}
    model.set_weights(new)
    for name, values in model.weights().items():
        np.testing.assert_array_equal(values, new[name])
    np.testing.assert_array_equal(post.b[:], [5, 6])
    model.set({"pre_to_post.eta": 0.25, "post.error": 2.0})
    assert made.synapses.eta == 0.25
    assert (post.error[:] == 2).all()
    for wrong, words in (
        ({"pre_to_post": np.ones((2, 3))}, r"\(pre, post\) = \(3, 2\), not \(2, 3\)"),
        ({"bias_to_post": np.ones(2)}, r"\(1, post\) = \(1, 2\), not \(2,\)"),
        ({"post_to_pre": 1.0}, "'post_to_pre' does not learn; what does is pre_to_post"),
    ):
        with pytest.raises(ShapeError, match=words):
            model.set_weights(wrong)
    with pytest.raises(ShapeError, match="something that learns are called 'pre'"):
        Model(model.network, model.populations, {"pre": made}, clocks)
    with pytest.raises(ShapeError, match="nothing here is called 'hidden'"):
        model.set({"hidden.eta": 1.0})
    with pytest.raises(ShapeError, match="'pre_to_post' has no 'speed'"):
        model.set({"pre_to_post.speed": 1.0})
