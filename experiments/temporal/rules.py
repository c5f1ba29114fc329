"""The rules, what each needs, and why some have no place in some tasks."""

from __future__ import annotations

from dataclasses import dataclass

from bioplaus.experiments.temporal.tasks import TASKS
from bioplaus.parameters import ParameterError

__all__ = ["NAMES", "RULES", "Rule", "check", "does", "reason"]


@dataclass(frozen=True)
class Rule:
    """A rule on its network.

    network : spiking, rates, layered (SuperSpike's), events (EventProp's) or wanted (NormAD's).
    how : the value of ``feedback`` or ``rule`` there.  needs : letters, see the page of the family.
    """

    network: str
    how: str
    needs: str
    source: str


RULES = {
    "through time (spikes)": Rule("spiking", "through time", "TB", "Bellec 2020"),
    "truncated (spikes)": Rule("spiking", "truncated", "TB", "Williams and Peng 1990"),
    "e-prop, symmetric": Rule("spiking", "symmetric", "T", "Bellec 2020"),
    "e-prop, random": Rule("spiking", "random", "", "Bellec 2020"),
    "e-prop, adaptive": Rule("spiking", "adaptive", "M", "Bellec 2020"),
    "readout only (spikes)": Rule("spiking", "none", "", "control"),
    "through time (rates)": Rule("rates", "through time", "TB", "Rumelhart 1986"),
    "truncated (rates)": Rule("rates", "truncated", "TB", "Williams and Peng 1990"),
    "RFLO, symmetric": Rule("rates", "local", "T", "Murray 2019"),
    "RFLO": Rule("rates", "random local", "", "Murray 2019"),
    "UORO": Rule("rates", "unbiased", "TGR", "Tallec and Ollivier 2018"),
    "readout only (rates)": Rule("rates", "none", "", "control"),
    "SuperSpike, symmetric": Rule("layered", "symmetric", "T", "Zenke and Ganguli 2018"),
    "SuperSpike, random": Rule("layered", "random", "", "Zenke and Ganguli 2018"),
    "SuperSpike, uniform": Rule("layered", "uniform", "", "Zenke and Ganguli 2018"),
    "readout only (layered)": Rule("layered", "none", "", "control"),
    "EventProp": Rule("events", "transposed", "TB", "Wunderlich and Pehle 2021"),
    "EventProp, random": Rule("events", "random", "B", "Wunderlich and Pehle 2021"),
    "NormAD": Rule("wanted", "output", "", "Anwani and Rajendran 2018"),
}

_DYNAMICS = "learns a dynamical system whose whole state it is told and fed back"
_COUNTS = "its error is of spike counts over hundreds of ms; one spike an input has none"
_REWARD = "hears one reward a trial, no error of each output"
NOWHERE = {
    "FOLLOW": _DYNAMICS,
    "HM2-BP": _COUNTS,
    "reward-modulated STDP": _REWARD,
    "STDP": "hears of no error",
}
"""Rules that are elsewhere in this project and have no cell here, and why."""

NAMES = (*RULES, *NOWHERE)

_ONE_LAYER = "one layer, whose cells hear the inputs themselves, and no more"
_FORGETS = "layers without recurrence: nothing outlasts some tens of ms"
_NO_TIMES = "its loss is the first spike of a class, of which a pattern has none"


def reason(task: str, rule: str) -> str:
    """Why a rule has no place in a task; empty where it has one."""
    if rule in NOWHERE:
        return NOWHERE[rule]
    network = RULES[rule].network
    if network == "wanted" and task != "pattern":
        return _ONE_LAYER
    if network in ("layered", "events") and task in ("evidence", "delayed-match"):
        return _FORGETS
    return _NO_TIMES if network == "events" and task == "pattern" else ""


def does(task: str) -> list[str]:
    """Rules that have a place in a task."""
    return [rule for rule in NAMES if not reason(task, rule)]


def check(task: str, rule: str) -> None:
    """Refuse a rule that has no place in a task.

    Raises
    ------
    ParameterError
        Says why, and where it has one.
    """
    if why := reason(task, rule):
        others = [each for each in TASKS if not reason(each, rule)]
        where = f"; it does {', '.join(others)}" if others else "; it is measured elsewhere"
        raise ParameterError(f"rule = {rule!r} does not do {task}: {why}{where}")
