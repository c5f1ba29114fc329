"""What a page is: a module with one experiment, its settings and its figures.

::

    @dataclass(frozen=True)
    class Settings: ...                                   # fields made by bioplaus.parameters
    def experiment(p: Settings, run: Run) -> Mapping[str, float]: ...
    FORM = "network"                                      # which it is where nothing is said
    FIGURES = {"learning-curve": learning_curve}          # functions of a run's record alone
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, is_dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from bioplaus.errors import UserError
from bioplaus.records import NotRecorded

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bioplaus.records import RunReader

__all__ = ["FORMS", "Page", "PageError"]

FORMS = ("network", "event-driven", "steady state", "batched", "rate reference")
"""What makes a page's figures: the Brian2 network, or another form that a paper defines."""


class PageError(UserError, TypeError):
    """A module is no page as it stands; says what it lacks."""


@dataclass(frozen=True)
class Page:
    """An experiment, what may be set, the form of its model, and its figures.

    figures : stem of a file to a function of the record, which returns None where the record has
    nothing that it could draw.
    """

    experiment: Callable[[Any, Any], Mapping[str, float]]
    Settings: type[Any]
    form: str = "network"
    figures: Mapping[str, Callable[[RunReader], Figure | None]] = field(default_factory=dict)

    @classmethod
    def of(cls, module: ModuleType) -> Page:
        """The page that a module is.

        Raises
        ------
        PageError
            If it lacks ``experiment`` or ``Settings``, or has a form that there is not.
        """
        name = getattr(module, "__file__", None) or module.__name__
        if not callable(getattr(module, "experiment", None)):
            raise PageError(f"{name} defines no function experiment(p, run)")
        settings = getattr(module, "Settings", None)
        if not (isinstance(settings, type) and is_dataclass(settings)):
            raise PageError(f"{name} defines no dataclass Settings, whose fields can be set")
        form = getattr(module, "FORM", "network")
        if form not in FORMS:
            raise PageError(f"FORM = {form!r} of {name} is not one of {', '.join(FORMS)}")
        return cls(module.experiment, settings, form, dict(getattr(module, "FIGURES", {})))

    def draw(self, run: RunReader) -> Iterator[tuple[str, Figure | str]]:
        """Stem and figure of everything that a record has data for, or why it is not drawn.

        A figure needs what the page records, and ``--record`` may have taken its place.
        """
        for stem, draw in self.figures.items():
            try:
                figure = draw(run)
            except NotRecorded as error:
                yield stem, str(error)
            except (IndexError, ValueError) as error:
                if not run.config.get("record"):
                    raise
                yield stem, f"--record {run.config['record']} is not enough for it ({error})"
            else:
                if figure is not None:
                    yield stem, figure
