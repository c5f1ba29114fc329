"""Errors and speed of the engine's elementary functions: ``python -m benchmarks.mathematics``.

Each function is calculated by compiled code at random arguments of several ranges and compared with
the C library's function in 80 bits, whose own error is below 0.001 units in the last place of a
double; it takes a processor of the x86 family.  ``docs/results/engine/mathematics.json`` keeps the
largest errors and where they were found, and the time that a call takes in a loop over an array and
in one that is not vectorised, beside the C library's function.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import brian2  # noqa: F401
import numpy as np
from numpy.typing import NDArray

from benchmarks.kept import keep
from bioplaus.engine.compiler import compiled

KEPT = Path("docs/results/engine/mathematics.json")
CHUNK = 200_000

Numbers = NDArray[np.float64]
Long = NDArray[np.longdouble]


@dataclass(frozen=True)
class Case:
    """A function: what it is in 80 bits, what it is in the C library, where it is looked at.

    ranges : for each argument of each stratum (lowest, highest), and whether numbers are drawn
    evenly in size (``"log"``, with both signs where the lowest is given as negative) or evenly.
    """

    truth: Callable[..., Any]
    library: str
    ranges: tuple[tuple[str, float, float], ...]
    second: tuple[tuple[str, float, float], ...] = ()

    @property
    def arguments(self) -> int:
        """Their number."""
        return 2 if self.second else 1


def _exprel(x: Any) -> Any:
    with np.errstate(all="ignore"):
        value = np.expm1(x) / x
    value = np.where(np.isinf(x), np.where(x > 0, x, 0), value)
    return np.where(x == 0, np.ones_like(x), value)


SMALL = ("both", 1e-320, 1e-3)
POSITIVE = ("log", 5e-324, 1.79e308)
NEAR_ONE = ("even", 0.3, 3.0)
TURNS = (SMALL, ("even", -10.0, 10.0), ("even", -2e6, 2e6), ("both", 1.0, 1.79e308))
POWERS = Case(
    np.power,
    "x ** y",
    (("log", 1e-300, 1e300), ("log", 0.5, 2.0), ("log", 0.9, 1.1), ("log", 1e-2, 1e2)),
    (("even", -1.1, 1.1), ("even", -1000, 1000), ("even", -7000, 7000), ("even", -20, 20)),
)
CASES = {
    "exp": Case(np.exp, "exp(x)", (("even", -745.2, 709.8), ("even", -2.0, 2.0), SMALL)),
    "exp_alone": Case(np.exp, "exp(x)", (("even", -745.2, 709.8), ("even", -2.0, 2.0), SMALL)),
    "expm1": Case(np.expm1, "expm1(x)", (("even", -50.0, 709.8), ("even", -2.0, 2.0), SMALL)),
    "exprel": Case(_exprel, "expm1(x) / x", (("even", -800, 717), ("even", -2.0, 2.0), SMALL)),
    "log": Case(np.log, "log(x)", (POSITIVE, NEAR_ONE, ("even", 0.99, 1.01))),
    "log1p": Case(np.log1p, "log1p(x)", (POSITIVE, ("even", -1.0, 3.0), ("both", 1e-320, 0.5))),
    "log10": Case(np.log10, "log10(x)", (POSITIVE, NEAR_ONE, ("even", 0.99, 1.01))),
    "sinh": Case(np.sinh, "sinh(x)", (("even", -711.0, 711.0), ("even", -3.0, 3.0), SMALL)),
    "cosh": Case(np.cosh, "cosh(x)", (("even", -711.0, 711.0), ("even", -3.0, 3.0), SMALL)),
    "tanh": Case(np.tanh, "tanh(x)", (("even", -25.0, 25.0), ("even", -1.0, 1.0), SMALL)),
    "sin": Case(np.sin, "sin(x)", TURNS),
    "cos": Case(np.cos, "cos(x)", TURNS),
    "tan": Case(np.tan, "tan(x)", TURNS),
    **dict.fromkeys(("power", "power_alone"), POWERS),
}


def drawn(kind: str, low: float, high: float, number: int, rng: np.random.Generator) -> Numbers:
    """Random numbers of a range."""
    if kind == "even":
        return rng.uniform(low, high, number)
    sizes = np.exp(rng.uniform(np.log(low), np.log(high), number))
    return sizes * rng.choice([-1.0, 1.0], number) if kind == "both" else sizes


def arguments(case: Case, number: int, rng: np.random.Generator) -> list[Numbers]:
    """``number`` arguments of each of a function's ranges, one array for each argument."""
    columns = (case.ranges, case.second) if case.second else (case.ranges,)
    return [np.concatenate([drawn(*r, number, rng) for r in ranges]) for ranges in columns]


def text(expressions: dict[str, str], head: str = "") -> str:
    """A program that calculates expressions of x and y, each by a kernel into an array.

    head : of each turn of the loops, which are vectorised if there is none.
    """
    lines = ["from bioplaus.engine.machine.support import *"]
    for name, expression in expressions.items():
        lines += ["@_nb_apart", "@njit(error_model='numpy', nogil=True)"]
        lines += [f"def kernel_{name}(x_, y_, out):", "    for i in range(len(out)):"]
        lines += ["        x = x_[_nb_at(i)]", "        y = y_[_nb_at(i)]", head]
        lines += [f"        out[_nb_at(i)] = {expression}"]
    outs = [f"out_{name}" for name in expressions]
    lines += [f"@njit(error_model='numpy')\ndef run(x, y, {', '.join(outs)}):"]
    lines += [f"    kernel_{name}(x, y, out_{name})" for name in expressions]
    return "\n".join([*lines, "    return 0", ""])


def call(name: str) -> str:
    """The call of a function of ours in a program's text."""
    return f"_nb_{name}({', '.join('xy'[: CASES[name].arguments])})"


def calculated(expression: str, x: Numbers, y: Numbers | None = None) -> Numbers:
    """An expression of x and y as the engine calculates it."""
    y, out = x if y is None else y, np.empty_like(x)
    compiled(text({"0": expression}), {}, [x, y, out])(x, y, out)
    return out


def units(found: Numbers, true: Any) -> Numbers:
    """The distance from the truth in units in the last place of the nearest double; 0 for a NaN
    or infinity that is right."""
    with np.errstate(all="ignore"):
        rounded = np.asarray(true, dtype=np.float64)
        finite = np.where(np.isinf(rounded), np.finfo(float).max, rounded)
        distance = np.abs(found.astype(np.longdouble) - true) / np.spacing(np.abs(finite))
        right = (found == rounded) | (np.isnan(found) & np.isnan(rounded))
    distance = np.where(right & ~np.isfinite(found), 0, distance)
    return np.where(np.isnan(distance), np.inf, distance).astype(np.float64)


def largest_error(name: str, number: int) -> dict[str, Any]:
    """The largest error at ``number`` arguments of each range, seed 1, and where it is."""
    case, rng, worst, done, half = CASES[name], np.random.default_rng(1), (0.0, [0.0]), 0, 0
    while done < number:
        given = arguments(case, min(CHUNK, number - done), rng)
        with np.errstate(all="ignore"):
            true = case.truth(*(column.astype(np.longdouble) for column in given))
        found = units(calculated(call(name), *given), true)
        place = int(np.argmax(found))
        worst = max(worst, (float(found[place]), [float(column[place]) for column in given]))
        half += int((found > 0.5).sum())
        done += CHUNK
    total = number * len(case.ranges)
    return {"units": worst[0], "at": worst[1], "arguments": total, "not_nearest": half / total}


def seconds(expression: str, given: list[Numbers], head: str = "") -> float:
    """CPU seconds of a call, the least of several repeats; ``head`` as for `text`."""
    x, y, out = given[0], given[-1], np.empty_like(given[0])
    function = compiled(text({"0": expression}, head), {}, [x, y, out])
    times = []
    for _ in range(15):
        began = time.process_time()
        for _ in range(50):
            function(x, y, out)
        times.append(time.process_time() - began)
    return min(times) / 50 / len(x)


def speed(name: str) -> dict[str, float]:
    """Nanoseconds of a call, ours and the C library's, in loops that may be vectorised and not."""
    case, rng = CASES[name], np.random.default_rng(2)
    given = [column[:2000] for column in arguments(Case(*_usual(case)), 2000, rng)]
    library = "_nb_np." * ("**" not in case.library) + case.library
    alone = "        if x == 12345.0:\n            break"
    return {
        f"{who}_{where}_ns": round(1e9 * seconds(expression, given, head), 2)
        for where, head in (("loop", ""), ("single", alone))
        for who, expression in (("own", call(name)), ("library", library))
    }


def _usual(case: Case) -> tuple[Any, ...]:
    """The second range, which holds the arguments that networks use."""
    return case.truth, case.library, case.ranges[1:2], case.second[3:4]


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=float, default=1e6, help="arguments of each range")
    parser.add_argument("--function", choices=CASES, help="this one only, printed and not kept")
    parser.add_argument("--out", type=Path, default=KEPT)
    chosen = parser.parse_args()
    found: dict[str, Any] = {}
    for name in [chosen.function] if chosen.function else CASES:
        found[name] = largest_error(name, int(chosen.number)) | speed(name)
        print(name, found[name], flush=True)
    if chosen.function is None:
        keep(found, chosen.out, _table)


def _table(found: dict[str, Any]) -> str:
    """As the documentation shows it."""
    lines = [
        "| function | arguments | largest error [ulp] | at | loop: ours, C | single: ours, C |",
        "|---|---:|---:|---|---:|---:|",
    ]
    for name, told in found.items():
        at = ", ".join(f"{number:.6g}" for number in told["at"])
        times = [
            f"{told[f'own_{where}_ns']:.1f}, {told[f'library_{where}_ns']:.1f}"
            for where in ("loop", "single")
        ]
        cells = (f"`{name}`", f"{told['arguments'] / 1e6:.0f} million", f"{told['units']:.3f}", at)
        lines.append(f"| {' | '.join([*cells, *times])} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
