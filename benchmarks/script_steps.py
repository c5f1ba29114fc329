"""How much Python ``bioplaus run`` adds to a turn: ``python -m benchmarks.script_steps``.

Counts the byte codes that a plain and a tracked turn of the loop of `benchmarks.script_overhead`
execute in all, and in which modules of ours.  With one version of Python every machine counts the
same, so this decides where seconds are noise; what compiled code does is not among it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.kept import keep
from benchmarks.script_overhead import KEPT, LOOP, cpu, plain, tracked

__all__ = ["counting", "of_a_turn"]

FOUND = Path("executed.json")
"""Where a script that counts leaves what it has found, in its working folder."""
FIRST, TURNS = 50, 20
_BEFORE = f"""
import json, sys
executed = []
def watch(turn):
    frame = sys._getframe(1)
    if turn == {FIRST}:
        sys.settrace(count)
        frame.f_trace, frame.f_trace_opcodes, frame.f_trace_lines = count, True, False
    if turn == {FIRST + TURNS}:
        sys.settrace(None)
        frame.f_trace = None
        json.dump(executed, open("{FOUND}", "w"))
    executed.append({{}})
def count(frame, event, argument):
    frame.f_trace_opcodes, frame.f_trace_lines = True, False
    if event == "opcode":
        file = frame.f_code.co_filename
        executed[-1][file] = executed[-1].get(file, 0) + 1
    return count
"""


def counting(script: str) -> str:
    """The text of a script that counts in some turns of its loop, and leaves `FOUND`."""
    head, body = script.split("for step in range(turns):\n")
    loop = f"for step in range({FIRST + TURNS + 1}):\n    watch(step)\n"
    return f"{_BEFORE}{head}{loop}{body}"


def of_a_turn(folder: Path) -> dict[str, int]:
    """Byte codes by file, as a script that counts has left them in a folder.

    Of the turn with the fewest: the engine looks up from a run by the clock, and more often where
    the machine is slow.
    """
    turns: list[dict[str, int]] = json.loads((folder / FOUND).read_text())
    return min(turns[FIRST:], key=lambda turn: sum(turn.values()))


def main(argv: list[str] | None = None) -> None:
    """Count, print, and keep ``steps.json`` and the table ``steps.md``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=KEPT)
    out = parser.parse_args(argv).out.absolute()

    import brian2  # noqa: F401

    import bioplaus.engine
    import bioplaus.runs.scripts.session  # noqa: F401

    out.mkdir(parents=True, exist_ok=True)
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        script = Path(folder) / "script.py"
        script.write_text(counting(LOOP))
        found = compared(executed(plain, script), executed(tracked, script, 0, "none"))
        os.chdir(here)
    keep(found, out / "steps.json", table)
    print(table(found))


def executed(execute: Callable[..., Any], script: Path, *arguments: Any) -> dict[str, int]:
    """Byte codes of a turn by file, where the script is executed in a fork."""
    cpu(execute, script, *arguments)
    return of_a_turn(script.parent)


def compared(before: dict[str, int], after: dict[str, int]) -> dict[str, Any]:
    """What a tracked turn has more than a plain one."""
    more = Counter({Path(file).stem: after[file] - before.get(file, 0) for file in after})
    plain, tracked = sum(before.values()), sum(after.values())
    return {
        "python": platform.python_version(),
        "plain": plain,
        "tracked": tracked,
        "added": tracked - plain,
        "share": round(tracked / plain - 1, 4),
        "modules": {name: number for name, number in more.most_common() if number},
    }


def table(found: dict[str, Any]) -> str:
    """The same for people."""
    lines = ["| byte codes of a turn | |", "| --- | --- |"]
    lines += [
        f"| {name} | {found[name]} |" for name in ("python", "plain", "tracked", "added", "share")
    ]
    lines += ["", "| module | added |", "| --- | --- |"]
    lines += [f"| {name} | {number} |" for name, number in found["modules"].items()]
    lines += ["", "Made by `python -m benchmarks.script_steps`."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
