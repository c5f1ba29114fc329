"""Creating synapses: those that Brian2 makes, from the same random numbers, in fewer bytes."""

from __future__ import annotations

from typing import Any

import brian2 as b2
import numpy as np
import pytest
from brian2 import ms

from bioplaus.engine.brian import connect as connect_module
from bioplaus.engine.brian.indices import IndexArray
from bioplaus.engine.brian.watching import WatchedArray

Calls = list[dict[str, Any]]

#: Sources, targets and calls, between whole groups and between parts of them.
WHOLE: dict[str, tuple[int, int, Calls]] = {
    "a number for every pair": (40, 50, [{"p": 0.2}]),
    "no synapse with itself": (40, 50, [{"condition": "i != j", "p": 0.2}]),
    "a number for every synapse": (70, 1400, [{"p": 0.03}]),
    "hardly any": (30, 3000, [{"p": 0.0005}]),
    "thirds": (10, 1500, [{"p": 1 / 3}, {"p": 0.2 / 3}]),
    "none": (10, 12, [{"p": 0.0}, {"condition": False}]),
    "listed": (10, 12, [{"i": [3, 1, 3], "j": np.array([0, 9, 0])}, {"i": 2, "j": range(5)}]),
    "several, and expressions": (20, 1200, [{"p": 0.1, "n": 2}, {"p": "0.01*(i % 2)"}, {"p": 0.1}]),
}
PARTS: dict[str, tuple[int, int, Calls]] = {
    "likely": (20, 1100, [{"p": 0.3}]),
    "none with itself": (70, 1400, [{"condition": "j!=i", "p": 0.03}]),
    "all, again": (10, 12, [{}, {}, {"condition": "i != j"}, {"p": 1}]),
    "broadcast": (10, 12, [{"i": np.arange(9), "j": 4}, {"i": np.array(7), "j": 7}]),
    "one after the other": (
        30,
        1300,
        [{"p": 0.1}, {"i": [1], "j": [2]}, {"condition": "i < j", "p": 0.1}, {"p": 0.01}, {}],
    ),
}


def made(target: str, sources: int, targets: int, calls: Calls, part: bool) -> Any:
    """What is seen of synapses between groups, or numbered ones between parts of them."""
    b2.prefs.codegen.target = target
    b2.seed(31)
    source, target_group = b2.NeuronGroup(sources, ""), b2.NeuronGroup(targets, "")
    ends = (source[1:], target_group[2 : targets - 1]) if part else (source, target_group)
    synapses = b2.Synapses(*ends, multisynaptic_index="k" if part else None)
    for call in calls:
        synapses.connect(**call)
    b2.Network(source, target_group, synapses)  # else Brian2 says that nobody uses them
    indices = {n: np.array(synapses.variables[f"_synaptic_{n}"].get_value()) for n in ENDS}
    counts = {n: np.array(synapses.variables[n].get_value()) for n in ("N_incoming", "N_outgoing")}
    stream = np.random.mtrand.random_sample(2)
    numbers = np.array(synapses.variables["k"].get_value()) if part else 0
    return {**indices, **counts, "the stream after it": stream, "numbers": numbers}


ENDS = ("pre", "post")


def agree(sources: int, targets: int, calls: Calls, part: bool = False) -> None:
    theirs, ours = (made(t, sources, targets, calls, part) for t in ("numpy", "numba"))
    for name, expected in theirs.items():
        np.testing.assert_array_equal(ours[name], expected, err_msg=name)


@pytest.mark.parametrize("kind", WHOLE)
def test_the_same_synapses_as_brian2(kind: str) -> None:
    """To the bit, NumPy's random numbers included (seed 31)."""
    agree(*WHOLE[kind])


@pytest.mark.parametrize("kind", PARTS)
def test_the_same_synapses_between_parts(kind: str) -> None:
    agree(*PARTS[kind], part=True)


def test_numbers_that_are_drawn_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that do not end where a draw does, and rows longer than a draw."""
    for drawn in (7, 100, 1000):
        monkeypatch.setattr(connect_module, "_DRAWN", drawn)
        agree(9, 1200, [{"p": 0.05}, {"condition": "i != j", "p": 0.3}])


def test_how_many_there_are() -> None:
    """Binomial: 2000 x 2000 x 0.1 = 400000, within four standard deviations of 600 (seed 3)."""
    b2.prefs.codegen.target = "numba"
    b2.seed(3)
    group = b2.NeuronGroup(2000, "x : 1")
    synapses = b2.Synapses(group, group)
    synapses.connect(p=0.1)
    assert abs(len(synapses) - 400_000) < 2400
    outgoing = np.bincount(synapses.i, minlength=2000)
    np.testing.assert_array_equal(outgoing, synapses.variables["N_outgoing"].get_value())
    assert np.var(outgoing) == pytest.approx(180, rel=0.15)
    assert (np.diff(synapses.j)[np.diff(synapses.i) == 0] > 0).all()


@pytest.mark.parametrize(
    ("i", "j", "says"),
    [
        ([0, 10], [0, 0], "'left' has 10 elements .0 to 9., and none is called 10"),
        ([0, 1], [-1, 0], "'right' has 12 elements .0 to 11., and none is called -1"),
        (np.array([2**32]), np.array([0]), "none is called 4294967296"),
    ],
)
def test_pairs_that_there_are_not(i: Any, j: Any, says: str) -> None:
    """Also where 32 bits would make an index of it that there is."""
    b2.prefs.codegen.target = "numba"
    left, right = b2.NeuronGroup(10, "x : 1", name="left"), b2.NeuronGroup(12, "", name="right")
    synapses = b2.Synapses(left, right)
    with pytest.raises(IndexError, match=says):
        synapses.connect(i=i, j=j)
    assert len(synapses) == 0
    with pytest.raises(TypeError, match="have to be given as integers"):
        synapses.connect(i=[0.5], j=[1])
    with pytest.raises(ValueError, match="Can only use skip_if_invalid with string syntax"):
        synapses.connect(i=[1], j=[1], skip_if_invalid=True)


def test_more_synapses_than_indices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect_module, "MAX_SYNAPSES", 100)
    b2.prefs.codegen.target = "numba"
    group = b2.NeuronGroup(10, "x : 1")
    synapses = b2.Synapses(group, group, name="many")
    synapses.connect(i=np.zeros(90, int), j=np.zeros(90, int))
    for call in ({"p": 0.9}, {}, {"i": np.zeros(11, int), "j": np.zeros(11, int)}):
        with pytest.raises(
            ValueError, match=r"synapses in 'many': .* 32 bits, so there can be 100"
        ):
            synapses.connect(**call)
    assert len(synapses) == 90


def kept(synapses: Any) -> dict[str, int]:
    """Bytes of everything that is kept for each synapse, by name."""
    arrays = synapses.variables["_synaptic_pre"].device.arrays
    variables = {v for v in synapses.variables.values() if getattr(v, "dynamic", False)}
    found: dict[str, int] = {}
    for variable in variables - {synapses.variables[n] for n in ("N_incoming", "N_outgoing")}:
        if variable.name.endswith("delay"):
            continue  # counted below; newer versions of Brian2 have them here as well
        array = arrays[variable]
        if isinstance(array, IndexArray) and array.kept is None:
            array = None
        if isinstance(array, WatchedArray):
            array = array._array
        size = 0 if array is None else array.data.nbytes
        found[variable.name] = found.get(variable.name, 0) + size
    for pathway in synapses._pathways:
        queue = pathway.queue
        found[f"{pathway.objname} queue"] = queue.rows.nbytes + queue.delays[1:].nbytes
        delays = arrays[pathway.variables["delay"]]
        found[f"{pathway.objname} delay"] = len(delays._array) * 8
    return {name: round(size, -2) for name, size in found.items() if size > 8}


PLASTIC = {"on_pre": "v_post += w; w = clip(w + y_post, 0, 1)", "on_post": "w = 0.99*w"}


@pytest.mark.parametrize(
    ("options", "delay", "bytes_each"),
    [
        ({"on_pre": "v_post += w"}, None, {"_synaptic_post": 4, "w": 8}),
        ({"on_pre": "v_post += w"}, 2 * ms, {"_synaptic_post": 4, "w": 8}),
        (
            {"on_pre": "v_post += w"},
            "(1 + 5*rand())*ms",
            {"_synaptic_post": 4, "w": 8, "pre delay": 8, "pre queue": 1},
        ),
        (
            {"on_pre": "v_post += w"},
            "(1 + 50*rand())*ms",
            {"_synaptic_post": 4, "w": 8, "pre delay": 8, "pre queue": 2},
        ),
        (PLASTIC, None, {"_synaptic_post": 4, "w": 8, "post queue": 4}),
        (PLASTIC, 2 * ms, {"_synaptic_post": 4, "w": 8, "post queue": 4}),
    ],
)
def test_bytes_of_a_synapse(
    options: dict[str, str], delay: Any, bytes_each: dict[str, int]
) -> None:
    """12 of a static synapse, 16 of a plastic one, and what its own delay takes (seed 4)."""
    b2.prefs.codegen.target = "numba"
    b2.seed(4)
    b2.defaultclock.dt = 0.1 * ms
    cells = b2.NeuronGroup(1100, "v : 1\ny : 1", threshold="v > 1", reset="v = 0", name="cells")
    synapses = b2.Synapses(cells, cells, "w : 1", name="synapses", **options)
    synapses.connect(p=0.02)
    if delay is not None:
        synapses.delay = delay
    network = b2.Network(cells, synapses)
    for _ in range(2):
        network.run(0.3 * ms)
        assert kept(synapses) == {k: round(n * len(synapses), -2) for k, n in bytes_each.items()}
    if isinstance(delay, b2.Quantity):
        np.testing.assert_array_equal(synapses.delay_, np.full(len(synapses), float(delay)))


def test_delays_that_are_alike_until_one_is_not() -> None:
    """A spike of neuron 0 at 0.1 ms; what arrives when is the delay of each run."""
    b2.prefs.codegen.target = "numba"
    b2.defaultclock.dt = 0.1 * ms
    source = b2.SpikeGeneratorGroup(1, [0, 0, 0], [0.1, 1.1, 2.1] * ms)
    target = b2.NeuronGroup(3, "v : 1")
    synapses = b2.Synapses(source, target, on_pre="v_post = t/ms")
    synapses.connect(i=[0, 0, 0], j=[0, 1, 2])
    network = b2.Network(source, target, synapses)
    network.run(1 * ms)
    np.testing.assert_allclose(target.v, 0.1)
    synapses.delay = 0.2 * ms
    network.run(1 * ms)
    np.testing.assert_allclose(target.v, 1.3)
    view = synapses.delay_[:]
    view[1] = 4e-4  # nobody is told
    network.run(1 * ms)
    np.testing.assert_allclose(target.v, [2.3, 2.5, 2.3])
    np.testing.assert_array_equal(synapses.delay_, [2e-4, 4e-4, 2e-4])


def test_sources_are_kept_until_the_next_run_where_they_are_used() -> None:
    """Whoever asks twice is given the same array; the next run lets it go."""
    b2.prefs.codegen.target = "numba"
    cells = b2.NeuronGroup(4, "v : 1", threshold="False")
    synapses = b2.Synapses(cells, cells, "w : 1", on_pre="v += w")
    synapses.connect(i=[0, 1, 1], j=[0, 1, 2])
    network = b2.Network(cells, synapses)
    network.run(0.1 * ms)
    pre = synapses.variables["_synaptic_pre"]
    assert pre.get_value() is pre.get_value()
    array = pre.device.arrays[pre]
    assert array._lent() is not None
    network.run(0.1 * ms)
    assert array._lent() is None


def test_sources_are_made_when_they_are_asked_for() -> None:
    """They are those that were given; nobody can write to them where nobody would know."""
    b2.prefs.codegen.target = "numba"
    cells = b2.NeuronGroup(4, "v : 1", threshold="False")
    synapses = b2.Synapses(cells, cells, "w : 1", on_pre="v += w")
    synapses.connect(i=[0, 0, 2, 3], j=[1, 1, 0, 2])
    network = b2.Network(cells, synapses)
    network.run(0.1 * ms)
    assert "_synaptic_pre" not in kept(synapses)
    np.testing.assert_array_equal(synapses.i, [0, 0, 2, 3])
    with pytest.raises(ValueError, match="read-only"):
        synapses.i[:][0] = 3
    synapses.connect(i=[1], j=[3])
    network.run(0.1 * ms)
    np.testing.assert_array_equal(synapses.i, [0, 0, 2, 3, 1])
    synapses.w = "i"
    np.testing.assert_array_equal(synapses.w["i == 2"], [2])
    synapses.connect(i=[3, 3], j=[0, 1])
    assert "_synaptic_pre" in kept(synapses)
