"""A process that has imported Brian2 and the engine, and forks one child for each execution.

It reads lines of JSON on standard input and answers with lines of JSON: ``start`` gives the child's
process number, ``wait`` its exit code.  A child may be told to kill itself with signal 9 at its
n-th event (a point, a turn, a segment, a file that is written), so that every place is reached and
no clock decides; or after so many seconds of CPU time.
"""

import gc
import inspect
import json
import os
import random
import runpy
import signal
import sys
import time
import traceback
from pathlib import Path

os.environ["MPLBACKEND"] = "agg"

sys.path.append(str(Path(__file__).parents[2]))

import brian2
import h5py  # noqa: F401
import matplotlib.pyplot  # noqa: F401
import numpy as np
from brian2.codegen.runtime.numpy_rt import NumpyCodeObject
from numba.core.registry import cpu_target

from bioplaus.engine import cache
from bioplaus.errors import UserError
from bioplaus.records import atomic
from bioplaus.runs.backend import Backend, environment
from bioplaus.runs.kept import points
from bioplaus.runs.scripts import launch, session, taking_over, turns  # noqa: F401
from bioplaus.runs.world import figure_backend  # noqa: F401
from tests import quicker_brian2


def main() -> None:
    look_ahead()
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            _, status = os.waitpid(order["wait"], 0)
            answer = os.waitstatus_to_exitcode(status)
        else:
            answer = fork(order)
        print(json.dumps(answer), flush=True)


def look_ahead() -> None:
    """Do once what every child would do again: it is most of what a short script takes."""
    cpu_target.typing_context.refresh()
    cpu_target.target_context.refresh()
    inspect.stack()  # Brian asks it at every run of a magic network; it looks at all modules once
    environment(None)
    quicker_brian2.make_quicker(cache.recall)
    templates = NumpyCodeObject.templater.env
    for name in templates.list_templates():
        templates.get_template(name)
    gc.collect()
    gc.freeze()  # or each collection of a child would walk through, and so copy, all of this


def fork(order: dict) -> int:
    process = os.fork()
    if process:
        return process
    code = 70
    try:
        os.chdir(order["folder"])
        redirect(order)
        code = execute(order)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except UserError as error:
        print(f"bioplaus: {error}", file=sys.stderr)
        code = 2
    except BaseException:
        traceback.print_exc()
        code = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code or 0)


def redirect(order: dict) -> None:
    read, write = os.pipe()
    os.write(write, order["input"].encode())
    os.close(write)
    os.dup2(read, 0)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    os.dup2(os.open(order["stdout"], flags), 1)
    os.dup2(os.open(order["stderr"], flags), 2)
    sys.stdin, sys.stdout = open(0), open(1, "w")  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1)  # noqa: SIM115


def execute(order: dict) -> int:
    events = count_events(order["kill"])
    if order["kill_after"]:  # the signal's default is the end, without a word, wherever it is
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, order["kill_after"])
    if order["do"] == "plain":
        brian2.prefs.codegen.target = order["backend"]
        random.seed(1)
        np.random.seed(1)  # noqa: NPY002
        brian2.seed(1)
        sys.argv = [order["script"], *order["arguments"]]
        sys.path.insert(0, str(Path(order["script"]).parent))
        runpy.run_path(order["script"], run_name="__main__")
        return 0
    run = Path(order["run"])
    if order["do"] == "start":
        code = launch.start(
            Path(order["script"]),
            run,
            backend=Backend(order["backend"]),
            changes=order["changes"],
            record=order["record"],
            options=order["options"],
            arguments=order["arguments"],
            quiet=order["quiet"],
        )
    else:
        code = launch.resume(run, quiet=order["quiet"], **order["options"])
    (run.parent / f"{run.name}.events").write_text(f"{events[0]} {time.process_time()}")
    return code


def count_events(last: int) -> list[int]:
    """Count what happens; at the ``last`` event, before it happens, the process is gone."""
    events = [0]
    places = [
        (session.Session, "next_point"),
        (session.Session, "end_segment"),
        (turns.Loop, "begin_turn"),
        (points.Kept, "write"),
        (points.Kept, "forget"),
        (atomic, "write"),
    ]
    for owner, name in places:
        plain = getattr(owner, name)

        def counted(*arguments, _plain=plain, **options):
            events[0] += 1
            if events[0] == last:
                os.kill(os.getpid(), signal.SIGKILL)
            return _plain(*arguments, **options)

        setattr(owner, name, counted)
    return events


if __name__ == "__main__":
    main()
