"""What a sweep is: kept as ``sweep.yaml`` in its directory, so that it can go on."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bioplaus import registry
from bioplaus.errors import UserError
from bioplaus.parameters import ParameterError, replace
from bioplaus.records import atomic
from bioplaus.runs.backend import Backend
from bioplaus.runs.pages.plan import Plan
from bioplaus.runs.reading.expected import check_metric
from bioplaus.runs.reading.script import Script
from bioplaus.sweeps.space import Axis, read_axis

__all__ = ["NotASweep", "SweepPlan", "check_objective", "read_plan", "write_plan"]

FILE = "sweep.yaml"


class NotASweep(UserError, ValueError):
    """The directory holds no sweep, or another one."""


@dataclass(frozen=True)
class SweepPlan:
    """An experiment, the space to search, and what to look for.

    space : texts as :func:`bioplaus.sweeps.read_axis` reads them; settings : what all trials have
    in common (``--set``); seeds : each trial is the mean over seeds 1 .. seeds; objective : a
    column of ``metrics.csv``; arguments : a script's own.
    """

    experiment: str
    source: str
    space: tuple[str, ...]
    settings: dict[str, str] = dataclasses.field(default_factory=dict)
    seeds: int = 1
    objective: str = "validation_error"
    maximize: bool = False
    grid: bool = False
    prune: bool = True
    quick: bool = False
    record: str = "none"
    backend: dict[str, Any] = dataclasses.field(default_factory=lambda: vars(Backend()).copy())
    arguments: tuple[str, ...] = ()

    def axes(self) -> list[Axis]:
        """The space, checked against the experiment's parameters.

        Raises
        ------
        ParameterError
            For an unknown parameter, a wrong unit, an empty range, the same parameter twice, or
            an objective that is a test metric.
        """
        check_objective(self.objective)
        if self.seeds < 1:
            raise ParameterError(f"--seeds {self.seeds}: a trial needs at least one")
        base: Any
        entry = registry.find(self.source_name)
        if entry.script:
            base = self._script_of(entry)
        else:
            if self.arguments:
                raise ParameterError(f"{entry.name} is no script and has no arguments behind --")
            base = replace(registry.load(entry).Settings(), self.settings)
        axes = [read_axis(text, base) for text in self.space]
        names = [axis.name for axis in axes]
        doubled = [name for name in names if names.count(name) > 1 or name in self.settings]
        if doubled:
            raise ParameterError(f"{doubled[0]} is given twice")
        if not axes:
            raise ParameterError("nothing to search; give at least one --param NAME=RANGE")
        return axes

    def _script_of(self, entry: registry.Entry) -> Script:
        """The script that is searched, checked as far as that goes before it has run."""
        if self.quick:
            raise ParameterError(f"{entry.name} is a script and has no --quick; use --set")
        script = Script.read(Path(entry.module))
        check_metric(script, self.objective)
        for name, text in self.settings.items():
            script.check(name, text)
        return script

    @property
    def is_script(self) -> bool:
        """Whether trials are executions of a plain script."""
        return self.source.endswith(".py") and _is_script(self.source)

    @property
    def source_name(self) -> str:
        """What the registry finds the experiment by: its name, or the path of its file."""
        return self.source if self.source.endswith(".py") else self.experiment

    def trial_plan(self, values: dict[str, str], seed: int) -> Plan:
        """The run of one seed of a trial."""
        entry = registry.find(self.source_name)
        return Plan.make(
            entry.name,
            entry.module,
            registry.load(entry),
            changes={**self.settings, **values},
            quick=self.quick,
            seed=seed,
            backend=Backend(**self.backend),
            record=self.record,
        )


@functools.cache
def _is_script(source: str) -> bool:
    return registry.find(source).script


def check_objective(name: str) -> None:
    """Refuse to choose settings by the test part.

    Raises
    ------
    ParameterError
        For a metric whose name begins with ``test``.
    """
    if name.lower().startswith("test"):
        raise ParameterError(
            f"{name!r} is a test metric; settings are chosen on the validation part "
            "(--objective validation_error)"
        )


def write_plan(folder: Path, plan: SweepPlan) -> None:
    """Keep the plan, or find it there unchanged.

    Raises
    ------
    NotASweep
        When the directory holds something else.
    """
    import yaml

    if folder.exists() and any(folder.iterdir()):
        kept = read_plan(folder)
        if kept != plan:
            changed = [
                field.name
                for field in dataclasses.fields(plan)
                if getattr(kept, field.name) != getattr(plan, field.name)
            ]
            raise NotASweep(
                f"{folder} holds a sweep with other {', '.join(changed)}; choose another --out"
            )
        return
    folder.mkdir(parents=True, exist_ok=True)
    content = dataclasses.asdict(plan)
    content |= {"space": list(plan.space), "arguments": list(plan.arguments)}
    atomic.write_text(folder / FILE, yaml.safe_dump(content, sort_keys=False, allow_unicode=True))


def read_plan(folder: Path) -> SweepPlan:
    """Read the plan of a sweep directory.

    Raises
    ------
    NotASweep
        When it is none.
    """
    import yaml

    path = folder / FILE
    if not path.is_file():
        raise NotASweep(f"{folder} is not a sweep (it has no {FILE})")
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    tuples = {name: tuple(content.get(name, ())) for name in ("space", "arguments")}
    return SweepPlan(**{**content, **tuples})
