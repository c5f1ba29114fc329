"""Every spike is seen on the screen: one for each cell, at three sizes of the window."""

from __future__ import annotations

import io
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread

from bioplaus.records import Recording, RunWriter

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
CELLS = (300, 1000)


@pytest.fixture(params=["each is drawn", "pixels hold counts"])
def page_over_runs(request: Any, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Address of a page over runs in which cell k of n fires once, at k ms, and how it draws."""
    for cells in CELLS:
        parameters = {"cells": cells}
        config = {"experiment": "once", "source": "once", "form": "network", "seed": 1}
        config |= {"backend": {"name": "numpy"}, "record": "", "parameters": parameters}
        writer = RunWriter.create(tmp_path / f"once-{cells}", config)
        spikes = {"cells": (1e-3 * np.arange(cells), np.arange(cells))}
        writer.write_recording(0, Recording(spikes=spikes))
        writer.close("finished")
    most = 0 if request.param == "pixels hold counts" else 20_000
    program = f"""
from bioplaus.cli import main
from bioplaus.viewer import activity
activity._MOST_MARKS = {most}
main(["view", {str(tmp_path)!r}, "--no-browser", "--port", "0"])
"""
    command = [sys.executable, "-c", program]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    yield server.stdout.readline().split()[0], request.param
    server.send_signal(signal.SIGINT)
    server.wait(60)


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_no_spike_is_lost_on_the_screen(page_over_runs: tuple[str, str]) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    address, how = page_over_runs
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(60_000)
        for cells in CELLS:
            page.goto(address)
            page.locator(".slick-row", has_text=f"once-{cells}").click()
            page.get_by_text("activity", exact=True).click()
            for width in (900, 1280, 1920):
                page.set_viewport_size({"width": width, "height": 1000})
                page.get_by_text(f"{cells:,} in view, {how}").wait_for()
                page.wait_for_timeout(1000)  # the frame has its new size, and the image too
                assert _seen(page, cells) == cells, width
        browser.close()


def _seen(page: Any, cells: int) -> int:
    """Cells with ink within 3 pixels of the place that its only spike must have."""
    frame = page.evaluate(
        """() => { for (const view of Object.values(Bokeh.index.roots ?? Bokeh.index)) {
            const found = [...function* walk(v) { yield v; for (const c of v.child_views ?? [])
                yield* walk(c); for (const t of v.tab_views ?? []) yield* walk(t) }(view)]
            const raster = found.find(v => v.model.type == 'Figure'
                && v.model.left[0]?.axis_label == 'cell')
            if (raster) { const box = raster.el.getBoundingClientRect(), f = raster.frame.bbox
                const m = raster.model
                return [box.left + f.left, box.top + f.top, f.width, f.height,
                    m.x_range.start, m.x_range.end, m.y_range.start, m.y_range.end] } } }"""
    )
    left, top, width, height, t0, t1, low, high = frame
    picture = imread(io.BytesIO(page.screenshot()))[..., :3]
    ink = (picture[..., 2] - picture[..., 0] > 0.2) & (picture[..., 0] < 0.75)
    seen = 0
    for cell in range(cells):
        x = left + width * (1e-3 * cell - t0) / (t1 - t0)
        y = top + height * (1 - (cell - low) / (high - low))
        rows = slice(max(int(y) - 3, 0), int(y) + 4)
        seen += bool(ink[rows, max(int(x) - 3, 0) : int(x) + 4].any())
    return seen
