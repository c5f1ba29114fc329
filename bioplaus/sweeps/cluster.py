"""Dask workers: processes on this machine, or a cluster that is already there."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bioplaus.errors import UserError
from bioplaus.parameters import ParameterError

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["SchedulerUnreachable", "workers"]

PATIENCE_S = 10
_DEATHS_PER_TRIAL = 20


class SchedulerUnreachable(UserError, ConnectionError):
    """The scheduler does not answer."""


@contextmanager
def workers(count: int, scheduler: str = "") -> Iterator[Client]:
    """A Dask client with ``count`` local processes of one thread each, or of a running cluster.

    Parameters
    ----------
    scheduler
        ``tcp://host:port`` of a cluster whose workers have bioplaus installed and see the same
        folders; empty for local processes.

    Raises
    ------
    SchedulerUnreachable
        When it does not answer within ten seconds.
    ParameterError
        When its address is not ``tcp://host:port``.
    """
    import dask
    from distributed import Client, LocalCluster, WorkerPlugin

    class ImportBrian(WorkerPlugin):
        """Imports Brian2 in a worker's main thread: it sets a signal handler while it loads."""

        name = "import-brian2"

        def setup(self, worker: Any) -> None:
            import brian2  # noqa: F401

    settings: dict[str, Any] = {
        "distributed.scheduler.allowed-failures": _DEATHS_PER_TRIAL,
    }
    with dask.config.set(settings):
        if scheduler:
            _check_that_it_answers(scheduler)
            with Client(scheduler, timeout=PATIENCE_S) as client:
                client.register_plugin(ImportBrian())
                yield client
            return
        with (
            LocalCluster(
                n_workers=count,
                threads_per_worker=1,
                memory_limit=None,
                dashboard_address=None,
                silence_logs=logging.CRITICAL,
            ) as cluster,
            Client(cluster) as client,
        ):
            client.register_plugin(ImportBrian())
            yield client


def _check_that_it_answers(scheduler: str) -> None:
    """Wait for the first byte, which a scheduler sends unasked (Dask waits for ever).

    Raises
    ------
    ParameterError
        When the address is not ``tcp://host:port``.
    SchedulerUnreachable
        When nothing comes in time.
    """
    address = urlsplit(scheduler)
    if address.scheme != "tcp" or not address.hostname or not address.port:
        raise ParameterError(f"--scheduler {scheduler!r} is not of the form tcp://host:port")
    problem = "it closed the connection"
    try:
        place = (address.hostname, address.port)
        with socket.create_connection(place, timeout=PATIENCE_S) as connection:
            if connection.recv(1):
                return
    except OSError as error:
        problem = str(error)
    raise SchedulerUnreachable(
        f"the scheduler {scheduler} did not answer within {PATIENCE_S} s ({problem}); is its "
        "address right, and is it running?"
    )
