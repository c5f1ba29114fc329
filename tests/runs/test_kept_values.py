"""Plain values come back with their identity; what is not plain is refused by name."""

import collections
import enum
import itertools
import json
import pathlib
import random
import socket
import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from brian2 import Quantity, cm, metre, ms, mV, siemens

from bioplaus.runs.kept.numbering import Numbers
from bioplaus.runs.kept.stateless import Places
from bioplaus.runs.kept.trial import Trial, same
from bioplaus.runs.kept.unpacking import Unpacker
from bioplaus.runs.kept.values import NotKept, Packer

OWN = __name__


class Tracker:
    def __init__(self):
        self.seen = collections.defaultdict(list)
        self.best = None


class Slotted:
    __slots__ = ("count", "name")


class Doubling:
    """What it is given is twice as much afterwards; what it holds is not."""

    def __new__(cls, n):
        return super().__new__(cls)

    def __init__(self, n):
        self.n = n

    @property
    def n(self):
        return self.__dict__["n"]

    @n.setter
    def n(self, value):
        self.__dict__["n"] = 2 * value


class Colour(enum.Enum):
    RED = 1


Pair = collections.namedtuple("Pair", "a b")


def scratch(items=[]):  # noqa: B006
    items.append(1)
    return items


def packer(places, noting=False):
    return Packer(
        own=lambda name: name == OWN,
        made=0,
        pack_file=lambda file: None,
        at_entry=places,
        noting=noting,
    )


def through(before, after, old):
    """A value noted as it was, packed as it is, and put where ``old`` lives."""
    places = Places()
    packer(places, noting=True).pack_root(before, "frame 0:x")
    keeping = packer(places)
    tree = json.loads(json.dumps(keeping.pack_root(after, "frame 0:x")))
    keeping.look_for_shared_memory()
    return Unpacker(keeping.arrays, Numbers({}), lambda tree, old: old).unpack(tree, old)


def fresh(value):
    """A value made anew from what was packed of it."""
    return through(None, value, None)


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 3, 2**80, 0.1, -0.0, float("inf"), "text", b"\x00\xff", 1 + 2j),
        *(range(1, 9, 2), slice(1, None), pathlib.Path("a/b"), np.float32(0.1), np.int64(7)),
        [1, 2.5, None, "a", [True]],
        list(range(100)),
        [0.1 * n for n in range(100)],
        (1, (2, [3])),
        {"a": [1], (1, 2): {"b": 0.5}},
        collections.OrderedDict([("b", 1), ("a", 2)]),
        collections.Counter("abba"),
        collections.deque([1, 2, 3], maxlen=5),
        frozenset({1, 2}),
        {3, 1, 2},
    ],
)
def test_plain_values_come_back(value):
    found = fresh(value)
    assert found == value
    assert type(found) is type(value)
    assert repr(found) == repr(value)


def test_not_a_number_and_minus_zero_come_back():
    assert str(fresh([float("nan"), -0.0, 1.0] * 5)) == str([float("nan"), -0.0, 1.0] * 5)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4),
        np.asfortranarray(np.arange(12.0).reshape(3, 4)),
        np.arange(12.0)[::-1],
        np.arange(24.0).reshape(4, 6)[:, ::2],
        np.arange(24).reshape(2, 3, 4).transpose(2, 0, 1),
        np.array(3.5),
        np.zeros((0, 3), np.int32),
        np.array([(1, 2.5)], [("a", "i4"), ("b", "f8")]),
        np.array(["a", "bc"]),
    ],
)
def test_arrays_come_back_with_their_layout(array):
    found = fresh(array)
    assert found.dtype == array.dtype
    assert found.tobytes() == array.tobytes()
    if array.size:
        assert found.strides == array.strides


def test_quantities_keep_their_dimensions():
    found = fresh([5 * ms, np.arange(3) * mV, 1e-4 * siemens / cm**2])
    assert found[0] == 5 * ms
    assert found[2] == 1 * siemens / metre**2
    assert isinstance(found[1], Quantity)
    assert found[1].dim == mV.dim


def test_aliases_stay_aliases():
    shared = [1.5]
    found = fresh({"a": shared, "b": [shared, shared]})
    assert found["a"] is found["b"][0] is found["b"][1]
    loop: list = [1]
    loop.append(loop)
    found = fresh(loop)
    assert found[1] is found


def test_what_lives_is_filled_in_place():
    array, inner = np.zeros(3), [0]
    old = {"array": array, "inner": inner, "gone": 1}
    found = through(old, {"array": np.arange(3.0), "inner": [1, 2]}, old)
    assert found is old
    assert array.tolist() == [0, 1, 2]
    assert inner == [1, 2]
    assert "gone" not in old


def test_views_made_before_stay_views():
    whole = np.arange(6.0)
    old = {"whole": whole, "part": whole[2:4]}
    places = Places()
    packer(places, noting=True).pack_root(old, "frame 0:x")
    whole[:] += 1
    keeping = packer(places)
    tree = keeping.pack_root(old, "frame 0:x")
    keeping.look_for_shared_memory()
    arrays = [np.array(values) for values in keeping.arrays]
    whole[:] = 0
    Unpacker(arrays, Numbers({}), lambda tree, old: old).unpack(tree, old)
    assert whole.tolist() == [1, 2, 3, 4, 5, 6]
    whole[2] = 9
    assert old["part"][0] == 9


def test_a_view_made_inside_is_refused():
    whole = np.arange(6.0)
    with pytest.raises(NotKept, match=r"'x\[part\]'|shares its memory"):
        through({"whole": whole}, {"whole": whole, "part": whole[2:]}, None)


@pytest.mark.parametrize("kind", ["PCG64", "MT19937", "Philox", "SFC64", "PCG64DXSM"])
def test_generators_go_on_and_spawn_on(kind):
    rng = np.random.Generator(getattr(np.random, kind)(5))
    rng.random(3)
    rng.spawn(2)
    there = np.random.Generator(getattr(np.random, kind)(5))
    found = through(there, rng, there)
    assert found is there
    for one, other in ((found, rng), (fresh(rng), fresh(rng))):
        assert one.random() == other.random()
        assert one.spawn(1)[0].random() == other.spawn(1)[0].random()


def test_python_streams_go_on():
    own, old = random.Random(3), np.random.RandomState(4)
    own.gauss(0, 1)
    old.randn(3)
    pair = fresh([own, old])
    assert pair[0].gauss(0, 1) == own.gauss(0, 1)
    assert pair[1].randn() == old.randn()


def test_own_instances_come_back():
    tracker = Tracker()
    tracker.seen[1].append(2)
    slotted = Slotted()
    slotted.count = 3
    all_of_them = [tracker, slotted, Pair(1, [2]), Colour.RED, SimpleNamespace(a=1), Doubling(3)]
    found = fresh(all_of_them)
    assert dict(found[0].seen) == {1: [2]}
    assert found[0].seen[7] == []
    assert found[1].count == 3
    assert not hasattr(found[1], "name")
    assert found[2] == Pair(1, [2])
    assert type(found[2]) is Pair
    assert found[3] is Colour.RED
    assert found[4].a == 1
    assert found[5].n == 6


def test_what_functions_and_classes_remember_comes_back():
    total = 0

    def add(amount):
        nonlocal total
        total += amount
        return total

    add.calls = [1]
    scratch.__defaults__[0][:] = []
    places = Places()
    held = [add, scratch, Tracker]
    packer(places, noting=True).pack_root(held, "frame 0:x")
    add(5)
    add.calls.append(2)
    scratch()
    Tracker.made = 4
    keeping = packer(places)
    tree = keeping.pack_root(held, "frame 0:x")
    add(100)
    add.calls.append(3)
    scratch()
    Tracker.made = 9
    Unpacker(keeping.arrays, Numbers({}), lambda tree, old: old).unpack(tree, held)
    assert add(0) == 5
    assert add.calls == [1, 2]
    assert scratch() == [1, 1]
    assert Tracker.made == 4
    del Tracker.made
    scratch.__defaults__[0][:] = []


def _generator():
    yield 1


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (_generator(), "a generator"),
        (iter([1, 2]), r"an iterator \(list_iterator\)"),
        (itertools.count(), r"an iterator \(count\)"),
        (open(__file__), r"an open file \(.*test_kept_values.py\)"),  # noqa: SIM115
        (socket.socket(), "a socket.socket"),
        (threading.Lock(), "an? _thread.lock"),
        (threading.Thread(), "a threading.Thread"),
        (np.array([None, "a"], object), "an array of Python objects"),
        (collections.defaultdict(lambda: 3), "a defaultdict with a factory of its own"),
        (memoryview(b"a"), "a memoryview"),
        (sys._getframe(), "a frame"),
    ],
)
def test_what_is_not_plain_is_refused_by_name(value, what):
    with pytest.raises(NotKept, match=rf"'x\[reader\]|'x' is {what} and cannot be kept"):
        through(value, value, value)
    with pytest.raises(NotKept, match=what):
        through({"reader": [value]}, {"reader": [value]}, None)


def test_a_set_whose_order_would_change_is_refused():
    crowded = set(range(0, 4000))
    for n in range(0, 3990):
        crowded.discard(n)
    with pytest.raises(NotKept, match="a set whose order would be another one"):
        fresh(crowded)


def test_nothing_is_left_behind_by_what_is_refused():
    places = Places()
    keeping = packer(places)
    inner = [1, 2]
    with pytest.raises(NotKept):
        keeping.pack_root([inner, iter([])], "frame 0:bad")
    tree = keeping.pack_root([inner], "frame 0:good")
    found = Unpacker(keeping.arrays, Numbers({}), lambda tree, old: old).unpack(tree)
    assert found == [[1, 2]]


def test_a_trial_makes_everything_beside_what_lives_and_sees_what_is_another():
    tracker, slotted, shared, total = Tracker(), Slotted(), [1.5, None], 0
    tracker.seen[1].append(shared)
    slotted.count = {"a": {1, 2, 3}, "b": collections.deque([1], maxlen=2)}

    def add(amount):
        nonlocal total
        total += amount

    add.calls = [3]
    own, old, new = random.Random(1), np.random.RandomState(2), np.random.default_rng(3)
    held = {
        "shared": shared,
        "again": (shared, [shared]),
        "objects": [tracker, slotted, Pair(1, [2]), SimpleNamespace(a=b"x"), Doubling(3)],
        "enum": Colour.RED,
        "streams": [own, old, new, np.random.SeedSequence(5)],
        "code": [add, tracker.__init__, own.gauss, Tracker, np.mean],
        "arrays": [np.arange(6.0).reshape(2, 3).T, np.arange(3) * mV, np.float32(0.1), np.array(2)],
        "flat": [0.1 * n for n in range(20)],
        "text": ["a", None, float("nan"), -0.0, 1j, pathlib.Path("a"), range(3), bytearray(b"y")],
    }
    places = Places()
    packer(places, noting=True).pack_root(held, "frame 0:x")
    keeping = packer(places)
    tree = json.loads(json.dumps(keeping.pack_root(held, "frame 0:x")))

    def read(arrays):
        trial = Trial(arrays, Numbers({}), lambda tree, old: old)
        try:
            trial.held.append((held, trial.unpack(tree, held)))
        except ValueError:  # no state of a generator
            return None, False
        pairs = {}
        return trial.held[-1][1], all(same(*pair, pairs) for pair in trial.held)

    found, alike = read(keeping.arrays)
    assert alike
    assert found["shared"] is found["again"][0] is found["again"][1][0]
    assert found["shared"] is found["objects"][0].seen[1][0]
    assert found["shared"] is not shared
    assert found["objects"][0] is not tracker
    assert found["streams"][0].random() == random.Random(1).random()
    assert own.getstate() == random.Random(1).getstate()  # what lives has not gone on
    assert len(keeping.arrays) > 6
    for number, array in enumerate(keeping.arrays):
        other = np.array(array, order="C")
        other.reshape(-1).view(np.uint8)[-1] ^= 1
        changed = [*keeping.arrays[:number], other, *keeping.arrays[number + 1 :]]
        assert not read(changed)[1], number
    held["objects"][0].best = 1
    assert not read(keeping.arrays)[1]
