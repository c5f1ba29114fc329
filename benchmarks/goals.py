"""What the engine aims at beside what it reaches: ``python -m benchmarks.goals``.

Nothing is measured here: ``docs/results/engine/goals.md`` is made from what the other benchmarks
have kept in that folder, each at the revision that the table names.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

FOLDER = Path("docs/results/engine")


@dataclass(frozen=True)
class Goal:
    """What is aimed at, with its unit; before : when goals were set; floor : what the memory or the
    length of the data allows at best, where it is known; read : what was reached, from what a
    benchmark has kept."""

    what: str
    before: str
    aim: str
    benchmark: str
    read: Callable[[Any], str]
    floor: str = ""


def _beyond(way: str) -> Callable[[Any], str]:
    """The middle and the largest of what a process takes beyond one on numpy."""

    def read(kept: Any) -> str:
        scripts = [each for each in kept["scripts"].values() if "numpy" in each]
        more = [each[way] - each["numpy"] for each in scripts]
        return f"{median(more):.2f}, at most {max(more):.2f} ({len(more)} scripts)"

    return read


def _compiled(name: str) -> Callable[[Any], str]:
    return lambda kept: f"{kept[name]['direct']:.2g}, of Numba {kept[name]['numba']:.2g}"


def _entered(how: str) -> Callable[[Any], str]:
    def read(kept: Any) -> str:
        calls = [row["now"] for row in kept.values() if isinstance(row, dict) and "now" in row]
        shown = (f"{1e3 * row[how]:.2f} ({row['synapses']:,} synapses)" for row in calls)
        return ", ".join(shown)

    return read


def _learning(name: str) -> Callable[[Any], str]:
    return lambda kept: f"{kept[name]['with']:.3g}"


def _kept(what: str, kind: str) -> Callable[[Any], str]:
    return lambda kept: f"{kept[kind][what]:.0f}"


def _second_of(case: str) -> Callable[[Any], str]:
    return lambda kept: f"{kept['loop'][case]['engine']['per_second']:.2f}"


def _beside(simulator: str) -> Callable[[Any], str]:
    def read(kept: Any) -> str:
        told = next(told for name, told in kept["networks"].items() if "plastic" in name)
        return f"{told[simulator]['cpu_s_per_s'] / told['engine']['cpu_s_per_s']:.1f}"

    return read


DIGITS, BALANCED = "Diehl and Cook, 784 to 400", "balanced network, 5,000 cells"
TRACES, PLASTIC = "eligibility traces, random", "plastic, nothing of the source read"
GOALS = (
    Goal("CUBA, compiled, CPU s", "2.8", "0.2", "compile_time", _compiled("B4")),
    Goal("digits (eRBP), compiled, CPU s", "16.6", "0.5", "compile_time", _compiled("eRBP-0.5")),
    Goal("16 projections, compiled, CPU s", "40", "1", "compile_time", _compiled("16 projections")),
    Goal("64 projections, compiled, CPU s", "", "5", "compile_time", _compiled("64 projections")),
    Goal("empty cache, CPU s beyond `numpy`", "4 to 20", "0.3", "cold_start", _beyond("cold")),
    Goal("kept code, CPU s beyond `numpy`", "0.6", "0.05", "cold_start", _beyond("warm")),
    Goal("`run()` again, ms", "1.9", "0.1", "reentry", _entered("nothing changed")),
    Goal("with a changed constant, ms", "230", "0.1", "reentry", _entered("another constant")),
    Goal("in a function, ms", "370", "0.1", "reentry", _entered("in a function")),
    Goal("Diehl and Cook, ms an image", "38", "18", "plastic", _learning(DIGITS), floor="5"),
    Goal("COBAHH, CPU s a second", "5.7", "1.0", "speed", _second_of("COBAHH")),
    Goal("balanced and plastic, CPU s a second", "3.8", "1.5", "plastic", _learning(BALANCED)),
    Goal("the same, times faster than NEST", "3.2", "10", "simulators", _beside("NEST")),
    Goal("eligibility, ns a synapse and step", "60", "5", "plastic", _learning(TRACES)),
    Goal("`connect`, ns a synapse", "90", "20", "synapses", _kept("connect_ns", "static")),
    Goal("bytes kept, static", "30", "12", "synapses", _kept("bytes_kept", "static"), floor="12"),
    Goal("bytes kept, plastic", "", "16", "synapses", _kept("bytes_kept", PLASTIC), floor="16"),
)


def table(folder: Path) -> str:
    """As the documentation shows it; a benchmark that has kept nothing leaves its goals open."""
    lines = ["| what | before | goal | floor | reached | at revision |"]
    lines += ["|---|---:|---:|---:|---:|---|"]
    for goal in GOALS:
        path = folder / f"{goal.benchmark}.json"
        kept = json.loads(path.read_text()) if path.exists() else {}
        try:
            reached = goal.read(kept)
        except KeyError:
            reached = "not measured"
        aims = f"{goal.what} | {goal.before} | {goal.aim} | {goal.floor}"
        lines.append(f"| {aims} | {reached} | {_revisions(kept)} |")
    return "\n".join(lines) + "\n"


def _revisions(kept: Any) -> str:
    """All at which something in a file was measured, but for earlier ones to compare with."""
    if not isinstance(kept, dict):
        return ""
    own = [kept["revision"]] if "revision" in kept else [*kept.get("revisions", {}).values()]
    parts = [_revisions(part) for name, part in kept.items() if name != "before"]
    return ", ".join(dict.fromkeys([*own, *filter(None, parts)]))


def main() -> None:
    """Print the table and write it."""
    text = table(FOLDER)
    (FOLDER / "goals.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
