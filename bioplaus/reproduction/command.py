"""``bioplaus reproduce PAPER``: run its results and judge them."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bioplaus.errors import whole_number
from bioplaus.papers import papers
from bioplaus.printing import print_table
from bioplaus.records import RunReader, atomic
from bioplaus.reproduction import evidence
from bioplaus.reproduction.runs import jobs, perform
from bioplaus.reproduction.table import Result, Setting, UnknownResult, results

__all__ = ["configure", "execute"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("paper", metavar="PAPER", help=", ".join(papers()))
    parser.add_argument("ids", metavar="ID", nargs="*", help="results by id (default: all core)")
    parser.add_argument("--quick", action="store_true", help="reduced settings, own bands")
    parser.add_argument("--seeds", type=whole_number(1), metavar="K", help="the first K seeds only")
    parser.add_argument("--status", action="store_true", help="run nothing, report what is kept")
    parser.add_argument("--json", action="store_true", help="machine-readable")
    parser.add_argument("--more", action="store_true", help="the rows beyond the core too")
    parser.add_argument(
        "--long", action="store_true", help="all rows, those of more than two hours a seed too"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("runs/reproduce"), help="where the runs live"
    )
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="keep the evidence there (docs/results)"
    )
    parser.add_argument(
        "--workers", type=whole_number(1), default=os.cpu_count() or 1, help="runs at a time"
    )
    parser.add_argument("--quiet", action="store_true", help="only the verdicts")


def execute(options: argparse.Namespace) -> int:
    """Run or report; 1 when a result is outside its band."""
    rows = _chosen(options)
    if options.status:
        report = [evidence.status(row) for row in rows]
        _print(report, options.json)
        return 0
    settings = [_setting(row, options) for row in rows]
    wanted = [job for row, setting in zip(rows, settings) for job in jobs(row, setting)]
    perform(wanted, options.out, options.workers, options.quiet or options.json)
    judged = [_judge(row, setting, options) for row, setting in zip(rows, settings)]
    _print(judged, options.json)
    kind = "quick" if options.quick else "full"
    atomic.write_json(options.out / f"{options.paper}-{kind}.json", {"results": judged})
    return 0 if all(row["within_band"] for row in judged) else 1


def _chosen(options: argparse.Namespace) -> list[Result]:
    rows = results(options.paper, tuple(options.ids))
    if not options.ids and not options.long:
        wanted = ("core", "more") if options.more else ("core",)
        rows = [row for row in rows if row.tier in wanted]
    if options.quick:
        rows = [row for row in rows if row.quick is not None]
        if not rows:
            raise UnknownResult("none of these results has a quick setting")
    return rows


def _setting(row: Result, options: argparse.Namespace) -> Setting:
    setting = row.quick if options.quick and row.quick is not None else row.full
    if options.seeds is None:
        return setting
    return dataclasses.replace(setting, seeds=setting.seeds[: options.seeds])


def _judge(row: Result, setting: Setting, options: argparse.Namespace) -> dict[str, Any]:
    runs = [RunReader(job.directory(options.out)) for job in jobs(row, setting)]
    judged = evidence.judge(row, setting, runs)
    # Quick results are no evidence, nor are fewer seeds than were stated beforehand.
    if options.keep is not None and setting == row.full:
        evidence.keep(options.keep, row, judged, runs)
    return judged


def _print(rows: Sequence[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print(json.dumps({"results": list(rows)}, indent=2))
        return
    headings = ("result", "published", "ours (seeds)", "band", "verdict", "what it is")
    print_table(headings, map(_cells, rows))


def _cells(row: dict[str, Any]) -> Sequence[str]:
    published = "" if row["published"] is None else f"{row['published']:g}"
    return row["id"], published, _ours(row), row["band"], _verdict(row), row["name"]


def _ours(row: dict[str, Any]) -> str:
    ours = row["ours"]
    if ours is None:
        return "not run"
    spread = f" ± {ours['sd']:.2g}" if len(ours["seeds"]) > 1 else ""
    return f"{ours['mean']:.4g}{spread} ({len(ours['seeds'])})"


def _verdict(row: dict[str, Any]) -> str:
    if row["within_band"] is None:
        return "-" if row["ours"] is None else "seeds missing"
    words = "within" if row["within_band"] else "OUTSIDE"
    return words + {True: ", meets published", False: "", None: ""}[row["meets_published"]]
