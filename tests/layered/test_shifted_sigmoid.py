"""The vectorised sigmoid against its formula."""

import numpy as np
import pytest

from bioplaus.layered.shifted_sigmoid import shifted_sigmoid


@pytest.mark.parametrize(("dtype", "allowed"), [(np.float64, 1e-15), (np.float32, 2e-7)])
def test_sigmoid_is_the_shifted_logistic(dtype, allowed):
    """From deep saturation on both sides through the slope; infinities have their limits."""
    x = np.concatenate([[-np.inf, -1e6, -30], np.linspace(-3, 4, 2901), [30, 1e6, np.inf]])
    x = x.astype(dtype)[None]
    rates = np.empty_like(x)
    shifted_sigmoid(x, rates)
    expected = 1 / (1 + np.exp(np.clip(-4 * (x.astype(np.float64) - 0.5), -700, 700)))
    np.testing.assert_allclose(rates, expected, atol=allowed)
    assert np.all(np.diff(rates[0].astype(np.float64)) >= -allowed)


def test_sigmoid_hands_on_what_is_not_a_number():
    x = np.full((1, 3), np.nan, np.float32)
    rates = np.zeros_like(x)
    shifted_sigmoid(x, rates)
    assert np.all(np.isnan(rates))
