"""An experiment class as a page, until all are pages."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from bioplaus.records import Recording, RunReader
from bioplaus.training.experiment import Experiment

__all__ = ["page_of"]


def page_of(experiment_class: type[Experiment]) -> Any:
    """What :class:`bioplaus.runs.page.Page` is for a module."""
    from bioplaus.runs.page import Page

    class OldPage(Page):
        def draw(self, run: RunReader) -> Iterator[tuple[str, Any]]:
            settings = run.config["parameters"]
            from bioplaus.parameters import replace

            made = experiment_class(replace(experiment_class.Parameters(), settings), 1)
            yield from made.figures(run)

    def experiment(p: Any, run: Any) -> Mapping[str, float]:
        made = experiment_class(p, run.seed, run.recorded)
        made.on_progress = run.progress
        made.setup()
        made.prepare_recording()
        if experiment_class.form == "network":
            run.simulated.append(_Old(made))
        run.live(_Tuned(made), lambda changed: changed)
        run.keep(experiment=(lambda: _read(made), lambda state: _write(made, run, state)))
        for segment in run.segments(made.segments()):
            made.segment = run.done
            figures = dict(made.advance(segment.number))
            run.log(epoch=made.epoch, **figures)
            if made._recording and experiment_class.form != "network":
                run._recording, made._recording = made._recording, None
        if run.evaluates:
            dataset, part = run._evaluated[0], run.part
            return made.evaluate(dataset or getattr(p, "dataset", ""), part)
        return made.finish()

    return OldPage(experiment, experiment_class.Parameters, experiment_class.form)


def _read(made: Experiment) -> dict[str, Any]:
    return {"rng": made.rng.bit_generator.state, "state": made.state()}


def _write(made: Experiment, run: Any, state: Any) -> None:
    made.segment = run.done - 1
    made.rng.bit_generator.state = state["rng"]
    made.restore(state["state"])


class _Tuned:
    def __init__(self, made: Experiment) -> None:
        self.made = made

    def set(self, changed: Any) -> None:
        for field in dataclasses.fields(changed):
            value = getattr(changed, field.name)
            if value != getattr(self.made.parameters, field.name):
                self.made.tune(field.name, value)
                self.made.tuned[field.name] = value
        self.made.parameters = changed


class _Old:
    def __init__(self, made: Experiment) -> None:
        self.model = made

    @property
    def time(self) -> float:
        return self.model.simulated_time

    def collect(self, recording: Recording) -> None:
        found = self.model.take_recording()
        if found is not None:
            vars(recording).update(vars(found))

    def plastic_weights(self) -> Any:
        return self.model.plastic_weights()

    def firing_ceilings(self) -> Any:
        return self.model.firing_ceilings()

    def backend_report(self) -> Any:
        return self.model.backend_report()

    def growth(self, seconds: float) -> float:
        return 0.0

    def state(self) -> dict[str, Any]:
        return {}

    def restore(self, state: Any) -> None:
        pass
