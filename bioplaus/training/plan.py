"""What is run: an experiment, its parameters, seed, backend and recording, exactly reloadable."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from bioplaus.papers import Setting
from bioplaus.parameters import replace
from bioplaus.training.backend import Backend
from bioplaus.training.experiment import Experiment
from bioplaus.training.recorded import read_record

__all__ = ["Plan", "plain"]


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is run: everything that ``config.yaml`` keeps.

    parameters : an instance of the experiment's ``Parameters``; setting : name of the setting that
    they began with; record : text of ``--record``, or empty for the experiment's own choice;
    source : module or file of the experiment.
    """

    name: str
    source: str
    experiment: type[Experiment]
    parameters: Any
    seed: int = 1
    backend: Backend = dataclasses.field(default_factory=Backend)
    record: str = ""
    setting: str = "default"

    def config(self) -> dict[str, Any]:
        """The plan as plain values, exactly reloadable."""
        return {
            "experiment": self.name,
            "source": self.source,
            "form": self.experiment.form,
            "seed": self.seed,
            "backend": dataclasses.asdict(self.backend),
            "record": self.record,
            "setting": self.setting,
            "parameters": {
                field.name: plain(getattr(self.parameters, field.name))
                for field in dataclasses.fields(self.parameters)
            },
        }

    @classmethod
    def make(
        cls,
        name: str,
        source: str,
        experiment: type[Experiment],
        *,
        changes: Mapping[str, Any],
        setting: Setting | None = None,
        quick: bool = False,
        seed: int = 1,
        backend: Backend | None = None,
        record: str = "",
    ) -> Plan:
        """Plan a run of an experiment with some parameters changed.

        Order of effect: the experiment's own, its setting, quick, changes.

        Raises
        ------
        ParameterError
            For an unknown name, or a value of the wrong kind, unit or range.
        """
        named = setting.changes if setting else {}
        reduced = (setting and setting.quick) or experiment.quick if quick else {}
        return cls(
            name=name,
            source=source,
            experiment=experiment,
            parameters=replace(experiment.Parameters(), {**named, **reduced, **changes}),
            seed=seed,
            backend=backend or Backend(),
            record=record,
            setting=setting.name if setting else "default",
        )

    @classmethod
    def from_config(cls, config: Mapping[str, Any], experiment: type[Experiment]) -> Plan:
        """Read a plan back from ``config.yaml``."""
        return cls(
            name=config["experiment"],
            source=config["source"],
            experiment=experiment,
            parameters=replace(experiment.Parameters(), config["parameters"]),
            seed=config["seed"],
            backend=Backend(**config["backend"]),
            record=config["record"],
            setting=config.get("setting", "default"),
        )

    def build(self) -> Experiment:
        """Make the experiment and set it up, with every check that it has."""
        if self.experiment.form == "network":
            self.backend.select(self.seed)
        record = read_record(self.record) if self.record else None
        experiment = self.experiment(self.parameters, self.seed, record)
        experiment.setup()
        experiment.prepare_recording()
        return experiment


def plain(value: Any) -> Any:
    """A parameter as it is kept in files: text for quantities, plain values for the rest."""
    return value if isinstance(value, (bool, int, float, str)) else _exact_text(value)


def _exact_text(quantity: Any) -> str:
    """A quantity as text that reads back as the same number: in its plain SI unit."""
    from brian2 import get_unit

    return f"{float(quantity)!r} {get_unit(quantity.dim)!r}"
