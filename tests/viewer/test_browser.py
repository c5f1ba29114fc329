"""The page in a headless browser: one browser and one server for all, a fresh page a test."""

from __future__ import annotations

import io
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import numpy as np
import pytest
from matplotlib.image import imread

from bioplaus.records import Recording, RunReader, RunWriter

sys.path.insert(0, str(Path(__file__).parent))
from example_run import configuration, counting_time, write_example, write_small

DESCENT = Path(__file__).parents[1] / "sweeps" / "descent.py"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
CONTINUOUS = os.environ.get("CI") == "true"
WAIT_S = 90  # where others use the machine too
SHOTS = os.environ.get("BIOPLAUS_SCREENSHOTS")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None and not CONTINUOUS, reason="no Chromium on this machine"),
]


class Site(NamedTuple):
    address: str
    folder: Path
    process: subprocess.Popen[str]
    window: Any


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server over a run of a million spikes, one of twenty thousand, and two of one a cell."""
    playwright = pytest.importorskip("playwright.sync_api")
    folder = tmp_path_factory.mktemp("runs")
    write_example(folder / "million")
    write_example(folder / "small", spikes=20_000, learning_rate=0.02)
    for cells in (300, 1000):
        writer = RunWriter.create(folder / f"once-{cells}", configuration(cells=cells))
        spikes = {"cells": (1e-3 * np.arange(cells), np.arange(cells))}
        writer.write_recording(0, Recording(spikes=spikes))
        writer.close("finished")
    server = spawn("view", ".", "--no-browser", "--port", "0", stdout=subprocess.PIPE, cwd=folder)
    assert server.stdout is not None
    address = server.stdout.readline().split()[0]
    # One process and one memory of scripts for all pages: each would read Bokeh anew.  A page that
    # is always open keeps them from one test to the next.
    arguments = [
        "--no-sandbox", "--disable-background-networking", "--disable-gpu", "--process-per-site",
    ]  # fmt: skip
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=arguments)
        window = browser.new_context(viewport={"width": 1280, "height": 1000})
        window.set_default_timeout(WAIT_S * 1000)
        window.new_page().goto(address + "static/nothing")
        yield Site(address, folder, server, window)
        browser.close()
    time.sleep(1)  # now that no page is open, Ctrl-C still has to end the server
    server.send_signal(signal.SIGINT)
    assert server.wait(60) == 0


@pytest.fixture
def page(site: Site) -> Iterator[Any]:
    """A page without errors and without requests to other hosts."""
    page = site.window.new_page()
    told: list[str] = []
    asked: list[str] = []
    page.on("console", lambda m: told.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    yield page
    page.close()
    told = [text for text in told if "connection" not in text.lower()]  # the page was left
    assert not told
    port = site.address.split(":")[2].split("/")[0]
    outside = [url for url in asked if f":{port}/" not in url and not url.startswith("data:")]
    assert not outside


def spawn(*arguments: object, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bioplaus.cli", *map(str, arguments)]
    return subprocess.Popen(command, text=True, **options)


def open_view(page: Any, site: Site, **view: object) -> None:
    """Open the page at an address, and wait until it is drawn."""
    pairs = [
        (k, v)
        for k, values in view.items()
        for v in (values if isinstance(values, list) else [values])
    ]
    page.goto(site.address + "?" + "&".join(f"{k}={quote(str(v))}" for k, v in pairs))
    page.wait_for_function("() => document.body.dataset.drawn && Bokeh.documents[0].is_idle")


def until(condition: Callable[[], Any], seconds: float = WAIT_S) -> Any:
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "nothing happened in time"
        time.sleep(0.1)
    return found


def search(page: Any) -> dict[str, str]:
    """The address as it stands in the page."""
    found = page.evaluate("Object.fromEntries(new URLSearchParams(location.search))")
    return dict(found)


FIND = """label => { const found = []
    const walk = v => { if (v.model?.type == 'Figure' && v.model.left[0]?.axis_label == label)
        found.push(v)
      for (const c of [...(v.child_views ?? []), ...(v.tab_views ?? [])]) walk(c) }
    for (const view of Object.values(Bokeh.index.roots ?? Bokeh.index)) walk(view)
    const v = found[0]; if (!v) return null
    const box = v.el.getBoundingClientRect(), f = v.frame.bbox, m = v.model
    return [box.left + f.left, box.top + f.top, f.width, f.height,
        m.x_range.start, m.x_range.end, m.y_range.start, m.y_range.end] }"""


def frame(page: Any, label: str) -> list[float]:
    """A figure's frame in the window, and its ranges."""
    return list(until(lambda: page.evaluate(FIND, label)))


def point(box: list[float], t: float, row: float) -> tuple[float, float]:
    left, top, width, height, t0, t1, low, high = box
    return left + width * (t - t0) / (t1 - t0), top + height * (1 - (row - low) / (high - low))


# What is seen


def seen(page: Any, cells: int) -> int:
    """Cells with ink within 3 pixels of the place that their only spike must have."""
    box = frame(page, "cells")
    picture = imread(io.BytesIO(page.screenshot()))[..., :3]
    ink = abs(picture[..., 2] - picture[..., 0]) > 0.13  # blue, on either ground
    found = 0
    for cell in range(cells):
        x, y = point(box, 1e-3 * cell, cell)
        found += bool(ink[max(int(y) - 3, 0) : int(y) + 4, max(int(x) - 3, 0) : int(x) + 4].any())
    return found


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("cells", [300, 1000])
def test_no_spike_is_lost_on_the_screen(page: Any, site: Site, cells: int, theme: str) -> None:
    """As marks at three sizes of the window; as pixels in ``test_no_spike_is_lost_in_pixels``."""
    look = {"run": f"once-{cells}", "tab": "activity", "t0": -1, "t1": 2, "theme": theme}
    for width in (900, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 1000})
        open_view(page, site, **look)
        page.get_by_text(f"{cells:,} spikes in view, each drawn").wait_for()
        assert until(lambda: seen(page, cells) == cells), width


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_spike_is_lost_in_pixels(site: Site, theme: str) -> None:
    program = f"""
from bioplaus.cli import main
from bioplaus.viewer import raster
raster.MOST_MARKS = 0
main(["view", {str(site.folder)!r}, "--no-browser", "--port", "0"])
"""
    server = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    address = server.stdout.readline().split()[0]
    page = site.window.new_page()
    for cells, width in itertools.product((300, 1000), (900, 1280, 1920)):
        page.set_viewport_size({"width": width, "height": 1000})
        run = site.folder / f"once-{cells}"
        look = {"run": str(run), "tab": "activity", "t0": -1, "t1": 2, "theme": theme}
        open_view(page, site._replace(address=address), **look)
        page.get_by_text("in view, pixels hold counts").wait_for()
        assert until(partial(lambda n: seen(page, n) == n, cells)), (cells, width)
    page.close()
    server.send_signal(signal.SIGINT)
    server.wait(60)


TIMED = """() => { window.steps = []
    let began = 0
    const source = [...Bokeh.documents[0]._all_models.values()].find(
        m => m.type == 'ColumnDataSource' && m.data.drawn)
    document.addEventListener('keydown', () => { began = performance.now() }, {capture: true})
    source.properties.data.change.connect(() => requestAnimationFrame(() =>
        requestAnimationFrame(() => {
            if (began) steps.push(performance.now() - began)
            began = 0 })))
}"""


def steps(page: Any, keys: str = "+-+-+-+") -> list[float]:
    """Seconds from a key to the second animation frame after its answer."""
    page.evaluate(TIMED)
    for count, key in enumerate(keys, 1):
        page.keyboard.press(key)
        until(lambda count=count: page.evaluate("steps.length") >= count)  # type: ignore[misc]
        page.wait_for_timeout(150)
    return [ms / 1000 for ms in page.evaluate("steps")]


def processor_time(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def busy() -> bool:
    """Whether others use this machine, so that its clock tells nothing."""
    return os.getloadavg()[0] > 1.0


def look_at_a_million(page: Any, site: Site) -> tuple[float, list[float], float]:
    """Seconds until the first view, seconds of seven steps, and the server's CPU seconds a step."""
    open_view(page, site, run="small", tab="activity")  # the browser knows the program now
    began = time.monotonic()
    open_view(page, site, run="million", tab="activity", t0=-1, t1=101)
    page.get_by_text("1,000,000 spikes in view, pixels hold counts").wait_for()
    first = time.monotonic() - began
    before = processor_time(site.process.pid)
    took = sorted(steps(page))
    cpu = (processor_time(site.process.pid) - before) / len(took)
    print(f"first view {first:.2f} s, step {took[3]:.3f} s, {cpu:.3f} CPU s")
    return first, took, cpu


def test_a_step_over_a_million_spikes_costs_little_more_than_counting_them(
    page: Any, site: Site
) -> None:
    before = counting_time()
    _, _, cpu = look_at_a_million(page, site)
    assert cpu < 25 * (before + counting_time()) / 2
    memory = Path(f"/proc/{site.process.pid}/status").read_text().partition("VmRSS:")[2]
    assert int(memory.split()[0]) < 500_000


@pytest.mark.slow
def test_the_first_view_of_a_million_spikes_and_a_step_come_in_time(page: Any, site: Site) -> None:
    """The promise is for a machine that does nothing else."""
    if busy():
        pytest.skip("others use this machine, so that its clock tells nothing")
    first, took, _ = look_at_a_million(page, site)
    assert first < 2.0
    assert took[3] < 0.3


def test_keys_move_the_view_and_the_address_restores_it(page: Any, site: Site) -> None:
    open_view(page, site, run="small", tab="activity", t0=20, t1=30, pop="hidden", cell=5)
    page.get_by_text("hidden 5").wait_for()
    for key, expected in (
        ("ArrowRight", (22.5, 32.5)),
        ("+", (25.0, 30.0)),
        ("-", (22.5, 32.5)),
        ("p", (23.0, 33.0)),
        ("e", (25.0, 35.0)),
    ):
        page.keyboard.press(key)
        until(lambda e=expected: abs(float(search(page)["t0"]) - e[0]) < 1e-6)  # type: ignore[misc]
        assert float(search(page)["t1"]) == pytest.approx(expected[1])
    page.keyboard.press("ArrowUp")
    until(lambda: search(page).get("cell") == "6")
    page.reload()
    page.get_by_text("hidden 6").wait_for()
    assert frame(page, "hidden")[4:6] == pytest.approx([25.0, 35.0])
    page.keyboard.press("4")
    until(lambda: search(page)["tab"] == "weights")
    page.go_back()
    until(lambda: search(page)["tab"] == "activity")
    page.get_by_text("hidden 6").wait_for()
    page.get_by_label("go to").fill("12.5s")
    page.keyboard.press("p")  # typed into the field, and no key of the page
    page.get_by_label("go to").fill("12.5s")
    page.get_by_label("go to").press("Enter")
    until(lambda: abs(float(search(page)["t0"]) - 11.5) < 1e-6)


def test_the_pointer_names_cell_time_and_presentation(page: Any, site: Site) -> None:
    open_view(page, site, run="small", tab="activity", t0=40.0, t1=40.5)
    t, i = RunReader(site.folder / "small").spikes("hidden")
    inside = np.flatnonzero((t > 40.1) & (t < 40.4))
    # one that stands alone: no other spike within 10 ms and 10 cells
    alone = [
        n for n in inside if np.count_nonzero((abs(t - t[n]) < 0.01) & (abs(i - i[n]) < 10)) == 1
    ]
    box = frame(page, "hidden")
    page.mouse.move(*point(box, t[alone[0]], i[alone[0]]))
    page.get_by_text(f"cell {i[alone[0]]}, spike at {t[alone[0]]:.4f} s").wait_for()
    page.get_by_text("presentation 41 of 100, label 0").first.wait_for()
    page.mouse.click(*point(box, t[alone[0]], i[alone[0]]))
    until(lambda: search(page).get("cell") == str(i[alone[0]]))


def test_the_wheel_zooms_and_a_double_click_shows_all(page: Any, site: Site) -> None:
    open_view(page, site, run="small", tab="activity", t0=40.0, t1=60.0)
    x, y = point(frame(page, "hidden"), 50.0, 100)
    page.mouse.move(x, y)
    page.mouse.wheel(0, -400)
    until(lambda: float(search(page)["t1"]) - float(search(page)["t0"]) < 19)
    page.mouse.dblclick(x, y)
    until(lambda: float(search(page)["t1"]) > 100)


def test_runs_are_chosen_compared_and_sought(page: Any, site: Site) -> None:
    open_view(page, site)
    page.get_by_text("4 runs. Choose one").wait_for()
    page.locator(".slick-row", has_text="million").click()
    until(lambda: search(page).get("run") == "million")
    page.locator(".slick-row", has_text="small").click(modifiers=["Control"])
    page.get_by_text("parameters that differ").wait_for()
    page.get_by_role("cell", name="learning_rate").wait_for()
    runs = page.evaluate("new URLSearchParams(location.search).getAll('run')")
    assert runs == ["million", "small"]
    page.get_by_label("filter").fill("once learning_rate<0.015")
    page.get_by_text("2 runs, 2 chosen").wait_for()
    assert page.locator(".slick-row").count() == 2
    page.keyboard.press("Escape")


def test_every_tab_is_drawn_and_every_control_has_a_name(page: Any, site: Site) -> None:
    open_view(page, site, run="small", tab="activity", t0=0, t1=10, pop="hidden", cell=1)
    texts = {
        "1": "final figures",
        "3": "presentations in view",
        "4": "synapses after segment 9",
        "5": "Nothing can be changed",
        "6": "tau_synapse",
        "7": "finished",
        "8": "angle 36 x delay 25 after segment 9",
    }
    for key, text in texts.items():
        page.keyboard.press(key)
        page.get_by_text(text).filter(visible=True).first.wait_for()
        nameless = page.evaluate(
            """() => { const found = []
            const walk = root => { for (const el of root.querySelectorAll('*')) {
                if (el.shadowRoot) walk(el.shadowRoot)
                if (!el.matches('input, select, button, textarea') || !el.offsetParent) continue
                const named = [...(el.labels ?? [])].map(label => label.textContent).join('')
                const label = el.getAttribute('aria-label') || el.textContent.trim() || el.title
                    || el.placeholder || named
                    || el.closest('.bk-input-group')?.textContent.trim()
                if (!label) found.push(el.outerHTML.slice(0, 120)) } }
            walk(document); return found }"""
        )
        assert not nameless, (key, nameless)


def test_a_figure_of_the_view_is_offered_with_its_lines(page: Any, site: Site) -> None:
    open_view(page, site, run="small", tab="activity", t0=40.0, t1=40.5)
    page.keyboard.press("x")
    page.get_by_text("plotting.raster(").wait_for()
    with page.expect_download() as waiting:
        page.get_by_text("svg", exact=True).click()
    assert waiting.value.suggested_filename == "small.svg"
    assert b"<svg" in Path(waiting.value.path()).read_bytes()


def test_a_running_experiment_is_followed_and_tuned(page: Any, site: Site) -> None:
    live = site.folder / "live"
    settings = ["--set", "segments=2000", "--set", "pause=0.2 s", "--set", "rate=0.01"]
    experiment = spawn("run", DESCENT, "--out", live, *settings, "--quiet", "--record", "none")
    try:
        until((live / "metrics.csv").exists, 120)
        open_view(page, site)
        page.locator(".slick-row", has_text="live").click()
        page.get_by_text("live (running)").first.wait_for()
        page.keyboard.press("5")
        field = page.get_by_label("rate", exact=True)
        field.fill("0.02")
        field.press("Enter")
        run = RunReader(live)
        until(lambda: run.changes)
        segment, _, name, value = run.changes[0]
        assert (name, float(value)) == ("rate", 0.02)
        # From that segment on every error is the one before times (1 - 2 rate)^2.
        until(lambda: len(run.metrics["segment"]) > segment + 1)
        errors = run.metrics["validation_error"]
        assert errors[segment] / errors[segment - 1] == pytest.approx((1 - 0.04) ** 2)
        assert run.parameters["rate"] == 0.01
        page.get_by_text(f"taken in segment {segment}").wait_for()
        keep(page, "viewer-tuning")
    finally:
        experiment.terminate()
        experiment.wait(60)
    page.get_by_text("live (interrupted)").first.wait_for()


def test_new_segments_move_a_view_that_follows(page: Any, site: Site) -> None:
    writer = RunWriter.create(site.folder / "growing", configuration())

    def record(segment: int) -> None:
        t = segment + np.linspace(0.01, 0.99, 50)
        writer.write_recording(segment, Recording(spikes={"a": (t, np.arange(50) % 7)}))

    record(0)
    open_view(page, site)
    until(lambda: page.locator(".slick-row", has_text="growing").count())
    page.locator(".slick-row", has_text="growing").click()
    page.keyboard.press("2")
    until(lambda: abs(float(search(page).get("t1", 0)) - 0.99) < 0.1)
    record(1)
    until(lambda: abs(float(search(page)["t1"]) - 1.99) < 0.1)
    page.keyboard.press("+")
    until(lambda: float(search(page)["t1"]) < 1.9)
    record(2)
    page.wait_for_timeout(2500)
    assert float(search(page)["t1"]) < 1.9
    page.keyboard.press("End")
    until(lambda: abs(float(search(page)["t1"]) - 2.99) < 0.1)
    writer.close("finished")
    shutil.rmtree(site.folder / "growing")
    page.get_by_text("gone since").first.wait_for()


# Access


def test_nothing_is_served_but_at_the_secret_path(site: Site) -> None:
    """Another user of the machine can ask the port, and is told nothing."""
    host, _, token = site.address.removeprefix("http://").partition("/")
    assert len(token) >= 16
    with urllib.request.urlopen(site.address) as answer:
        assert answer.status == 200
    for guess in ("", "page", token[:-1]):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://{host}/{guess}")


class Tunnel:
    """A forwarded port with a delay each way and a limited rate, as to a remote machine."""

    def __init__(self, target: int, delay: float = 0.02, rate: float = 2e6) -> None:
        self._delay, self._rate = delay, rate
        self._target = target
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._socket.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._target))
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        free = time.monotonic()
        while True:
            try:
                data = source.recv(16_384)
                free = max(free, time.monotonic()) + len(data) / self._rate
                time.sleep(max(0.0, free + self._delay - time.monotonic()))
                if not data:
                    sink.shutdown(socket.SHUT_WR)
                    return
                sink.sendall(data)
            except OSError:
                return

    def close(self) -> None:
        self._socket.close()


@pytest.mark.slow
def test_through_a_tunnel_with_another_port(site: Site) -> None:
    """40 ms and 2 MB/s, and the browser sees another port than the server has."""
    host, _, token = site.address.removeprefix("http://").partition("/")
    tunnel = Tunnel(int(host.partition(":")[2]))
    page = site.window.new_page()
    through = site._replace(address=f"http://localhost:{tunnel.port}/{token}")
    open_view(page, through, run="million", tab="activity", t0=-1, t1=101)
    took = sorted(steps(page))
    print(f"through the tunnel: {took[3]:.3f} s a step")
    page.close()
    tunnel.close()
    assert took[3] < 0.3 or busy()


def test_the_page_says_when_the_server_has_ended(site: Site) -> None:
    server = spawn("view", site.folder, "--no-browser", "--port", "0", stdout=subprocess.PIPE)
    assert server.stdout is not None
    address = server.stdout.readline().split()[0]
    page = site.window.new_page()
    open_view(page, site._replace(address=address))
    server.send_signal(signal.SIGINT)
    assert server.wait(60) == 0
    page.get_by_text("The server has ended").wait_for()
    page.close()


# For the documentation


@pytest.mark.slow
def test_a_page_that_nobody_touches_costs_little_over_two_hundred_runs(
    site: Site, tmp_path: Path
) -> None:
    """At most 0.02 CPU seconds of the server a second, while the page is seen."""
    for seed in range(200):
        write_small(tmp_path / f"run-{seed:03}", 0.1 + 1e-3 * seed, seed=seed)
    server = spawn("view", ".", "--no-browser", "--port", "0", stdout=subprocess.PIPE, cwd=tmp_path)
    assert server.stdout is not None
    page = site.window.new_page()
    open_view(page, site._replace(address=server.stdout.readline().split()[0]), run="run-007")
    page.get_by_text("200 runs").wait_for()
    page.wait_for_timeout(5_000)
    before, began = processor_time(server.pid), time.monotonic()
    page.wait_for_timeout(30_000)
    spent = (processor_time(server.pid) - before) / (time.monotonic() - began)
    print(f"idle: {spent:.4f} CPU s a second")
    page.close()
    server.kill()
    server.wait()
    assert spent < 0.02


def keep(page: Any, name: str) -> None:
    """Keep what the page shows, where a folder for it is named."""
    if SHOTS:
        page.wait_for_timeout(1500)
        page.screenshot(path=f"{SHOTS}/{name}.png")


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 1920])
def test_every_tab_at_two_sizes(page: Any, site: Site, width: int) -> None:
    """Nothing is wider than the window; with BIOPLAUS_SCREENSHOTS the pictures are kept."""
    page.set_viewport_size({"width": width, "height": 1000 if width == 1280 else 1200})
    look = {"run": "small", "t0": 40, "t1": 46, "pop": "hidden", "cell": 1}
    for tab in (
        "learning",
        "activity",
        "aligned",
        "weights",
        "tuning",
        "parameters",
        "text",
        "arrays",
    ):
        open_view(page, site, tab=tab, **look)
        page.wait_for_timeout(500)
        assert page.evaluate("document.documentElement.scrollWidth") <= width + 1, tab
        keep(page, f"viewer-{tab}-{width}")
