"""The command ``bioplaus sweep``: search an experiment's parameters, and show what was found."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bioplaus import registry
from bioplaus.errors import UserError, whole_number
from bioplaus.parameters import ParameterError, assignments
from bioplaus.printing import print_table
from bioplaus.runs.backend import Backend
from bioplaus.sweeps.plan import SweepPlan

__all__ = ["configure", "execute"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("name", metavar="NAME", help="an experiment, its file, or the word show")
    add("folder", metavar="SWEEP", nargs="?", type=Path, help="with show: a sweep's directory")
    add(
        "--param",
        metavar="NAME=RANGE",
        action="append",
        default=[],
        help="log(1e-4,1e-1), linear(10,200) or choice(5ms,10ms); repeat for more parameters",
    )
    add("--set", metavar="NAME=VALUE", action="append", default=[], help="what all trials share")
    add(
        "--trials",
        type=whole_number(1),
        default=20,
        help="how many in all (default 20; a grid: all of it)",
    )
    add(
        "--seeds",
        type=whole_number(1),
        default=1,
        help="a trial is the mean over seeds 1..N (default 1)",
    )
    add("--objective", default="validation_error", help="a column of metrics.csv, its last value")
    add("--maximize", action="store_true", help="the larger the objective the better")
    add("--grid", action="store_true", help="every combination; ranges as log(1e-4,1e-1,POINTS)")
    add("--no-pruning", action="store_true", help="never stop a hopeless trial early")
    add("--quick", action="store_true", help="the experiment's reduced setting")
    add(
        "--workers",
        type=whole_number(1),
        default=2,
        help="local processes of one thread each (default 2)",
    )
    add("--scheduler", default="", metavar="tcp://HOST:PORT", help="an existing Dask cluster")
    add("--backend", default="numba", help="numba (default), cython or numpy")
    add("--record", default="none", help="what trials record (default none)")
    add("--out", metavar="DIR", type=Path, help="directory (default runs/sweep-NAME)")
    parser.set_defaults(arguments=[])
    parser.epilog = "What stands behind -- is the arguments of a script, the same in all trials."


def execute(options: argparse.Namespace) -> int:
    """Search, or show; returns the exit code."""
    if options.name == "show":
        if options.folder is None:
            raise ParameterError("sweep show needs the directory of a sweep")
        _show(options.folder)
        return 0
    if options.folder is not None:
        raise ParameterError(f"what is {str(options.folder)!r}? a sweep takes one experiment")
    return _search(options)


def _search(options: argparse.Namespace) -> int:
    _require_packages()
    from bioplaus.sweeps.cluster import workers
    from bioplaus.sweeps.search import Sweep

    if options.trials < 1 or options.workers < 1:
        raise ParameterError("--trials and --workers are positive numbers")
    plan = _plan(options)
    folder = options.out or Path("runs") / f"sweep-{plan.experiment}"
    sweep = Sweep(folder, plan)
    try:
        with workers(options.workers, options.scheduler) as client:
            sweep.run(client, options.trials, tell=lambda line: print(line, flush=True))
    except KeyboardInterrupt:
        print(f"stopped; the same command goes on with {folder}", file=sys.stderr)
        return 130
    _show(folder)
    return 0


def _plan(options: argparse.Namespace) -> SweepPlan:
    entry = registry.find(options.name)
    return SweepPlan(
        experiment=entry.name,
        source=entry.module,
        space=tuple(options.param),
        settings=assignments(options.set),
        seeds=options.seeds,
        objective=options.objective,
        maximize=options.maximize,
        grid=options.grid,
        prune=not (options.no_pruning or options.grid),
        quick=options.quick,
        record=options.record,
        backend=vars(Backend(options.backend)).copy(),
        arguments=tuple(options.arguments),
    )


def _show(folder: Path) -> None:
    _require_packages()
    from bioplaus.sweeps.report import read_report

    report = read_report(folder)
    states = ", ".join(f"{count} {name}" for name, count in report.counts().items())
    rows = []
    for trial in report.best():
        values = [axis.text(trial.params[axis.name]) for axis in report.axes]
        runs = " ".join(str(path) for path in report.runs(trial))
        rows.append([str(trial.number), f"{trial.value:.6g}", *values, runs])
    headings = ["trial", report.plan.objective, *(axis.name for axis in report.axes), "runs"]
    print_table(headings, rows, title=f"{folder}: {states or 'no trials yet'}")
    for name, share in report.importances().items():
        print(f"  importance of {name}: {share:.0%}")
    print(f"  {report.draw()}")


def _require_packages() -> None:
    try:
        import distributed  # noqa: F401
        import optuna  # noqa: F401
    except ImportError as error:
        raise UserError(
            f"sweeps need {error.name}, which is not installed: pip install 'bioplaus[sweep]'"
        ) from None
