"""What ``bioplaus run SCRIPT --help`` says of a script."""

from __future__ import annotations

from bioplaus.printing import print_table
from bioplaus.runs.reading.script import Script

__all__ = ["print_parameters"]


def print_parameters(script: Script) -> None:
    """Print what a script's parameters are, what they mean, and what is not one and why."""
    name = script.path.name
    title = f"{name}: {script.title}" if script.title else name
    if script.parameters:
        rows = [(p.name, p.number, p.unit, p.meaning) for p in script.parameters.values()]
        print_table(("parameter", "value", "unit", "meaning"), rows, title=title)
        first = next(iter(script.parameters.values()))
        print(f"\nset one with --set {first.name}={first.number}{first.unit}")
    else:
        print(f"{title}\nno parameters: no value such as tau = 20*ms at the level of the module")
    if script.refused:
        print()
        rows_refused = [(constant, why) for constant, why in script.refused.items()]
        print_table(("not a parameter", "because"), rows_refused)
