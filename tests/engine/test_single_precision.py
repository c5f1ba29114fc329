"""An integer beside a number in single precision does not make the result double."""

import numpy as np
import pytest
from numba import njit, types

from bioplaus.engine.machine import for_numba

OPERATIONS = {"_nb_add": 8.5, "_nb_subtract": -4.5, "_nb_multiply": 13.0, "_nb_divide": 2 / 6.5}


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_integer_takes_the_precision_of_its_partner(name):
    operation = getattr(for_numba, name)

    @njit
    def with_literal(x):
        return operation(2, x)

    assert with_literal(np.float32(6.5)) == np.float32(OPERATIONS[name])
    assert with_literal(6.5) == OPERATIONS[name]
    results = {s.args[0]: s.return_type for s in with_literal.nopython_signatures}
    assert results == {types.float32: types.float32, types.float64: types.float64}
