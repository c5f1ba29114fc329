"""Exclusive or at toy sizes: schedules and measuring; settings of all rows."""

from dataclasses import replace

import brian2 as b2
import numpy as np
import pytest

from bioplaus.experiments.burstccn.xor import Settings, Timetable, Xor
from bioplaus.papers import papers
from bioplaus.parameters import ParameterError
from bioplaus.parameters import replace as changed
from bioplaus.reproduction.table import results
from bioplaus.runs.pages.journal import Journal
from bioplaus.runs.pages.run import Run
from tests.papers.entering import Rows

TWO_PHASE = changed(Settings(), papers()["burstccn"].setting("xor", "two-phase").changes)
TOY = replace(
    TWO_PHASE,
    cells=10,
    burn_in="500 ms",
    test="1 second",
    settle="500 ms",
    example="1.5 second",
    teach_from="1 second",
    epochs=1,
    segment_epochs=1,
)


def test_schedule_of_the_published_protocol_lasts_as_published():
    """6 s, 4 x 8 s, 2,000 x 8 s and 4 x 8 s make 16,070 s; slots of 0.8 s add 0.4 s."""
    p = replace(
        TWO_PHASE,
        slot="800 ms",
        burn_in="6.4 second",
        example="8 second",
        teach_from="7.2 second",
        settle="800 ms",
        test="8 second",
        epochs=500,
    )
    timetable = Timetable(p, np.random.default_rng(1))
    frames = timetable.frames
    assert len(frames) * 0.8 == pytest.approx(16_070.4)
    assert frames.teach.sum() * 0.8 == pytest.approx(2000 * 0.8)
    assert timetable.ends[-1] == len(frames)
    # the last 40 per cent of the epochs learn at a fifth of the rate
    shares, counts = np.unique(frames.plastic[frames.teach > 0], return_counts=True)
    assert shares == pytest.approx([0.2, 1.0])
    assert counts[0] / counts.sum() == pytest.approx(0.4)


def test_lengths_off_the_slot_are_refused():
    with pytest.raises(ParameterError, match=r"example = 1.3 second is no multiple of the slot"):
        Timetable(replace(TOY, example="1.3 second"), np.random.default_rng(1))


@pytest.mark.usefixtures("engine_target")
def test_spiking_experiment_runs_and_counts_what_its_monitors_saw():
    b2.seed(1)
    run = Run(TOY, 1, Journal())
    experiment = Xor(TOY, run)
    rows = [experiment.advance(segment) for segment in run.segments(len(experiment.ends))]
    figures = experiment.finals()
    assert len(rows) == 3
    assert all(row.keys() == rows[0].keys() for row in rows)
    # the raster of the last test and the population counts come by different ways
    t, cell = np.asarray(experiment.events.t_), np.asarray(experiment.events.i)
    start = run.time - 4.0
    for k, name in enumerate(("00", "10", "01", "11")):
        heard = (t > start + k + 0.5001) & (t <= start + k + 1.0001) & (cell >= 40)
        assert figures[f"after_rate_{name}"] == pytest.approx(heard.sum() / (10 * 0.5))
    assert figures["margin"] == pytest.approx(figures["true_min"] - figures["false_max"])
    assert 0 <= figures["first_signs"] <= 12
    # With --record none it measures the same, and records nothing.
    b2.seed(1)
    silent = Run(TOY, 1, journal := Rows(), recorded=())
    unwatched = Xor(TOY, silent)
    assert [unwatched.advance(segment) for segment in silent.segments(len(rows))] == rows
    assert not any(each.spikes or each.traces for each in journal.recordings)


def test_every_row_names_settings_that_exist():
    """Each row's experiment accepts its parameters, and its schedule adds up."""
    from bioplaus import parameters, registry

    rows = results("burstccn")
    assert len({row.id for row in rows}) == len(rows)
    for row in rows:
        page = registry.load(registry.find(row.experiment))
        for setting in (row.full, row.quick):
            if setting is not None:
                p = parameters.replace(page.Settings(), setting.changes)
                if isinstance(p, Settings):
                    Timetable(p, np.random.default_rng(1))
