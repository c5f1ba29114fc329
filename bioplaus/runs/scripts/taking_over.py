"""The one place where a script's runs are taken over: ``Network.run``."""

from __future__ import annotations

import sys
from collections import ChainMap
from typing import Any

from brian2 import second
from brian2.core.network import Network

from bioplaus.runs.scripts.calls import PLAIN_RUN, Calls
from bioplaus.runs.scripts.session import Session

__all__ = ["install", "uninstall"]


def install(session: Session) -> None:
    """Let every run of the script go through its session."""
    session.numbers.install()
    session.recording.install()
    calls = Calls(session)

    def run(
        network: Any,
        duration: Any,
        report: Any = None,
        report_period: Any = 10 * second,
        namespace: Any = None,
        profile: Any = None,
        level: int = 0,
    ) -> None:
        if namespace is None:
            caller = sys._getframe(level + 1)  # read where it stands: a copy costs 0.1 ms
            namespace = ChainMap(caller.f_locals, caller.f_globals)
        given = (network, duration, report, report_period, namespace, profile)
        if not session.takes_part():
            PLAIN_RUN(*given)
            return
        added = session.recording.added
        session.inside = True
        try:
            if added.wishes:
                with added.joined(network, namespace):
                    calls.run(network, namespace, given)
            else:
                calls.run(network, namespace, given)
        finally:
            session.inside = False

    run.original_function = PLAIN_RUN.original_function  # type: ignore[attr-defined]
    Network.run = run


def uninstall(session: Session) -> None:
    """Give everything back to Brian."""
    if Network.run is not PLAIN_RUN:
        Network.run = PLAIN_RUN
        session.recording.uninstall()
        session.numbers.uninstall()
