"""What the engine makes of a network, in words."""

from __future__ import annotations

from typing import Any

from brian2.core.magic import magic_network
from brian2.core.namespace import get_local_namespace
from brian2.units.allunits import second

from .plan import Plan, last_plan

__all__ = ["explain", "fallbacks"]


def explain(network: Any = None) -> None:
    """Print how each object of a network runs, in the order of a step, and why.

    A line of what a rewrite has done begins with the rewrite's name in the preference ``rewrites``.

    network : the network, by default the one that ``run()`` runs.  If it has not been run yet it is
    prepared by a run of no duration.
    """
    chosen = magic_network if network is None else network
    if last_plan(chosen) is None:
        chosen.run(0 * second, namespace=get_local_namespace(level=1))
    plan = last_plan(chosen)
    if plan is None:
        print("This network does not run fused: the target or the preferences say otherwise.")
        return
    print("\n".join(_lines(plan)))


def fallbacks(network: Any) -> list[tuple[str, str]] | None:
    """Name and reason of everything in a network's step that runs in Python.

    None if the network's last run was not a compiled loop at all.
    """
    plan = last_plan(network)
    if plan is None:
        return None
    return [(step.owner.name, step.reason) for step in plan.steps if step.kernel is None]


def _lines(plan: Plan) -> list[str]:
    compiled = sum(step.kernel is not None for step in plan.steps)
    lines = [f"{compiled} of {len(plan.steps)} parts of a step are in the compiled loop."]
    lines += [f"  {note}" for note in plan.notes]
    width = max((len(step.owner.name) for step in plan.steps), default=0)
    for step in plan.steps:
        how = "compiled" if step.kernel is not None else f"in Python: {step.reason}"
        how += "" if step.owner.active else ", switched off"
        clock = f"every {step.clock.dt}"
        lines.append(f"  {step.owner.name:<{width}}  {clock:<16}  {how}")
        lines += [f"  {'':<{width}}  {note}" for note in step.notes]
    return lines
