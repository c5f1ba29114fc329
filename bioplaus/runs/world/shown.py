"""The figures of a script in its run directory: those it shows, and copies of those it saves."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["BACKEND", "ShownFigures"]

BACKEND = "module://bioplaus.runs.world.figure_backend"
_LONGEST = 40


class ShownFigures:
    """Numbers and keeps figures: ``01-title.png``, ``02-name-of-the-saved-file.pdf``.

    Parameters
    ----------
    folder
        Where they go; made when there is one.
    tell
        Called with a note where the script asks for windows.
    """

    def __init__(self, folder: Path, tell: Callable[[str], None]) -> None:
        self.count = 0
        self.silent = False
        self._folder = folder
        self._tell = tell

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Keep the figures of what runs inside the ``with`` block."""
        import matplotlib
        from matplotlib import pyplot
        from matplotlib.figure import Figure

        from bioplaus.runs.world import figure_backend

        saved, used, switched = Figure.savefig, matplotlib.use, pyplot.switch_backend

        def savefig(figure: Figure, fname: Any, *args: Any, **options: Any) -> None:
            saved(figure, fname, *args, **options)
            if isinstance(fname, (str, os.PathLike)):
                self._copy(
                    Path(fname), options.get("format") or matplotlib.rcParams["savefig.format"]
                )

        def use(backend: str, **options: Any) -> None:
            if str(backend).lower() not in ("agg", BACKEND):
                self._tell(f"the backend {backend} is not used: figures go to {self._folder}")

        def keep(figure: Figure) -> None:
            path = self._path(_title(figure), ".png")
            if not (self.silent and path.exists()):
                saved(figure, path)

        before = matplotlib.get_backend()
        switched(BACKEND)
        Figure.savefig, matplotlib.use, pyplot.switch_backend = savefig, use, use  # type: ignore
        figure_backend.keep = keep
        try:
            yield
        finally:
            figure_backend.keep = None
            Figure.savefig, matplotlib.use = saved, used  # type: ignore[method-assign]
            pyplot.switch_backend = switched
            switched(before)

    def finish(self) -> None:
        """Keep the figures that are open still."""
        from bioplaus.runs.world import figure_backend

        figure_backend.keep_open_figures()

    def _copy(self, saved: Path, ending: str) -> None:
        if not saved.exists():  # Matplotlib has added the ending
            saved = saved.with_name(f"{saved.name}.{ending}")
        copy = self._path(saved.stem, saved.suffix)
        if saved.exists() and not (self.silent and copy.exists()):
            shutil.copyfile(saved, copy)

    def _path(self, title: str, ending: str) -> Path:
        self.count += 1
        self._folder.mkdir(exist_ok=True)
        words = re.sub(r"[^\w]+", "-", title.lower()).strip("-")[:_LONGEST].strip("-")
        return self._folder / f"{self.count:02d}-{words or 'figure'}{ending}"


def _title(figure: Figure) -> str:
    """What a figure says it shows."""
    titles = [figure.get_suptitle(), str(figure.get_label())]
    titles += [axes.get_title() for axes in figure.axes]
    return next((title for title in titles if title), "")
