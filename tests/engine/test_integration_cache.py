"""Exact integration is solved once and remembered on disk; the text is the one of Brian2."""

import pytest
from brian2 import Equations, Hz, NeuronGroup, TimedArray, ms, prefs
from brian2.stateupdaters.base import UnsupportedEquationsException
from brian2.stateupdaters.exact import LinearStateUpdater

import bioplaus.engine

assert bioplaus.engine

DECAY = "dv/dt = (g - v)/(10*ms) : 1\ndg/dt = -g/(3*ms) : 1"


@pytest.fixture(autouse=True)
def folder(tmp_path):
    names = ("codegen.target", "codegen.runtime.numba.cache_dir")
    kept = {name: prefs[name] for name in names}
    prefs["codegen.runtime.numba.cache_dir"] = str(tmp_path)
    yield tmp_path
    for name, value in kept.items():
        prefs[name] = value


def solved(target, equations=DECAY, **namespace):
    prefs.codegen.target = target
    group = NeuronGroup(1, equations, namespace=namespace)
    variables = dict(group.variables) | namespace
    # Brian2 itself remembers by the identity of the variables: every group solves anew.
    return LinearStateUpdater()(Equations(equations), variables)


def kept(folder):
    return sorted(folder.glob("*.engine.txt"))


def test_the_text_is_the_same_and_is_solved_once(folder):
    reference = solved("numpy")
    assert kept(folder) == []
    assert solved("numba") == reference
    assert len(kept(folder)) == 1
    path = kept(folder)[0]
    written = path.stat().st_mtime_ns
    assert solved("numba") == reference
    assert path.stat().st_mtime_ns == written


def test_a_damaged_file_is_written_again(folder):
    reference = solved("numba")
    path = kept(folder)[0]
    whole = path.read_text()
    for damaged in ("", whole[:-3], whole.replace("v = _v", "v = _g")):
        path.write_text(damaged)
        assert solved("numba") == reference
        assert path.read_text() == whole
    path.write_bytes(b"\xff\xfe")
    assert solved("numba") == reference


def test_other_equations_and_other_functions_are_other_questions(folder):
    solved("numba")
    solved("numba", DECAY.replace("3*ms", "4*ms"))
    assert len(kept(folder)) == 2
    driven = "dv/dt = -v*rate(t) : 1"
    slow = TimedArray([1, 2] * Hz, dt=5 * ms)
    solved("numba", driven, rate=slow)
    assert len(kept(folder)) == 3
    fast = TimedArray([1, 2] * Hz, dt=0.01 * ms)  # not constant during a step
    with pytest.raises(UnsupportedEquationsException):
        solved("numba", driven, rate=fast)


def test_a_folder_that_cannot_be_written_to_is_no_obstacle(folder):
    occupied = folder / "file"
    occupied.write_text("")
    prefs["codegen.runtime.numba.cache_dir"] = str(occupied / "below")
    assert solved("numba") == solved("numpy")
