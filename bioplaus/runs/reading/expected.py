"""Which metrics a script may have, found by reading it."""

from __future__ import annotations

import ast
from pathlib import Path

from bioplaus.parameters import ParameterError, unknown_name
from bioplaus.runs.reading.script import Script

__all__ = ["check_metric"]

_AUTOMATIC = ("rate_", "mean_", "sd_")


def check_metric(script: Script, name: str) -> None:
    """Refuse a metric that the script cannot have; what reading cannot tell is let pass.

    Raises
    ------
    ParameterError
        With the names that it gives to ``bioplaus.log``.
    """
    calls = [node for node in ast.walk(script.tree) if isinstance(node, ast.Call)]
    keywords = [keyword for call in calls if _is_log(call.func) for keyword in call.keywords]
    logged = sorted({keyword.arg for keyword in keywords if keyword.arg is not None})
    unread = len(logged) < len({keyword.arg for keyword in keywords}) or _imports_own(script)
    if name in logged or unread or _could_be_automatic(script.tree, name):
        return
    raise ParameterError(
        f"{unknown_name('metric', name, logged)}; {script.path.name} logs "
        f"{', '.join(logged) or 'none'}, and by themselves come rate_<population>, "
        "mean_<synapses>_<variable> and sd_<synapses>_<variable>"
    )


def _is_log(function: ast.expr) -> bool:
    return "log" in (getattr(function, "id", ""), getattr(function, "attr", ""))


def _imports_own(script: Script) -> bool:
    """Whether it imports from its folder, or ``log`` by another name: more may be logged."""
    modules: set[str] = set()
    for node in ast.walk(script.tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules.add((node.module or "").split(".")[0])
            if any(alias.name == "log" and alias.asname for alias in node.names):
                return True
    folder = Path(script.path).parent
    return any((folder / f"{m}.py").exists() or (folder / m).is_dir() for m in modules if m)


def _could_be_automatic(tree: ast.Module, name: str) -> bool:
    """Whether it is a metric of something that the script, or Brian, gives a name."""
    prefix = next((p for p in _AUTOMATIC if name.startswith(p)), None)
    if prefix is None:
        return False
    known = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            known |= {node.id, node.id.lower()}  # Brian calls a NeuronGroup neurongroup
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            known.add(node.value)
    return any(name[len(prefix) :].startswith(k) for k in known if k.isidentifier())
