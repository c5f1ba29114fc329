"""What is run: a page, its parameters, seed, backend and recording, exactly reloadable."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from bioplaus.papers import Setting
from bioplaus.parameters import ParameterError, replace
from bioplaus.runs.backend import Backend
from bioplaus.runs.pages.page import Page

__all__ = ["Plan", "plain"]


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is run: everything that ``config.yaml`` keeps.

    parameters : an instance of the page's ``Settings``; setting : name of the setting that
    they began with; record : text of ``--record``, or empty for the page's own choice;
    source : its module or file.
    """

    name: str
    source: str
    page: Page
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
            "form": self.page.form,
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
        page: Page,
        *,
        changes: Mapping[str, Any],
        setting: Setting | None = None,
        quick: bool = False,
        seed: int = 1,
        backend: Backend | None = None,
        record: str = "",
    ) -> Plan:
        """Plan a run of a page with some parameters changed.

        Order of effect: the page's own, its setting, quick, changes.

        Raises
        ------
        ParameterError
            For an unknown name, or a value of the wrong kind, unit or range.
        """
        named = setting.changes if setting else {}
        reduced = (setting.quick if setting else None) if quick else {}
        if reduced is None:
            raise ParameterError(f"{name} has no reduced setting; say what is smaller by --set")
        return cls(
            name=name,
            source=source,
            page=page,
            parameters=replace(page.Settings(), {**named, **reduced, **changes}),
            seed=seed,
            backend=backend or Backend(),
            record=record,
            setting=setting.name if setting else "default",
        )

    @classmethod
    def from_config(cls, config: Mapping[str, Any], page: Page) -> Plan:
        """Read a plan back from ``config.yaml``."""
        return cls(
            name=config["experiment"],
            source=config["source"],
            page=page,
            parameters=replace(page.Settings(), config["parameters"]),
            seed=config["seed"],
            backend=Backend(**config["backend"]),
            record=config["record"],
            setting=config.get("setting", "default"),
        )


def plain(value: Any) -> Any:
    """A parameter as it is kept in files: text for quantities, plain values for the rest."""
    return value if isinstance(value, (bool, int, float, str)) else _exact_text(value)


def _exact_text(quantity: Any) -> str:
    """A quantity as text that reads back as the same number: in its plain SI unit."""
    from brian2 import get_unit

    return f"{float(quantity)!r} {get_unit(quantity.dim)!r}"
