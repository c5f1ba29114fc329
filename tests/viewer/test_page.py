"""The page's parts and keys, without a browser."""

from __future__ import annotations

import asyncio
import re
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from bokeh.document import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array

from bioplaus.errors import UserError
from bioplaus.records import Presentations, Recording, RunWriter, Windows
from bioplaus.records.arrays import ArrayRecord, Axis
from bioplaus.records.inbox import request_change
from bioplaus.records.weights import summarise
from bioplaus.viewer import activity, export, raster
from bioplaus.viewer.aligned import Aligned, aligned_spikes
from bioplaus.viewer.arrays import Arrays, positions
from bioplaus.viewer.cells import by_label, by_rate, ranked
from bioplaus.viewer.command import make_server
from bioplaus.viewer.contents import store_of
from bioplaus.viewer.learning import Learning, differences
from bioplaus.viewer.page import Page
from bioplaus.viewer.statistics import interval_histogram, of_cell, of_population
from bioplaus.viewer.texts import Texts
from bioplaus.viewer.tuning import Control, Offer
from bioplaus.viewer.view_state import Eye, View
from bioplaus.viewer.weights import Weights, fields, tiled

sys.path.insert(0, str(Path(__file__).parent))
from example_run import SEGMENTS, configuration, counting_time, write_example, write_small


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    write_example(folder / "million")
    write_example(folder / "small", spikes=20_000, learning_rate=0.02, tau_synapse="0.004 s")
    return folder


@pytest.fixture
def page(runs: Path) -> Page:
    """A page that shows the activity of the small run, in whole."""
    page = Page([runs])
    page.list.set_chosen([runs / "small"])
    page.press("2")
    page.press("Home")
    shown(page).draw()
    return page


def shown(page: Page) -> Any:
    (part,) = page.contents.parts["activity"].values()
    return part


# The address and the window

texts = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=8)


@given(
    st.builds(
        View,
        run=st.lists(texts, max_size=3).map(tuple),
        tab=st.sampled_from(["learning", "activity", "text"]),
        t0=st.none() | st.floats(-10, 1e5).map(lambda t: float(f"{t:.9g}")),
        pop=texts,
        cell=st.integers(-1, 10**6),
        seg=st.integers(-1, 999),
        filter=texts,
    )
)
@settings(deadline=None)
def test_an_address_gives_back_its_view(view: View) -> None:
    from urllib.parse import parse_qs

    assert View.parse(parse_qs(view.address()[1:], keep_blank_values=True)) == view


def test_an_address_with_nonsense_is_read_as_far_as_it_goes() -> None:
    view = View.parse({"t0": [b"x"], "cell": ["3"], "tab": ["nowhere"], "what": ["?"]})
    assert view == View(cell=3)


def test_the_window_stays_within_what_was_recorded() -> None:
    eye = Eye()
    eye.extend((0.0, 100.0))
    assert eye.window[1] == pytest.approx(100.3)
    for asked in ((-50.0, 20.0), (90.0, 500.0), (-1e9, 1e9), (3.0, 3.0)):
        eye.look(*asked)
        start, end = eye.window
        assert eye.whole[0] <= start < end <= eye.whole[1] + 1e-9


def test_a_view_that_follows_moves_with_the_end_and_keeps_its_width() -> None:
    eye = Eye()
    eye.extend((0.0, 10.0))
    eye.look(4.0, 6.0, following=True)
    eye.extend((0.0, 20.0))
    assert eye.window[1] == pytest.approx(eye.whole[1])
    assert eye.window[1] - eye.window[0] == pytest.approx(2.0)
    eye.time.end = 19.0  # by hand
    before = eye.window
    eye.extend((0.0, 30.0))
    assert eye.window == before


# Activity


def test_everything_recorded_stands_over_one_time(page: Page) -> None:
    part = shown(page)
    assert list(part.shown) == ["presentations", "spikes hidden", "trace hidden.v", "rates"]
    ranges = {id(panel.plot.x_range) for panel in part.shown.values()}
    assert ranges == {id(page.eye.time)}
    assert "20,000 spikes in view, each drawn" in part.note.text
    assert "100 of 100 presentations" in part.note.text


def test_a_million_spikes_are_counted_in_the_frames_own_pixels(runs: Path) -> None:
    """Nearly all that a step costs is to count the spikes, and the first view to read them."""
    Page([runs], View(run=(str(runs / "small"),), tab="activity"))  # all that is needed is loaded
    began = time.process_time()
    page = Page([runs], View(run=(str(runs / "million"),), tab="activity"))
    part = shown(page)
    first = time.process_time() - began
    page.press("Home")
    part.draw()
    panel = part.shown["spikes hidden"]
    (image,) = panel.image.data["image"]
    assert image.sum() == 1_000_000
    assert image.shape[0] >= 200
    assert image.shape[1] == 1100  # the guessed frame
    assert not len(panel.marks.data["t"])
    steps = []
    for key in "+-+-+-+":
        page.press(key)
        began = time.process_time()
        part.draw()
        steps.append(time.process_time() - began)
    reference = counting_time()
    assert first < 60 * reference
    assert np.median(steps) < 15 * reference


def test_the_level_at_which_cells_fire_is_a_dashed_line(page: Page) -> None:
    """In the unit of the trace, from end to end of the window."""
    panel = shown(page).shown["trace hidden.v"]
    assert panel.plot.yaxis[0].axis_label == "v [mV]"
    assert list(panel.level.data["y"]) == pytest.approx([5.0, 5.0])
    assert tuple(panel.level.data["x"]) == page.eye.window
    assert "fires above 5 mV" in panel.note


def test_the_chosen_cell_has_its_variables_and_spikes_below(page: Page, runs: Path) -> None:
    part = shown(page)
    part.population.value = "hidden"
    part.cell.value = 1
    assert (page.eye.population, page.eye.cell) == ("hidden", 1)
    trace = part.shown["trace hidden.v"]
    assert list(trace.lines.data["cell"]) == [1]
    # -10 mV sin(2 pi t): both peaks are kept however many samples share a pixel
    (line,) = trace.lines.data["y"]
    assert (line.min(), line.max()) == pytest.approx((-10.0, 10.0), rel=1e-6)
    assert trace.plot.yaxis.axis_label == "v [mV]"
    t, i = Windows(runs / "small").spikes("hidden", page.eye.window)
    assert list(trace._ticks.data["x"]) == list(t[i == 1])
    assert f"<b>hidden 1</b> {np.count_nonzero(i == 1)} spikes" in part.in_view.said.text


def test_a_click_chooses_the_row_under_it_in_any_order(page: Page) -> None:
    part = shown(page)
    panel = part.shown["spikes hidden"]
    part._tap(panel, SimpleNamespace(y=17.3))
    assert page.eye.cell == 17
    part.order.value = "rate in view"
    _, i = part.store.spikes("hidden", page.eye.window)
    counts = np.bincount(i, minlength=200)
    part._tap(panel, SimpleNamespace(y=0.0))
    assert counts[page.eye.cell] == counts.max()
    rows = np.array(panel.marks.data["row"])
    assert np.array_equal(panel.rank[np.array(panel.marks.data["cell"])], rows)
    part.order.value = "cell number"


def test_cells_are_picked_by_what_they_do(page: Page) -> None:
    part = shown(page)
    _, i = part.store.spikes("hidden", page.eye.window)
    counts = np.bincount(i, minlength=200)
    part.pick.value = "most active in view"
    assert counts[page.eye.cell] == counts.max()
    part.pick.value = "first with traces"
    assert page.eye.cell == 0


def test_what_lies_under_the_pointer_is_named(page: Page) -> None:
    part = shown(page)
    panel = part.shown["spikes hidden"]
    t, i = part.store.spikes("hidden", (5.0, 6.0))
    said = part._under(panel, t[3], i[3])
    assert f"cell {i[3]}, spike at {t[3]:.4f} s" in said
    assert "presentation 6 of 100, label 1, answered 2 (error), learning" in said
    page.inbox.data = {"kind": ["pointer"], "text": [f"1 {t[3]} {i[3]}"], "n": [1]}
    assert f"{t[3]:.4f} s" in page.pointer.text


def test_a_segment_that_records_something_else_keeps_what_is_shown(tmp_path: Path) -> None:
    """First spikes of a, then of b alone, then of both."""
    writer = RunWriter.create(tmp_path / "run", configuration())
    spike = (np.array([0.5]), np.array([3]))
    writer.write_recording(0, Recording(spikes={"a": spike}))
    page = Page([tmp_path], View(run=(str(tmp_path / "run"),), tab="activity"))
    part = shown(page)
    assert "4 of 4 cells, 1 spikes" in part.note.text
    writer.write_recording(1, Recording(spikes={"b": spike}))
    writer.write_recording(2, Recording(spikes={"a": spike, "b": spike}))
    page.refresh()
    assert list(part.shown) == ["spikes a", "spikes b", "rates"]
    assert part.note.text.count("2 spikes in view") == 2
    writer.close("finished")


def test_overviews_are_drawn_where_there_are_too_many_spikes(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bioplaus.records import windows

    monkeypatch.setattr(windows, "_DRAWN", 1000)
    page = Page([runs], View(run=(str(runs / "million"),), tab="activity"))
    page.press("Home")
    part = shown(page)
    part.draw()
    (image,) = part.shown["spikes hidden"].image.data["image"]
    assert image.sum() == 1_000_000
    assert "too many spikes" in part.in_view.said.text


def test_fifteen_thousand_cells_are_all_in_the_image() -> None:
    from bioplaus.records.overview import Counts
    from bioplaus.viewer.pixels import fold

    counts = np.ones((2000, 8), np.uint8)
    image = fold(Counts((0.0, 8.0), counts, 8), (-0.1, 8.1), (-100.0, 16_100.0), (400, 300))
    assert image.sum() == 16_000
    assert not fold(Counts((0.0, 8.0), counts, 8), (9.0, 10.0), (0.0, 10.0), (40, 30)).any()


# Keys


def test_keys_move_the_window_and_go_to_things(page: Page) -> None:
    eye = page.eye
    for key in "++":
        page.press(key)
    start, end = eye.window
    page.press("ArrowRight")
    assert eye.window == pytest.approx((start + (end - start) / 4, end + (end - start) / 4))
    page.press("ArrowLeft")
    assert eye.window == pytest.approx((start, end))
    eye.look(10.0, 12.0)
    assert page.press("p") == "presentation at 11.0000 s"
    assert eye.window == pytest.approx((10.8, 12.8))
    assert page.press("P") == "presentation at 10.0000 s"
    assert page.press("e") == "error at 11.0000 s"  # every third: 2, 5, 8, 11
    assert page.press("E") == "error at 8.0000 s"
    assert page.press("s") == "segment at 10.0000 s"
    eye.choose("hidden", 7)
    t, i = shown(page).store.spikes("hidden", (0, 100))
    mine = t[i == 7]
    at = eye.window[0] + 0.1 * 2.0
    assert page.press("n") == f"spike at {mine[mine > at + 1e-9][0]:.4f} s"
    assert page.press("ArrowUp") == "cell 8 of hidden"
    assert page.press("End") == "following the run"
    assert eye.following


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("103", "there is no presentation 103; there are 100"),
        ("42", "presentation 42"),
        ("12.5s", "at 12.5 s"),
        ("1500 ms", "at 1.5 s"),
        ("#12", "cell 12 of hidden"),
        ("#99999", "cell 199 of hidden"),
        ("e", "error at"),
        ("what", "is no presentation, time"),
    ],
)
def test_going_to_answers_for_every_text(page: Page, text: str, said: str) -> None:
    page._go(text)
    assert said in page.outbox.data["said"][0]


def test_every_key_of_the_script_is_answered(page: Page) -> None:
    code = (Path(activity.__file__).parent / "page.js").read_text()
    assert len(code.splitlines()) <= 80
    listed = re.search(r"const keys = '([^']*)'", code)
    assert listed is not None
    for key in listed.group(1).split():
        assert page.press(key), key
    assert not page.contents.faults


def test_the_address_restores_the_view(page: Page, runs: Path) -> None:
    page.eye.look(3.0, 4.0)
    page.eye.choose("hidden", 5)
    page._answer()
    address = page.outbox.data["address"][0]
    again = Page([runs])
    again.inbox.data = {"kind": ["address"], "text": [address], "n": [1]}
    assert again.eye.window == pytest.approx((3.0, 4.0))
    assert (again.eye.population, again.eye.cell) == ("hidden", 5)
    assert (shown(again).population.value, shown(again).cell.value) == ("hidden", 5)
    assert again.runs == [runs / "small"]
    gone = Page([runs], View(run=("nowhere",)))
    assert "nowhere is not there" in gone.outbox.data["said"][0]


def test_a_button_leads_to_new_segments_of_a_run_that_goes_on(tmp_path: Path) -> None:
    writer = RunWriter.create(tmp_path / "run", configuration())

    def record(segment: int) -> None:
        t = segment + np.linspace(0.01, 0.99, 50)
        writer.write_recording(segment, Recording(spikes={"a": (t, np.arange(50) % 7)}))

    record(0)
    page = Page([tmp_path], View(run=(str(tmp_path / "run"),), tab="activity"))
    assert page.heading.follow.visible
    assert page.heading.follow.label == "following the run"
    page.press("ArrowLeft")
    page.press("+")
    page.press("ArrowLeft")
    for segment in (1, 2):
        record(segment)
        page.refresh()
    assert page.heading.follow.label == "follow (2 new segments)"
    page.press("End")
    page.refresh()
    assert page.heading.follow.label == "following the run"
    assert page.eye.window[1] == pytest.approx(2.99, abs=0.1)
    writer.close("finished")
    page.list.refresh()
    page.refresh()
    assert not page.heading.follow.visible


def test_a_slow_disk_keeps_nothing_waiting_and_only_the_last_window_is_drawn(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of two reads waits until the loop has had ten turns; five windows are asked for."""
    part, document = shown(page), Document()
    document.add_root(page.layout)
    turned, began, callbacks = threading.Event(), threading.Event(), []
    monkeypatch.setattr(document, "add_next_tick_callback", callbacks.append)
    plain, read_in = part._read, []

    def slowly() -> Any:
        read_in.append((threading.current_thread().name, page.eye.window))
        began.set()
        assert turned.wait(60)
        return plain()

    async def visit() -> None:
        page.eye.look(10, 20)
        (read_ahead,) = callbacks
        reading = asyncio.ensure_future(read_ahead())
        while not began.is_set():
            await asyncio.sleep(0.001)
        for start in (30, 40, 50):
            await asyncio.sleep(0)  # a loop that waited for the disk would never come here
            page.eye.look(start, start + 10)
        turned.set()
        await reading

    monkeypatch.setattr(part, "_read", slowly)
    before = part.note.text
    asyncio.run(visit())
    assert [name for name, _ in read_in] == ["reader_0"] * 2
    assert read_in[1][1] == pytest.approx((50, 60))
    assert part.note.text == before  # a thread draws nothing
    _, draw = callbacks
    draw()
    start, stop = min(np.array(part._panels["spikes hidden"].marks.data["t"])), 60
    assert 50 <= start < stop


def test_what_was_read_before_another_view_is_not_drawn(page: Page) -> None:
    part = shown(page)
    looks, read = part._looks, part._read()
    page.eye.look(10, 20)
    part.draw()
    drawn = part._panels["spikes hidden"].marks.data
    part._draw_of(looks, read)
    assert part._panels["spikes hidden"].marks.data is drawn


def test_two_visitors_share_what_was_read(runs: Path, page: Page) -> None:
    assert store_of(runs / "small") is shown(page).store


# Aligned, weights, learning


def test_aligned_spikes_by_hand() -> None:
    t = np.array([0.95, 1.0, 1.05, 2.2, 3.0])
    found, number = aligned_spikes(t, np.array([1.0, 2.0, 3.1]), 0.1, 0.2)
    assert found == pytest.approx([-0.05, 0.0, 0.05, 0.2, -0.1])
    assert list(number) == [0, 0, 0, 1, 2]


def test_aligned_views_group_by_label(page: Page, runs: Path) -> None:
    page.press("3")
    (part,) = page.contents.parts["aligned"].values()
    assert "100 presentations" in part.note.text
    assert list(part.rates.data["label"]) == ["0", "1", "2", "3"]
    # 20,000 spikes in 100 s of 200 cells: 1 Hz, whatever the label
    for rate in part.rates.data["y"]:
        assert np.mean(rate) == pytest.approx(1.0, abs=0.15)
    part.events.value = "wrong answers"
    assert "33 wrong answers" in part.note.text


def test_presentations_that_were_not_recorded_are_not_silence(tmp_path: Path) -> None:
    """Of four presentations the last two were recorded, at 10 Hz; the others are left out."""
    start = np.arange(4.0)
    shown = np.column_stack([start, start + 1, [0, 0, 0, 1]])
    recording = Recording(spikes={"hidden": (np.arange(2, 4, 0.1) + 0.05, np.zeros(20, int))})
    recording.add_presentations(shown, recorded_from=2.0)
    writer = RunWriter.create(tmp_path / "run", configuration())
    writer.write_recording(0, recording)
    writer.close("finished")
    store = Windows(tmp_path / "run")
    kept = store.presentations()
    assert kept is not None
    assert list(kept.recorded) == [0, 0, 1, 1]
    eye = Eye()
    eye.extend(store.ends)
    part = Aligned(store, eye)
    eye.look(0.0, 4.0)
    part.after.value = 1000
    part.before.value = 0
    part.draw()
    assert "2 presentations" in part.note.text
    assert "2 more were not recorded" in part.note.text
    for rate in part.rates.data["y"]:
        assert np.mean(rate) == pytest.approx(10)
    t, i = recording.spikes["hidden"]
    assert list(by_label(t, i, 2, kept)) == [0, 2]


def test_weights_follow_the_segment_and_have_paths(runs: Path) -> None:
    """The example's weights have mean k after segment k, and unit variance."""
    part = Weights(Windows(runs / "small"))
    assert part.number == SEGMENTS - 1
    for segment in (9, 4):
        part.segment.value = segment
        (image,) = part.image.data["image"]
        assert image.mean() == pytest.approx(segment, abs=0.1)
    paths = dict(zip(part.paths.data["name"], part.paths.data["y"]))
    assert paths["mean"] == pytest.approx(np.arange(10), abs=0.1)
    assert paths["50%"] == pytest.approx(np.arange(10), abs=0.1)
    assert paths["95%"] - paths["5%"] == pytest.approx(np.full(10, 2 * 1.645), abs=0.2)
    part.against.value = "first"
    (image,) = part.image.data["image"]
    assert image.mean() == pytest.approx(4, abs=0.1)
    part.way.value = "receptive fields"
    assert "fields 8 x 8 of cells 0 to 63" in part.note.text
    part.way.value = "image of each segment"
    assert part.note.text.startswith("after segments 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, from the upper")
    (image,) = part.image.data["image"]
    rows, columns = (n + 1 for n in part._record(part._files()[0]).image.shape)
    whole = image[::-1].reshape(image.shape[0] // rows, rows, image.shape[1] // columns, columns)
    tiles = whole.swapaxes(1, 2).reshape(-1, rows, columns)  # ten, and two empty places
    means = [np.nanmean(tile) for tile in tiles[:10]]
    assert means == pytest.approx(np.arange(10), abs=0.1)
    assert np.isnan(tiles[10:]).all()
    assert Weights(Windows(runs / "small"), segment=3).number == 3


def test_weights_of_some_pairs_are_drawn_where_these_are(tmp_path: Path) -> None:
    """Half of 6 x 4 pairs: the others are left blank, and the note counts cells and synapses."""
    i, j = np.divmod(np.arange(0, 24, 2), 4)
    weights = {"some": summarise(coo_array((i + 1.0, (i, j)), shape=(6, 4)), "nS")}
    writer = RunWriter.create(tmp_path / "run", configuration())
    writer.write_recording(0, Recording(weights=weights))
    writer.close("finished")
    part = Weights(Windows(tmp_path / "run"))
    assert part.note.text == "12 synapses between 6 x 4 cells after segment 0"
    (image,) = part.image.data["image"]
    assert (part.image.data["width"], part.image.data["height"]) == ([4], [6])
    assert np.array_equal(np.isnan(image), np.tile([False, True], (6, 2)))
    assert image[i, j].tolist() == (i + 1.0).tolist()
    assert len(part.paths.data["y"]) == 12 + 4  # each synapse, three quantiles and the mean


def test_fields_are_the_columns_of_the_matrix_upright() -> None:
    image = np.arange(4 * 3).reshape(4, 3).astype(float)
    found = fields(image)
    assert found is not None
    upper_left = found[::-1][:2, :2]
    assert upper_left.ravel() == pytest.approx(image[:, 0])
    assert fields(np.ones((5, 3))) is None
    a, b, c = (np.full((1, 2), n) for n in (1.0, 2.0, 3.0))
    nan = np.nan
    gap = [nan] * 6
    assert tiled([a, b, c])[::-1] == pytest.approx(
        np.array([[1, 1, nan, 2, 2, nan], gap, [3, 3, *[nan] * 4], gap]), nan_ok=True
    )


def test_a_segment_without_weights_leaves_those_of_the_last(tmp_path: Path) -> None:
    writer = RunWriter.create(tmp_path / "run", configuration())
    part = Weights(Windows(tmp_path / "run"))
    spikes = {"cells": (np.array([0.5]), np.array([0]))}
    for segment in range(4):
        weights = {"plastic": summarise(np.full((2, 3), float(segment)), "1")}
        writer.write_recording(
            segment, Recording(spikes, weights=weights if segment % 2 == 0 else {})
        )
        part.refresh()
        assert part.projection.value == "plastic"
        assert part.note.text == f"2 x 3 synapses after segment {segment - segment % 2}"
    writer.close("finished")


def test_runs_over_each_other_and_what_differs(page: Page, runs: Path) -> None:
    page.list.set_chosen([runs / "small", runs / "million"])
    page.press("1")
    part = page.contents.parts["learning"][None]
    assert len(part.figures[0].sources) == 2
    for source in part.figures[0].sources.values():
        assert list(source.data["y"]) == pytest.approx(0.9 * 0.7 ** np.arange(10))
    assert differences(part.runs) == {"learning_rate": ["0.02", "0.01"]}  # 0.004 s is 4 ms
    assert "test_error" in part.table.text


def test_a_mean_is_over_runs_that_differ_in_their_seed_only(tmp_path: Path) -> None:
    from bioplaus.records import RunReader

    for seed, error in ((1, 0.1), (2, 0.3)):
        write_small(tmp_path / f"s{seed}", error, seed=seed)
    write_small(tmp_path / "other", 0.9, learning_rate=5.0)
    part = Learning({name: RunReader(tmp_path / name) for name in ("s1", "s2", "other")})
    part.together.active = 1
    (curves,) = part.figures
    first = curves.sources["s1"].data
    spread = 0.2 / np.sqrt(2)
    assert first["y"] == pytest.approx([0.2])
    assert first["high"] - first["low"] == pytest.approx([2 * spread])
    assert not len(curves.sources["s2"].data["y"])
    assert curves.sources["other"].data["y"] == pytest.approx([0.9])


def test_small_figures_of_runs_share_their_limits_and_those_of_metrics_the_clock(
    page: Page, runs: Path
) -> None:
    page.list.set_chosen([runs / "small", runs / "million"])
    assert page.press("m") == "look at the learning curves first"
    page.press("1")
    part = page.contents.parts["learning"][None]
    assert page.press("m") == "a panel a run"
    of_runs = part.figures
    assert [list(each.sources) for each in of_runs] == [[name] for name in part.runs]
    one, other = (each.plot for each in of_runs)
    assert one.y_range is other.y_range
    assert one.x_range is other.x_range
    for each in of_runs:
        (source,) = each.sources.values()
        assert list(source.data["y"]) == pytest.approx(0.9 * 0.7 ** np.arange(10))
    assert page.press("m") == "a panel a metric"
    assert [each.metric for each in part.figures] == list(part.metric.options)
    assert all(list(each.sources) == list(part.runs) for each in part.figures)
    assert len({id(each.plot.y_range) for each in part.figures}) == len(part.figures)
    assert len({id(each.plot.x_range) for each in part.figures}) == 1
    assert page.press("m") == "over each other"
    assert len(part.figures) == 1


def test_of_many_runs_the_first_twelve_have_small_figures(tmp_path: Path) -> None:
    from bioplaus.records import RunReader

    write_small(tmp_path / "run", 0.1)
    part = Learning({f"run {n}": RunReader(tmp_path / "run") for n in range(14)})
    part.turn()
    assert len(part.figures) == 12
    assert part._place.children[0].text == "the first 12 of 14"


def test_changes_are_marked_in_the_curve_and_new_rows_appended(tmp_path: Path) -> None:
    from bioplaus.records import RunReader

    writer = RunWriter.create(tmp_path / "run", configuration())
    for segment in range(3):
        row = {"segment": segment, "epoch": segment + 1.0, "simulated_time_s": 1.0 + segment}
        writer.append_metrics(row | {"validation_error": 0.5 - 0.1 * segment})
        if segment == 1:
            part = Learning({"run": RunReader(tmp_path / "run")})
            (curves,) = part.figures
            data = curves.sources["run"].data
            writer.append_change(2, 2.0, "learning_rate", "0.05")
    part.refresh()
    assert curves.sources["run"].data is data
    assert list(data["x"]) == [1.0, 2.0, 3.0]
    assert curves.marks.data["what"] == ["run: learning_rate = 0.05 from segment 2 (2 s)"]
    assert list(curves.marks.data["x"]) == [2.0]
    writer.close("finished")


@pytest.mark.parametrize("tab", ["learning", "activity", "aligned", "weights", "arrays"])
def test_a_hint_goes_with_what_it_waits_for_and_says_when_nothing_will_come(
    tmp_path: Path, tab: str
) -> None:
    awaited = {
        "learning": "no figures",
        "activity": "no spikes or variables",
        "aligned": "no spikes",
        "weights": "no weights that learn",
        "arrays": "no arrays",
    }[tab]

    def said(page: Page) -> str:
        (part,) = page.contents.parts[tab].values()
        return str(part.table.text if tab == "learning" else part.note.text)

    writer, still = (RunWriter.create(tmp_path / name, configuration()) for name in "ab")
    page, silent = (Page([tmp_path], View(run=(str(tmp_path / n),), tab=tab)) for n in "ab")
    assert f"{awaited} yet" in said(page)
    weights = {"plastic": summarise(np.eye(3), "1")}
    spikes = {"cells": (np.array([0.5]), np.array([0]))}
    recording = Recording(spikes, weights=weights)
    recording.add_array("a", ArrayRecord.of("a", np.arange(3.0), "", {"n": np.arange(3)}))
    writer.write_recording(0, recording)
    writer.append_metrics({"segment": 0, "epoch": 1.0, "simulated_time_s": 1.0, "error": 0.5})
    page.refresh()
    assert awaited not in said(page)
    still.close("finished")
    silent.refresh()
    assert f"{awaited} in this run" in said(silent)
    assert "yet" not in said(silent)
    writer.close("finished")


# Arrays


def one_array(folder: Path, value: Any, unit: str, segments: int = 1, **axes: Any) -> Arrays:
    writer = RunWriter.create(folder / "run", configuration())
    for segment in range(segments):
        recording = Recording()
        factor = np.array(1 + segment, np.asarray(value).dtype)
        recording.add_array("hand", ArrayRecord.of("hand", factor * value, unit, axes))
        writer.write_recording(segment, recording)
    writer.close("finished")
    return Arrays(Windows(folder / "run"))


def test_a_few_rows_of_an_array_are_curves_over_its_longer_axis(tmp_path: Path) -> None:
    """A hand's path in millimetres, twice as long in the second segment."""
    t = np.linspace(0.0, 2.0, 50)
    path = np.stack([0.02 * t, -0.01 * t], axis=1)
    part = one_array(tmp_path, path, "V", 2, time=(t, "s"), coordinate=["x", "y"])
    assert part.note.text == "time 50 x coordinate 2 after segment 1, -40 to 80 mV"
    assert part.curves.data["name"] == ["coordinate x", "coordinate y"]
    for column, y in enumerate(part.curves.data["y"]):
        assert part.curves.data["x"][column] == pytest.approx(t)
        assert y == pytest.approx(2e3 * path[:, column])
    assert part.plot.xaxis[0].axis_label == "time [s]"
    assert part.plot.yaxis[0].axis_label == "hand [mV]"
    part.segment.value = 0
    assert part.curves.data["y"][0] == pytest.approx(1e3 * path[:, 0])


def test_an_array_of_many_rows_is_an_image_at_its_places(tmp_path: Path) -> None:
    """Rows ascend from 10 Hz, columns descend from 3 s: the lower left is (10 Hz, 0 s)."""
    value = np.arange(20 * 31.0).reshape(20, 31)
    axes = {"frequency": (10.0 + np.arange(20), "Hz"), "time": (np.linspace(3, 0, 31), "s")}
    part = one_array(tmp_path, value, "", **axes)
    (image,) = part.image.data["image"]
    assert image[0, 0] == value[0, -1]
    assert image[19, 30] == value[19, 0]
    found = [part.image.data[name][0] for name in "xywh"]
    assert found == pytest.approx([-0.05, 9.5, 3.1, 20.0])  # half a step beyond each end
    assert part.plot.yaxis[0].axis_label == "frequency [Hz]"
    (drawn,) = part.plot.renderers
    mapper = drawn.glyph.color_mapper
    assert (len(mapper.palette), mapper.low, mapper.high) == (256, 0.0, 619.0)


def test_of_more_dimensions_the_last_two_are_drawn_at_a_chosen_place(tmp_path: Path) -> None:
    value = np.arange(3 * 2 * 40.0).reshape(3, 2, 40)
    axes = {"layer": ["first", "second", "third"], "sign": ["+", "-"], "bin": np.arange(40)}
    part = one_array(tmp_path, value, "", **axes)
    (layer,) = part.others
    assert part.curves.data["y"][1] == pytest.approx(value[0, 1])
    layer.value = 2
    assert part.curves.data["y"][1] == pytest.approx(value[2, 1])
    assert "layer = third" in part.note.text


def test_places_in_equal_steps_are_kept_and_all_others_numbered() -> None:
    places, labels = positions(Axis(np.array([3.0, 2.5, 2.0]), "s"))
    assert (places.tolist(), labels) == ([3.0, 2.5, 2.0], {})
    places, labels = positions(Axis(np.array([1.0, 10.0, 100.0])))
    assert (places.tolist(), labels) == ([0, 1, 2], {0: "1", 1: "10", 2: "100"})
    places, labels = positions(Axis(np.array(["a", "b"])))
    assert (places.tolist(), labels) == ([0, 1], {0: "a", 1: "b"})
    assert positions(Axis(np.array([1, 1])))[1] == {0: "1", 1: "1"}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (np.float64(4.0), "one number after segment 0, 4"),
        (np.array([1.0, np.nan, np.inf, 3.0]), "1 to 3; 2 not finite"),
        (np.full(3, np.nan), "no finite number"),
        (np.array([3 + 4j, 0]), "magnitude, 0 to 5"),
        (np.array([True, False]), "0 to 1"),
        (np.empty(0), "no numbers to draw"),
    ],
)
def test_arrays_of_every_kind_are_told(tmp_path: Path, value: Any, said: str) -> None:
    axes = {"n": np.arange(len(value))} if np.ndim(value) else {}
    writer = RunWriter.create(tmp_path / "run", configuration())
    recording = Recording()
    recording.add_array("a", ArrayRecord.of("a", value, "1", axes))
    writer.write_recording(0, recording)
    writer.close("finished")
    assert said in Arrays(Windows(tmp_path / "run")).note.text


# Export, texts, tuning, statistics


def test_the_lines_of_the_view_draw_what_is_seen(page: Page) -> None:
    page.eye.look(41.2, 42.4)
    page.eye.choose("hidden", 1)
    part = shown(page)
    part.draw()
    lines = export.python_lines(part.store, list(part.shown.values()), page.eye.window)
    names: dict[str, Any] = {}
    exec("\n".join(lines.splitlines()[:-1]), names)
    panel = part.shown["spikes hidden"]
    assert list(names["t"]) == list(panel.marks.data["t"])
    assert list(names["i"]) == list(panel.marks.data["cell"])
    assert list(names["v"].cells) == [1]
    assert names["axes"][-1].get_xlim() == pytest.approx((41.2, 42.4))
    svg = export.draw(lines, "svg").decode()
    assert svg.count("<svg") == 1
    assert "small: example, seed 1" in svg
    page.press("x")
    assert "data:application/pdf" in page.exported.text


def test_the_table_of_the_view_holds_what_is_seen(page: Page) -> None:
    """Every spike of the window, and the chosen cell's variable in base units."""
    page.eye.look(41.2, 42.4)
    page.eye.choose("hidden", 1)
    part = shown(page)
    part.draw()
    head, *lines = export.rows(part.store, list(part.shown.values()), page.eye.window)
    assert head == "population,variable,cell,time [s],value,unit"
    table = [line.split(",") for line in lines]
    spikes = np.array([[float(row[3]), float(row[2])] for row in table if row[1] == "spike"])
    marks = part.shown["spikes hidden"].marks.data
    assert spikes == pytest.approx(np.stack([marks["t"], marks["cell"]], axis=1))
    values = np.array([[float(row[3]), float(row[4])] for row in table if row[1] == "v"])
    assert len(values) == pytest.approx(1200, abs=2)  # a sample a millisecond
    assert values[:, 1] == pytest.approx(-0.01 * np.sin(2 * np.pi * values[:, 0]), abs=1e-9)
    assert {tuple(row[2:3] + row[5:]) for row in table if row[1] == "v"} == {("1", "V")}
    page.press("x")
    assert "href='data:text/csv" in page.exported.text


def test_a_table_of_too_many_rows_is_left_to_the_command(page: Page, runs: Path) -> None:
    page.list.set_chosen([runs / "million"])
    page.press("Home")
    shown(page).draw()
    page._export()
    assert "text/csv" not in page.exported.text
    assert "no csv, of more than 200,000 rows" in page.exported.text


def test_only_the_texts_of_a_run_are_shown_and_escaped(tmp_path: Path) -> None:
    from bioplaus.records import RunReader

    path = write_example(tmp_path / "run", spikes=10)
    (path / "log.txt").write_text("".join(f"line {n} <b>\n" for n in range(1500)))
    part = Texts(RunReader(path))
    assert "the last 1,000 lines" in part.note.text
    assert "line 1499 &lt;b&gt;" in part.body.text
    assert "line 499 " not in part.body.text
    part.which.value = "environment"
    assert "3.11" in part.body.text
    assert not [name for name in part.files() if "h5" in name or "ckpt" in name]


def test_a_value_is_asked_for_once_and_its_answer_told(tmp_path: Path) -> None:
    from bioplaus.records import RunReader

    writer = RunWriter.create(tmp_path / "run", configuration())
    run = RunReader(tmp_path / "run")
    control = Control(Offer("tau", "5 ms"), "5 ms", SimpleNamespace(run=run))  # type: ignore[arg-type]
    control.field.value = "8 ms"
    assert control.slider is not None
    assert 10**control.slider.value == pytest.approx(8.0)
    assert writer.take_requests() == [("tau", "8 ms")]
    assert "asked for 8 ms" in control.said.text
    control.answer([(3, 1.5, "tau", "8 ms")], (-1, ""))
    assert control.said.text == "8 ms taken in segment 3"
    control.field.value = "8 mV"
    control.answer([(3, 1.5, "tau", "8 ms")], (10**9, "it is a time"))
    assert control.said.text == "refused: it is a time"
    control.reset.js_event_callbacks.clear()
    control.ask("5 ms")
    assert writer.take_requests() == [("tau", "8 mV"), ("tau", "5 ms")]
    writer.close("finished")


def test_a_request_is_one_file_in_the_inbox(tmp_path: Path) -> None:
    writer = RunWriter.create(tmp_path / "run", configuration())
    request_change(tmp_path / "run", "rate", "0.02")
    assert writer.take_requests() == [("rate", "0.02")]
    assert writer.take_requests() == []
    writer.close("finished")


def test_statistics_of_known_trains() -> None:
    """A clock of 10 ms: 100 Hz, CV and LV 0; two cells of three fire."""
    t = np.arange(0.005, 1.0, 0.01)
    assert of_cell(t, 1.0) == "100 spikes, 100 Hz, shortest interval 10 ms, CV 0.00, LV 0.00"
    text = of_population(t, np.tile([0, 2], 50), 3, (0.0, 1.0))
    assert text == "mean 33.3 Hz, 1 silent, mean CV 0.00 of 2 cells"
    edges, counts = interval_histogram(t)
    (filled,) = np.flatnonzero(counts)
    assert edges[filled] <= 10 <= edges[filled + 1]
    assert counts.sum() == 99
    assert interval_histogram(np.empty(0))[1].sum() == 0


def test_orders_of_cells_by_hand() -> None:
    """Cell 0 fires in label 1, cell 1 never, cell 2 twice in label 0."""
    shown = Presentations(np.array([0.0, 1.0]), np.array([1.0, 2.0]), np.array([0, 1]))
    t, i = np.array([0.1, 0.2, 1.5]), np.array([2, 2, 0])
    assert list(by_label(t, i, 3, shown)) == [1, 2, 0]
    assert list(ranked(by_label(t, i, 3, shown))) == [1, 2, 0]
    assert list(ranked(by_rate(t, i, 3, shown))) == [1, 2, 0]


def test_ports_that_do_not_exist_are_told(tmp_path: Path) -> None:
    for none in (-1, 65_536, 80_000):
        with pytest.raises(UserError, match="ports are 0"):
            make_server([tmp_path], none)


def test_a_folder_that_does_not_exist_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    from bioplaus.cli import main

    assert main(["view", "nowhere-at-all", "--no-browser"]) == 2
    assert "there is no nowhere-at-all" in capsys.readouterr().err


def test_ink_of_one_spike_is_never_pale() -> None:
    assert int(raster.INK[1][-2:], 16) / 255 >= 0.43
    assert len(raster.INK) == 256


def test_another_run_is_looked_at_in_the_same_window(page: Page, runs: Path) -> None:
    """And panels that are no longer shown draw no more."""
    page.eye.look(3.0, 4.0)
    old, part = page.eye, shown(page)
    page.list.set_chosen([runs / "million"])
    assert page.eye.window == pytest.approx((3.0, 4.0))
    assert page.eye is not old
    assert shown(page) is not part
    assert shown(page).eye is page.eye
