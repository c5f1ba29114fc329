"""Twelve scripts that know nothing of bioplaus: the plain script to the bit, however it is run.

They are in ``scripts/``, as somebody has written them; each prints a digest of what it has computed
in its last line.
"""

import random
import shutil
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).with_name("scripts")).glob("*.py"))
BACKENDS = ["numpy", "numba"]
ALL_WAYS = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem[:2])
OFTEN = {"checkpoint": 0.0, "patience": 0.0}
SHORT = {
    "02": {"length": "30*ms"},
    "03": {"length": "20*ms"},
    "04": {"trials": "3"},
    "05": {"epochs": "1"},
    "06": {"presentations": "9"},
    "08": {"trials": "4"},
    "09": {"episodes": "4"},
}
"""What to set where a script is killed: a kill takes as long as all that comes before the first
run, whose number this leaves as it is."""
FAST = ["04", "05", "06"]
INPUT = {"12": "1.4\n"}


def said(script: Path, out: str) -> str:
    """What it has printed; Brian's report of 01 tells wall times."""
    return out.splitlines()[-1] if out and script.stem.startswith("01") else out


def ways(script: Path, backend: str) -> dict:
    return {"backend": backend, "input": INPUT.get(script.stem[:2], "")}


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
@ALL_WAYS
def test_the_plain_script_to_the_bit(workplace, script, backend):
    order = ways(script, backend)
    plain = workplace.plain(script, **order)
    assert plain.code == script.stem.startswith("11"), plain.err
    for tag, options in {
        "auto": {},
        "marked": {"loops": "marked"},
        "none": {"loops": "none"},
        "divided": {"segment": 0.0073},
        "often": OFTEN,
    }.items():
        run = workplace.start(script, tag, options=options, **order)
        assert run.code == plain.code, run.err
        assert said(script, run.out) == said(script, plain.out), tag
        assert said(script, run.output) == said(script, plain.out), tag


def survive(workplace, script: Path, kills: int, seed: int, **order) -> int:
    """Kill a script at random moments, resume it each time, and compare what is left whenever it
    comes to its end; returns how often.  Half of the moments are events, half seconds."""
    draw = random.Random(seed)
    whole = workplace.start(script, "whole", options=OFTEN, **order)
    assert whole.code == script.stem.startswith("11"), whole.err
    events, seconds = workplace.work("whole")

    def moment() -> dict:
        if draw.random() < 0.5:
            return {"kill": draw.randint(2, events)}
        return {"kill_after": draw.uniform(0.05, seconds)}

    done = chains = 0
    while done < kills:
        chains += 1
        tag = f"killed-{chains}"
        run = workplace.start(script, tag, options=OFTEN, **order, **moment())
        while run.code < 0:
            done += 1
            when = moment() if done < kills else {}
            if (run.run / "source" / "modules.json").exists():
                run = workplace.resume(tag, input=order["input"], **when)
            else:  # it had not begun, as `resume` says; a person starts it again
                shutil.rmtree(run.run, ignore_errors=True)
                run = workplace.start(script, tag, options=OFTEN, **order, **when)
        whole.assert_same(run, lambda text: said(script, text))
    return chains


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
@ALL_WAYS
def test_twenty_kills(workplace, script, backend, record_property):
    number = script.stem[:2]
    order = {**ways(script, backend), "changes": SHORT.get(number, {})}
    told = {"kills": 20, "seed": int(number)}
    told["compared"] = survive(workplace, script, **told, **order)
    for name, value in told.items():
        record_property(name, value)


@pytest.mark.parametrize("number", FAST)
def test_five_kills(workplace, number):
    script = next(path for path in SCRIPTS if path.stem.startswith(number))
    order = ways(script, "numpy")
    survive(workplace, script, 5, seed=int(number), changes=SHORT[number], **order)
