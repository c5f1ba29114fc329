"""The rows: each a carrier, a feedback, a route and a forward step, with its source."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, TypeVar

from bioplaus.layered.carriers import Aligned, Gradient, Penalty, TopOnly
from bioplaus.layered.control import Controlled, Predictive
from bioplaus.layered.error_path import ErrorPath
from bioplaus.layered.feedback import Fixed, Mirrored, NoFeedback, Redrawn, Signs, Transported
from bioplaus.layered.learnt_feedback import Decoder, Inverse, Noise
from bioplaus.layered.settling import Settling
from bioplaus.layered.step import Descent
from bioplaus.layered.targets import Predicted, Sampled, Targets
from bioplaus.parameters import ParameterError, unknown_name

__all__ = ["BOLTZMANN", "ROWS", "SETTLING", "row", "varied"]

FA = "Lillicrap et al. 2016"
DFA = "Nokland 2016"
RBP = "Baldi, Sadowski and Lu 2018"
SIGNS = "Liao, Leibo and Poggio 2016"
KP = "Kolen and Pollack 1994"
MIRROR = "Akrout et al. 2019"
PAL = "Max, Kriener et al. 2024"
BFA = "Luo, Fu and Glass 2017"
LRA = "Ororbia et al. 2018"
LRA_E = "Ororbia and Mali 2019"
DTP = "Lee et al. 2015"
DEEP = "Baldi and Sadowski 2016"
DNI = "Jaderberg et al. 2017"
DFC = "Meulemans et al. 2021"
PC = "Whittington and Bogacz 2017"

_FORGETS, _SHORT = Descent(decay=1e-4), Descent(limit=1.0)
_GUESSED = Noise(superposed=True, reply="rate")
_LOW = Predictive(precision=0.1)

ROWS: dict[str, ErrorPath] = {
    "backprop": ErrorPath(feedback=Transported()),
    "top layer only": ErrorPath(TopOnly(), NoFeedback()),
    "FA": ErrorPath(source=FA),
    "DFA": ErrorPath(route="direct", source=DFA),
    "FA without slope": ErrorPath(Gradient(gated=False), source=RBP),
    "DFA without slope": ErrorPath(Gradient(gated=False), route="direct", source=RBP),
    "FA, redrawn": ErrorPath(feedback=Redrawn()),
    "ARBP": ErrorPath(feedback=Mirrored(), source=RBP),
    "ASRBP": ErrorPath(feedback=Mirrored(), route="direct", source=RBP),
    "sparse FA, 8": ErrorPath(feedback=Fixed(fan=8), source=RBP),
    "sparse FA, 1": ErrorPath(feedback=Fixed(fan=1), source=RBP),
    "sparse DFA, 8": ErrorPath(feedback=Fixed(fan=8), route="direct", source=RBP),
    "sparse DFA, 1": ErrorPath(feedback=Fixed(fan=1), route="direct", source=RBP),
    "FA, 1 bit": ErrorPath(Gradient(bits=1), source=RBP),
    "DFA, 1 bit": ErrorPath(Gradient(bits=1), route="direct", source=RBP),
    "FA, 3 bits": ErrorPath(Gradient(bits=3), source=RBP),
    "DFA, 3 bits": ErrorPath(Gradient(bits=3), route="direct", source=RBP),
    "sign, uniform": ErrorPath(feedback=Signs(), source=SIGNS),
    "sign, fixed magnitude": ErrorPath(feedback=Signs("fixed"), source=SIGNS),
    "sign, magnitude redrawn": ErrorPath(feedback=Signs("redrawn"), source=SIGNS),
    "Kolen-Pollack": ErrorPath(feedback=Mirrored(decay=1e-4), step=_FORGETS, source=KP),
    "backprop, decay": ErrorPath(feedback=Transported(), step=_FORGETS),
    "backprop, limit": ErrorPath(feedback=Transported(), step=_SHORT),
    "FA, limit": ErrorPath(step=_SHORT),
    "weight mirror": ErrorPath(feedback=Noise(), source=MIRROR),
    "weight mirror, rates": ErrorPath(feedback=Noise(reply="rate"), source=MIRROR),
    "PAL": ErrorPath(feedback=_GUESSED, source=PAL),
    "PAL, drives": ErrorPath(feedback=Noise(superposed=True), source=PAL),
    "direct mirror": ErrorPath(feedback=Noise(superposed=True), route="direct", source=PAL),
    "BFA": ErrorPath(feedback=Decoder(0.1), source=BFA),
    "BDFA": ErrorPath(feedback=Decoder(0.01), route="direct", source=BFA),
    "BDFA, as printed": ErrorPath(feedback=Decoder(1.0, printed=True), route="direct", source=BFA),
    "LRA-diff": ErrorPath(Penalty(gated=True), Transported(), step=_SHORT, source=LRA),
    "LRA-fdbk": ErrorPath(Penalty(), step=_SHORT, source=LRA),
    "LRA-fdbk, K 5": ErrorPath(Penalty(repeats=5), step=_SHORT, source=LRA),
    "LRA-E": ErrorPath(Aligned(), Mirrored(), source=LRA_E),
    "target propagation": ErrorPath(Targets(1.0, difference=False), Inverse(10.0), source=DTP),
    "difference target propagation": ErrorPath(Targets(), Inverse(), source=DTP),
    "DTP, gradient at the top": ErrorPath(Targets(top="gradient"), Inverse(), source=DTP),
    "deep targets": ErrorPath(Sampled(), NoFeedback(), source=DEEP),
    "synthetic gradients, no label": ErrorPath(
        Predicted(conditioned=False), Transported(), source=DNI
    ),
    "synthetic gradients": ErrorPath(Predicted(), Transported(), source=DNI),
    "synthetic gradients over FA": ErrorPath(Predicted(), Fixed()),
    "predictive coding": ErrorPath(Predictive(), Transported(), source=PC),
    "predictive coding, low precision": ErrorPath(_LOW, Transported(), source=PC),
    "predictive coding, own feedback": ErrorPath(Predictive(), Mirrored()),
    "predictive coding, random feedback": ErrorPath(Predictive(), Fixed()),
    "feedback control, fixed": ErrorPath(Controlled(), Fixed(), "direct", source=DFC),
    "feedback control": ErrorPath(Controlled(), Noise(superposed=True), "direct", source=DFC),
}
"""By name; without a source it is a reference or a control of ours."""


CHL = "Xie and Seung 2003"
GENEREC = "O'Reilly 1996"
STDP = "Bengio et al. 2015"

_CHANGE = Settling("change", held=False, free=15, second=15, source=STDP)

SETTLING: dict[str, Settling] = {
    "CHL": Settling(source=CHL),
    "CHL, own feedback": Settling(feedback="own", source=CHL),
    "GeneRec": Settling("presynaptic", source=GENEREC),
    "GeneRec, random feedback": Settling("presynaptic", feedback="random", source=GENEREC),
    "rate of change": _CHANGE,
    "rate of change, random feedback": replace(_CHANGE, feedback="random"),
}
"""Networks that settle; all of their units are logistic."""

BOLTZMANN = {"Boltzmann machine": True, "Boltzmann machine, samples": False}
"""Machines of image and label, and whether visible units are means going down (Hinton 2002)."""


def row(name: str) -> ErrorPath:
    """The error path of this name.

    Raises
    ------
    ParameterError
        For a name that none has.
    """
    if name in SETTLING or name in BOLTZMANN:
        raise ParameterError(f"{name} is no error path: it settles, or samples")
    if name not in ROWS:
        raise ParameterError(unknown_name("row", name, list(ROWS)))
    return ROWS[name]


Row = TypeVar("Row", ErrorPath, Settling)


def varied(path: Row, constants: str) -> Row:
    """A row with other constants: ``feedback.rate=0.1, step.limit=1``, or ``gain=1`` if it settles.

    Raises
    ------
    ParameterError
        For a part or constant that the row has not, or a value of another kind.
    """
    for each in filter(None, (text.strip() for text in constants.split(","))):
        name, _, value = (text.strip() for text in each.partition("="))
        if isinstance(path, Settling):
            path = _changed(path, each, name, value)
            continue
        part, _, constant = name.partition(".")
        if part not in ("carrier", "feedback", "step"):
            raise ParameterError(f"{each!r} is no constant; write carrier., feedback. or step.")
        changed = _changed(getattr(path, part), each, constant, value)
        path = replace(path, **{part: changed})
    return path


def _changed(of: Any, text: str, constant: str, value: str) -> Any:
    """A part with one constant read from text."""
    known = [field.name for field in fields(of) if field.name != "source"]
    if constant not in known:
        raise ParameterError(unknown_name(f"constant of {type(of).__name__}", constant, known))
    kind = type(getattr(of, constant))
    try:
        read = value == "true" if kind is bool else kind(value)
    except ValueError as wrong:
        raise ParameterError(f"{text!r} must be of type {kind.__name__}") from wrong
    return replace(of, **{constant: read})
