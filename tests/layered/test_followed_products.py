"""Products that follow the changes of the rates, against the products themselves."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bioplaus.layered.followed_products import difference, follow


@given(
    batch=st.integers(1, 5),
    pre=st.integers(1, 140),
    post=st.integers(1, 40),
    share=st.floats(0, 1),
    seed=st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None)
def test_following_changes_gives_the_product(batch, pre, post, share, seed):
    rng = np.random.default_rng(seed)
    weights, old = rng.standard_normal((pre, post)), rng.random((batch, pre))
    new = np.where(rng.random((batch, pre)) < share, rng.random((batch, pre)), old)
    product, change = old @ weights, np.empty_like(old)
    difference(new, old, change)
    follow(change, weights, product)
    np.testing.assert_allclose(product, new @ weights, atol=1e-12)


def test_it_is_worthwhile_only_when_few_changed():
    old = np.zeros((2, 100))
    new = old.copy()
    change = np.empty_like(old)
    assert difference(new, old, change)
    new[:, :80] = 1.0
    assert not difference(new, old, change)
    np.testing.assert_array_equal(change, new)
