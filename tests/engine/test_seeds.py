"""What decides the random numbers of compiled code: Brian2's seed, NumPy's, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import brian2 as b2
import numpy as np
import pytest
from brian2 import ms

from bioplaus import engine
from bioplaus.engine.brian import numpy_stream


def noisy() -> tuple[b2.Network, b2.NeuronGroup]:
    cells = b2.NeuronGroup(20, "dx/dt = xi / ms**0.5 : 1", method="euler")
    return b2.Network(cells), cells


def after(*durations: float) -> bytes:
    """Bits of the neurons after runs of these lengths [ms]."""
    network, cells = noisy()
    for duration in durations:
        network.run(duration * ms)
    return np.array(cells.x[:]).tobytes()


@pytest.mark.parametrize("fuse", [True, False])
@pytest.mark.parametrize("seed", [b2.seed, np.random.seed])
def test_a_seed_decides(seed: Callable[[int], None], fuse: bool) -> None:
    b2.prefs.codegen.target = "numba"
    b2.prefs.codegen.runtime.numba.fuse = fuse
    seed(3)
    first = after(2)
    assert after(2) != first  # the stream goes on
    seed(3)
    assert after(2) == first
    seed(4)
    assert after(2) != first
    seed(3)
    np.random.rand()  # noqa: NPY002  (a script that draws before the run)
    assert after(2) != first
    b2.prefs.codegen.runtime.numba.fuse = not fuse
    seed(3)
    assert after(0.7, 1.3) == first


def test_numbers_drawn_by_numpy_stay_numpys() -> None:
    """A script's own draws are those of a script that never ran a network."""
    b2.prefs.codegen.target = "numba"
    np.random.seed(5)  # noqa: NPY002
    expected = np.random.rand(6)  # noqa: NPY002
    normal = np.random.randn(3)  # noqa: NPY002  (the fourth waits)
    network, _ = noisy()
    np.random.seed(5)  # noqa: NPY002
    drawn: list[float] = []
    for _ in range(3):
        network.run(1 * ms)
        drawn += list(np.random.rand(2))  # noqa: NPY002
    assert np.array_equal(drawn, expected)
    first = np.random.randn(1)  # noqa: NPY002
    network.run(1 * ms)
    assert np.array_equal([*first, *np.random.randn(2)], normal)  # noqa: NPY002


def test_a_run_without_random_numbers_touches_no_state() -> None:
    b2.prefs.codegen.target = "numba"
    cells = b2.NeuronGroup(3, "dx/dt = -x / (5*ms) : 1", method="euler")
    network = b2.Network(cells)
    before = np.random.get_state()  # noqa: NPY002
    network.run(1 * ms)
    network.run(1 * ms)
    after_runs = np.random.get_state()  # noqa: NPY002
    assert np.array_equal(before[1], after_runs[1])
    assert before[2:] == after_runs[2:]


def test_a_stored_random_state_comes_back_after_other_seeds() -> None:
    """Restored three times, with seeds and draws of the script's own in between."""
    b2.prefs.codegen.target = "numba"
    b2.seed(8)
    network, cells = noisy()
    network.run(1 * ms)
    network.store()
    ends = []
    for _ in range(3):
        network.restore(restore_random_state=True)
        network.run(1 * ms)
        ends.append((np.array(cells.x[:]).tobytes(), np.random.rand()))  # noqa: NPY002
        np.random.seed(1)  # noqa: NPY002
        network.run(1 * ms)
    assert ends[0] == ends[1] == ends[2]


def test_a_profile_is_measured_object_by_object() -> None:
    b2.prefs.codegen.target = "numba"
    b2.prefs.codegen.runtime.numba.fuse = True
    b2.seed(6)
    fused = after(2)
    network, cells = noisy()
    b2.seed(6)
    before = engine.fused_runs()
    network.run(2 * ms, profile=True)
    assert engine.fused_runs() == before
    assert f"{cells.name}_stateupdater" in dict(network.profiling_info)
    assert np.array(cells.x[:]).tobytes() == fused


def noise_after(*between: Callable[[], object]) -> list[bytes]:
    """Bits of the neurons, from zero, after each of several runs, with something before each."""
    network, cells = noisy()
    found = []
    for act in between:
        act()
        cells.x = 0
        network.run(1 * ms)
        found.append(np.array(cells.x[:]).tobytes())
    return found


def test_normal_numbers_between_runs_neither_repeat_nor_hide_anything() -> None:
    """NumPy draws them in pairs: every second one leaves its stream where it was."""
    b2.prefs.codegen.target = "numba"
    np.random.seed(3)  # noqa: NPY002
    assert len(set(noise_after(*[np.random.randn] * 4))) == 4

    def seeded() -> None:
        np.random.seed(3)  # noqa: NPY002
        np.random.randn()  # noqa: NPY002  (the second of the pair waits)

    assert len(set(noise_after(*[seeded] * 3))) == 1


def test_going_back_to_a_state_of_numpys_shows() -> None:
    b2.prefs.codegen.target = "numba"
    noise_after(lambda: np.random.seed(4))  # noqa: NPY002
    np.random.rand()  # noqa: NPY002
    state = np.random.get_state()  # noqa: NPY002
    back = [lambda: np.random.set_state(state)] * 3  # noqa: NPY002
    assert len(set(noise_after(*back))) == 1
    assert noise_after(lambda: None) != noise_after(back[0])


def test_no_seed_is_taken_for_a_mark_of_the_engines() -> None:
    """A seed becomes the first word of NumPy's state, where the engine notes what it has seen."""
    b2.prefs.codegen.target = "numba"
    for number in range(numpy_stream._last_mark, numpy_stream._last_mark + 8, 2):
        seeds = [lambda: np.random.seed(number)] * 3  # noqa: B023, NPY002
        assert len(set(noise_after(*seeds))) == 1


@pytest.mark.parametrize("used", [0, 1, 623, 624])
def test_a_mark_leaves_the_stream_where_it_is(used: int) -> None:
    """Wherever a Mersenne Twister stands within its state of 624 words."""
    own = np.random.RandomState(6).get_state(legacy=False)
    own["state"]["pos"] = used
    np.random.set_state(own)  # noqa: NPY002
    expected = np.random.randint(2**32, size=1500, dtype=np.uint64)  # noqa: NPY002
    np.random.set_state(own)  # noqa: NPY002
    numpy_stream.mark()
    drawn = np.random.randint(2**32, size=1500, dtype=np.uint64)  # noqa: NPY002
    assert np.array_equal(drawn, expected)


def test_another_generator_may_be_numpys_global_one() -> None:
    b2.prefs.codegen.target = "numba"
    before = np.random.get_bit_generator()
    try:
        found = noise_after(*[lambda: np.random.set_bit_generator(np.random.PCG64(3))] * 2)
        assert noise_after(np.random.rand, np.random.rand)[0] != found[0]
    finally:
        np.random.set_bit_generator(before)


def test_the_position_is_another_after_each_number() -> None:
    generator = np.random.Generator(np.random.PCG64(5))
    seen = {numpy_stream.position(generator.bit_generator)}
    for _ in range(4):
        generator.integers(2**31, dtype=np.int32)  # two of them are one word
        seen.add(numpy_stream.position(generator.bit_generator))
    assert len(seen) == 5
    assert numpy_stream.position(np.random.PCG64(5)) in seen
