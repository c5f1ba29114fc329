"""The page in a headless browser, and its parts without one."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("bokeh")

from bioplaus.errors import UserError
from bioplaus.records import Recording, RunReader, RunWriter
from bioplaus.records.inbox import request_change
from bioplaus.viewer.command import make_server
from bioplaus.viewer.page import Page
from bioplaus.viewer.run_page import RunPage
from bioplaus.viewer.runs import find_runs, row

sys.path.insert(0, str(Path(__file__).parent))
from example_run import SEGMENTS, write_example

DESCENT = Path(__file__).parents[1] / "sweeps" / "descent.py"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of a million spikes and one that is broken."""
    folder = tmp_path_factory.mktemp("runs")
    write_example(folder / "million")
    (folder / "deeper" / "broken").mkdir(parents=True)
    (folder / "deeper" / "broken" / "state.json").write_text('{"format": 1, "status": "running"}')
    return folder


def test_runs_are_found_at_any_depth_and_broken_ones_are_shown_as_such(runs: Path) -> None:
    found = {path.name: row(path) for path in find_runs([runs])}
    assert set(found) == {"million", "broken"}
    assert found["broken"]["status"] == "incomplete"
    assert found["million"]["status"] == "finished"
    assert found["million"]["test_error"] == 0.05
    assert found["million"]["latest"] == pytest.approx(0.9 * 0.7**9)


def test_the_first_view_of_a_million_spikes_is_quick(runs: Path) -> None:
    """Two seconds are promised; they are counted as processor time, which other work spares."""
    began = time.process_time()
    page = RunPage(RunReader(runs / "million"))
    assert time.process_time() - began < 2.0
    activity = page.parts["activity"]
    assert activity.note.text.startswith("1,000,000 spikes of 200 cells")
    assert activity.cells.start < -0.5
    assert activity.cells.end > 199.5
    assert len(activity._marks.data["t"]) == pytest.approx(10_000, rel=0.05)  # of the last second
    activity.time.update(start=-0.1, end=100.1)
    activity.draw()
    (image,) = activity._image.data["image"]
    assert image.sum() == 1_000_000
    assert image.shape[0] >= 200
    assert not len(activity._marks.data["t"])


def test_a_segment_that_records_something_else_keeps_what_is_shown(tmp_path: Path) -> None:
    """First spikes of a, then of b alone, then of both."""
    path = write_example(tmp_path / "run", spikes=100)
    writer = RunWriter.reopen(path)
    writer.rewind(0)
    spike = (np.array([0.5]), np.array([3]))
    writer.write_recording(0, Recording(spikes={"a": spike}))
    activity = RunPage(RunReader(path)).parts["activity"]
    assert activity.note.text.startswith("1 spikes of 4 cells")
    writer.write_recording(1, Recording(spikes={"b": spike}))
    activity.refresh()
    assert (activity.population.value, activity.population.options) == ("a", ["a", "b"])
    writer.write_recording(2, Recording(spikes={"a": spike, "b": spike}))
    activity.refresh()
    assert activity.note.text.startswith("2 spikes of 4 cells")
    activity.population.value = "b"
    assert activity.note.text.startswith("2 spikes of 4 cells")
    writer.close("finished")


def test_weights_follow_the_segment_slider(runs: Path) -> None:
    """The example's weights have mean k after segment k, and unit variance."""
    weights = RunPage(RunReader(runs / "million")).parts["weights"]
    assert weights.segment.value == SEGMENTS - 1
    for segment in (9, 4):
        weights.segment.value = segment
        (image,) = weights._image.data["image"]
        assert image.mean() == pytest.approx(segment, abs=0.1)


def test_the_filter_and_the_choice_survive_new_figures(runs: Path) -> None:
    page = Page([runs])
    page.filter.value_input = "finished"
    page.source.selected.indices = [0]
    assert [Path(name).name for name in page.pages] == ["million"]
    page.filter.value_input = ""
    page.refresh()
    assert [Path(name).name for name in page._chosen()] == ["million"]


def test_a_request_is_one_file_in_the_inbox(tmp_path: Path) -> None:
    (tmp_path / "control").mkdir()
    first = request_change(tmp_path, "learning_rate", "0.1")
    second = request_change(tmp_path, "tau", "5 ms")
    assert sorted((tmp_path / "control").iterdir()) == [first, second]


def test_a_port_in_use_leads_to_the_next(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server, _ = make_server([tmp_path], port)
        assert server.port is not None
        assert server.port > port
        server.stop()
    for none in (-1, 65_536, 80_000):
        with pytest.raises(UserError, match="ports are 0"):
            make_server([tmp_path], none)


def test_one_damaged_run_leaves_the_others(tmp_path: Path) -> None:
    """Each kind of damage: the list shows all runs, the page what of the damaged one is whole."""
    damages = {
        "config.yaml": "{{{",
        "state.json": "{",
        "metrics.csv": "segment,epoch,validation_error\n0,1,word\n",
        "summary.json": "[",
    }
    for name, text in damages.items():
        write_example(tmp_path / name, spikes=10)
        (tmp_path / name / name).write_text(text)
    write_example(tmp_path / "whole", spikes=10)
    rows = {path.name: row(path)["status"] for path in find_runs([tmp_path])}
    assert rows.pop("whole") == "finished"
    for name, status in rows.items():
        assert status.startswith("damaged: ")
        assert name in status
    page = Page([tmp_path])
    page.source.selected.indices = [list(page.source.data["path"]).index(str(tmp_path / "whole"))]
    assert list(page.pages) == [str(tmp_path / "whole")]
    shown = RunPage(RunReader(tmp_path / "metrics.csv", tolerant=True))
    assert shown.parts.keys() == {"activity", "weights", "tuning", "texts"}
    assert "metrics.csv is damaged" in shown._title.text


def test_a_recording_that_was_cut_short_is_told_and_the_rest_shown(tmp_path: Path) -> None:
    path = write_example(tmp_path / "run", spikes=100)
    victim = path / "recording" / "000004.h5"
    victim.write_bytes(victim.read_bytes()[:500])
    page = RunPage(RunReader(path, tolerant=True))
    assert page.parts["activity"].note.text.startswith("90 spikes")
    assert "000004.h5 cannot be read" in page._title.text
    with pytest.raises(OSError, match="truncated"):
        RunReader(path).spikes("hidden")


def test_a_look_at_runs_that_have_not_changed_opens_no_file(runs: Path) -> None:
    page = Page([runs])
    opened: list[str] = []
    hook_is_on = [True]

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and hook_is_on[0] and str(runs) in str(arguments[0]):
            opened.append(str(arguments[0]))

    sys.addaudithook(hook)
    page.refresh()
    hook_is_on[0] = False
    assert opened == []


def test_nothing_is_served_but_at_the_secret_path(tmp_path: Path) -> None:
    """Another user of the machine can ask the port, and is told nothing."""
    server = _spawn("view", tmp_path, "--no-browser", "--port", "0", stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        address = server.stdout.readline().split()[0]
        port, _, token = address.removeprefix("http://localhost:").partition("/")
        assert len(token) >= 16
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{token}") as answer:
            assert answer.status == 200
        for guess in ("", "page", token[:-1]):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/{guess}")
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(60)


@pytest.fixture
def served(runs: Path, tmp_path: Path) -> Iterator[tuple[str, int, Path]]:
    """The page's address, its process, and the directory of a run that is running."""
    live = runs / "live"
    settings = ["--set", "segments=2000", "--set", "pause=0.2 s", "--set", "rate=0.01"]
    experiment = _spawn("run", DESCENT, "--out", live, *settings, "--quiet", "--record", "none")
    options = {"stdout": subprocess.PIPE, "cwd": runs}
    server = _spawn("view", ".", "--no-browser", "--port", "5310", **options)
    assert server.stdout is not None
    yield server.stdout.readline().split()[0], server.pid, live
    time.sleep(1)  # now that no page is open, Ctrl-C still has to end the server
    server.send_signal(signal.SIGINT)
    assert server.wait(60) == 0
    experiment.terminate()
    experiment.wait(60)


def _spawn(*arguments: object, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bioplaus.cli", *map(str, arguments)]
    return subprocess.Popen(command, text=True, **options)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_list_open_zoom_and_tune_in_a_browser(served: tuple[str, int, Path]) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    address, server, live = served
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(60_000)
        page.goto(address)
        _open(page, "million", "million (finished)")
        _zooming_draws_the_window_anew(page)
        _log_and_parameters_are_there(page)
        _open(page, "live", "live (running)")
        _a_moved_slider_changes_the_running_experiment(page, live)
        _open(page, "million", "million (finished)", modifiers=["Control"])
        page.get_by_text("live (running)").wait_for()
        _keep(page, "viewer-two")
        browser.close()
    memory = Path(f"/proc/{server}/status").read_text()
    assert int(memory.partition("VmRSS:")[2].split()[0]) < 500_000


def _open(page: Any, name: str, title: str, **options: Any) -> None:
    """Click a row until its run is shown: the list swallows clicks while it is redrawn."""
    for attempt in range(5):
        page.locator(".slick-row", has_text=name).click(**options)
        try:
            page.get_by_text(title).wait_for(timeout=20_000)
        except Exception:
            assert attempt < 4, f"{name} does not open"
        else:
            return


def _keep(page: Any, name: str) -> None:
    """Keep what the page shows, for the documentation, where a folder for it is named."""
    folder = os.environ.get("BIOPLAUS_SCREENSHOTS")
    if folder:
        time.sleep(2)
        page.screenshot(path=f"{folder}/{name}.png")


def _zooming_draws_the_window_anew(page: Any) -> None:
    page.get_by_text("activity", exact=True).click()
    page.get_by_text("1,000,000 spikes of 200 cells").wait_for()
    before = _raster_window(page)
    plot = page.locator(".bk-Figure").nth(1).bounding_box()
    page.mouse.move(plot["x"] + plot["width"] / 2, plot["y"] + plot["height"] / 2)
    page.mouse.wheel(0, -400)
    _wait_until(lambda: _raster_window(page) < 0.9 * before)


def _raster_window(page: Any) -> float:
    """Seconds between the first and the last spike that the browser was sent as marks."""
    found = page.evaluate(
        """() => { for (const model of Bokeh.documents[0]._all_models.values()) {
            const data = model.type == 'ColumnDataSource' ? model.data : null
            const t = data && data.i && data.t
            if (t && t.length) return t[t.length - 1] - t[0] } return -1 }"""
    )
    return float(found)


def _log_and_parameters_are_there(page: Any) -> None:
    page.get_by_text("parameters", exact=True).click()
    page.get_by_text("tau_synapse").wait_for()
    page.get_by_text("log", exact=True).click()
    page.get_by_text("finished", exact=False).last.wait_for()


def _a_moved_slider_changes_the_running_experiment(page: Any, live: Path) -> None:
    page.get_by_text("tuning", exact=True).click()
    handle = page.locator(".noUi-handle:visible").first
    handle.wait_for()
    box = handle.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + box["height"] / 2)
    page.mouse.up()
    run = RunReader(live)
    _wait_until(lambda: bool(run.changes))
    segment, _, name, value = run.changes[0]
    assert name == "rate"
    rate = float(value)
    assert rate > 0.011
    # From that segment on every error is the one before times (1 - 2 rate)^2.
    _wait_until(lambda: len(run.metrics["segment"]) > segment + 1)
    errors = run.metrics["validation_error"]
    assert errors[segment] / errors[segment - 1] == pytest.approx((1 - 2 * rate) ** 2)
    assert run.parameters["rate"] == 0.01
    page.get_by_text("from segment").wait_for()
    _keep(page, "viewer-tuning")


def _wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing happened in time"
        time.sleep(0.2)


def test_a_folder_that_does_not_exist_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    from bioplaus.cli import main

    assert main(["view", "nowhere-at-all", "--no-browser"]) == 2
    assert "there is no nowhere-at-all" in capsys.readouterr().err
